#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "oracle_rules.h"

unsigned
oracle_field(const struct request *req, const char *name, struct span *value)
{
	unsigned lines = 0;

	*value = (struct span){ NULL, 0 };
	for (unsigned i = 0; i < req->field_count; i++) {
		const struct field *f = &req->fields[i];

		if (f->name.len != strlen(name) ||
		    strncasecmp(f->name.at, name, f->name.len) != 0)
			continue;
		if (lines++ == 0)
			*value = f->value;
	}
	return lines;
}

/* Digits at the front of s, without leading zeros; false if there are none. */
static bool
digits(struct span *s, struct span *number)
{
	size_t n = 0, zeros = 0;

	while (n < s->len && s->at[n] >= '0' && s->at[n] <= '9')
		n++;
	while (zeros + 1 < n && s->at[zeros] == '0')
		zeros++;
	*number = (struct span){ s->at + zeros, n - zeros };
	*s = (struct span){ s->at + n, s->len - n };
	return n > 0;
}

/* As strings, the longer of two numbers is the larger. */
static int
compare(struct span a, struct span b)
{
	if (a.len != b.len)
		return a.len < b.len ? -1 : 1;
	return a.len > 0 ? memcmp(a.at, b.at, a.len) : 0;
}

/* The number, or length where it is larger. */
static uint64_t
up_to(struct span number, uint64_t length)
{
	char limit[24], text[24] = "";
	struct span l = { limit, 0 };

	l.len = (size_t)snprintf(
	    limit, sizeof limit, "%llu", (unsigned long long)length);
	if (compare(number, l) >= 0)
		return length;
	memcpy(text, number.at, number.len);
	return strtoull(text, NULL, 10);
}

/* 0: no range; 1: not inside; 2: *first up to *last; 3: as 0, or as 1 for whom
 * numbers of this size are all the same. */
static int
one(struct span s, uint64_t length, uint64_t *first, uint64_t *last)
{
	struct span from, to;
	bool has_from = digits(&s, &from), has_to;

	if (s.len == 0 || s.at[0] != '-')
		return 0;
	s = (struct span){ s.at + 1, s.len - 1 };
	has_to = digits(&s, &to);
	if (s.len > 0 || (!has_from && !has_to))
		return 0;
	*last = length - 1;
	if (!has_from) {
		*first = length - up_to(to, length);
		return to.at[0] == '0' ? 1 : 2;
	}
	if (has_to && compare(to, from) < 0)
		return to.len > 19 ? 3 : 0;
	*first = up_to(from, length);
	if (has_to && up_to(to, length) < length)
		*last = up_to(to, length);
	return *first < length ? 2 : 1;
}

/* What several ranges may be answered with: nobody gets bytes twice, or all and
 * what stands between parts; a little saved may be worth it or not. */
static unsigned
several(const struct oracle_ranges *r, uint64_t length)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < r->count; i++) {
		for (unsigned j = i + 1; j < r->count; j++)
			if (!(r->last[i] < r->first[j] ||
				r->last[j] < r->first[i]))
				return ORACLE_200;
		/* they do not overlap: no more than length */
		sum += r->last[i] - r->first[i] + 1;
	}
	if (length - sum <= 32 * r->count)
		return ORACLE_200;
	return length - sum >= 256 * r->count ? ORACLE_206
					      : ORACLE_200 | ORACLE_206;
}

struct oracle_ranges
oracle_range(const struct request *req, uint64_t length)
{
	struct oracle_ranges r = { .answers = ORACLE_200 };
	struct span s;
	unsigned lines = oracle_field(req, "Range", &s), asked = 0;
	bool doubtful = false;

	if (lines != 1 || s.len < 6 || strncasecmp(s.at, "bytes=", 6) != 0)
		return r;
	for (size_t i = 6, begin = 6; i <= s.len; i++) {
		struct span e = { s.at + begin, i - begin };
		uint64_t first, last;

		if (i < s.len && s.at[i] != ',')
			continue;
		begin = i + 1;
		while (e.len > 0 && (*e.at == ' ' || *e.at == '\t'))
			e = (struct span){ e.at + 1, e.len - 1 };
		while (e.len > 0 &&
		    (e.at[e.len - 1] == ' ' || e.at[e.len - 1] == '\t'))
			e.len--;
		if (e.len == 0)
			continue;
		if (++asked > ORACLE_RANGES)
			return r;
		switch (one(e, length, &first, &last)) {
		case 0:
			return r;
		case 3:
			doubtful = true;
			break;
		case 2:
			r.first[r.count] = first;
			r.last[r.count++] = last;
		}
	}
	if (asked == 0)
		return r;
	if (r.count == 0)
		r.answers = ORACLE_416;
	else if (r.count == 1)
		r.answers = length > 0 ? ORACLE_206 : ORACLE_200;
	else
		r.answers = length > 0 ? several(&r, length) : ORACLE_200;
	if (doubtful)
		r.answers |= ORACLE_200;
	return r;
}
