#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/prng.h"
#include "load/histogram.h"

enum { VALUES = 20000 };

static struct histogram h;
static uint64_t values[VALUES];

static const uint64_t percentiles[] = { 1, 5000, 9000, 9900, 9990, 9999,
	10000 };

static int
empty(void **state)
{
	(void)state;
	h = (struct histogram){ 0 };
	return 0;
}

/* At most 1 % off, and exact where a bucket is one value. */
static void
assert_close(uint64_t got, uint64_t exact)
{
	uint64_t off = got > exact ? got - exact : exact - got;

	if (off > exact / 100 || (exact < 256 && off > 0))
		fail_msg("%llu instead of %llu", (unsigned long long)got,
		    (unsigned long long)exact);
}

static void
empty_one_has_no_latency(void **state)
{
	(void)state;
	assert_int_equal(histogram_at(&h, 5000, 10000), 0);
	assert_int_equal(histogram_at(&h, 10000, 10000), 0);
	assert_int_equal(histogram_mean(&h), 0);
}

static void
one_value_is_every_percentile(void **state)
{
	(void)state;
	histogram_add(&h, 123457);
	for (size_t i = 0; i < sizeof percentiles / sizeof *percentiles; i++)
		assert_close(histogram_at(&h, percentiles[i], 10000), 123457);
	assert_int_equal(h.max, 123457);
	assert_int_equal(histogram_mean(&h), 123457);
}

/* Around every power of two, and everything small. */
static void
no_bucket_is_too_wide(void **state)
{
	(void)state;
	for (uint64_t v = 0; v < 5000; v++) {
		empty(NULL);
		histogram_add(&h, v);
		/* a longer one, so that max does not put it right */
		histogram_add(&h, UINT64_C(1) << 42);
		assert_close(histogram_at(&h, 5000, 10000), v);
	}
	for (unsigned bit = 7; bit < HISTOGRAM_TOP_BITS - 1; bit++)
		for (int64_t more = -300; more <= 300; more++) {
			uint64_t v = (UINT64_C(1) << bit) + (uint64_t)more;

			if (v >> 62)
				continue; /* below 0 */
			empty(NULL);
			histogram_add(&h, v);
			histogram_add(&h, UINT64_C(1) << 42);
			assert_close(histogram_at(&h, 5000, 10000), v);
		}
}

static void
too_long_counts_as_the_longest(void **state)
{
	const uint64_t longest = (UINT64_C(1) << HISTOGRAM_TOP_BITS) - 1;

	(void)state;
	histogram_add(&h, longest);
	histogram_add(&h, longest + 1);
	histogram_add(&h, UINT64_MAX);
	assert_int_equal(h.count, 3);
	assert_int_equal(h.max, longest);
	assert_int_equal(histogram_mean(&h), longest);
	assert_close(histogram_at(&h, 1, 10000), longest);
}

static void
never_above_the_maximum(void **state)
{
	(void)state;
	/* the first one of its bucket: the middle would be above */
	histogram_add(&h, UINT64_C(1) << 40);
	assert_int_equal(histogram_at(&h, 9999, 10000), UINT64_C(1) << 40);
}

static int
by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Compares with the array itself, in order. */
static void
check(size_t count)
{
	uint64_t sum = 0;

	empty(NULL);
	for (size_t i = 0; i < count; i++) {
		histogram_add(&h, values[i]);
		sum += values[i];
	}
	qsort(values, count, sizeof *values, by_size);
	assert_int_equal(h.count, count);
	assert_int_equal(h.max, values[count - 1]);
	assert_int_equal(histogram_mean(&h), sum / count);
	for (size_t i = 0; i < sizeof percentiles / sizeof *percentiles; i++) {
		size_t place = (count * percentiles[i] + 9999) / 10000;

		assert_close(
		    histogram_at(&h, percentiles[i], 10000), values[place - 1]);
	}
}

static void
percentiles_as_in_a_sorted_array(void **state)
{
	static const size_t counts[] = { 1, 2, 3, 10, 99, 100, 101, 9999, 10000,
		10001, VALUES };
	struct prng prng = { 42 };

	(void)state;
	for (size_t n = 0; n < sizeof counts / sizeof *counts; n++) {
		for (size_t i = 0; i < counts[n]; i++)
			values[i] = prng_between(&prng, 1000, 5000000);
		check(counts[n]);
		/* a long tail: each power of two as likely as the next */
		for (size_t i = 0; i < counts[n]; i++)
			values[i] = prng_next(&prng) >>
			    prng_between(&prng, 64 - 42, 63);
		check(counts[n]);
	}
}

static void
many_values_do_not_overflow(void **state)
{
	(void)state;
	/* 2^60 values of 100 ns and as many of 200 */
	h.count = UINT64_C(1) << 61;
	h.max = 200;
	h.buckets[100] = h.buckets[200] = UINT64_C(1) << 60;
	assert_int_equal(histogram_at(&h, 5000, 10000), 100);
	assert_int_equal(histogram_at(&h, 5001, 10000), 200);
}

#define TEST(f) cmocka_unit_test_setup(f, empty)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(empty_one_has_no_latency),
		TEST(one_value_is_every_percentile),
		TEST(no_bucket_is_too_wide),
		TEST(too_long_counts_as_the_longest),
		TEST(never_above_the_maximum),
		TEST(percentiles_as_in_a_sorted_array),
		TEST(many_values_do_not_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
