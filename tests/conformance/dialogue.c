#include "dialogue.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"

struct reader {
	struct dialogue *d;
	const char *path;
	unsigned line;
	bool sending; /* the last step is a send that goes on */
	bool failed;
};

static void
wrong(struct reader *r, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s:%u: ", r->path, r->line);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	r->failed = true;
}

static struct step *
add_step(struct reader *r, enum step_kind kind)
{
	struct dialogue *d = r->d;
	struct step *s;

	d->steps = grown(d->steps, (d->step_count + 1) * sizeof *d->steps);
	s = &d->steps[d->step_count++];
	*s = (struct step){ .kind = kind, .line = r->line };
	r->sending = kind == STEP_SEND;
	return s;
}

static struct expected *
last_answer(struct reader *r)
{
	struct dialogue *d = r->d;

	if (d->step_count > 0 &&
	    d->steps[d->step_count - 1].kind == STEP_ANSWER)
		return &d->steps[d->step_count - 1].answer;
	wrong(r, "no answer to say that of");
	return NULL;
}

static void
take_send(struct reader *r, const char *text, bool line)
{
	struct step *s = r->sending ? &r->d->steps[r->d->step_count - 1]
				    : add_step(r, STEP_SEND);
	size_t n = s->source ? strlen(s->source) : 0;

	s->source = grown(s->source, n + strlen(text) + sizeof "\\r\\n");
	sprintf(s->source + n, "%s%s", text, line ? "\\r\\n" : "");
}

/* Texts that name no values are what they are from the start. */
static void
make_sends(struct reader *r)
{
	struct dialogue *d = r->d;

	for (size_t i = 0; i < d->step_count; i++) {
		struct step *s = &d->steps[i];

		r->line = s->line;
		if (s->kind != STEP_SEND || values_named(s->source))
			continue;
		if (!step_fill(s, NULL))
			wrong(r, "bad escape");
		free(s->source);
		s->source = NULL;
	}
}

bool
step_fill(struct step *s, const struct values *values)
{
	char *text = values ? values_fill(values, s->source) : s->source;
	bool good;

	s->bytes.len = s->cut_count = 0;
	good = text && escape_put(&s->bytes, &s->cuts, &s->cut_count, text);
	if (values)
		free(text);
	return good;
}

static bool
take_status(struct expected *e, const char *text)
{
	size_t n = 0;
	char *end;

	do {
		if (n == sizeof e->status / sizeof e->status[0])
			return false;
		e->status[n] = (int)strtol(text, &end, 10);
		if (end != text + 3 || e->status[n++] < 100)
			return false;
		text = end + 1;
	} while (*end == '|');
	return *end == '\0';
}

static void
take_pattern(struct reader *r, struct wish *w)
{
	char pattern[512];

	snprintf(pattern, sizeof pattern, "^(%s)$", w->value + 1);
	if (regcomp(&w->pattern, pattern, REG_EXTENDED | REG_NOSUB))
		wrong(r, "bad pattern");
	else
		w->kind = WISH_PATTERN;
}

/* The name of a value behind the mark of that. */
static void
take_name(struct wish *w, size_t mark, int kind)
{
	memmove(w->value, w->value + mark, strlen(w->value + mark) + 1);
	w->kind = kind;
}

/* "Name: value", "Name: *", "Name: ~regex", "Name: =kept", "Name: !=kept" or
 * "!Name". */
static void
take_wish(struct reader *r, struct expected *e, const char *text)
{
	const char *colon = strstr(text, ": ");
	struct wish *w;

	e->wishes = grown(e->wishes, (e->wish_count + 1) * sizeof *e->wishes);
	w = &e->wishes[e->wish_count++];
	*w = (struct wish){ .kind = WISH_NONE };
	if (*text == '!') {
		w->name = strdup(text + 1);
		return;
	}
	if (!colon) {
		w->name = strdup(text);
		wrong(r, "neither a field nor a status");
		return;
	}
	w->name = strndup(text, (size_t)(colon - text));
	w->value = strdup(colon + 2);
	w->kind = WISH_VALUE;
	if (strcmp(w->value, "*") == 0)
		w->kind = WISH_ANY;
	else if (*w->value == '~')
		take_pattern(r, w);
	else if (*w->value == '=')
		take_name(w, 1, WISH_KEPT);
	else if (strncmp(w->value, "!=", 2) == 0)
		take_name(w, 2, WISH_OTHER);
}

static void
take_answer(struct reader *r, const char *text)
{
	struct expected *e;

	if (*text >= '0' && *text <= '9') {
		e = &add_step(r, STEP_ANSWER)->answer;
		if (!take_status(e, text))
			wrong(r, "bad status");
		return;
	}
	e = last_answer(r);
	if (e)
		take_wish(r, e, text);
}

/* Puts what the file holds into *to. */
static bool
read_file(struct bytes *to, const char *path)
{
	FILE *file = fopen(path, "r");
	size_t n = 1;

	if (!file)
		return false;
	while (n > 0) {
		to->at = grown(to->at, to->len + 4096 + 1);
		n = fread(to->at + to->len, 1, 4096, file);
		to->len += n;
	}
	to->at[to->len] = '\0';
	fclose(file);
	return true;
}

/* FILE FIRST-LAST FIRST-LAST...; no name with a space. */
static bool
take_parts(struct expected *e, const char *text)
{
	char path[200];
	int n = 0;

	e->body = BODY_PARTS;
	if (sscanf(text, "%199s%n", path, &n) != 1 ||
	    !read_file(&e->text, path))
		return false;
	for (text += n; *text; text += n) {
		size_t first, last;

		if (e->part_count == PARTS_MAX ||
		    sscanf(text, " %zu-%zu%n", &first, &last, &n) != 2 ||
		    first > last || last >= e->text.len)
			return false;
		e->parts[e->part_count].first = first;
		e->parts[e->part_count++].last = last;
	}
	return e->part_count > 0;
}

static void
take_body(struct reader *r, const char *text)
{
	struct expected *e = last_answer(r);
	char *end;

	if (!e)
		return;
	if (strcmp(text, "none") == 0) {
		e->body = BODY_ABSENT;
	} else if (strcmp(text, "page") == 0) {
		e->body = BODY_PAGE;
	} else if (strncmp(text, "parts ", 6) == 0) {
		if (!take_parts(e, text + 6))
			wrong(r, "no such parts");
	} else if (strncmp(text, "file ", 5) == 0) {
		e->body = BODY_IS;
		if (!read_file(&e->text, text + 5))
			wrong(r, "%s: %s", text + 5, strerror(errno));
	} else if (strncmp(text, "is ", 3) == 0 ||
	    strncmp(text, "has ", 4) == 0) {
		e->body = *text == 'i' ? BODY_IS : BODY_HAS;
		if (!escape_put(&e->text, NULL, NULL, strchr(text, ' ') + 1))
			wrong(r, "bad escape");
	} else {
		e->body = BODY_LENGTH;
		e->length = strtoul(text, &end, 10);
		if (end == text || *end)
			wrong(r, "bad body");
	}
}

static void
take_pause(struct reader *r, const char *text)
{
	char *end;
	long ms = strtol(text, &end, 10);

	if (ms <= 0 || strcmp(end, "ms") != 0)
		wrong(r, "a pause is so many ms");
	add_step(r, STEP_PAUSE)->ms = (int)ms;
}

static bool
is(const char *word, const char *known)
{
	return strcmp(word, known) == 0;
}

/* What is said about the dialogue as a whole. */
static bool
take_directive(struct reader *r, const char *word, const char *rest)
{
	struct dialogue *d = r->d;

	if (is(word, "server")) {
		free(d->options);
		d->options = strdup(rest);
	} else if (is(word, "listener") && is(rest, "metrics")) {
		d->metrics = true;
	} else if (is(word, "unsplit")) {
		d->unsplit = true;
	} else if (is(word, "first")) {
		d->first = true;
	} else {
		return false;
	}
	if (!*rest || d->step_count > 0)
		wrong(r, "%s: says too little or comes too late", word);
	return true;
}

static void
take_word(struct reader *r, const char *word, const char *rest)
{
	static const struct {
		const char *word;
		enum step_kind kind;
	} known[] = {
		{ "shut", STEP_SHUT },
		{ "quiet", STEP_QUIET },
		{ "open", STEP_OPEN },
		{ "closed", STEP_CLOSED },
		{ "ended", STEP_ENDED },
	};

	if (is(word, "body")) {
		take_body(r, rest);
		return;
	}
	if (is(word, "pause")) {
		take_pause(r, rest);
		return;
	}
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (is(word, known[i].word) && !*rest) {
			add_step(r, known[i].kind);
			return;
		}
	if (!take_directive(r, word, rest))
		wrong(r, "%s: not known", word);
}

static void
take_line(struct reader *r, char *line)
{
	char *rest;

	if (*line == '\0' || *line == '#')
		return;
	rest = strchr(line, ' ');
	if (rest)
		*rest++ = '\0';
	else
		rest = line + strlen(line);
	if (is(line, ">"))
		take_send(r, rest, true);
	else if (is(line, ">>"))
		take_send(r, rest, false);
	else if (is(line, "<"))
		take_answer(r, rest);
	else
		take_word(r, line, rest);
}

/* A dialogue ends in what becomes of the connection. */
static void
check_end(struct reader *r)
{
	struct dialogue *d = r->d;
	enum step_kind last =
	    d->step_count > 0 ? d->steps[d->step_count - 1].kind : STEP_SEND;

	if (last != STEP_OPEN && last != STEP_CLOSED && last != STEP_ENDED &&
	    last != STEP_QUIET)
		wrong(r, "does not end in open, closed, ended or quiet");
}

static char *
name_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	const char *dot = strrchr(base, '.');

	return strndup(base, dot ? (size_t)(dot - base) : strlen(base));
}

bool
dialogue_read(struct dialogue *d, const char *path)
{
	struct reader r = { .d = d, .path = path };
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	*d = (struct dialogue){ .name = name_of(path), .options = strdup("") };
	if (!file) {
		wrong(&r, "%s", strerror(errno));
		return false;
	}
	while ((n = getline(&line, &cap, file)) > 0) {
		r.line++;
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		take_line(&r, line);
	}
	free(line);
	fclose(file);
	make_sends(&r);
	check_end(&r);
	return !r.failed;
}

void
dialogue_free(struct dialogue *d)
{
	for (size_t i = 0; i < d->step_count; i++) {
		struct step *s = &d->steps[i];

		for (size_t k = 0; k < s->answer.wish_count; k++) {
			struct wish *w = &s->answer.wishes[k];

			if (w->kind == WISH_PATTERN)
				regfree(&w->pattern);
			free(w->name);
			free(w->value);
		}
		free(s->answer.wishes);
		free(s->answer.text.at);
		free(s->source);
		free(s->bytes.at);
		free(s->cuts);
	}
	free(d->steps);
	free(d->name);
	free(d->options);
}
