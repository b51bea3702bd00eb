/* The native buckets of a histogram, with libm as the witness. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/num.h"
#include "base/prng.h"
#include "metrics/histogram.h"

/* Indexes in schema 3: that of 1 ns, and that of UINT64_MAX. */
enum { LOWEST = -239, HIGHEST = 272, INDEXES = HIGHEST - LOWEST + 1 };

static const uint64_t bounds[] = { 5 * NS_PER_MS, 10 * NS_PER_MS, NS_PER_SEC };

static struct histogram h;
static struct histogram_snapshot snapshot;

/* Of the bucket that ns belongs to. An integer power of two seconds is exact in
 * a long double, and its logarithm as well. */
static int
index_of(uint64_t ns)
{
	long double seconds = (long double)ns / 1e9L;

	int index = (int)ceill(log2l(seconds) * 8);

	/* the last one takes what else there is in 64 bits, from 545 years */
	return index < HIGHEST ? index : HIGHEST;
}

/* The bucket that one duration alone falls into. */
static int
found_index(uint64_t ns)
{
	histogram_init(&h, bounds, 3);
	histogram_observe(&h, ns);
	histogram_read(&h, &snapshot);
	assert_int_equal(snapshot.schema, 3);
	assert_true(snapshot.zeros == 0);
	assert_int_equal(snapshot.natives, 1);
	assert_true(snapshot.native[0].count == 1);
	return snapshot.native[0].index;
}

/* The last ns that libm puts below or at index, found by halving. */
static uint64_t
last_of(int index)
{
	uint64_t low = 0, high = UINT64_MAX;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2 + 1;

		if (index_of(middle) <= index)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

/* Up to a year: beyond, a long double hardly tells one ns from the next. */
static void
every_bound_and_its_neighbours(void **state)
{
	(void)state;
	for (int i = LOWEST; i <= 200; i++) {
		uint64_t last = last_of(i);

		for (uint64_t ns = last > 1 ? last - 1 : 1; ns <= last + 1;
		     ns++)
			assert_int_equal(found_index(ns), index_of(ns));
	}
	/* powers of two seconds, as far as they are whole ns */
	for (int i = -9; i < HIGHEST / 8; i++) {
		uint64_t last = i < 0 ? NS_PER_SEC >> -i : NS_PER_SEC << i;

		assert_int_equal(found_index(last), 8 * i);
		assert_int_equal(found_index(last + 1), 8 * i + 1);
	}
}

static void
the_ends(void **state)
{
	(void)state;
	assert_int_equal(found_index(1), LOWEST);
	assert_int_equal(found_index(UINT64_MAX), HIGHEST);
	histogram_init(&h, bounds, 3);
	histogram_observe(&h, 0);
	histogram_read(&h, &snapshot);
	assert_true(snapshot.zeros == 1 && snapshot.natives == 0);
	assert_true(snapshot.cumulative[0] == 1);
}

/* Sixteen octaves from 2^from ns at a time: as many buckets as fit unmerged. */
static void
compare_octaves(struct prng *random, unsigned from)
{
	static uint64_t expected[INDEXES];
	uint64_t all = 0;

	memset(expected, 0, sizeof expected);
	histogram_init(&h, bounds, 3);
	for (int i = 0; i < 500000; i++) {
		unsigned octave = from + (unsigned)prng_between(random, 0, 15);
		uint64_t first = UINT64_C(1) << octave;
		uint64_t ns = prng_between(random, first, 2 * first - 1);

		histogram_observe(&h, ns);
		expected[index_of(ns) - LOWEST]++;
	}
	histogram_read(&h, &snapshot);
	assert_int_equal(snapshot.schema, 3);
	for (size_t i = 0; i < snapshot.natives; i++) {
		assert_true(snapshot.native[i].count ==
		    expected[snapshot.native[i].index - LOWEST]);
		all += snapshot.native[i].count;
	}
	assert_true(all == 500000);
}

static void
millions_as_libm_has_them(void **state)
{
	struct prng random = { 1 };

	(void)state;
	for (unsigned from = 0; from < 48; from += 8)
		compare_octaves(&random, from);
}

/* Every bucket of schema 3 once: with so many the schema has to fall. */
static void
merges_what_does_not_fit(void **state)
{
	int32_t before = 3;
	size_t filled = 0;

	(void)state;
	histogram_init(&h, bounds, 3);
	for (int i = LOWEST; i <= 240; i++) {
		uint64_t ns = last_of(i), sum = 0;
		int width;

		if (i > LOWEST && ns == last_of(i - 1))
			continue;
		histogram_observe(&h, ns);
		histogram_read(&h, &snapshot);
		filled++;
		assert_in_range(snapshot.schema, 1, before);
		assert_in_range(snapshot.natives, 1, HISTOGRAM_NATIVE_MAX);
		assert_true(filled > HISTOGRAM_NATIVE_MAX ||
		    (snapshot.schema == 3 && snapshot.natives == filled));
		before = snapshot.schema;
		width = 1 << (3 - snapshot.schema);
		for (size_t j = 0; j < snapshot.natives; j++)
			sum += snapshot.native[j].count;
		assert_true(sum == filled);
		/* where the newest is */
		assert_int_equal(snapshot.native[snapshot.natives - 1].index,
		    (i + 1000 * width + width - 1) / width - 1000);
	}
	assert_int_equal(before, 1);
}

/* The schema is as high as it can be, and never rises, in whatever order the
 * buckets fill. */
static void
the_schema_only_falls(void **state)
{
	struct prng random = { 7 };

	(void)state;
	for (int round = 0; round < 20; round++) {
		bool filled[4][INDEXES + 8] = { 0 };
		size_t count[4] = { 0 };
		int32_t before = 3;

		histogram_init(&h, bounds, 3);
		for (int i = 0; i < 400; i++) {
			uint64_t ns =
			    prng_next(&random) >> prng_between(&random, 0, 63);
			int index = ns == 0 ? 0 : index_of(ns);

			histogram_observe(&h, ns);
			for (int schema = 3; ns > 0 && schema >= 0; schema--) {
				size_t at = (size_t)(index + 1000) -
				    (size_t)(1000 + LOWEST);

				count[schema] += !filled[schema][at];
				filled[schema][at] = true;
				index = (index + 1000 + 1) / 2 - 500;
			}
			histogram_read(&h, &snapshot);
			assert_true(snapshot.schema <= before);
			before = snapshot.schema;
			assert_int_equal(snapshot.natives, count[before]);
			assert_true(snapshot.natives <= HISTOGRAM_NATIVE_MAX);
			assert_true(before == 3 ||
			    count[before + 1] > HISTOGRAM_NATIVE_MAX);
		}
	}
}

/* What a classic bucket counts, the native ones count as well, wherever the
 * bounds lie: on native ones, between them, many between two. */
static void
classic_bounds_anywhere(void **state)
{
	const uint64_t odd[] = { 0, 1, 2, 17, 1000000, 1000001, 1000002,
		1000003, 1000004, 1000005, 125000000, 250000000, 250000001,
		NS_PER_SEC, UINT64_MAX - 1, UINT64_MAX };
	enum { COUNT = sizeof odd / sizeof odd[0] };
	uint64_t counts[COUNT + 1] = { 0 }, all;
	struct prng random = { 3 };

	(void)state;
	histogram_init(&h, odd, COUNT);
	for (int i = 0; i < 20000; i++) {
		uint64_t ns = odd[prng_between(&random, 0, COUNT - 1)];

		ns += prng_between(&random, 0, 2) - 1;
		if (prng_next(&random) % 2)
			ns = prng_next(&random) >> prng_between(&random, 0, 63);
		histogram_observe(&h, ns);
		for (size_t j = 0; j < COUNT; j++)
			counts[j] += ns <= odd[j];
		counts[COUNT]++;
	}
	histogram_read(&h, &snapshot);
	all = snapshot.zeros;
	for (size_t i = 0; i < snapshot.natives; i++)
		all += snapshot.native[i].count;
	for (size_t j = 0; j <= COUNT; j++)
		assert_true(snapshot.cumulative[j] == counts[j]);
	assert_true(snapshot.zeros == counts[0]);
	assert_true(all == counts[COUNT]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_bound_and_its_neighbours),
		cmocka_unit_test(the_ends),
		cmocka_unit_test(millions_as_libm_has_them),
		cmocka_unit_test(merges_what_does_not_fit),
		cmocka_unit_test(the_schema_only_falls),
		cmocka_unit_test(classic_bounds_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
