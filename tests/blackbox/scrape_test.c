/*
 * scrape_test.c - which format who gets, and scrapers that mean no good.
 */
#include "harness.h"

#include <poll.h>
#include <sys/socket.h>

#define GET_AS(accept) \
	"GET /metrics HTTP/1.1\r\nHost: a\r\nAccept: " accept "\r\n\r\n"
#define PROTO_RANGE                                            \
	"application/vnd.google.protobuf;proto=io.prometheus." \
	"client.MetricFamily;encoding=delimited"
#define OPEN_RANGE "application/openmetrics-text;version="

static const char text[] = "text/plain; version=0.0.4; charset=utf-8";
static const char open_text[] =
    "application/openmetrics-text; version=1.0.0; charset=utf-8";
static const char proto[] =
    "application/vnd.google.protobuf; "
    "proto=io.prometheus.client.MetricFamily; encoding=delimited";

/* What Prometheus sends, 2.42 to 3.14, and what others may. */
static const struct {
	const char *request, *type;
} asked[] = {
	{ GET("/metrics"), text },
	{ GET_AS(""), text },
	{ GET_AS("*/*"), text },
	{ GET_AS("image/png"), text },
	{ GET_AS(OPEN_RANGE "1.0.0," OPEN_RANGE "0.0.1;q=0.75,"
			    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"),
	    open_text },
	{ GET_AS(PROTO_RANGE "," OPEN_RANGE "1.0.0;q=0.8," OPEN_RANGE
			     "0.0.1;q=0.75,"
			     "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"),
	    proto },
	{ GET_AS(OPEN_RANGE
	      "1.0.0;escaping=allow-utf-8;q=0.6," OPEN_RANGE "0.0.1;q=0.5,"
	      "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
	      "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"),
	    open_text },
	{ GET_AS(PROTO_RANGE
	      ";q=0.6," OPEN_RANGE
	      "1.0.0;escaping=allow-utf-8;q=0.5," OPEN_RANGE "0.0.1;q=0.4,"
	      "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
	      "text/plain;version=0.0.4;q=0.2,*/*;q=0.1"),
	    proto },
	{ GET_AS(
	      PROTO_RANGE ";escaping=allow-utf-8;q=0.6," OPEN_RANGE
			  "1.0.0;escaping=allow-utf-8;q=0.5,"
			  "text/plain;version=0.0.4;escaping=allow-utf-8;q=0.2,"
			  "*/*;escaping=allow-utf-8;q=0.1"),
	    proto },
	{ GET_AS("text/plain;version=0.0.4"), text },
	{ GET_AS(OPEN_RANGE "1.0.0;q=0, */*;q=0.1"), text },
	{ GET_AS("text/plain;q=0.1, " OPEN_RANGE "1.0.0;q=0.2"), open_text },
	{ GET_AS(OPEN_RANGE "2.0.0"), text },
};

static void
assert_type(struct server *s, const char *request, const char *type)
{
	struct response r;

	assert_int_equal(ask_once(s->metrics, request, &r), 200);
	assert_field(&r, "Content-Type", type);
	assert_field(&r, "Vary", "Accept");
	assert_true(r.body_len > 1000);
}

static void
each_gets_the_format_it_asks_for(void **state)
{
	struct server *s = START_PLAIN();

	(void)state;
	for (size_t i = 0; i < COUNT(asked); i++)
		assert_type(s, asked[i].request, asked[i].type);
}

static void
names_pick_families_of_openmetrics_too(void **state)
{
	struct server *s = START_PLAIN();
	struct response r;

	(void)state;
	assert_int_equal(
	    ask_once(s->metrics,
		"GET /metrics?name[]=http_request_bytes_total HTTP/1.1\r\n"
		"Host: a\r\nAccept: application/openmetrics-text\r\n\r\n",
		&r),
	    200);
	assert_true(strncmp(r.body,
			"# TYPE http_request_bytes counter\n"
			"# UNIT http_request_bytes bytes\n"
			"# HELP http_request_bytes ",
			88) == 0);
	assert_non_null(strstr(r.body, "\nhttp_request_bytes_total 0\n"));
	assert_non_null(strstr(r.body, "\nhttp_request_bytes_created 1"));
	assert_string_equal(strstr(r.body, "# EOF"), "# EOF\n");
}

/* As much of part, again and again, as a head has room for. */
static const char *
with_accept(const char *part)
{
	static const char before[] =
	    "GET /metrics HTTP/1.1\r\nHost: a\r\nAccept: ";
	enum { ROOM = 16 * 1024 - sizeof before - 64 };
	size_t size = strlen(part), n = ROOM / size;
	char *value = keep(n * size + 1);

	for (size_t i = 0; i < n; i++)
		memcpy(value + i * size, part, size);
	return keepf("%s%s\r\n\r\n", before, value);
}

static void
no_accept_is_too_hostile(void **state)
{
	static const char *const parts[] = { ",", "a/b,", "*/*;q=0,",
		"text/plain;version=9;q=0.5,", "\"", "a;\"\\", ";", "*/*;", "/",
		";q=1", OPEN_RANGE "\"1.0.0\\\";q=1,", "=", ";=", "\t ,",
		"\x80\xff;\xfe=\xfd,", PROTO_RANGE ";q=2," };
	struct server *s = START_PLAIN();
	struct client *c = dial(s->metrics);

	(void)state;
	for (size_t i = 0; i < COUNT(parts); i++) {
		assert_type(s, with_accept(parts[i]), text);
		assert_int_equal(ask(c, GET("/readyz"), NULL), 200);
	}
}

static void
a_hundred_scrape_at_once(void **state)
{
	static const char *const formats[] = { GET_AS("text/plain"),
		GET_AS(OPEN_RANGE "1.0.0"), GET_AS(PROTO_RANGE) };
	static const char *const types[] = { text, open_text, proto };
	enum { N = 100 };
	struct server *s = START_PLAIN();
	struct client *c[N];
	struct response r;

	(void)state;
	for (int i = 0; i < N; i++)
		c[i] = dial(s->metrics);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < N; i++)
			tell(c[i], formats[(i + round) % 3]);
		assert_int_equal(ask_once(s->page, GET("/"), NULL), 200);
		for (int i = 0; i < N; i++) {
			assert_int_equal(hear(c[i], &r, false), 200);
			assert_field(
			    &r, "Content-Type", types[(i + round) % 3]);
		}
	}
}

static void
read_byte(const struct client *c)
{
	char byte;

	assert_int_equal(
	    poll(&(struct pollfd){ c->fd, POLLIN, 0 }, 1, WAIT_MS), 1);
	assert_int_equal(recv(c->fd, &byte, 1, 0), 1);
}

/* Readers of a byte at a time, of more than the system holds for them. */
static void
slow_scrapers_hold_up_nobody(void **state)
{
	enum { N = 40, ROUNDS = 20, PIPELINED = 300 };
	struct server *s = START_PLAIN();
	struct client *c[N];

	(void)state;
	for (int i = 0; i < N; i++) {
		c[i] = dial(s->metrics);
		assert_int_equal(setsockopt(c[i]->fd, SOL_SOCKET, SO_RCVBUF,
				     &(int){ 4096 }, sizeof(int)),
		    0);
		for (int j = 0; j < PIPELINED; j++)
			tell(c[i], GET("/metrics"));
	}
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < N; i++)
			read_byte(c[i]);
		assert_int_equal(ask_once(s->page, GET("/"), NULL), 200);
		assert_int_equal(probe(s, "/readyz"), 200);
		assert_int_equal(probe(s, "/metrics"), 200);
	}
	for (int i = 0; i < N; i++)
		hang_up(c[i]);
	assert_int_equal(server_stop(s), 0);
}

/* A traced request's id stands with its bucket; hostile ones nowhere. */
static void
exemplars_are_of_valid_traces_alone(void **state)
{
	static const char id[] = "4bf92f3577b34da6a3ce929d0e0e4736";
	static const char *const bad[] = { "00-%s-00f067aa0ba902b7-01x",
		"ff-%s-00f067aa0ba902b7-01", "00-%s-0000000000000000-01",
		"00-%s\"} 1-00f067aa0ba902b-01", "%s" };
	struct server *s = START_PLAIN();
	struct response r;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		char *value = keep(100), *at;

		snprintf(value, 100, "%s", bad[i]);
		at = strstr(value, "%s");
		memmove(at + 32, at + 2, strlen(at + 2) + 1);
		memcpy(at, id, 32);
		assert_int_equal(
		    ask_once(s->page,
			keepf("GET / HTTP/1.1\r\nHost: a\r\ntraceparent: "
			      "%s\r\n\r\n",
			    value),
			NULL),
		    200);
	}
	await_sum(s, "http_requests_total", COUNT(bad));
	assert_int_equal(
	    ask_once(s->metrics, GET_AS(OPEN_RANGE "1.0.0"), &r), 200);
	assert_null(strstr(r.body, "trace_id"));
	assert_int_equal(
	    ask_once(s->page,
		"GET / HTTP/1.1\r\nHost: a\r\ntraceparent: "
		"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"
		"\r\n\r\n",
		NULL),
	    200);
	await_sum(s, "http_requests_total", COUNT(bad) + 1);
	assert_int_equal(
	    ask_once(s->metrics, GET_AS(OPEN_RANGE "1.0.0"), &r), 200);
	assert_non_null(strstr(r.body, keepf(" # {trace_id=\"%s\"} ", id)));
	assert_int_equal(ask_once(s->metrics, GET("/metrics"), &r), 200);
	assert_null(strstr(r.body, "trace_id"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_gets_the_format_it_asks_for),
		TEST(names_pick_families_of_openmetrics_too),
		TEST(no_accept_is_too_hostile),
		TEST(a_hundred_scrape_at_once),
		TEST(slow_scrapers_hold_up_nobody),
		TEST(exemplars_are_of_valid_traces_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
