/*
 * status_test.c - the status page on the operations listener: who gets it, and
 * with which fields.
 */
#include "harness.h"

#define ACCEPT(method, path, value) \
	method " " path " HTTP/1.1\r\nHost: a\r\nAccept: " value "\r\n\r\n"
#define BROWSER \
	"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
#define PROMETHEUS                                               \
	"application/openmetrics-text;version=1.0.0,text/plain;" \
	"version=0.0.4;q=0.5,*/*;q=0.1"

static void
assert_is_page(const struct response *r)
{
	assert_field(r, "Content-Type", "text/html; charset=utf-8");
	assert_field(r, "X-Content-Type-Options", "nosniff");
	assert_field(r, "Referrer-Policy", "no-referrer");
	assert_field(r, "Cache-Control", "no-cache");
	assert_field(r, "Vary", "Accept");
	assert_non_null(field(r, "ETag"));
	assert_non_null(strstr(
	    field(r, "Content-Security-Policy"), "default-src 'none'; "));
}

static void
a_browser_gets_the_page_at_the_root(void **state)
{
	struct server *s = START("--header=X-Page: mine");
	struct response r;

	(void)state;
	assert_int_equal(
	    ask_once(s->metrics, ACCEPT("GET", "/", BROWSER), &r), 200);
	assert_is_page(&r);
	assert_true(r.body_len > 1000 && r.body_len <= 40 * 1024);
	assert_memory_equal(r.body, "<!doctype html>", 15);
	assert_null(field(&r, "X-Page"));
	/* with a query too; not elsewhere */
	assert_int_equal(
	    ask_once(s->metrics, ACCEPT("GET", "/?a=b", BROWSER), &r), 200);
	assert_is_page(&r);
	assert_int_equal(
	    ask_once(s->metrics, ACCEPT("GET", "/metrics", BROWSER), &r), 200);
	assert_non_null(strstr(r.body, "# TYPE http_requests"));
	assert_int_equal(server_stop(s), 0);
}

static void
everybody_else_gets_metrics_there(void **state)
{
	static const char *const requests[] = {
		GET("/"),
		ACCEPT("GET", "/", "*/*"),
		ACCEPT("GET", "/", PROMETHEUS),
		ACCEPT("GET", "/", "text/html;q=0.1, text/plain"),
		ACCEPT("GET", "/", "image/png"),
	};
	struct server *s = START_PLAIN();
	struct response r;

	(void)state;
	for (size_t i = 0; i < COUNT(requests); i++) {
		assert_int_equal(ask_once(s->metrics, requests[i], &r), 200);
		assert_non_null(strstr(r.body, "# TYPE http_requests"));
	}
	assert_int_equal(server_stop(s), 0);
}

/* On one connection: a HEAD has the same fields and no body, what did not
 * change is not sent again, and a part is a part. */
static void
it_is_content_like_any_other(void **state)
{
	struct server *s = START_PLAIN();
	struct client *c = dial(s->metrics);
	struct response whole, r;

	(void)state;
	ask(c, ACCEPT("GET", "/", BROWSER), &whole);
	tell(c, ACCEPT("HEAD", "/", BROWSER));
	assert_int_equal(hear(c, &r, true), 200);
	assert_is_page(&r);
	assert_field(&r, "Content-Length", keepf("%zu", whole.body_len));
	assert_field(&r, "ETag", field(&whole, "ETag"));
	assert_field(&r, "Content-Security-Policy",
	    field(&whole, "Content-Security-Policy"));
	assert_int_equal(
	    ask(c,
		keepf("GET / HTTP/1.1\r\nHost: a\r\nAccept: " BROWSER
		      "\r\nIf-None-Match: %s\r\n\r\n",
		    field(&whole, "ETag")),
		&r),
	    304);
	assert_field(&r, "Vary", "Accept");
	assert_int_equal(ask(c,
			     "GET / HTTP/1.1\r\nHost: a\r\nAccept: " BROWSER
			     "\r\nRange: bytes=0-14\r\n\r\n",
			     &r),
	    206);
	assert_memory_equal(r.body, "<!doctype html>", 15);
	assert_int_equal(ask(c, ACCEPT("POST", "/", BROWSER), &r), 405);
	hang_up(c);
	assert_int_equal(server_stop(s), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_browser_gets_the_page_at_the_root),
		TEST(everybody_else_gets_metrics_there),
		TEST(it_is_content_like_any_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
