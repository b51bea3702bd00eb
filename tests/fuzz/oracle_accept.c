#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "oracle_rules.h"

static struct span
trim(struct span s)
{
	while (s.len > 0 && (*s.at == ' ' || *s.at == '\t'))
		s = (struct span){ s.at + 1, s.len - 1 };
	while (s.len > 0 && (s.at[s.len - 1] == ' ' || s.at[s.len - 1] == '\t'))
		s.len--;
	return s;
}

/* Where the first part of s ends: at a cut that is not within quotes. */
static size_t
part(struct span s, char cut)
{
	enum { OUT, IN, ESCAPED } state = OUT;
	size_t i;

	for (i = 0; i < s.len; i++) {
		if (state == ESCAPED)
			state = IN;
		else if (state == IN && s.at[i] == '\\')
			state = ESCAPED;
		else if (s.at[i] == '"')
			state = state == IN ? OUT : IN;
		else if (state == OUT && s.at[i] == cut)
			break;
	}
	return i;
}

/* "0" [ "." 0*3DIGIT ] / "1" [ "." 0*3("0") ] */
static int
thousandths(struct span s)
{
	static const char *const forms[] = { "0.ddd", "1.000" };
	char digits[] = "000";

	for (int i = 0; i < 2; i++) {
		bool fits = s.len >= 1 && s.len <= 5;

		for (size_t n = 0; fits && n < s.len; n++)
			fits = forms[i][n] == 'd'
			    ? s.at[n] >= '0' && s.at[n] <= '9'
			    : s.at[n] == forms[i][n];
		if (!fits)
			continue;
		if (s.len > 2)
			memcpy(digits, s.at + 2, s.len - 2);
		return i * 1000 + atoi(digits);
	}
	return -1;
}

int
oracle_weight(struct span *element)
{
	struct span rest = *element;
	size_t n = part(rest, ';');

	*element = trim((struct span){ rest.at, n });
	while (n < rest.len) {
		struct span p;

		rest = (struct span){ rest.at + n + 1, rest.len - n - 1 };
		n = part(rest, ';');
		p = trim((struct span){ rest.at, n });
		if (p.len < 1 || (*p.at != 'q' && *p.at != 'Q'))
			continue;
		if (p.len >= 2 && p.at[1] == '=')
			return thousandths(
			    (struct span){ p.at + 2, p.len - 2 });
		/* no spaces before the equals sign */
		p = trim((struct span){ p.at + 1, p.len - 1 });
		if (p.len == 0 || *p.at == '=')
			return -1;
	}
	return 1000;
}

static bool
is(struct span s, const char *name)
{
	return s.len == strlen(name) && strncasecmp(s.at, name, s.len) == 0;
}

/* What is said last of a coding counts; -1 is nothing, and nothing is said by
 * what is malformed. */
static void
note_element(struct span e, int said[5])
{
	static const char *const names[] = { "identity", "br", "zstd", "gzip",
		"*" };
	int weight = oracle_weight(&e);

	if (weight < 0)
		return;
	for (int i = 0; i < 5; i++)
		if (is(e, names[i]) || (i == 3 && is(e, "x-gzip")))
			said[i] = weight;
}

void
oracle_codings(const struct request *req, int weight[4])
{
	int said[5] = { -1, -1, -1, -1, -1 };

	for (unsigned i = 0; i < req->field_count; i++) {
		struct span line = req->fields[i].value;

		if (!is(req->fields[i].name, "Accept-Encoding"))
			continue;
		for (;;) {
			size_t n = part(line, ',');

			note_element(trim((struct span){ line.at, n }), said);
			if (n == line.len)
				break;
			line =
			    (struct span){ line.at + n + 1, line.len - n - 1 };
		}
	}
	for (int i = 0; i < 4; i++) {
		weight[i] = said[i] >= 0 ? said[i] : said[4];
		if (weight[i] < 0)
			weight[i] = i == 0 ? 1 : 0;
	}
}

static struct span
next_part(struct span *rest, char cut)
{
	size_t n = part(*rest, cut);
	struct span one = trim((struct span){ rest->at, n });

	if (n == rest->len)
		*rest = (struct span){ NULL, 0 };
	else
		*rest = (struct span){ rest->at + n + 1, rest->len - n - 1 };
	return one;
}

static bool
alike(struct span a, struct span b)
{
	return a.len == b.len &&
	    (a.len == 0 || strncasecmp(a.at, b.at, a.len) == 0);
}

/* "name = value" without quotes around the value. */
static void
halves(struct span p, struct span *name, struct span *value)
{
	const char *equals = p.len ? memchr(p.at, '=', p.len) : NULL;
	size_t n = equals ? (size_t)(equals - p.at) : p.len;

	*name = trim((struct span){ p.at, n });
	*value = (struct span){ NULL, 0 };
	if (equals)
		*value = trim((struct span){ equals + 1, p.len - n - 1 });
	if (value->len > 1 && value->at[0] == '"' &&
	    value->at[value->len - 1] == '"')
		*value = (struct span){ value->at + 1, value->len - 2 };
}

/* -1: of another value; 0: the type has none of this name; 1: the same. */
static int
has_parameter(struct span type, struct span name, struct span value)
{
	next_part(&type, ';');
	while (type.at) {
		struct span n, v;

		halves(next_part(&type, ';'), &n, &v);
		if (alike(n, name))
			return alike(v, value) ? 1 : -1;
	}
	return 0;
}

/* 1, 2, 3 for any, any of a kind, and this one; 0 for another. */
static int
names_type(struct span range, struct span type)
{
	size_t slash = range.len - 1;

	if (alike(range, type))
		return 3;
	if (range.len == 3 && memcmp(range.at, "*/*", 3) == 0)
		return 1;
	return range.len > 2 && memcmp(range.at + slash - 1, "/*", 2) == 0 &&
		type.len >= slash &&
		alike((struct span){ range.at, slash },
		    (struct span){ type.at, slash })
	    ? 2
	    : 0;
}

/* How specific, as a number of two digits in base 65536; -1: no match. */
static long
rank(struct span element, struct span type)
{
	struct span whole = type, name, value;
	struct span range = next_part(&element, ';');
	int kind = names_type(range, next_part(&type, ';'));
	long own = 0;

	if (kind == 0)
		return -1;
	while (element.at) {
		int has;

		halves(next_part(&element, ';'), &name, &value);
		if (is(name, "q"))
			break;
		has = has_parameter(whole, name, value);
		if (has < 0)
			return -1;
		own += has;
	}
	return kind * 65536L + own;
}

int
oracle_media(const struct request *req, struct span type)
{
	bool any = false;
	long best = -1;
	int weight = 0;

	for (unsigned i = 0; i < req->field_count; i++) {
		struct span line = req->fields[i].value;

		if (!is(req->fields[i].name, "Accept"))
			continue;
		while (line.at) {
			struct span e = next_part(&line, ','), name = e;
			int w = oracle_weight(&name);
			long r;

			any |= e.len > 0;
			if (e.len == 0 || w < 0)
				continue;
			r = rank(e, type);
			if (r > best) {
				best = r;
				weight = w;
			}
		}
	}
	return any ? weight : 1000;
}
