/*
 * exposition_test.c - each format over the wire: to HEAD, for families by name,
 * to an Accept with its point at the end of thousands of elements; and the time
 * to the first byte, of an answer that nobody hurries to read.
 */
#include "site.h"

#include <sys/socket.h>

#define LATENCY    "my_webpage_request_latency_seconds"
#define FIRST_BYTE "my_webserver_time_to_first_byte_seconds"

enum format { TEXT, OPEN, PROTO, FORMATS };

static const char *const types[FORMATS] = {
	"text/plain; version=0.0.4; charset=utf-8",
	"application/openmetrics-text; version=1.0.0; charset=utf-8",
	"application/vnd.google.protobuf; "
	"proto=io.prometheus.client.MetricFamily; encoding=delimited",
};

/* The answer to a request with that Accept. */
static struct response
fetch(struct server *s, const char *method, const char *query,
    const char *accept, enum format expected)
{
	struct client *c = dial(s->metrics);
	struct response r;

	tell(c,
	    keepf("%s /metrics%s HTTP/1.1\r\nHost: a\r\nAccept: %s\r\n\r\n",
		method, query, accept));
	assert_int_equal(hear(c, &r, strcmp(method, "HEAD") == 0), 200);
	assert_field(&r, "Content-Type", types[expected]);
	assert_field(&r, "Vary", "Accept");
	assert_null(field(&r, "Content-Encoding"));
	return r;
}

/* As long as what GET has: of a family that does not change. */
static void
head_tells_what_get_would_have(void **state)
{
	static const char ready[] = "?name[]=my_webserver_ready";
	struct server *s = START_PLAIN();

	(void)state;
	for (enum format f = 0; f < FORMATS; f++) {
		struct response got = fetch(s, "GET", ready, types[f], f);
		char *length = keepf("%zu", got.body_len);
		struct response head = fetch(s, "HEAD", ready, types[f], f);

		assert_true(got.body_len > 20);
		assert_field(&head, "Content-Length", length);
	}
}

static bool
holds(const struct response *r, const char *needle)
{
	return memmem(r->body, r->body_len, needle, strlen(needle)) != NULL;
}

static void
names_pick_families_in_each_format(void **state)
{
	struct server *s = START_PLAIN();

	(void)state;
	for (enum format f = 0; f < FORMATS; f++) {
		struct response r = fetch(s, "GET",
		    "?name[]=my_webserver_ready&name[]=" FIRST_BYTE "_count",
		    types[f], f);

		assert_true(holds(&r, "my_webserver_ready"));
		assert_true(holds(&r, FIRST_BYTE));
		assert_false(holds(&r, "draining"));
		assert_false(holds(&r, LATENCY));
	}
}

static void
no_family_is_an_answer_too(void **state)
{
	static const char *const empty[FORMATS] = { "", "# EOF\n", "" };
	struct server *s = START_PLAIN();

	(void)state;
	for (enum format f = 0; f < FORMATS; f++) {
		struct response r =
		    fetch(s, "GET", "?name[]=none", types[f], f);

		assert_int_equal(r.body_len, strlen(empty[f]));
		assert_string_equal(r.body, empty[f]);
	}
}

/* What is in front of it is well-formed and wants nothing of ours. */
static void
the_last_of_thousands_of_elements_decides(void **state)
{
	static const char *const others[] = { "a/b,", "a/*;q=1,", ",",
		"text/html;level=1;q=0.9,", "*/*;q=0.001," };
	enum { LENGTH = 15 * 1024 };
	struct server *s = START_PLAIN();

	(void)state;
	for (size_t i = 0; i < COUNT(others); i++) {
		char *many = keep(LENGTH + 100);

		while (strlen(many) < LENGTH)
			strcat(many + strlen(many), others[i]);
		for (enum format f = 0; f < FORMATS; f++)
			fetch(s, "GET", "", keepf("%s%s", many, types[f]), f);
	}
}

/* ---- time to first byte ---- */

enum { LARGE = 24 << 20, WAITS = 400 };

static void
the_first_byte_does_not_wait_for_a_slow_reader(void **state)
{
	const char *root = root_new();
	struct client *c;
	struct download d;
	struct server *s;
	const char *text;
	double latency, first;

	(void)state;
	root_write(root, "large", pattern(LARGE, 1), LARGE);
	s = start_root(root);
	c = dial(s->page);
	setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &(int){ 32768 }, sizeof(int));
	assert_int_equal(download_begin(&d, c, GET("/large")), 200);
	pass_ms(WAITS);
	text = scrape(s); /* it counts when it has ended, not before */
	assert_true(sample(text, FIRST_BYTE "_count") == 0);
	assert_int_equal(download_take(&d, NULL, LARGE), LARGE);
	await_sample(s, FIRST_BYTE "_count", 1);
	text = scrape(s);
	latency = sample(text, LATENCY "_sum");
	first = sample(text, FIRST_BYTE "_sum");
	assert_true(first > 0);
	assert_true(latency >= WAITS / 1000.0);
	assert_true(first <= latency - WAITS / 1000.0);
}

/* Nobody had a byte of these: they have a latency and no first byte. */
static void
who_leaves_before_the_first_byte_has_none(void **state)
{
	struct server *s = START("--random-delay=5s-6s");
	struct client *c = dial(s->page);
	const char *text;

	(void)state;
	tell(c, GET("/"));
	await_sample(s, "http_requests_in_flight", 1);
	hang_up_hard(c);
	await_sample(s, LATENCY "_count", 1);
	text = scrape(s);
	assert_true(sample(text, "http_requests_aborted_total") == 1);
	assert_true(sample(text, FIRST_BYTE "_count") == 0);
}

/* ---- pipelined requests, which are counted several at a time ---- */

static void
each_of_a_pipeline_counts_as_what_it_is(void **state)
{
	static const char id[] = "4bf92f3577b34da6a3ce929d0e0e4736";
	struct server *s = START_PLAIN();
	const char *head = "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n";
	struct client *c = dial(s->page);
	struct response r;
	const char *text;

	(void)state;
	tell(c,
	    keepf("%s%s%s%s%s"
		  "GET / HTTP/1.1\r\nHost: a\r\n"
		  "traceparent: 00-%s-00f067aa0ba902b7-01\r\n\r\n"
		  "%s%s%s%s",
		GET("/"), GET("/"), GET("/none"), head, head, id, GET("/"),
		GET("/"), GET("/none"), GET("/none")));
	for (int i = 0; i < 10; i++)
		assert_true(hear(c, &r, i == 3 || i == 4) > 0);
	await_sample(s, LATENCY "_count", 10);
	text = scrape(s);
	assert_true(sample(text, FIRST_BYTE "_count") == 10);
	assert_true(sample(text, "http_requests_in_flight") == 0);
	assert_true(
	    sample(text, "http_requests_total{code=\"200\",method=\"GET\"}") ==
	    5);
	assert_true(
	    sample(text, "http_requests_total{code=\"404\",method=\"GET\"}") ==
	    3);
	assert_true(
	    sample(text, "http_requests_total{code=\"200\",method=\"HEAD\"}") ==
	    2);
	r = fetch(s, "GET", "", types[OPEN], OPEN);
	assert_true(holds(&r, id));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(head_tells_what_get_would_have),
		TEST(names_pick_families_in_each_format),
		TEST(no_family_is_an_answer_too),
		TEST(the_last_of_thousands_of_elements_decides),
		SITE_TEST(the_first_byte_does_not_wait_for_a_slow_reader),
		TEST(who_leaves_before_the_first_byte_has_none),
		TEST(each_of_a_pipeline_counts_as_what_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
