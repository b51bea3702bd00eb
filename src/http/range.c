#include "http/range.h"

#include "base/span.h"

enum {
	/* About what stands between parts: less than this is not saved. */
	PART_OVERHEAD = 100,
};

/* A number of any length: what is too large for 64 bits is as large as can be.
 * False if there is no digit. */
static bool
take_number(struct span *s, uint64_t *value)
{
	size_t n = 0;

	*value = 0;
	for (; n < s->len && s->at[n] >= '0' && s->at[n] <= '9'; n++) {
		uint64_t digit = (uint64_t)(s->at[n] - '0');

		if (*value > (UINT64_MAX - digit) / 10)
			*value = UINT64_MAX;
		else
			*value = *value * 10 + digit;
	}
	*s = span_from(*s, n);
	return n > 0;
}

/* What one range is worth. */
enum spec { SPEC_BAD, SPEC_OUTSIDE, SPEC_INSIDE };

/* "-500": the last 500 bytes. */
static enum spec
read_suffix(struct span s, uint64_t length, struct range *r)
{
	uint64_t n;

	s = span_from(s, 1);
	if (!take_number(&s, &n) || s.len > 0)
		return SPEC_BAD;
	if (n == 0)
		return SPEC_OUTSIDE;
	r->first = n < length ? length - n : 0;
	r->last = length - 1;
	return SPEC_INSIDE;
}

/* "0-499" or "500-" (RFC 9110, 14.1.1). */
static enum spec
read_spec(struct span s, uint64_t length, struct range *r)
{
	if (s.at[0] == '-')
		return read_suffix(s, length, r);
	if (!take_number(&s, &r->first) || s.len == 0 || s.at[0] != '-')
		return SPEC_BAD;
	s = span_from(s, 1);
	r->last = UINT64_MAX;
	if (s.len > 0 &&
	    (!take_number(&s, &r->last) || s.len > 0 || r->last < r->first))
		return SPEC_BAD;
	if (r->first >= length)
		return SPEC_OUTSIDE;
	if (r->last >= length)
		r->last = length - 1;
	return SPEC_INSIDE;
}

/* The set behind "bytes=": false if it is to be ignored (14.2). */
static bool
read_set(struct span set, uint64_t length, struct range out[RANGES_MAX],
    unsigned *count)
{
	unsigned asked = 0;

	while (set.at != NULL) {
		struct span element = span_trim(span_cut(&set, ','));

		if (element.len == 0)
			continue;
		if (++asked > RANGES_MAX)
			return false;
		switch (read_spec(element, length, &out[*count])) {
		case SPEC_BAD:
			return false;
		case SPEC_INSIDE:
			++*count;
			break;
		case SPEC_OUTSIDE:
			break;
		}
	}
	return asked > 0;
}

/* Who asks for bytes twice, or for nearly all in parts, gets all at once. */
static bool
is_worthwhile(const struct range *r, unsigned count, uint64_t length)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < count; i++) {
		sum += r[i].last - r[i].first + 1 + PART_OVERHEAD;
		if (sum >= length)
			return false;
		for (unsigned j = 0; j < i; j++)
			if (r[i].first <= r[j].last && r[j].first <= r[i].last)
				return false;
	}
	return true;
}

enum range_pick
range_pick(const struct request *req, uint64_t length,
    struct range out[RANGES_MAX], unsigned *count)
{
	struct span set = request_field(req, SPAN("Range"));
	struct span unit = span_cut(&set, '=');

	*count = 0;
	if (set.at == NULL || !span_ieq(unit, SPAN("bytes")))
		return RANGE_WHOLE;
	if (!read_set(set, length, out, count))
		return RANGE_WHOLE;
	if (*count == 0)
		return RANGE_UNSATISFIABLE;
	/* of nothing, no range can be told */
	if (length == 0)
		return RANGE_WHOLE;
	if (*count > 1 && !is_worthwhile(out, *count, length))
		return RANGE_WHOLE;
	return RANGE_SOME;
}
