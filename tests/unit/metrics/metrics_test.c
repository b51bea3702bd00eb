#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "metrics/metrics.h"

static const uint64_t bounds[] = { 10, 20 };
/* Places in metrics_methods. */
enum { GET, HEAD };

static struct metrics m;

static uint64_t
cell(const char *method, unsigned code)
{
	for (size_t i = 0; i < METRICS_METHODS; i++)
		for (size_t j = 0; j < METRICS_CODES; j++)
			if (metrics_codes[j] == code &&
			    span_eq(metrics_methods[i], span_of(method)))
				return metric_get(&m.requests[i][j]);
	fail_msg("no cell for %s %u", method, code);
	return 0;
}

static uint64_t
all_cells(void)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < METRICS_METHODS; i++)
		for (size_t j = 0; j < METRICS_CODES; j++)
			sum += metric_get(&m.requests[i][j]);
	return sum;
}

/* One whose answer went out at once. */
static void
request(size_t method, unsigned status, uint64_t latency, bool aborted)
{
	metrics_request(&m,
	    &(struct finished){ .count = 1,
		.method = method,
		.status = status,
		.aborted = aborted,
		.answered = status != 499,
		.latency = latency,
		.first_byte = latency });
}

static int
set_up(void **state)
{
	(void)state;
	memset(&m, 0xff, sizeof m);
	metrics_init(&m, bounds, 2, 7);
	return 0;
}

static void
starts_at_zero(void **state)
{
	(void)state;
	assert_true(all_cells() == 0);
	assert_true(metric_get(&m.in_flight) == 0);
	assert_true(metric_get(&m.draining) == 0);
	assert_int_equal(m.latency.bounds, 2);
}

static void
counts_methods_and_codes(void **state)
{
	uint64_t n = 0;

	(void)state;
	for (size_t i = 0; i < METRICS_METHODS; i++)
		for (size_t j = 0; j < METRICS_CODES && metrics_codes[j]; j++) {
			request(i, metrics_codes[j], 1, false);
			assert_true(metric_get(&m.requests[i][j]) == 1);
			assert_true(all_cells() == ++n);
		}
	assert_true(metric_get(&m.aborted) == 0);
}

/* Hostile input makes no new series. */
static void
unknown_ones_have_a_place(void **state)
{
	(void)state;
	request(METRICS_OTHER, 200, 1, false);
	request(METRICS_METHODS, 200, 1, false);
	request(SIZE_MAX, 200, 1, false);
	assert_true(cell("_OTHER", 200) == 3);
	request(GET, 299, 1, false);
	request(GET, 0, 1, false);
	assert_true(cell("GET", 500) == 2);
	assert_true(all_cells() == 5);
}

/* The three always agree. */
static void
observes_latency_and_aborts(void **state)
{
	struct histogram_snapshot s;

	(void)state;
	request(GET, 200, 10, false);
	request(GET, 499, 15, true);
	request(HEAD, 404, 100, true);
	histogram_read(&m.latency, &s);
	assert_true(s.cumulative[0] == 1);
	assert_true(s.cumulative[1] == 2);
	assert_true(s.cumulative[2] == 3);
	assert_true(s.sum == 125);
	assert_true(all_cells() == 3);
	assert_true(metric_get(&m.aborted) == 2);
}

static void
several_alike_count_each(void **state)
{
	struct histogram_snapshot h;

	(void)state;
	metrics_request(&m,
	    &(struct finished){ .count = 16,
		.method = GET,
		.status = 200,
		.aborted = true,
		.answered = true,
		.latency = 30,
		.first_byte = 20 });
	assert_true(cell("GET", 200) == 16 && all_cells() == 16);
	assert_true(metric_get(&m.aborted) == 16);
	histogram_read(&m.latency, &h);
	assert_true(h.cumulative[h.bounds] == 16 && h.sum == 16 * 30);
	histogram_read(&m.first_byte, &h);
	assert_true(h.cumulative[h.bounds] == 16 && h.sum == 16 * 20);
}

static void
adds_and_subtracts(void **state)
{
	(void)state;
	metric_add(&m.in_flight, 5);
	metric_sub(&m.in_flight, 2);
	assert_true(metric_get(&m.in_flight) == 3);
	metric_set(&m.in_flight, 0);
	assert_true(metric_get(&m.in_flight) == 0);
}

static void
has_every_code_once(void **state)
{
	const unsigned codes[] = { 200, 204, 206, 301, 304, 308, 400, 404, 405,
		408, 412, 413, 414, 416, 417, 431, 499, 500, 501, 503, 505 };
	size_t n = sizeof codes / sizeof codes[0];

	(void)state;
	for (size_t i = 0; i < METRICS_CODES; i++)
		assert_int_equal(metrics_codes[i], i < n ? codes[i] : 0);
	assert_true(
	    span_eq(metrics_methods[METRICS_METHODS - 1], SPAN("_OTHER")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(starts_at_zero, set_up),
		cmocka_unit_test_setup(counts_methods_and_codes, set_up),
		cmocka_unit_test_setup(unknown_ones_have_a_place, set_up),
		cmocka_unit_test_setup(observes_latency_and_aborts, set_up),
		cmocka_unit_test_setup(several_alike_count_each, set_up),
		cmocka_unit_test_setup(adds_and_subtracts, set_up),
		cmocka_unit_test(has_every_code_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
