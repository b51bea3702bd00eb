#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "metrics/text.h"

/* From the root of the repository, where the tests are run. */
#define GOLDEN "tests/golden/metrics.txt"

static const uint64_t bounds[] = { 5 * NS_PER_MS, 10 * NS_PER_MS,
	25 * NS_PER_MS, 50 * NS_PER_MS, 75 * NS_PER_MS, 100 * NS_PER_MS,
	250 * NS_PER_MS, 500 * NS_PER_MS, 750 * NS_PER_MS, NS_PER_SEC,
	2500 * NS_PER_MS, 5 * NS_PER_SEC, 7500 * NS_PER_MS, 10 * NS_PER_SEC };

static const struct build build = { SPAN_INIT("1.2.3"), SPAN_INIT("0123abc"),
	SPAN_INIT("a \"quoted\" \\ compiler\nof two lines"),
	SPAN_INIT("musl 1.2.3"), SPAN_INIT("x86_64") };

static const struct process process = {
	.has_stat = true,
	.cpu = 1230 * NS_PER_MS,
	.virtual = 4096000,
	.resident = 819200,
	.has_start = true,
	.start = UINT64_C(1764000000120) * NS_PER_MS,
	.has_open_fds = true,
	.open_fds = 9,
	.has_max_fds = true,
	.max_fds = 1048576,
};

/* Places in metrics_methods. */
enum { GET, HEAD };

static struct metrics m;
static char memory[32768];
static struct buf b;

static int
set_up(void **state)
{
	(void)state;
	metrics_init(&m, bounds, sizeof bounds / sizeof bounds[0],
	    UINT64_C(1764000000250) * NS_PER_MS);
	b = buf_over(memory, sizeof memory);
	return 0;
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

/* In OpenMetrics alone: an exemplar. */
static void
traced_request(void)
{
	metrics_request(&m,
	    &(struct finished){ .count = 1,
		.method = GET,
		.status = 200,
		.answered = true,
		.latency = 30 * NS_PER_MS,
		.first_byte = 20 * NS_PER_MS,
		.wall = UINT64_C(1764000001250) * NS_PER_MS,
		.trace_id = SPAN("4bf92f3577b34da6a3ce929d0e0e4736") });
}

static void
fill(void)
{
	traced_request();
	histogram_observe(&m.turn, 12345);
	request(GET, 200, 5 * NS_PER_MS, false);
	request(GET, 200, 5 * NS_PER_MS + 1, false);
	request(GET, 499, 700 * NS_PER_MS, true);
	request(HEAD, 404, 1, false);
	request(METRICS_OTHER, 501, 12 * NS_PER_SEC, false);
	metric_set(&m.in_flight, 2);
	metric_add(&m.request_bytes, 1234);
	metric_add(&m.response_bytes, UINT64_MAX);
	metric_set(&m.connections[LISTENER_PAGE], 3);
	metric_set(&m.connections[LISTENER_METRICS], 1);
	metric_add(&m.accepted[LISTENER_PAGE], 17);
	metric_add(&m.accepted[LISTENER_METRICS], 4);
	metric_add(&m.timeouts[PHASE_HEADER], 1);
	metric_add(&m.timeouts[PHASE_IDLE], 2);
	metric_add(&m.timeouts[PHASE_BODY], 3);
	metric_add(&m.timeouts[PHASE_WRITE], 4);
	metric_add(&m.log_lines, 5);
	metric_add(&m.log_dropped, 6);
	metric_set(&m.ready, 1);
	metric_set(&m.content_files, 12);
	metric_set(&m.content_bytes, 345678);
	metric_set(&m.content_generation, 2);
	metric_add(&m.content_failures, 1);
}

static void
render(const struct process *p, const struct family_filter *filter)
{
	const struct scrape_source what = { &m, p, &build,
		SPAN("my_webpage_request_latency_seconds"), filter };

	b.len = 0;
	text_write(&b, &what);
	assert_false(b.overflowed);
	buf_char(&b, '\0');
}

static int
occurrences(const char *text)
{
	int n = 0;

	for (const char *at = memory; (at = strstr(at, text)); at++)
		n++;
	return n;
}

/* What was rendered is what the file holds. */
static void
assert_golden(const char *name)
{
	static char golden[sizeof memory];
	FILE *file = fopen(name, "r");
	struct span expected;

	assert_non_null(file);
	expected.at = golden;
	expected.len = fread(golden, 1, sizeof golden, file);
	fclose(file);
	b.len--;
	if (!span_eq(buf_span(&b), expected))
		fail_msg("differs from %s:\n%s", name, memory);
}

static void
is_the_golden_file(void **state)
{
	(void)state;
	fill();
	render(&process, NULL);
	assert_golden(GOLDEN);
}

static void
is_the_golden_file_of_openmetrics(void **state)
{
	const struct scrape_source what = { &m, &process, &build,
		SPAN("my_webpage_request_latency_seconds"), NULL };

	(void)state;
	fill();
	text_write_open(&b, &what);
	buf_char(&b, '\0');
	assert_golden("tests/golden/openmetrics.txt");
}

/* The histogram is there at 0 before the first request. */
static void
nothing_counted_yet(void **state)
{
	(void)state;
	render(&process, NULL);
	assert_int_equal(occurrences("http_requests_total"), 0);
	assert_int_equal(occurrences("_bucket{le=\"+Inf\"} 0\n"), 3);
	assert_int_equal(occurrences("_seconds_sum 0.0\n"), 3);
	assert_int_equal(occurrences("_seconds_count 0\n"), 3);
	assert_int_equal(occurrences("my_webserver_content"), 0);
}

/* From the first generation on, all four: failures, too, at 0. */
static void
content_where_there_is_any(void **state)
{
	const struct span two[] = { SPAN_INIT("my_webserver_content_bytes"),
		SPAN_INIT("my_webserver_content_reload_failures_total") };
	struct family_filter filter = { two, 2 };

	(void)state;
	metric_set(&m.content_generation, 1);
	render(&process, NULL);
	assert_int_equal(occurrences("# TYPE my_webserver_content_"), 4);
	assert_int_equal(
	    occurrences("my_webserver_content_reload_failures_total 0\n"), 1);
	render(&process, &filter);
	assert_int_equal(occurrences("# TYPE "), 2);
	metric_set(&m.content_generation, 0);
	render(&process, &filter);
	assert_int_equal(b.len, 1);
}

static void
leaves_out_what_is_not_known(void **state)
{
	struct process p = { 0 };

	(void)state;
	render(&p, NULL);
	assert_int_equal(occurrences("process_"), 0);
	p.has_stat = true;
	render(&p, NULL);
	assert_int_equal(occurrences("# TYPE process_"), 3);
	assert_int_equal(occurrences("process_start_time_seconds"), 0);
	p.has_max_fds = true;
	p.max_fds = UINT64_MAX;
	render(&p, NULL);
	assert_int_equal(
	    occurrences("process_max_fds 18446744073709551615\n"), 1);
}

static void
assert_families(const struct span *names, size_t count, int families)
{
	struct family_filter filter = { names, count };

	render(&process, &filter);
	assert_int_equal(occurrences("# TYPE "), families);
	assert_int_equal(occurrences("# HELP "), families);
}

static void
filters_by_name(void **state)
{
	const struct span cpu = SPAN_INIT("process_cpu_seconds_total");
	const struct span two[] = { SPAN_INIT("http_requests_total"),
		SPAN_INIT("my_webpage_request_latency_seconds_sum") };
	const struct span none[] = { SPAN_INIT("process_cpu"),
		SPAN_INIT("http_requests_total_count"), SPAN_INIT(""),
		SPAN_INIT("my_webpage_request_latency_seconds_"),
		SPAN_INIT("my_webpage_request_latency_seconds_buckets"),
		SPAN_INIT("HTTP_REQUESTS_TOTAL") };
	const struct span endings[] = {
		SPAN_INIT("my_webpage_request_latency_seconds"),
		SPAN_INIT("my_webpage_request_latency_seconds_bucket"),
		SPAN_INIT("my_webpage_request_latency_seconds_count"),
	};

	(void)state;
	fill();
	assert_families(&cpu, 1, 1);
	assert_int_equal(occurrences("process_cpu_seconds_total 1.23\n"), 1);
	assert_families(two, 2, 2);
	assert_int_equal(occurrences("_bucket{"), 15);
	assert_families(none, sizeof none / sizeof none[0], 0);
	assert_int_equal(strlen(memory), 0);
	for (size_t i = 0; i < 3; i++) {
		assert_families(&endings[i], 1, 1);
		assert_int_equal(occurrences("_bucket{"), 15);
	}
	assert_families(endings, 0, 0); /* names, but none of them */
}

/* Too small a buffer is said, never overrun. */
static void
fits_or_says_so(void **state)
{
	const struct scrape_source what = { &m, &process, &build,
		SPAN("my_webpage_request_latency_seconds"), NULL };
	size_t whole;

	(void)state;
	fill();
	render(&process, NULL);
	whole = b.len - 1;
	for (size_t cap = 0; cap <= whole; cap += cap < whole - 50 ? 37 : 1) {
		char *small = malloc(cap > 0 ? cap : 1);
		struct buf tight = buf_over(small, cap);

		assert_non_null(small);
		text_write(&tight, &what);
		assert_int_equal(tight.overflowed, cap < whole);
		free(small);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(is_the_golden_file, set_up),
		cmocka_unit_test_setup(
		    is_the_golden_file_of_openmetrics, set_up),
		cmocka_unit_test_setup(nothing_counted_yet, set_up),
		cmocka_unit_test_setup(content_where_there_is_any, set_up),
		cmocka_unit_test_setup(leaves_out_what_is_not_known, set_up),
		cmocka_unit_test_setup(filters_by_name, set_up),
		cmocka_unit_test_setup(fits_or_says_so, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
