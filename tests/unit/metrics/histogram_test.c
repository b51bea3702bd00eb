#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>

#include "base/num.h"
#include "base/prng.h"
#include "metrics/histogram.h"

static const uint64_t bounds[] = { 5 * NS_PER_MS, 10 * NS_PER_MS, NS_PER_SEC };

static struct histogram h;
static struct histogram_snapshot snapshot;

static void
starts_empty(void **state)
{
	(void)state;
	histogram_init(&h, bounds, 3);
	histogram_read(&h, &snapshot);
	assert_int_equal(snapshot.bounds, 3);
	assert_true(snapshot.sum == 0);
	for (size_t i = 0; i < 3; i++)
		assert_true(snapshot.bound[i] == bounds[i]);
	for (size_t i = 0; i <= 3; i++)
		assert_true(snapshot.cumulative[i] == 0);
	assert_int_equal(snapshot.schema, 3);
	assert_true(snapshot.zeros == 0 && snapshot.natives == 0);
	assert_true(snapshot.created == 0);
	h.created = 5;
	histogram_read(&h, &snapshot);
	assert_true(snapshot.created == 5);
}

/* A bound is the last value of its own bucket. */
static void
bounds_are_inclusive(void **state)
{
	uint64_t sum = 0;

	(void)state;
	histogram_init(&h, bounds, 3);
	for (size_t i = 0; i < 3; i++) {
		histogram_observe(&h, bounds[i]);
		histogram_observe(&h, bounds[i] + 1);
		sum += 2 * bounds[i] + 1;
	}
	histogram_observe(&h, 0);
	histogram_read(&h, &snapshot);
	assert_true(snapshot.cumulative[0] == 2);
	assert_true(snapshot.cumulative[1] == 4);
	assert_true(snapshot.cumulative[2] == 6);
	assert_true(snapshot.cumulative[3] == 7);
	assert_true(snapshot.sum == sum);
}

static void
no_bounds_and_all_of_them(void **state)
{
	uint64_t many[HISTOGRAM_BOUNDS_MAX];

	(void)state;
	histogram_init(&h, NULL, 0);
	histogram_observe(&h, UINT64_MAX);
	histogram_read(&h, &snapshot);
	assert_true(snapshot.bounds == 0 && snapshot.cumulative[0] == 1);

	for (size_t i = 0; i < HISTOGRAM_BOUNDS_MAX; i++)
		many[i] = 10 * (i + 1);
	histogram_init(&h, many, HISTOGRAM_BOUNDS_MAX);
	for (uint64_t ns = 1; ns <= 10 * HISTOGRAM_BOUNDS_MAX + 5; ns++)
		histogram_observe(&h, ns);
	histogram_read(&h, &snapshot);
	for (size_t i = 0; i < HISTOGRAM_BOUNDS_MAX; i++)
		assert_true(snapshot.cumulative[i] == 10 * (i + 1));
	assert_true(snapshot.cumulative[HISTOGRAM_BOUNDS_MAX] ==
	    10 * HISTOGRAM_BOUNDS_MAX + 5);
}

/* The zeros and all native buckets; these have to ascend, and not be empty. */
static uint64_t
native_count(const struct histogram_snapshot *s)
{
	uint64_t count = s->zeros;

	for (size_t i = 0; i < s->natives; i++) {
		assert_true(s->native[i].count > 0);
		assert_true(
		    i == 0 || s->native[i].index > s->native[i - 1].index);
		count += s->native[i].count;
	}
	return count;
}

enum { THREADS = 4, ROUNDS = 200000 };

static void *
observe(void *seed)
{
	struct prng p = { (uint64_t)(uintptr_t)seed };

	for (int i = 0; i < ROUNDS; i++)
		histogram_observe(&h, prng_between(&p, 1, 20 * NS_PER_MS));
	return NULL;
}

/* In every snapshot buckets ascend, and none is behind an earlier one. */
static void
counts_from_many_threads(void **state)
{
	struct histogram_snapshot before = { .schema = HISTOGRAM_SCHEMA };
	pthread_t thread[THREADS];
	uint64_t all = (uint64_t)THREADS * ROUNDS;

	(void)state;
	histogram_init(&h, bounds, 3);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, observe,
				     (void *)(uintptr_t)i),
		    0);
	do {
		histogram_read(&h, &snapshot);
		for (size_t i = 0; i <= 3; i++) {
			uint64_t below = i > 0 ? snapshot.cumulative[i - 1] : 0;

			assert_true(snapshot.cumulative[i] >= below);
			assert_true(
			    snapshot.cumulative[i] >= before.cumulative[i]);
		}
		assert_true(snapshot.sum >= before.sum);
		assert_true(native_count(&snapshot) == snapshot.cumulative[3]);
		before = snapshot;
	} while (snapshot.cumulative[3] < all);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	histogram_read(&h, &snapshot);
	assert_true(snapshot.cumulative[3] == all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_empty),
		cmocka_unit_test(bounds_are_inclusive),
		cmocka_unit_test(no_bounds_and_all_of_them),
		cmocka_unit_test(counts_from_many_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
