#include "base/span.h"

static unsigned char
lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

bool
span_ieq(struct span a, struct span b)
{
	size_t i = 0;

	if (a.len != b.len)
		return false;
	for (; a.len - i >= 8; i += 8) /* nearly all are spelt alike */
		if (memcmp(a.at + i, b.at + i, 8) != 0)
			break;
	for (; i < a.len; i++)
		if (lower(a.at[i]) != lower(b.at[i]))
			return false;
	return true;
}

struct span
span_trim(struct span s)
{
	while (s.len > 0 && (s.at[0] == ' ' || s.at[0] == '\t'))
		s = span_from(s, 1);
	while (s.len > 0 && (s.at[s.len - 1] == ' ' || s.at[s.len - 1] == '\t'))
		s.len--;
	return s;
}

struct span
span_cut(struct span *rest, char cut)
{
	struct span head = *rest;
	size_t n = span_find(*rest, cut);

	if (n == rest->len) {
		*rest = (struct span){ NULL, 0 };
		return head;
	}
	head.len = n;
	*rest = span_from(*rest, n + 1);
	return head;
}
