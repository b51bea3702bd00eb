#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/prng.h"
#include "metrics/proto.h"
#include "metrics/text.h"
#include "unit/metrics/proto_decode.h"

/* From the root of the repository, where the tests are run; in hex. */
#define GOLDEN "tests/golden/metrics.proto.hex"

static const uint64_t bounds[] = { 5 * NS_PER_MS, 100 * NS_PER_MS, NS_PER_SEC,
	2500 * NS_PER_MS, 10 * NS_PER_SEC };

static const struct build build = { SPAN_INIT("1.2.3"), SPAN_INIT("0123abc"),
	SPAN_INIT("a \"quoted\" \\ compiler\nof two lines"),
	SPAN_INIT("musl 1.2.3"), SPAN_INIT("x86_64") };

/* All of these differ from what is next to them in a double. */
static struct process process = {
	.has_stat = true,
	.cpu = 1230 * NS_PER_MS + 1,
	.virtual = 4096000,
	.resident = 819200,
	.has_start = true,
	.start = UINT64_C(1764000000120) * NS_PER_MS,
	.has_open_fds = true,
	.open_fds = 9,
	.has_max_fds = true,
	.max_fds = UINT64_MAX,
};

enum { GET, HEAD }; /* places in metrics_methods */
enum { SIZE = 65536 };

static struct metrics m;
static const struct scrape_source what = { &m, &process, &build,
	SPAN_INIT("my_webpage_request_latency_seconds"), NULL };
static char memories[4][SIZE];
static struct buf proto, text, decoded_text, normal;
static struct decoded decoded;

static int
set_up(void **state)
{
	(void)state;
	metrics_init(&m, bounds, sizeof bounds / sizeof bounds[0],
	    UINT64_C(1764000000123456789));
	process.start = UINT64_C(1764000000120) * NS_PER_MS;
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

static void
fill(void)
{
	request(GET, 200, 5 * NS_PER_MS, false);
	request(GET, 200, 5 * NS_PER_MS + 1, false);
	request(GET, 499, 700 * NS_PER_MS, true);
	request(HEAD, 404, 1, false);
	request(GET, 408, 0, false);
	request(METRICS_OTHER, 501, 12 * NS_PER_SEC, false);
	metric_set(&m.in_flight, 2);
	metric_add(&m.response_bytes, UINT64_MAX);
	metric_set(&m.connections[LISTENER_PAGE], 3);
	metric_add(&m.accepted[LISTENER_METRICS], 300);
	metric_add(&m.timeouts[PHASE_WRITE], 4);
	metric_set(&m.ready, 1);
	metric_set(&m.content_files, 12);
	metric_set(&m.content_generation, 2);
}

static void
write_proto(void)
{
	proto = buf_over(memories[0], SIZE);
	proto_write(&proto, &what);
	assert_false(proto.overflowed);
	decoded_text = buf_over(memories[1], SIZE);
	decoded.text = &decoded_text;
	proto_decode(buf_span(&proto), &decoded);
}

static void
write_text(void)
{
	text = buf_over(memories[2], SIZE);
	text_write(&text, &what);
	assert_false(text.overflowed);
	normal = buf_over(memories[3], SIZE);
	text_normalize(buf_span(&text), &normal);
}

/* Every name, help, type, label and value. */
static void
assert_formats_agree(void)
{
	write_proto();
	write_text();
	for (struct span a = buf_span(&decoded_text), b = buf_span(&normal);
	     a.len > 0 || b.len > 0;) {
		struct span ours = span_cut(&a, '\n');
		struct span theirs = span_cut(&b, '\n');

		if (!span_eq(ours, theirs))
			fail_msg("protobuf: %.*s, text: %.*s", (int)ours.len,
			    ours.at, (int)theirs.len, theirs.at);
	}
}

/* The native histogram is the snapshot's. */
static void
assert_native(void)
{
	const struct decoded_native *n = &decoded.native[0];
	struct histogram_snapshot s;

	histogram_read(&m.latency, &s);
	assert_int_equal(decoded.histograms, 3);
	assert_int_equal(n->schema, s.schema);
	assert_true(n->threshold == 0x1p-128);
	assert_true(n->zeros == s.zeros);
	assert_true(n->count == s.cumulative[s.bounds]);
	assert_int_equal(n->buckets, s.natives);
	for (size_t i = 0; i < n->buckets; i++) {
		assert_true(n->index[i] == s.native[i].index);
		assert_true((uint64_t)n->value[i] == s.native[i].count);
	}
}

static void
says_what_the_text_says(void **state)
{
	(void)state;
	assert_formats_agree();
	assert_native();
	assert_int_equal(decoded.native[0].buckets, 0);
	fill();
	assert_formats_agree();
	assert_native();
	assert_int_equal(decoded.native[0].buckets, 4);
	assert_true(decoded.created > 10);
	assert_true(decoded.created_at == m.created);
	m.created = m.latency.created = m.first_byte.created = m.turn.created =
	    0;
	write_proto();
	assert_int_equal(decoded.created, 0);
}

/* Seconds are the double that is next to the ns, as a reader of the text has
 * it; also today's date, which takes more than 53 bits. */
static void
seconds_are_rounded_once(void **state)
{
	struct prng random = { 11 };

	(void)state;
	for (int i = 0; i < 2000; i++) {
		process.start =
		    prng_next(&random) >> prng_between(&random, 0, 63);
		process.cpu =
		    UINT64_C(1764000000000000000) + (prng_next(&random) >> 8);
		assert_formats_agree();
	}
}

static void
any_histogram(void **state)
{
	struct prng random = { 5 };
	bool merged = false;

	(void)state;
	for (int round = 0; round < 200; round++) {
		uint64_t count = prng_between(&random, 0, 600);

		set_up(NULL);
		for (uint64_t i = 0; i < count; i++)
			request(GET, 200,
			    prng_next(&random) >> prng_between(&random, 0, 63),
			    false);
		assert_formats_agree();
		assert_native();
		merged |= decoded.native[0].schema < 3;
	}
	assert_true(merged);
}

static void
traced_request(uint64_t latency, const char *trace)
{
	metrics_request(&m,
	    &(struct finished){ .count = 1,
		.method = GET,
		.status = 200,
		.latency = latency,
		.wall = UINT64_C(1764000001250000000),
		.trace_id = span_of(trace) });
}

/* Of the classic buckets, that of +Inf too. */
static void
exemplars_of_traced_requests(void **state)
{
	static const char one[] = "4bf92f3577b34da6a3ce929d0e0e4736",
			  other[] = "0af7651916cd43dd8448eb211c80319c";
	const struct decoded_exemplar *e = &decoded.exemplar;

	(void)state;
	fill();
	assert_formats_agree();
	assert_int_equal(decoded.exemplars, 0);
	traced_request(6 * NS_PER_MS, other);
	traced_request(7 * NS_PER_MS, one);
	request(GET, 200, 8 * NS_PER_MS, false);
	assert_formats_agree();
	assert_int_equal(decoded.exemplars, 1);
	assert_true(span_eq(e->trace_id, SPAN(one)));
	assert_true(e->value == 0.007 && e->bound == 0.1);
	assert_true(e->wall == UINT64_C(1764000001250000000));
	traced_request(11 * NS_PER_SEC, other);
	assert_formats_agree();
	assert_int_equal(decoded.exemplars, 2);
	assert_true(span_eq(e->trace_id, SPAN(other)));
	assert_true(e->value == 11 && isinf(e->bound));
}

static void
is_the_golden_file(void **state)
{
	static char hex[2 * SIZE], expected[2 * SIZE];
	struct buf b = buf_over(hex, sizeof hex);
	FILE *file = fopen(GOLDEN, "r");
	size_t len;

	(void)state;
	process.cpu = 1230 * NS_PER_MS;
	fill();
	write_proto();
	for (size_t i = 0; i < proto.len; i++) {
		buf_hex(&b, (unsigned char)proto.at[i], 2);
		if (i % 32 == 31 || i == proto.len - 1)
			buf_char(&b, '\n');
	}
	assert_non_null(file);
	len = fread(expected, 1, sizeof expected, file);
	fclose(file);
	if (!span_eq(buf_span(&b), (struct span){ expected, len })) {
		buf_char(&b, '\0');
		fail_msg("differs from " GOLDEN ":\n%s", hex);
	}
}

/* Too small a buffer is said, never overrun. */
static void
fits_or_says_so(void **state)
{
	(void)state;
	fill();
	write_proto();
	for (size_t cap = 0; cap <= proto.len;
	     cap += cap + 50 < proto.len ? 13 : 1) {
		char *small = malloc(cap > 0 ? cap : 1);
		struct buf tight = buf_over(small, cap);

		assert_non_null(small);
		proto_write(&tight, &what);
		assert_int_equal(tight.overflowed, cap < proto.len);
		free(small);
	}
}

enum { THREADS = 3, ROUNDS = 60000 };

static void *
observe(void *seed)
{
	struct prng p = { (uint64_t)(uintptr_t)seed };

	for (int i = 0; i < ROUNDS; i++)
		request(GET, 200,
		    prng_between(&p, 20, 20000) << prng_between(&p, 0, 10),
		    false);
	return NULL;
}

/* In each scrape the native histogram is whole, whatever is counted meanwhile,
 * and no format is behind another that was asked for before. */
static void
agree_while_others_count(void **state)
{
	pthread_t thread[THREADS];
	struct histogram_snapshot s;
	uint64_t before = 0;

	(void)state;
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, observe,
				     (void *)(uintptr_t)i),
		    0);
	do {
		const char *count;
		uint64_t sum;

		write_proto();
		sum = decoded.native[0].zeros;
		for (size_t i = 0; i < decoded.native[0].buckets; i++)
			sum += (uint64_t)decoded.native[0].value[i];
		assert_true(sum == decoded.native[0].count && sum >= before);
		write_text();
		buf_char(&text, '\0');
		count = strstr(text.at, "latency_seconds_count ");
		assert_non_null(count);
		before = strtoull(strchr(count, ' '), NULL, 10);
		assert_true(before >= sum);
		histogram_read(&m.latency, &s);
		assert_true(s.cumulative[s.bounds] >= before);
	} while (before < (uint64_t)THREADS * ROUNDS);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	assert_formats_agree();
	assert_native();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(says_what_the_text_says, set_up),
		cmocka_unit_test_setup(seconds_are_rounded_once, set_up),
		cmocka_unit_test_setup(any_histogram, set_up),
		cmocka_unit_test_setup(exemplars_of_traced_requests, set_up),
		cmocka_unit_test_setup(is_the_golden_file, set_up),
		cmocka_unit_test_setup(fits_or_says_so, set_up),
		cmocka_unit_test_setup(agree_while_others_count, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
