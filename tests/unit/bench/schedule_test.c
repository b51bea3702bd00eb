#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/num.h"
#include "load/schedule.h"

#define START (UINT64_C(7) << 40)

static struct schedule
begun(uint64_t rate, uint64_t requests, uint64_t warmup, uint64_t duration)
{
	struct schedule s = { .rate = rate, .requests = requests };

	schedule_start(&s, START, warmup, duration);
	return s;
}

/* Takes all that is due at now: how many. */
static uint64_t
take_all(struct schedule *s, uint64_t now)
{
	uint64_t count = 0, meant;

	while (schedule_take(s, now, &meant)) {
		assert_true(meant <= now);
		count++;
	}
	return count;
}

static void
closed_loop_sends_at_any_time(void **state)
{
	struct schedule s = begun(0, UINT64_MAX, 0, NS_PER_SEC);
	uint64_t meant = 0;

	(void)state;
	for (uint64_t now = START; now < START + NS_PER_SEC; now += 1234567) {
		assert_true(schedule_next(&s, now) == now);
		assert_true(schedule_take(&s, now, &meant));
		assert_true(meant == now);
	}
	assert_true(schedule_next(&s, START + NS_PER_SEC) == CLOCK_NEVER);
	assert_false(schedule_take(&s, START + NS_PER_SEC, &meant));
}

static void
closed_loop_counts_requests(void **state)
{
	struct schedule s = begun(0, 3, 1000, NS_PER_SEC);
	uint64_t meant;

	(void)state;
	/* warming up is not counted */
	for (int i = 0; i < 10; i++)
		assert_true(schedule_take(&s, START + 999, &meant));
	assert_int_equal(take_all(&s, START + 1000), 3);
	assert_true(schedule_next(&s, START + 1001) == CLOCK_NEVER);
}

/* Every moment, exactly: the nth is n / rate behind the start. */
static void
even_moments_do_not_drift(void **state)
{
	static const uint64_t rates[] = { 1, 3, 7, 1000, 99999, 1000000 };

	(void)state;
	for (size_t r = 0; r < sizeof rates / sizeof *rates; r++) {
		uint64_t rate = rates[r], meant;
		struct schedule s =
		    begun(rate, UINT64_MAX, 0, 3600 * NS_PER_SEC);

		for (uint64_t n = 0; n < 200000 && n < rate * 3600; n++) {
			uint64_t exact = START + n / rate * NS_PER_SEC +
			    n % rate * NS_PER_SEC / rate;

			assert_true(schedule_next(&s, START) == exact);
			assert_false(schedule_take(&s, exact - 1, &meant));
			assert_true(schedule_take(&s, exact, &meant));
			assert_true(meant == exact);
		}
	}
}

static void
late_requests_keep_their_moments(void **state)
{
	struct schedule s = begun(1000, UINT64_MAX, 0, 10 * NS_PER_SEC);
	uint64_t now = START + 5 * NS_PER_SEC, meant;

	(void)state;
	/* nothing for five seconds: then all that was missed, as it was meant
	 */
	for (uint64_t n = 0; n <= 5000; n++) {
		assert_true(schedule_take(&s, now, &meant));
		assert_true(meant == START + n * NS_PER_MS);
	}
	assert_false(schedule_take(&s, now, &meant));
	assert_true(schedule_next(&s, now) == now + NS_PER_MS);
}

static void
open_loop_ends(void **state)
{
	struct schedule s = begun(1000, UINT64_MAX, NS_PER_SEC, 2 * NS_PER_SEC);

	(void)state;
	/* what was due before the end is still due after it */
	assert_int_equal(take_all(&s, START + 9 * NS_PER_SEC), 3000);
	assert_true(schedule_next(&s, START + 9 * NS_PER_SEC) == CLOCK_NEVER);
	s = begun(1000, 10, NS_PER_SEC, 2 * NS_PER_SEC);
	assert_int_equal(take_all(&s, START + 9 * NS_PER_SEC), 1010);
}

static void
longest_and_fastest_does_not_overflow(void **state)
{
	struct schedule s =
	    begun(SCHEDULE_RATE_MAX, UINT64_MAX, 0, 3600 * NS_PER_SEC);
	uint64_t end = START + 3600 * NS_PER_SEC, meant;

	(void)state;
	/* 3.6e9 requests are too many to take in a test: stand before the end
	 */
	s.at = (SCHEDULE_RATE_MAX * 3600 - 2) << 32;
	assert_true(schedule_take(&s, end, &meant));
	assert_true(schedule_take(&s, end, &meant));
	assert_true(meant == end - NS_PER_SEC / SCHEDULE_RATE_MAX);
	assert_false(schedule_take(&s, end, &meant));
}

struct gaps {
	double mean, variance;
	double above; /* share of gaps above the mean */
};

static struct gaps
measure(uint64_t seed, uint64_t count)
{
	struct schedule s = { .rate = 1000,
		.random = true,
		.requests = UINT64_MAX,
		.prng = { seed } };
	struct gaps g = { 0 };
	uint64_t last = START, meant;
	double sum = 0, squares = 0, above = 0;

	schedule_start(&s, START, 0, 3600 * NS_PER_SEC);
	for (uint64_t i = 0; i < count; i++) {
		double gap;

		assert_true(schedule_take(&s, UINT64_MAX - 1, &meant));
		assert_true(meant >= last);
		gap = (double)(meant - last) / (double)NS_PER_MS;
		sum += gap;
		squares += gap * gap;
		above += gap > 1;
		last = meant;
	}
	g.mean = sum / (double)count;
	g.variance = squares / (double)count - g.mean * g.mean;
	g.above = above / (double)count;
	return g;
}

/* Exponential gaps: mean 1, variance 1, and 1/e of them above the mean. */
static void
random_moments_are_a_poisson_process(void **state)
{
	struct gaps g = measure(1, 1000000);

	(void)state;
	if (g.mean < 0.99 || g.mean > 1.01 || g.variance < 0.98 ||
	    g.variance > 1.02 || g.above < 0.365 || g.above > 0.371)
		fail_msg("%f %f %f", g.mean, g.variance, g.above);
}

static void
seeds_make_the_moments(void **state)
{
	struct gaps a = measure(1, 100), b = measure(1, 100);
	struct gaps c = measure(2, 100);

	(void)state;
	assert_true(a.mean == b.mean && a.variance == b.variance);
	assert_true(a.mean != c.mean);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(closed_loop_sends_at_any_time),
		cmocka_unit_test(closed_loop_counts_requests),
		cmocka_unit_test(even_moments_do_not_drift),
		cmocka_unit_test(late_requests_keep_their_moments),
		cmocka_unit_test(open_loop_ends),
		cmocka_unit_test(longest_and_fastest_does_not_overflow),
		cmocka_unit_test(random_moments_are_a_poisson_process),
		cmocka_unit_test(seeds_make_the_moments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
