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
