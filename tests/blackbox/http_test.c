/*
 * http_test.c - what the page listener answers, and what it refuses.
 */
#include "harness.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

static void
get_answers_the_page_byte_for_byte(void **state)
{
	struct server *s = START_PLAIN();
	struct response r;
	struct tm tm = { 0 };
	const char *end;

	(void)state;
	assert_int_equal(ask_once(s->page, GET("/"), &r), 200);
	assert_string_equal(r.body, page);
	assert_int_equal(r.body_len, strlen(page));
	assert_field(&r, "Content-Type", "text/html");
	assert_non_null(field(&r, "Date"));
	assert_int_equal(strlen(field(&r, "Date")), 29);
	end = strptime(field(&r, "Date"), "%a, %d %b %Y %H:%M:%S GMT", &tm);
	assert_non_null(end);
	assert_string_equal(end, "");
	assert_true(llabs((long long)(timegm(&tm) - time(NULL))) <= 5);
	assert_null(field(&r, "Connection"));
}

static void
head_has_the_fields_and_no_body(void **state)
{
	struct server *s = START_PLAIN();
	struct client *c = dial(s->page);
	struct response r;

	(void)state;
	assert_int_equal(ask(c, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", &r), 200);
	assert_field(&r, "Content-Length", keepf("%zu", strlen(page)));
	assert_field(&r, "Content-Type", "text/html");
	assert_int_equal(ask(c, GET("/"), &r), 200);
	assert_string_equal(r.body, page);
	assert_int_equal(
	    ask(c, "HEAD /nothing HTTP/1.1\r\nHost: a\r\n\r\n", NULL), 404);
	assert_int_equal(ask(c, GET("/"), NULL), 200);
}

static void
any_query_gets_the_page(void **state)
{
	struct server *s = START_PLAIN();
	struct client *c = dial(s->page);

	(void)state;
	assert_int_equal(ask(c, GET("/?"), NULL), 200);
	assert_int_equal(ask(c, GET("/?a=b&c=%20/../?"), NULL), 200);
}

static void
every_other_path_is_404_with_a_small_page(void **state)
{
	static const char *const requests[] = { GET("/index.html"), GET("/a/b"),
		GET("//"), GET("/metrics"), GET("/%00"), GET("/../") };
	struct server *s = START_PLAIN();
	struct client *c = dial(s->page);
	struct response r;

	(void)state;
	for (size_t i = 0; i < COUNT(requests); i++) {
		assert_int_equal(ask(c, requests[i], &r), 404);
		assert_true(r.body_len > 0 && r.body_len < 1024);
		assert_non_null(strstr(field(&r, "Content-Type"), "text/html"));
		assert_non_null(field(&r, "Date"));
	}
}

static void
assert_allow(const struct response *r)
{
	const char *allow = field(r, "Allow");

	assert_non_null(allow);
	assert_non_null(strstr(allow, "GET"));
	assert_non_null(strstr(allow, "HEAD"));
	assert_null(strstr(allow, "POST"));
}

static void
options_is_204_with_allow(void **state)
{
	struct server *s = START_PLAIN();
	struct client *c = dial(s->page);
	struct response r;

	(void)state;
	assert_int_equal(
	    ask(c, "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", &r), 204);
	assert_allow(&r);
	assert_int_equal(
	    ask(c, "OPTIONS / HTTP/1.1\r\nHost: a\r\n\r\n", &r), 204);
	assert_allow(&r);
	assert_null(field(&r, "Content-Type"));
	assert_int_equal(ask(c, GET("/"), NULL), 200);
}

static void
other_known_methods_are_405_with_allow(void **state)
{
	static const char *const requests[] = {
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
		"PUT / HTTP/1.1\r\nHost: a\r\n\r\n",
		"DELETE / HTTP/1.1\r\nHost: a\r\n\r\n",
		"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n",
		"PATCH / HTTP/1.1\r\nHost: a\r\n\r\n",
		"CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n",
	};
	struct server *s = START_PLAIN();

	(void)state;
	for (size_t i = 0; i < COUNT(requests); i++) {
		struct response r;

		assert_int_equal(ask_once(s->page, requests[i], &r), 405);
		assert_allow(&r);
	}
}

static void
an_unknown_method_is_501(void **state)
{
	struct server *s = START_PLAIN();

	(void)state;
	assert_int_equal(
	    ask_once(s->page, "BREW / HTTP/1.1\r\nHost: a\r\n\r\n", NULL), 501);
	assert_int_equal(
	    ask_once(s->page, "get / HTTP/1.1\r\nHost: a\r\n\r\n", NULL), 501);
}

static void
versions_1_x_are_served_and_others_505(void **state)
{
	struct server *s = START_PLAIN();

	(void)state;
	assert_int_equal(
	    ask_once(s->page, "GET / HTTP/1.2\r\nHost: a\r\n\r\n", NULL), 200);
	assert_int_equal(
	    ask_once(s->page, "GET / HTTP/1.9\r\nHost: a\r\n\r\n", NULL), 200);
	assert_int_equal(
	    ask_once(s->page, "GET / HTTP/2.0\r\nHost: a\r\n\r\n", NULL), 505);
	assert_int_equal(
	    ask_once(s->page, "GET / HTTP/3.0\r\nHost: a\r\n\r\n", NULL), 505);
}

/* What smuggling lives on, and other dirt. Most have one right answer. */
static const struct {
	const char *name, *bytes;
	size_t n;
	int status, other; /* another good answer, or 0 */
} dirt[] = {
#define DIRT(name, bytes, ...)                              \
	{                                                   \
		name, bytes, sizeof(bytes) - 1, __VA_ARGS__ \
	}
#define HOST    " HTTP/1.1\r\nHost: a\r\n"
#define POST    "POST /" HOST
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"
	DIRT("length and chunked",
	    POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
		 "0\r\n\r\n",
	    400, 0),
	DIRT("chunked and length",
	    POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"
		 "0\r\n\r\n",
	    400, 0),
	DIRT("chunked in HTTP/1.0",
	    "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	    400, 0),
	DIRT("two equal lengths",
	    POST "Content-Length: 1\r\nContent-Length: 1\r\n\r\na", 400, 0),
	DIRT("two lengths",
	    POST "Content-Length: 1\r\nContent-Length: 2\r\n\r\naa", 400, 0),
	DIRT("a list of lengths", POST "Content-Length: 1, 1\r\n\r\na", 400, 0),
	DIRT("a plus length", POST "Content-Length: +1\r\n\r\na", 400, 0),
	DIRT("a negative length", POST "Content-Length: -1\r\n\r\na", 400, 0),
	DIRT("a hex length", POST "Content-Length: 0x1\r\n\r\na", 400, 0),
	DIRT("an empty length", POST "Content-Length:\r\n\r\n", 400, 0),
	DIRT("a length of words", POST "Content-Length: 1 1\r\n\r\na", 400, 0),
	DIRT("a fraction", POST "Content-Length: 1.0\r\n\r\na", 400, 0),
	DIRT("a length over 64 bits",
	    POST "Content-Length: 18446744073709551617\r\n\r\na", 400, 413),
	DIRT("chunked twice",
	    POST "Transfer-Encoding: chunked, chunked\r\n\r\n"
		 "0\r\n\r\n",
	    400, 501),
	DIRT("chunked on two lines",
	    POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"
		 "\r\n0\r\n\r\n",
	    400, 501),
	DIRT("chunked not last",
	    POST "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 400,
	    501),
	DIRT("an unknown coding",
	    POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400, 501),
	DIRT("a vertical tab before chunked",
	    POST "Transfer-Encoding: \013chunked\r\n\r\n0\r\n\r\n", 400, 0),
	DIRT("a bare CR in a value", "GET /" HOST "X: a\rb\r\n\r\n", 400, 0),
	DIRT("a bare CR for an end", "GET / HTTP/1.1\rHost: a\r\r", 400, 0),
	DIRT("bare LF", "GET / HTTP/1.1\nHost: a\n\n", 400, 0),
	DIRT("a bare LF after a field", "GET /" HOST "X: a\n\r\n", 400, 0),
	DIRT("a space before the colon", "GET /" HOST "X : a\r\n\r\n", 400, 0),
	DIRT("a tab before the colon", "GET /" HOST "X\t: a\r\n\r\n", 400, 0),
	DIRT("obs-fold", "GET /" HOST "X: a\r\n b\r\n\r\n", 400, 0),
	DIRT("a space before the first field",
	    "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400, 0),
	DIRT("NUL in a value", "GET /" HOST "X: a\0b\r\n\r\n", 400, 0),
	DIRT("NUL in the target", "GET /\0" HOST "\r\n", 400, 0),
	DIRT("no colon", "GET /" HOST "X\r\n\r\n", 400, 0),
	DIRT("no field name", "GET /" HOST ": a\r\n\r\n", 400, 0),
	DIRT("a field name with a parenthesis", "GET /" HOST "X(: a\r\n\r\n",
	    400, 0),
	DIRT("no Host", "GET / HTTP/1.1\r\n\r\n", 400, 0),
	DIRT("no Host with an absolute target",
	    "GET http://a/ HTTP/1.1\r\n\r\n", 400, 0),
	DIRT("two Hosts", "GET /" HOST "Host: a\r\n\r\n", 400, 0),
	DIRT("a Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400,
	    0),
	DIRT("a Host with a space", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400,
	    0),
	DIRT("two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400, 0),
	DIRT("tabs", "GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n", 400, 0),
	DIRT("a space in the target", "GET /a b" HOST "\r\n", 400, 0),
	DIRT(
	    "a space at the end", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400, 0),
	DIRT("a target without slash", "GET a" HOST "\r\n", 400, 0),
	DIRT("a fragment", "GET /#a" HOST "\r\n", 400, 0),
	DIRT("half an escape", "GET /%4" HOST "\r\n", 400, 0),
	DIRT("a star for GET", "GET *" HOST "\r\n", 400, 0),
	DIRT("a method with a parenthesis", "G(T /" HOST "\r\n", 400, 0),
	DIRT("a small protocol", "GET / http/1.1\r\nHost: a\r\n\r\n", 400, 505),
	DIRT("no protocol", "GET /\r\n\r\n", 400, 505),
	DIRT("TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, 0),
	DIRT("an HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, 505),
	DIRT("a chunk size of letters", CHUNKED "zz\r\n\r\n", 400, 0),
	DIRT("a chunk size with 0x", CHUNKED "0x1\r\na\r\n0\r\n\r\n", 400, 0),
	DIRT("a negative chunk", CHUNKED "-1\r\na\r\n0\r\n\r\n", 400, 0),
	DIRT("no chunk size", CHUNKED "\r\na\r\n0\r\n\r\n", 400, 0),
	DIRT("a chunk over 64 bits", CHUNKED "fffffffffffffffff1\r\na", 400,
	    413),
	DIRT("a chunk longer than its size", CHUNKED "1\r\nab\r\n0\r\n\r\n",
	    400, 0),
	DIRT("a bare LF after a chunk size", CHUNKED "1\na\r\n0\r\n\r\n", 400,
	    0),
	DIRT("a bare LF after a chunk", CHUNKED "1\r\na\n0\r\n\r\n", 400, 0),
	DIRT("a bare LF in a trailer", CHUNKED "0\r\nX: a\n\r\n", 400, 0),
};

static void
what_is_not_clean_is_refused_and_the_connection_closes(void **state)
{
	struct server *s = START_PLAIN();
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(dirt); i++) {
		int status = refused(s->page, dirt[i].bytes, dirt[i].n);

		if (status == dirt[i].status || status == dirt[i].other)
			continue;
		print_error("%s: %d\n", dirt[i].name, status);
		wrong++;
	}
	assert_int_equal(wrong, 0);
	assert_int_equal(ask_once(s->page, GET("/"), NULL), 200);
}

static void
a_refused_head_request_gets_no_content_either(void **state)
{
	static const char *const requests[] = {
		"HEAD / HTTP/1.1\r\n\r\n",
		"HEAD /" HOST "Content-Length: 99999\r\n\r\n",
	};
	struct server *s = START_PLAIN();

	(void)state;
	for (size_t i = 0; i < COUNT(requests); i++) {
		struct client *c = dial(s->page);
		struct response r;

		assert_true(tell(c, requests[i]));
		assert_int_equal(hear(c, &r, true), i == 0 ? 400 : 413);
		assert_non_null(field(&r, "Content-Length"));
		assert_int_equal(hear_end(c), 0);
	}
}

static void
nothing_behind_a_refused_request_is_read_as_one(void **state)
{
	static const char bytes[] = POST
	    "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" GET("/");
	struct server *s = START_PLAIN();

	(void)state;
	assert_int_equal(refused(s->page, bytes, sizeof bytes - 1), 400);
	await_sum(s, "http_requests_total", 1);
}

static void
the_liberties_of_rfc_9112_are_taken(void **state)
{
	struct server *s = START_PLAIN();
	struct client *c = dial(s->page);

	(void)state;
	assert_int_equal(ask(c, "\r\n" GET("/"), NULL), 200);
	assert_int_equal(ask(c, "\r\n" GET("/"), NULL), 200);
	assert_int_equal(
	    ask(c, "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", NULL), 200);
	assert_int_equal(
	    ask(c, "GET http://b?q HTTP/1.1\r\nHost: a\r\n\r\n", NULL), 200);
	assert_int_equal(
	    ask(c, "GET / HTTP/1.1\r\nHOST:a:80\t \r\n\r\n", NULL), 200);
	assert_int_equal(ask(c, "GET / HTTP/1.1\r\nHost:\r\n\r\n", NULL), 200);
	assert_int_equal(
	    ask(c, "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", NULL), 200);
	assert_int_equal(
	    ask_once(s->page, "GET / HTTP/1.0\r\n\r\n", NULL), 200);
}

/* "GET /aaa... HTTP/1.1" with a target of n bytes. */
static const char *
long_target(size_t n)
{
	char *a = keep(n);

	memset(a, 'a', n - 1);
	return keepf("GET /%s" HOST "\r\n", a);
}

static void
a_target_over_8_kib_is_414(void **state)
{
	struct server *s = START_PLAIN();
	const char *over = long_target(8193), *far = long_target(60000);

	(void)state;
	assert_int_equal(ask_once(s->page, long_target(8192), NULL), 404);
	assert_int_equal(refused(s->page, over, strlen(over)), 414);
	assert_int_equal(refused(s->page, far, strlen(far)), 414);
}

static const char *
long_head(size_t n)
{
	size_t rest = n - strlen("GET /" HOST "X: \r\n\r\n");
	char *a = keep(rest + 1);

	memset(a, 'a', rest);
	return keepf("GET /" HOST "X: %s\r\n\r\n", a);
}

static void
a_head_over_16_kib_is_431(void **state)
{
	struct server *s = START_PLAIN();
	const char *over = long_head(16385), *far = long_head(60000);

	(void)state;
	assert_int_equal(strlen(over), 16385);
	assert_int_equal(ask_once(s->page, long_head(16384), NULL), 200);
	assert_int_equal(refused(s->page, over, strlen(over)), 431);
	assert_int_equal(refused(s->page, far, strlen(far)), 431);
}

static const char *
many_fields(int n)
{
	char *text = keepf("GET /" HOST);

	for (int i = 1; i < n; i++)
		text = keepf("%sX: a\r\n", text);
	return keepf("%s\r\n", text);
}

static void
more_than_128_fields_are_431(void **state)
{
	struct server *s = START_PLAIN();
	const char *over = many_fields(129);

	(void)state;
	assert_int_equal(ask_once(s->page, many_fields(128), NULL), 200);
	assert_int_equal(refused(s->page, over, strlen(over)), 431);
}

static void
a_body_of_64_kib_is_discarded(void **state)
{
	struct server *s = START_PLAIN();
	struct client *c = dial(s->page);
	char *body = keep(65536 + 1);

	(void)state;
	memset(body, 'a', 65536);
	tell(c, POST "Content-Length: 65536\r\n\r\n");
	tell(c, body);
	assert_int_equal(hear(c, NULL, false), 405);
	tell(c, CHUNKED "10000\r\n");
	tell(c, body);
	tell(c, "\r\n0\r\nTrailer: a\r\n\r\n");
	assert_int_equal(hear(c, NULL, false), 405);
	tell(c, "GET /" HOST "Content-Length: 65536\r\n\r\n");
	tell(c, body);
	assert_int_equal(hear(c, NULL, false), 200);
	assert_int_equal(ask(c, GET("/"), NULL), 200);
}

static void
a_declared_body_over_64_kib_is_413_at_once(void **state)
{
	static const char bytes[] = POST "Content-Length: 65537\r\n\r\n",
			  vast[] = POST
	    "Content-Length: 9223372036854775808\r\n\r\n",
			  expect[] = POST
	    "Content-Length: 65537\r\nExpect: 100-continue\r\n\r\n";
	struct server *s = START_PLAIN();

	(void)state;
	assert_int_equal(refused(s->page, bytes, sizeof bytes - 1), 413);
	assert_int_equal(refused(s->page, vast, sizeof vast - 1), 413);
	assert_int_equal(refused(s->page, expect, sizeof expect - 1), 413);
}

static void
a_chunked_body_over_64_kib_is_413(void **state)
{
	static const char one[] = CHUNKED "10001\r\n";
	struct server *s = START_PLAIN();
	struct client *c = dial(s->page);
	char *chunk = keep(0x4000 + 1);

	(void)state;
	assert_int_equal(refused(s->page, one, sizeof one - 1), 413);
	memset(chunk, 'a', 0x4000);
	tell(c, CHUNKED);
	for (int i = 0; i < 5; i++)
		tell(c, keepf("4000\r\n%s\r\n", chunk));
	assert_int_equal(hear(c, NULL, false), 413);
	assert_int_equal(hear_end(c), 0);
}

/* Empty lines before a head that, with them, takes n bytes: its body has room
 * all the same. */
static void
empty_lines_before_a_long_head_leave_room_for_a_body(void **state)
{
	enum { EMPTY = 4200, SPREAD = 64, SIZE = 20 * 1024 + SPREAD };
	static const char first[] = "POST /" HOST "Content-Length: 5\r\nX: ";
	struct server *s = START_PLAIN();
	char *bytes = keep(SIZE);

	(void)state;
	for (size_t n = SIZE - 2 * SPREAD; n <= SIZE; n++) {
		struct client *c = dial(s->page);

		memset(bytes, 'a', n);
		for (size_t i = 0; i < EMPTY; i += 2)
			memcpy(bytes + i, "\r\n", 2);
		memcpy(bytes + EMPTY, first, sizeof first - 1);
		memcpy(bytes + n - 4, "\r\n\r\n", 4);
		assert_true(tell_bytes(c, bytes, n));
		await_sample(s, "http_requests_in_flight", 1);
		assert_int_equal(ask(c, "hello" GET("/"), NULL), 405);
		assert_int_equal(hear(c, NULL, false), 200);
		hang_up(c);
	}
}

static void
a_body_may_be_announced_by_expect(void **state)
{
	struct server *s = START_PLAIN();
	struct client *c = dial(s->page);
	int status;

	(void)state;
	status = ask(c,
	    "GET /" HOST "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n",
	    NULL);
	if (status == 100) {
		tell(c, "abc");
		status = hear(c, NULL, false);
		assert_int_equal(status, 200);
		assert_int_equal(ask(c, GET("/"), NULL), 200);
	}
	assert_int_equal(status, 200);
}

static void
expect_from_http_1_0_gets_no_100(void **state)
{
	struct server *s = START_PLAIN();
	struct client *c = dial(s->page);

	(void)state;
	tell(c,
	    "GET / HTTP/1.0\r\nContent-Length: 3\r\n"
	    "Expect: 100-continue\r\n\r\nabc");
	assert_int_equal(hear(c, NULL, false), 200);
}

static void
http_1_1_keeps_the_connection_unless_told(void **state)
{
	struct server *s = START_PLAIN();
	struct client *c = dial(s->page);
	struct response r;

	(void)state;
	for (int i = 0; i < 10; i++)
		assert_int_equal(ask(c, GET("/"), NULL), 200);
	assert_int_equal(ask(c, GET_CLOSE("/"), &r), 200);
	assert_field(&r, "Connection", "close");
	assert_int_equal(hear_end(c), 0);
}

static void
http_1_0_closes_the_connection_unless_told(void **state)
{
	struct server *s = START_PLAIN();
	struct client *c = dial(s->page);
	struct response r;

	(void)state;
	assert_int_equal(
	    ask(c, "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", &r),
	    200);
	assert_non_null(field(&r, "Connection"));
	assert_int_equal(strcasecmp(field(&r, "Connection"), "keep-alive"), 0);
	assert_int_equal(ask(c, "GET / HTTP/1.0\r\n\r\n", &r), 200);
	assert_int_equal(hear_end(c), 0);
}

static void
connection_is_a_list_over_all_its_lines(void **state)
{
	static const char *const closing[] = {
		"GET /" HOST "Connection: x\r\nConnection: Close\r\n\r\n",
		"GET /" HOST "Connection: x, ,close , y\r\n\r\n",
		"GET /" HOST "Connection: keep-alive, close\r\n\r\n",
		"GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n",
	};
	struct server *s = START_PLAIN();
	struct client *c = dial(s->page);

	(void)state;
	for (size_t i = 0; i < COUNT(closing); i++) {
		struct client *d = dial(s->page);

		assert_int_equal(ask(d, closing[i], NULL), 200);
		assert_int_equal(hear_end(d), 0);
	}
	assert_int_equal(
	    ask(c, "GET /" HOST "Connection: closed\r\nConnection: x\r\n\r\n",
		NULL),
	    200);
	assert_int_equal(ask(c, GET("/"), NULL), 200);
}

static void
pipelined_requests_are_answered_in_order(void **state)
{
	struct server *s = START_PLAIN();
	struct client *c = dial(s->page);

	(void)state;
	tell(c,
	    GET("/") GET("/x") "HEAD /" HOST "\r\n" CHUNKED
			       "1\r\na\r\n0\r\n\r\n" GET("/x") GET_CLOSE("/")
				   GET("/x"));
	assert_int_equal(hear(c, NULL, false), 200);
	assert_int_equal(hear(c, NULL, false), 404);
	assert_int_equal(hear(c, NULL, true), 200);
	assert_int_equal(hear(c, NULL, false), 405);
	assert_int_equal(hear(c, NULL, false), 404);
	assert_int_equal(hear(c, NULL, false), 200);
	assert_int_equal(hear_end(c), 0);
}

static void
a_hundred_requests_in_one_write_get_a_hundred_answers(void **state)
{
	struct server *s = START_PLAIN();
	struct client *c = dial(s->page);
	char *all = keep(100 * sizeof GET("/x") + 1);

	(void)state;
	for (int i = 0; i < 100; i++)
		strcat(all, i % 3 ? GET("/") : GET("/x"));
	tell(c, all);
	for (int i = 0; i < 100; i++)
		assert_int_equal(hear(c, NULL, false), i % 3 ? 200 : 404);
	assert_true(quiet(c, 20));
}

static void
a_flood_on_one_connection_does_not_starve_another(void **state)
{
	struct server *s = START_PLAIN();
	struct flood f;
	int64_t longest = 0;

	(void)state;
	flood_begin(&f, dial(s->page), 10000);
	for (int i = 0; !flood_done(&f); i++) {
		int64_t from = now_ms();

		assert_true(flood_step(&f, WAIT_MS));
		server_pull(s);
		if (i % 100 != 0)
			continue;
		from = now_ms();
		assert_int_equal(ask_once(s->page, GET("/x"), NULL), 404);
		if (now_ms() - from > longest)
			longest = now_ms() - from;
	}
	assert_true(longest < 2000);
}

static void
a_body_behind_an_error_is_not_read_as_a_request(void **state)
{
	static const char *const heads[] = { "POST /x", "POST /", "GET /x" };
	struct server *s = START_PLAIN();
	struct client *c = dial(s->page);
	char inner[] = GET("/");

	(void)state;
	for (size_t i = 0; i < COUNT(heads); i++) {
		tell(c,
		    keepf("%s" HOST "Content-Length: %zu\r\n\r\n%s", heads[i],
			strlen(inner), inner));
		assert_true(hear(c, NULL, false) / 100 == 4);
		tell(c,
		    keepf("%s" HOST "Transfer-Encoding: chunked\r\n\r\n"
			  "%zx\r\n%s\r\n0\r\n\r\n",
			heads[i], strlen(inner), inner));
		assert_true(hear(c, NULL, false) / 100 == 4);
	}
	assert_int_equal(ask(c, GET("/"), NULL), 200);
	await_sum(s, "http_requests_total", 7);
}

static void
a_half_closed_client_gets_its_answer(void **state)
{
	struct server *s = START("--random-delay=50ms-60ms");
	struct client *c = dial(s->page);

	(void)state;
	tell(c, GET("/") GET("/"));
	shutdown(c->fd, SHUT_WR);
	assert_int_equal(hear(c, NULL, false), 200);
	assert_int_equal(hear(c, NULL, false), 200);
	assert_int_equal(hear_end(c), 0);
}

static void
a_request_may_come_split_at_any_byte(void **state)
{
	static const char request[] = "POST /?q HTTP/1.1\r\nHost: a\r\n"
				      "Transfer-Encoding: chunked\r\n\r\n"
				      "3;x=y\r\nabc\r\n0\r\nT: a\r\n\r\n";
	struct server *s = START_PLAIN();
	struct client *c = dial(s->page);

	(void)state;
	for (size_t cut = 1; cut < sizeof request - 1; cut++) {
		tell_bytes(c, request, cut);
		assert_true(quiet(c, 1));
		tell(c, request + cut);
		assert_int_equal(hear(c, NULL, false), 405);
	}
	for (size_t i = 0; i < sizeof request - 1; i++)
		tell_bytes(c, request + i, 1);
	assert_int_equal(hear(c, NULL, false), 405);
}

static void
who_still_sends_after_an_early_error_gets_to_read_it(void **state)
{
	struct server *s = START_PLAIN();
	char *body = keep(200000 + 1);

	(void)state;
	memset(body, 'a', 200000);
	for (int i = 0; i < 20; i++) {
		struct client *c = dial(s->page);

		tell(c, POST "Content-Length: 200000\r\n\r\n");
		assert_true(tell(c, body));
		assert_int_equal(hear(c, NULL, false), 413);
		assert_int_equal(hear_end(c), 0);
		hang_up(c);
	}
}

static void
a_thousand_answers_can_be_delayed_at_once(void **state)
{
	enum { N = 1000 };
	struct server *s = START("--random-delay=300ms-500ms");
	struct client **c = keep(N * sizeof *c);
	int64_t from = now_ms();

	(void)state;
	for (int i = 0; i < N; i++) {
		c[i] = dial(s->page);
		tell(c[i], GET("/"));
	}
	for (int i = 0; i < N; i++)
		assert_int_equal(hear(c[i], NULL, false), 200);
	assert_true(now_ms() - from >= 300);
	assert_true(now_ms() - from < WAIT_MS);
	await_sample(s, "my_webpage_request_latency_seconds_count", N);
	assert_true(sample(scrape(s),
			"my_webpage_request_latency_seconds_"
			"bucket{le=\"0.25\"}") == 0);
}

static void
random_delays_keep_the_order_of_pipelined_answers(void **state)
{
	struct server *s = START("--random-delay=0s-20ms");
	struct client *c = dial(s->page);
	char *all = keep(20 * sizeof GET("/x") + 1);

	(void)state;
	for (int i = 0; i < 20; i++)
		strcat(all, i % 3 ? GET("/") : GET("/x"));
	tell(c, all);
	for (int i = 0; i < 20; i++)
		assert_int_equal(hear(c, NULL, false), i % 3 ? 200 : 404);
}

/* The head's time begins when it is its turn to be read. */
static void
half_a_head_behind_a_delay_is_not_timed_out(void **state)
{
	struct server *s =
	    START("--random-delay=500ms-500ms", "--header-timeout=250ms");
	struct client *c = dial(s->page);

	(void)state;
	assert_true(tell(c, GET("/") "GET / HT"));
	await_sample(s, "http_requests_in_flight", 1);
	assert_true(tell(c, "TP/1.1\r\nHost: a\r\n\r\n"));
	assert_int_equal(hear(c, NULL, false), 200);
	assert_int_equal(hear(c, NULL, false), 200);
	assert_true(tell(c, GET("/") "GET / HT"));
	assert_int_equal(hear(c, NULL, false), 200);
	assert_int_equal(hear(c, NULL, false), 408);
}

static void
malformed_requests_are_never_delayed(void **state)
{
	struct server *s = START("--random-delay=8s-9s");
	int64_t from = now_ms();

	(void)state;
	assert_int_equal(refused(s->page, "GET /\n\n", 7), 400);
	assert_true(now_ms() - from < 5000);
}

static void
random_error_100_answers_500_to_well_formed_requests(void **state)
{
	struct server *s = START("--random-error=100");
	struct client *c = dial(s->page);
	struct response r;

	(void)state;
	for (int i = 0; i < 20; i++) {
		assert_int_equal(ask(c, GET("/"), &r), 500);
		assert_non_null(strstr(field(&r, "Content-Type"), "text/html"));
	}
	assert_int_equal(refused(s->page, "GET /\n\n", 7), 400);
	assert_int_equal(probe(s, "/readyz"), 200);
}

static void
random_error_50_answers_both(void **state)
{
	struct server *s = START("--random-error=50");
	struct client *c = dial(s->page);
	int good = 0;

	(void)state;
	for (int i = 0; i < 200; i++)
		good += ask(c, GET("/"), NULL) == 200;
	assert_in_range(good, 40, 160);
}

static void
header_is_added_to_every_page_answer_alone(void **state)
{
	struct server *s =
	    START("--header=X-Frame-Options: DENY", "--header=X-Other:a: b");
	struct response r;

	(void)state;
	assert_int_equal(ask_once(s->page, GET("/"), &r), 200);
	assert_field(&r, "X-Frame-Options", "DENY");
	assert_field(&r, "X-Other", "a: b");
	assert_int_equal(ask_once(s->page, GET("/x"), &r), 404);
	assert_field(&r, "X-Frame-Options", "DENY");
	assert_int_equal(ask_once(s->metrics, GET("/metrics"), &r), 200);
	assert_null(field(&r, "X-Frame-Options"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(get_answers_the_page_byte_for_byte),
		TEST(head_has_the_fields_and_no_body),
		TEST(any_query_gets_the_page),
		TEST(every_other_path_is_404_with_a_small_page),
		TEST(options_is_204_with_allow),
		TEST(other_known_methods_are_405_with_allow),
		TEST(an_unknown_method_is_501),
		TEST(versions_1_x_are_served_and_others_505),
		TEST(what_is_not_clean_is_refused_and_the_connection_closes),
		TEST(a_refused_head_request_gets_no_content_either),
		TEST(nothing_behind_a_refused_request_is_read_as_one),
		TEST(the_liberties_of_rfc_9112_are_taken),
		TEST(a_target_over_8_kib_is_414),
		TEST(a_head_over_16_kib_is_431),
		TEST(more_than_128_fields_are_431),
		TEST(a_body_of_64_kib_is_discarded),
		TEST(a_declared_body_over_64_kib_is_413_at_once),
		TEST(a_chunked_body_over_64_kib_is_413),
		TEST(empty_lines_before_a_long_head_leave_room_for_a_body),
		TEST(a_body_may_be_announced_by_expect),
		TEST(expect_from_http_1_0_gets_no_100),
		TEST(http_1_1_keeps_the_connection_unless_told),
		TEST(http_1_0_closes_the_connection_unless_told),
		TEST(connection_is_a_list_over_all_its_lines),
		TEST(pipelined_requests_are_answered_in_order),
		TEST(a_hundred_requests_in_one_write_get_a_hundred_answers),
		TEST(a_flood_on_one_connection_does_not_starve_another),
		TEST(a_body_behind_an_error_is_not_read_as_a_request),
		TEST(a_half_closed_client_gets_its_answer),
		TEST(a_request_may_come_split_at_any_byte),
		TEST(who_still_sends_after_an_early_error_gets_to_read_it),
		TEST(a_thousand_answers_can_be_delayed_at_once),
		TEST(random_delays_keep_the_order_of_pipelined_answers),
		TEST(half_a_head_behind_a_delay_is_not_timed_out),
		TEST(malformed_requests_are_never_delayed),
		TEST(random_error_100_answers_500_to_well_formed_requests),
		TEST(random_error_50_answers_both),
		TEST(header_is_added_to_every_page_answer_alone),
	};

	return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
