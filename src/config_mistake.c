#include "config_mistake.h"

#include "config_values.h"

enum { SHOWN_MAX = 160 /* bytes of a value */ };

static char
upper_snake(char c)
{
	if (c == '-')
		return '_';
	return (char)(c >= 'a' && c <= 'z' ? c - ('a' - 'A') : c);
}

static char
lower_kebab(char c)
{
	if (c == '_')
		return '-';
	return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

/*
 * Length of the character that s begins with, or 0 if it is a control character
 * or not UTF-8 (RFC 3629).
 */
static size_t
shown_length(struct span s)
{
	static const uint32_t lowest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char first = (unsigned char)s.at[0];
	size_t n = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	uint32_t code = n == 1 ? first : first & (0xffu >> (n + 1));

	if ((first >= 0x80 && first < 0xc2) || first > 0xf4 || n > s.len)
		return 0;
	for (size_t i = 1; i < n; i++) {
		unsigned char c = (unsigned char)s.at[i];

		if ((c & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (c & 0x3f);
	}
	if (code < lowest[n] || code > 0x10ffff ||
	    (code >= 0xd800 && code <= 0xdfff))
		return 0;
	if (code < ' ' || (code >= 0x7f && code < 0xa0))
		return 0;
	/* what ends a line, or turns its direction, in a terminal */
	return code >= 0x2028 && code <= 0x202e ? 0 : n;
}

void
mistake_show(struct buf *b, struct span s)
{
	size_t begin = b->len;

	while (s.len > 0) {
		size_t n = shown_length(s);

		if (b->len - begin + 4 > SHOWN_MAX) {
			buf_put(b, SPAN("…"));
			return;
		}
		if (n == 0) {
			buf_put(b, SPAN("\\x"));
			buf_hex(b, (unsigned char)s.at[0], 2);
			n = 1;
		} else {
			buf_put(b, (struct span){ s.at, n });
		}
		s = span_from(s, n);
	}
}

void
option_put(struct buf *b, const struct option *o, enum source source)
{
	if (source == SOURCE_FLAG) {
		buf_put(b, SPAN("--"));
		buf_put(b, span_of(o->name));
		return;
	}
	buf_put(b, SPAN("MY_WEBSERVER_"));
	for (const char *c = o->name; *c; c++)
		buf_char(b, upper_snake(*c));
}

bool
mistake_begin(struct mistake *m, enum source source)
{
	if (m->source)
		return false;
	m->source = source;
	buf_put(m->text, SPAN("my_webserver: "));
	return true;
}

void
mistake_value(struct mistake *m, const struct option *o, enum source source,
    struct span value, const char *expected)
{
	if (!mistake_begin(m, source))
		return;
	option_put(m->text, o, source);
	if (value.at) {
		buf_char(m->text, '=');
		mistake_show(m->text, value);
		buf_put(m->text, SPAN(": expected "));
	} else {
		buf_put(m->text, SPAN(": no value, expected "));
	}
	buf_put(m->text, span_of(expected));
}

static size_t
smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * Insertions, deletions and replacements from name to known (Levenshtein), case
 * and the kind of dash aside. known has at most OPTION_NAME_MAX bytes.
 */
static size_t
distance(struct span name, struct span known)
{
	size_t row[OPTION_NAME_MAX + 1] = { 0 };

	for (size_t j = 0; j <= known.len; j++)
		row[j] = j;
	for (size_t i = 0; i < name.len; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < known.len; j++) {
			size_t replaced =
			    diagonal + (lower_kebab(name.at[i]) != known.at[j]);

			diagonal = row[j + 1];
			row[j + 1] =
			    smaller(replaced, smaller(row[j], diagonal) + 1);
		}
	}
	return row[known.len];
}

/* The option that was probably meant, or NULL. */
static const struct option *
nearest(struct span name)
{
	size_t limit = smaller(3, (name.len + 1) / 3), best = limit + 1;
	const struct option *found = NULL, *longer = NULL;

	if (name.len < 3 || name.len > OPTION_NAME_MAX)
		return NULL;
	for (const struct option *o = config_options; o->name; o++) {
		size_t n = distance(name, span_of(o->name));

		if (n < best) {
			best = n;
			found = o;
		}
		if (!longer && span_starts(span_of(o->name), name))
			longer = o;
	}
	return found ? found : longer;
}

void
mistake_unknown(struct mistake *m, struct span option)
{
	const struct option *meant;
	struct span name = option;

	if (!mistake_begin(m, SOURCE_FLAG))
		return;
	while (name.len > 0 && name.at[0] == '-')
		name = span_from(name, 1);
	meant = nearest(name);
	buf_put(m->text, SPAN("unknown option "));
	mistake_show(m->text, option);
	if (meant) {
		buf_put(m->text, SPAN("; did you mean --"));
		buf_put(m->text, span_of(meant->name));
		buf_char(m->text, '?');
	} else {
		buf_put(m->text, SPAN("; --help names the known ones"));
	}
}

void
mistake_argument(struct mistake *m, struct span argument, struct span expected)
{
	if (!mistake_begin(m, SOURCE_FLAG))
		return;
	buf_put(m->text, SPAN("unexpected argument \""));
	mistake_show(m->text, argument);
	buf_put(m->text, SPAN("\": expected "));
	buf_put(m->text, expected);
}
