#include "answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "parts.h"

enum { CLOCK_SLACK = 120 };

static bool
is_token(const char *s, size_t len)
{
	static const char more[] = "!#$%&'*+-.^_`|~";

	for (size_t i = 0; i < len; i++)
		if (!((s[i] >= '0' && s[i] <= '9') ||
			((s[i] | 0x20) >= 'a' && (s[i] | 0x20) <= 'z') ||
			(s[i] && strchr(more, s[i]))))
			return false;
	return len > 0;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_text(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (((unsigned char)s[i] < ' ' && s[i] != '\t') || s[i] == 0x7f)
			return false;
	return true;
}

/* status-line of RFC 9112, 4, from a server that speaks 1.1; a peer may think
 * less of itself. */
static bool
take_status_line(struct answer *a, const char *line, size_t len)
{
	if (len < 13 || line[8] != ' ' ||
	    (strncmp(line, "HTTP/1.1", 8) != 0 &&
		!(a->target->peer && strncmp(line, "HTTP/1.0", 8) == 0)) ||
	    strspn(line + 9, "0123456789") != 3 || line[12] != ' ' ||
	    !is_text(line + 13, len - 13))
		return false;
	a->status = atoi(line + 9);
	return a->status >= 100 && a->status <= 599;
}

static bool
take_field_line(struct answer *a, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len);
	size_t n = colon ? (size_t)(colon - line) : 0;
	const char *value = line + n + 1;
	size_t value_len = len - n - 1;

	if (!colon || !is_token(line, n) || a->field_count == ANSWER_FIELDS)
		return false;
	while (value_len > 0 && is_blank(*value))
		value++, value_len--;
	while (value_len > 0 && is_blank(value[value_len - 1]))
		value_len--;
	a->fields[a->field_count].name = line;
	a->fields[a->field_count].name_len = n;
	a->fields[a->field_count].value = value;
	a->fields[a->field_count++].value_len = value_len;
	return is_text(value, value_len);
}

/* How many fields of this name there are; the last one's value in text. */
static size_t
find(const struct answer *a, const char *name, char text[256])
{
	size_t count = 0;

	text[0] = '\0';
	for (size_t i = 0; i < a->field_count; i++) {
		size_t n = a->fields[i].value_len;

		if (a->fields[i].name_len != strlen(name) ||
		    strncasecmp(a->fields[i].name, name, strlen(name)) != 0)
			continue;
		count++;
		if (n > 255)
			n = 255;
		memcpy(text, a->fields[i].value, n);
		text[n] = '\0';
	}
	return count;
}

static bool
has_no_content(int status)
{
	return status < 200 || status == 204 || status == 304;
}

bool
answer_parse(struct answer *a, const char *bytes, struct fault *f)
{
	const char *end = bytes + a->head_len - 2, *line = bytes, *eol;
	char length[256];

	a->bytes = bytes;
	a->field_count = a->body_len = 0;
	for (; line < end; line = eol + 2) {
		size_t len;

		eol = memmem(line, (size_t)(end - line), "\r\n", 2);
		len = (size_t)(eol - line);
		if (!(line == bytes ? take_status_line(a, line, len)
				    : take_field_line(a, line, len)))
			return fault_set(f, "not a line of an answer: %.*s",
			    len < 80 ? (int)len : 80, line);
	}
	find(a, "Content-Length", length);
	if (!has_no_content(a->status))
		a->body_len = strtoul(length, NULL, 10);
	return true;
}

/* The seconds of an IMF-fixdate (RFC 9110, 5.6.7), or -1. */
static time_t
seconds_of(const char *date)
{
	char again[64];
	struct tm tm = { 0 };
	const char *end = strptime(date, "%a, %d %b %Y %H:%M:%S GMT", &tm);
	time_t t = timegm(&tm);

	if (!end || *end)
		return -1;
	gmtime_r(&t, &tm);
	strftime(again, sizeof again, "%a, %d %b %Y %H:%M:%S GMT", &tm);
	return strcmp(date, again) == 0 ? t : -1;
}

static bool
is_now(const char *date)
{
	time_t t = seconds_of(date), now = time(NULL);

	return t >= now - CLOCK_SLACK && t <= now + CLOCK_SLACK;
}

/* RFC 9110, 8.8.3. */
static bool
is_entity_tag(const char *s)
{
	if (strncmp(s, "W/", 2) == 0)
		s += 2;
	if (*s++ != '"')
		return false;
	while ((unsigned char)*s > 0x20 && *s != '"' && *s != 0x7f)
		s++;
	return strcmp(s, "\"") == 0;
}

/* Validators, and where to go: what no answer may have in another form. */
static bool
metadata_rules(const struct answer *a, struct fault *f)
{
	char value[256], date[256];

	if (find(a, "ETag", value) && !is_entity_tag(value))
		return fault_set(f, "ETag: %.80s", value);
	find(a, "Date", date);
	if (find(a, "Last-Modified", value) &&
	    (seconds_of(value) < 0 || seconds_of(value) > seconds_of(date)))
		return fault_set(
		    f, "Last-Modified: %.40s, Date: %.40s", value, date);
	if (find(a, "Location", value) &&
	    (value[0] != '/' || value[1] == '/' || strchr(value, '\\')))
		return fault_set(f, "Location: %.80s", value);
	return true;
}

/* RFC 9110, 14.4, 15.3.7, 15.5.17: where Content-Range has to stand, and where
 * it must not. */
static bool
range_rules(const struct answer *a, struct fault *f)
{
	char type[256], range[256];
	unsigned long first, last, all;
	int n = -1;
	size_t count = find(a, "Content-Range", range);
	bool parts = find(a, "Content-Type", type) &&
	    strncasecmp(type, "multipart/byteranges", 20) == 0;
	bool one = a->status == 416 || (a->status == 206 && !parts);

	if (count != one || (parts && a->status != 206))
		return fault_set(
		    f, "%d %s with %zu Content-Range", a->status, type, count);
	if (a->status == 416 && sscanf(range, "bytes */%lu%n", &all, &n) < 1)
		return fault_set(f, "416 with Content-Range: %.80s", range);
	if (one && a->status == 206 &&
	    (sscanf(range, "bytes %lu-%lu/%lu%n", &first, &last, &all, &n) <
		    3 ||
		first > last || last >= all))
		return fault_set(f, "206 with Content-Range: %.80s", range);
	return !one || range[n] == '\0' ||
	    fault_set(f, "Content-Range: %.80s", range);
}

static bool
length_rules(const struct answer *a, struct fault *f)
{
	char value[256];
	size_t lengths = find(a, "Content-Length", value);

	if (lengths > 0 && strspn(value, "0123456789") != strlen(value))
		return fault_set(f, "Content-Length: %.80s", value);
	if (find(a, "Transfer-Encoding", value) > 0)
		return fault_set(f, "an answer in chunks");
	if (lengths != (has_no_content(a->status) ? 0 : 1))
		return fault_set(
		    f, "%d with %zu Content-Length fields", a->status, lengths);
	if (a->body_len > 0 && find(a, "Content-Type", value) == 0)
		return fault_set(f, "content without Content-Type");
	return true;
}

bool
answer_rules(const struct answer *a, struct fault *f)
{
	static const char *const single[] = { "Date", "Content-Length",
		"Content-Type", "Connection", "Allow", "Location", "Server",
		"Content-Encoding", "Content-Range", "Vary", "Cache-Control",
		"ETag", "Last-Modified", "Accept-Ranges",
		"X-Content-Type-Options" };
	char value[256];

	for (size_t i = 0; i < sizeof single / sizeof single[0]; i++)
		if (find(a, single[i], value) > 1)
			return fault_set(f, "%s twice", single[i]);
	if (a->status >= 200 && (find(a, "Date", value) != 1 || !is_now(value)))
		return fault_set(f, "%d with Date: %s", a->status, value);
	if (a->status == 405 && find(a, "Allow", value) == 0)
		return fault_set(f, "405 without Allow");
	return length_rules(a, f) && metadata_rules(a, f) && range_rules(a, f);
}

/* The same value as before, or the first of the name. */
static bool
is_kept(const struct answer *a, const char *name, const char *value)
{
	const char *kept = values_get(a->values, name);

	if (!kept)
		values_keep(a->values, name, value);
	return !kept || strcmp(kept, value) == 0;
}

static bool
is_other(const struct answer *a, const char *name, const char *value)
{
	const char *kept = values_get(a->values, name);

	return kept && strcmp(kept, value) != 0;
}

static bool
wish_holds(const struct answer *a, const struct wish *w, struct fault *f)
{
	char value[256];
	size_t count = find(a, w->name, value);

	if (count != (w->kind == WISH_NONE ? 0 : 1))
		return fault_set(f, "%zu fields %s", count, w->name);
	if ((w->kind == WISH_VALUE && strcmp(value, w->value) != 0) ||
	    (w->kind == WISH_KEPT && !is_kept(a, w->value, value)) ||
	    (w->kind == WISH_OTHER && !is_other(a, w->value, value)) ||
	    (w->kind == WISH_PATTERN &&
		regexec(&w->pattern, value, 0, NULL, 0) != 0))
		return fault_set(f, "%s: %.80s", w->name, value);
	return true;
}

static bool
body_holds(const struct answer *a, const struct expected *e)
{
	const char *body = a->bytes + a->head_len;

	switch (e->body) {
	case BODY_FREE:
	case BODY_ABSENT:
		break;
	case BODY_PAGE:
		return a->body_len == a->target->home_len &&
		    memcmp(body, a->target->home, a->body_len) == 0;
	case BODY_LENGTH:
		return a->body_len == e->length;
	case BODY_IS:
		return a->body_len == e->text.len &&
		    memcmp(body, e->text.at, a->body_len) == 0;
	case BODY_HAS:
		return memmem(body, a->body_len, e->text.at, e->text.len);
	case BODY_PARTS:
		break;
	}
	return true;
}

bool
answer_expected(
    const struct answer *a, const struct expected *e, struct fault *f)
{
	bool found = false;

	for (size_t i = 0; i < sizeof e->status / sizeof e->status[0]; i++)
		found |= e->status[i] == a->status;
	if (!found)
		return fault_set(
		    f, "%d instead of %d", a->status, e->status[0]);
	for (size_t i = 0; i < e->wish_count; i++)
		if (!wish_holds(a, &e->wishes[i], f))
			return false;
	if (e->body == BODY_PARTS) {
		char type[256];

		find(a, "Content-Type", type);
		return parts_hold(type,
		    (struct bytes){ (char *)(uintptr_t)(a->bytes + a->head_len),
			a->body_len },
		    e, f);
	}
	if (!body_holds(a, e))
		return fault_set(f, "another body, %zu bytes: %.*s",
		    a->body_len, a->body_len < 80 ? (int)a->body_len : 80,
		    a->bytes + a->head_len);
	return true;
}

bool
answer_says_close(const struct answer *a)
{
	char value[256];

	find(a, "Connection", value);
	return strcasecmp(value, "close") == 0;
}
