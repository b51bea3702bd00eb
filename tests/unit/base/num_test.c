#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/num.h"
#include "base/prng.h"

static const uint64_t untouched = 4711;

struct sample {
	const char *text;
	uint64_t value;
};

#define WRONG UINT64_C(4711) /* not a value of any sample */

typedef bool parser(struct span s, uint64_t *value);

static void
check(parser *parse, const struct sample *samples, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t value = untouched;
		bool ok = parse(span_of(samples[i].text), &value);

		if (ok != (samples[i].value != WRONG) ||
		    value != samples[i].value)
			fail_msg("%s", samples[i].text);
	}
}

#define CHECK(parse, samples) \
	check(parse, samples, sizeof(samples) / sizeof(samples)[0])

static void
decimal_integers(void **state)
{
	const struct sample samples[] = { { "0", 0 }, { "007", 7 },
		{ "18446744073709551615", UINT64_MAX },
		{ "000018446744073709551615", UINT64_MAX },
		{ "18446744073709551616", WRONG },
		{ "99999999999999999999", WRONG }, { "", WRONG },
		{ "-1", WRONG }, { "+1", WRONG }, { " 1", WRONG },
		{ "1 ", WRONG }, { "1a", WRONG }, { "0x1", WRONG },
		{ "1.0", WRONG } };
	uint64_t value = untouched;

	(void)state;
	CHECK(num_parse_u64, samples);
	assert_false(num_parse_u64((struct span){ NULL, 0 }, &value));
	assert_false(num_parse_u64(SPAN("1\0"), &value));
	assert_int_equal(value, untouched);
}

static void
hexadecimal_integers(void **state)
{
	const struct sample samples[] = { { "0", 0 }, { "aF09", 0xaf09 },
		{ "ffffffffffffffff", UINT64_MAX },
		{ "10000000000000000", WRONG }, { "g", WRONG }, { "", WRONG },
		{ "0x1", WRONG }, { "-1", WRONG } };

	(void)state;
	CHECK(num_parse_hex, samples);
}

static bool
decimal_9(struct span s, uint64_t *value)
{
	return num_parse_decimal(s, 9, value);
}

static bool
decimal_0(struct span s, uint64_t *value)
{
	return num_parse_decimal(s, 0, value);
}

static void
decimal_fractions(void **state)
{
	const struct sample nine[] = { { "0.005", 5000000 },
		{ "10", UINT64_C(10000000000) },
		{ "2.50", UINT64_C(2500000000) }, { "0.000000001", 1 },
		{ "0.0000000010", 1 }, { "0.0000000011", WRONG },
		{ "1.", WRONG }, { ".5", WRONG }, { ".", WRONG }, { "", WRONG },
		{ "1.2.3", WRONG }, { "1e3", WRONG }, { "-1", WRONG },
		{ "1,5", WRONG }, { "18446744073.709551615", UINT64_MAX },
		{ "18446744073.709551616", WRONG }, { "18446744074", WRONG } };
	const struct sample none[] = { { "3", 3 }, { "3.0", 3 },
		{ "3.1", WRONG } };

	(void)state;
	CHECK(decimal_9, nine);
	CHECK(decimal_0, none);
}

static void
durations(void **state)
{
	const struct sample samples[] = { { "250ms", 250 * NS_PER_MS },
		{ "5s", 5 * NS_PER_SEC }, { "1m30s", 90 * NS_PER_SEC },
		{ "1.5s", 1500 * NS_PER_MS }, { "0", 0 }, { "0s", 0 },
		{ "1h2m3s4ms5us6ns", UINT64_C(3723004005006) },
		{ "0.25m", 15 * NS_PER_SEC }, { "1.5h", 5400 * NS_PER_SEC },
		{ "0.5us", 500 }, { "0.5ns", WRONG }, { "5", WRONG },
		{ "00", WRONG }, { "s", WRONG }, { "", WRONG },
		{ "-5s", WRONG }, { "5 s", WRONG }, { "5S", WRONG },
		{ "5d", WRONG }, { "30s1m", WRONG }, { "1s1s", WRONG },
		{ "1m30", WRONG }, { "5s ", WRONG }, { "1..5s", WRONG },
		{ "584554h", UINT64_C(584554) * 3600 * NS_PER_SEC },
		{ "5124096h", WRONG }, { "99999999999999999999s", WRONG } };

	(void)state;
	CHECK(num_parse_duration, samples);
}

static void
sizes(void **state)
{
	const struct sample samples[] = { { "0", 0 }, { "4096", 4096 },
		{ "10B", 10 }, { "64KiB", 65536 }, { "1MiB", 1048576 },
		{ "2GiB", UINT64_C(2147483648) }, { "", WRONG },
		{ "KiB", WRONG }, { "1K", WRONG }, { "1kib", WRONG },
		{ "1KB", WRONG }, { "1.5MiB", WRONG }, { "-1", WRONG },
		{ "1 KiB", WRONG }, { "17179869184GiB", WRONG },
		{ "18014398509481983KiB", UINT64_MAX - 1023 } };
	uint64_t value = untouched;

	(void)state;
	CHECK(num_parse_size, samples);
	assert_false(num_parse_size((struct span){ NULL, 0 }, &value));
}

static void
assert_written(
    void (*write)(struct buf *, uint64_t), uint64_t ns, const char *expected)
{
	char memory[64];
	struct buf b = buf_over(memory, sizeof memory);

	write(&b, ns);
	if (!span_eq(buf_span(&b), span_of(expected)))
		fail_msg("%.*s is not %s", (int)b.len, b.at, expected);
}

static void
writes_seconds(void **state)
{
	(void)state;
	assert_written(num_seconds, 0, "0.0");
	assert_written(num_seconds, 1, "0.000000001");
	assert_written(num_seconds, 5 * NS_PER_MS, "0.005");
	assert_written(num_seconds, NS_PER_SEC - 1, "0.999999999");
	assert_written(num_seconds, NS_PER_SEC, "1.0");
	assert_written(num_seconds, 10 * NS_PER_SEC, "10.0");
	assert_written(num_seconds, 12 * NS_PER_SEC + 1, "12.000000001");
	assert_written(num_seconds, UINT64_MAX, "18446744073.709551615");
}

static void
writes_durations(void **state)
{
	(void)state;
	assert_written(num_duration, 0, "0s");
	assert_written(num_duration, 90 * NS_PER_SEC, "1m30s");
	assert_written(num_duration, 250 * NS_PER_MS, "250ms");
	assert_written(num_duration, 3600 * NS_PER_SEC, "1h");
	assert_written(
	    num_duration, UINT64_C(3723004005006), "1h2m3s4ms5us6ns");
}

/* What is written reads back the same. */
static void
round_trips(void **state)
{
	struct prng p = { 1 };

	(void)state;
	for (int i = 0; i < 20000; i++) {
		uint64_t ns = prng_next(&p) >> prng_between(&p, 0, 63);
		uint64_t back = 0;
		char memory[64];
		struct buf b = buf_over(memory, sizeof memory);

		num_duration(&b, ns);
		assert_true(num_parse_duration(buf_span(&b), &back));
		assert_true(back == ns);
		b.len = 0;
		num_seconds(&b, ns);
		assert_true(num_parse_decimal(buf_span(&b), 9, &back));
		assert_true(back == ns);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decimal_integers),
		cmocka_unit_test(hexadecimal_integers),
		cmocka_unit_test(decimal_fractions),
		cmocka_unit_test(durations),
		cmocka_unit_test(sizes),
		cmocka_unit_test(writes_seconds),
		cmocka_unit_test(writes_durations),
		cmocka_unit_test(round_trips),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
