#include "config_number.h"

#include <errno.h>
#include <string.h>

#include "base/num.h"
#include "fuzz.h"
#include "unit/guard.h"

enum { NUMBER_MAX = 64 };

__extension__ typedef unsigned __int128 wide;

static size_t
span_of_digits(struct span s)
{
	size_t n = 0;

	while (n < s.len && s.at[n] >= '0' && s.at[n] <= '9')
		n++;
	return n;
}

/* A whole number by strtoull(3), which takes more than digits. */
static bool
read_whole(struct span s, int base, const char *digits, uint64_t *value)
{
	char text[NUMBER_MAX + 1] = "";

	memcpy(text, s.at, s.len);
	if (s.len == 0 || strspn(text, digits) != s.len)
		return false;
	errno = 0;
	*value = strtoull(text, NULL, base);
	return errno == 0;
}

/*
 * Digits, and perhaps a point and more of them, of which those beyond places
 * are zeros: times unit, exactly, or not at all. Takes it off s.
 */
static bool
read_scaled(struct span *s, uint64_t unit, unsigned places, wide *value)
{
	size_t n = span_of_digits(*s);
	wide tenth = unit;

	if (n == 0)
		return false;
	*value = 0;
	for (size_t i = 0; i < n; i++) {
		*value = *value * 10 + (unsigned)(s->at[i] - '0') * (wide)unit;
		if (*value > UINT64_MAX)
			return false;
	}
	*s = span_from(*s, n);
	if (s->len == 0 || s->at[0] != '.')
		return true;
	*s = span_from(*s, 1);
	n = span_of_digits(*s);
	for (size_t i = 0; i < n; i++) {
		unsigned digit = (unsigned)(s->at[i] - '0');

		if (digit > 0 && i >= places)
			return false;
		tenth /= 10;
		*value += digit * tenth;
	}
	*s = span_from(*s, n);
	return n > 0 && *value <= UINT64_MAX;
}

static const struct {
	const char *name;
	uint64_t ns;
	unsigned places;
} units[] = { { "h", 3600 * NS_PER_SEC, 9 }, { "m", 60 * NS_PER_SEC, 9 },
	{ "s", NS_PER_SEC, 9 }, { "ms", NS_PER_MS, 6 }, { "us", NS_PER_US, 3 },
	{ "ns", 1, 0 } };

enum { UNITS = sizeof units / sizeof units[0] };

/* The letters at the front of s. */
static struct span
letters(struct span s)
{
	size_t n = 0;

	while (n < s.len && (s.at[n] < '0' || s.at[n] > '9') && s.at[n] != '.')
		n++;
	return (struct span){ s.at, n };
}

static bool
read_duration(struct span s, uint64_t *ns)
{
	wide sum = 0, part;
	size_t next = 0;

	if (s.len == 1 && s.at[0] == '0') {
		*ns = 0;
		return true;
	}
	if (s.len == 0)
		return false;
	while (s.len > 0) {
		struct span number = s, unit;
		size_t n = 0;

		while (n < s.len && !letters(span_from(s, n)).len)
			n++;
		unit = letters(span_from(s, n));
		while (
		    next < UNITS && !span_eq(unit, span_of(units[next].name)))
			next++;
		if (next == UNITS)
			return false;
		number.len = n;
		if (!read_scaled(
			&number, units[next].ns, units[next].places, &part) ||
		    number.len > 0)
			return false;
		sum += part;
		if (sum > UINT64_MAX)
			return false;
		s = span_from(s, n + unit.len);
		next++;
	}
	*ns = (uint64_t)sum;
	return true;
}

static void
check_decimal(struct span s, unsigned places, uint64_t unit)
{
	struct span rest = s;
	uint64_t got = 42;
	wide value = 0;
	bool good = read_scaled(&rest, unit, places, &value) && rest.len == 0;

	CHECK(num_parse_decimal(s, places, &got) == good);
	CHECK(got == (good ? value : 42));
}

static void
check_duration(struct span s)
{
	uint64_t got = 42, expected = 0, again = 42;
	char memory[NUMBER_MAX];
	struct buf b = buf_over(memory, sizeof memory);
	bool good = read_duration(s, &expected);

	CHECK(num_parse_duration(s, &got) == good);
	CHECK(got == (good ? expected : 42));
	num_duration(&b, got);
	CHECK(num_parse_duration(buf_span(&b), &again) && again == got);
	b = buf_over(memory, sizeof memory);
	num_seconds(&b, got);
	CHECK(num_parse_decimal(buf_span(&b), 9, &again) && again == got);
	CHECK(!b.overflowed);
}

static void
check_size(struct span s)
{
	static const char *const names[] = { "", "B", "KiB", "MiB", "GiB" };
	static const unsigned shift[] = { 0, 0, 10, 20, 30 };
	struct span number = { s.at, 0 }, name;
	uint64_t got = 42;
	wide value = 0;

	while (number.len < s.len && letters(span_from(s, number.len)).len == 0)
		number.len++;
	name = span_from(s, number.len);
	for (int i = 0; i < 5; i++) {
		struct span rest = number;
		bool good = span_eq(name, span_of(names[i])) &&
		    read_scaled(&rest, UINT64_C(1) << shift[i], 0, &value) &&
		    rest.len == 0;

		if (!span_eq(name, span_of(names[i])))
			continue;
		CHECK(num_parse_size(s, &got) == good);
		CHECK(got == (good ? value : 42));
		return;
	}
	CHECK(!num_parse_size(s, &got));
}

void
number_check(struct span s)
{
	uint64_t got = 42, expected = 0;
	bool good;

	if (s.at == NULL || s.len > NUMBER_MAX)
		return;
	s = guard_put(s);
	good = read_whole(s, 10, "0123456789", &expected);
	CHECK(num_parse_u64(s, &got) == good);
	CHECK(got == (good ? expected : 42));
	good = read_whole(s, 16, "0123456789abcdefABCDEF", &expected);
	got = 42;
	CHECK(num_parse_hex(s, &got) == good);
	CHECK(got == (good ? expected : 42));
	check_decimal(s, 9, NS_PER_SEC);
	check_decimal(s, 4, 10000);
	check_decimal(s, 0, 1);
	check_duration(s);
	check_size(s);
}
