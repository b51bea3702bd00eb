#include "base/num.h"

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool
parse_base(struct span s, unsigned base, uint64_t *value)
{
	uint64_t sum = 0;

	if (s.at == NULL || s.len == 0)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		int digit = hex_digit(s.at[i]);

		if (digit < 0 || (unsigned)digit >= base)
			return false;
		if (__builtin_mul_overflow(sum, (uint64_t)base, &sum) ||
		    __builtin_add_overflow(sum, (uint64_t)digit, &sum))
			return false;
	}
	*value = sum;
	return true;
}

bool
num_parse_u64(struct span s, uint64_t *value)
{
	return parse_base(s, 10, value);
}

bool
num_parse_hex(struct span s, uint64_t *value)
{
	return parse_base(s, 16, value);
}

bool
num_parse_decimal(struct span s, unsigned places, uint64_t *value)
{
	struct span fraction = s;
	struct span whole = span_cut(&fraction, '.');
	uint64_t sum, digit;

	if (!num_parse_u64(whole, &sum))
		return false;
	if (fraction.at != NULL && fraction.len == 0)
		return false; /* "1." */
	for (size_t i = 0; i < places || i < fraction.len; i++) {
		digit = 0;
		if (i < fraction.len &&
		    !num_parse_u64((struct span){ fraction.at + i, 1 }, &digit))
			return false;
		if (i >= places) {
			if (digit != 0)
				return false;
			continue;
		}
		if (__builtin_mul_overflow(sum, UINT64_C(10), &sum) ||
		    __builtin_add_overflow(sum, digit, &sum))
			return false;
	}
	*value = sum;
	return true;
}

struct unit {
	struct span name;
	uint64_t size;
	unsigned places; /* decimal places that a number of them may have */
};

static const struct unit durations[] = {
	{ SPAN_INIT("h"), 3600 * NS_PER_SEC, 9 },
	{ SPAN_INIT("m"), 60 * NS_PER_SEC, 9 },
	{ SPAN_INIT("s"), NS_PER_SEC, 9 },
	{ SPAN_INIT("ms"), NS_PER_MS, 6 },
	{ SPAN_INIT("us"), NS_PER_US, 3 },
	{ SPAN_INIT("ns"), 1, 0 },
};

enum { DURATIONS = sizeof durations / sizeof durations[0] };

/* Takes the leading bytes of *s that are digits or dots, or that are not. */
static struct span
take(struct span *s, bool digits)
{
	struct span got = { s->at, 0 };

	while (got.len < s->len) {
		char c = s->at[got.len];

		if (((c >= '0' && c <= '9') || c == '.') != digits)
			break;
		got.len++;
	}
	*s = span_from(*s, got.len);
	return got;
}

static bool
scale(struct span number, const struct unit *unit, uint64_t *value)
{
	uint64_t tens = 1;

	for (unsigned i = 0; i < unit->places; i++)
		tens *= 10;
	return num_parse_decimal(number, unit->places, value) &&
	    !__builtin_mul_overflow(*value, unit->size / tens, value);
}

bool
num_parse_duration(struct span s, uint64_t *ns)
{
	size_t next = 0;
	uint64_t sum = 0, part;

	if (span_eq(s, SPAN("0"))) {
		*ns = 0;
		return true;
	}
	if (s.len == 0)
		return false;
	while (s.len > 0) {
		struct span number = take(&s, true);
		struct span name = take(&s, false);

		while (next < DURATIONS && !span_eq(name, durations[next].name))
			next++;
		if (next == DURATIONS ||
		    !scale(number, &durations[next], &part) ||
		    __builtin_add_overflow(sum, part, &sum))
			return false;
		next++;
	}
	*ns = sum;
	return true;
}

bool
num_parse_size(struct span s, uint64_t *bytes)
{
	static const struct unit sizes[] = {
		{ SPAN_INIT(""), 1, 0 },
		{ SPAN_INIT("B"), 1, 0 },
		{ SPAN_INIT("KiB"), UINT64_C(1) << 10, 0 },
		{ SPAN_INIT("MiB"), UINT64_C(1) << 20, 0 },
		{ SPAN_INIT("GiB"), UINT64_C(1) << 30, 0 },
	};
	struct span number;
	uint64_t value;

	if (s.len == 0)
		return false;
	number = take(&s, true);
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		if (!span_eq(s, sizes[i].name))
			continue;
		if (!scale(number, &sizes[i], &value))
			return false;
		*bytes = value;
		return true;
	}
	return false;
}

void
num_seconds(struct buf *b, uint64_t ns)
{
	uint32_t fraction = (uint32_t)ns;
	unsigned width = 9;

	if (ns < NS_PER_SEC) { /* as most requests take */
		buf_put(b, SPAN("0."));
	} else {
		buf_u64(b, ns / NS_PER_SEC);
		buf_char(b, '.');
		fraction = (uint32_t)(ns % NS_PER_SEC);
	}
	while (width > 1 && fraction % 10 == 0) {
		fraction /= 10;
		width--;
	}
	buf_digits(b, fraction, width);
}

void
num_duration(struct buf *b, uint64_t ns)
{
	if (ns == 0) {
		buf_put(b, SPAN("0s"));
		return;
	}
	for (size_t i = 0; i < DURATIONS; i++) {
		if (ns < durations[i].size)
			continue;
		buf_u64(b, ns / durations[i].size);
		buf_put(b, durations[i].name);
		ns %= durations[i].size;
	}
}
