#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http/response.h"

#define DATE "Sun, 06 Nov 1994 08:49:37 GMT"
#define HTML(status)                                                    \
	"<!DOCTYPE html>\n<html><head><title>" status "</title></head>" \
	"<body><h1>" status "</h1></body></html>\n"

static char memory[256];
static struct response res;
static struct response_context context;

static void
begin(void)
{
	response_init(&res, (struct buf){ memory, 9, sizeof memory, true });
	context =
	    (struct response_context){ .date = SPAN("Date: " DATE "\r\n") };
}

static void
finish(enum method method)
{
	struct request req = { .method = method };

	response_finish(&res, &req);
}

static void
assert_head(const char *expected)
{
	char text[1024];
	struct buf out = buf_over(text, sizeof text);

	response_head(&out, &res, &context);
	assert_false(out.overflowed);
	buf_char(&out, '\0');
	assert_string_equal(text, expected);
}

static void
assert_body(const char *expected)
{
	assert_true(span_eq(response_body(&res), span_of(expected)));
}

static void
a_fresh_response_is_an_empty_200(void **state)
{
	(void)state;
	begin();
	assert_int_equal(res.body.len, 0);
	assert_false(res.body.overflowed);
	finish(METHOD_GET);
	assert_head("HTTP/1.1 200 OK\r\n"
		    "Date: " DATE "\r\n"
		    "Content-Length: 0\r\n"
		    "\r\n");
	assert_body("");
}

static void
all_fields_in_their_order(void **state)
{
	(void)state;
	begin();
	res.type = SPAN("text/plain");
	res.allow = METHOD_OPTIONS | METHOD_GET | METHOD_HEAD;
	res.no_store = true;
	res.close = true;
	res.content = SPAN("hello");
	context.id = SPAN("id-1");
	context.extra = SPAN("A: b\r\nC: d\r\n");
	context.keep_alive_1_0 = true;
	finish(METHOD_GET);
	assert_head("HTTP/1.1 200 OK\r\n"
		    "Date: " DATE "\r\n"
		    "Content-Type: text/plain\r\n"
		    "Content-Length: 5\r\n"
		    "Allow: GET, HEAD, OPTIONS\r\n"
		    "Cache-Control: no-store\r\n"
		    "X-Request-Id: id-1\r\n"
		    "A: b\r\n"
		    "C: d\r\n"
		    "Connection: close\r\n"
		    "\r\n");
	assert_body("hello");
}

/* ...stand in place of the two that would be written; an error forgets them. */
static void
prepared_fields(void **state)
{
	(void)state;
	begin();
	res.type = SPAN("text/plain");
	res.about = SPAN("Content-Type: a/b\r\nContent-Length: 5\r\n");
	res.content = SPAN("hello");
	finish(METHOD_HEAD);
	assert_head("HTTP/1.1 200 OK\r\nDate: " DATE "\r\n"
		    "Content-Type: a/b\r\nContent-Length: 5\r\n\r\n");
	assert_body("");
	response_error(&res, STATUS_NOT_FOUND);
	assert_int_equal(res.about.len, 0);
}

static void
connection_is_said_where_it_is_not_the_default(void **state)
{
	(void)state;
	begin();
	context.keep_alive_1_0 = true;
	assert_head("HTTP/1.1 200 OK\r\nDate: " DATE "\r\n"
		    "Content-Length: 0\r\nConnection: keep-alive\r\n\r\n");
	context.keep_alive_1_0 = false;
	res.close = true;
	assert_head("HTTP/1.1 200 OK\r\nDate: " DATE "\r\n"
		    "Content-Length: 0\r\nConnection: close\r\n\r\n");
}

static void
allow_names_every_method(void **state)
{
	(void)state;
	begin();
	res.allow = (1 << 9) - 1;
	assert_head("HTTP/1.1 200 OK\r\nDate: " DATE "\r\n"
		    "Content-Length: 0\r\nAllow: GET, HEAD, POST, PUT, DELETE, "
		    "CONNECT, OPTIONS, TRACE, PATCH\r\n\r\n");
	res.allow = METHOD_PUT;
	assert_head("HTTP/1.1 200 OK\r\nDate: " DATE "\r\n"
		    "Content-Length: 0\r\nAllow: PUT\r\n\r\n");
}

static void
head_has_the_length_but_no_body(void **state)
{
	(void)state;
	begin();
	res.type = SPAN("text/plain");
	buf_put(&res.body, SPAN("written"));
	finish(METHOD_HEAD);
	assert_head("HTTP/1.1 200 OK\r\nDate: " DATE "\r\n"
		    "Content-Type: text/plain\r\nContent-Length: 7\r\n\r\n");
	assert_body("");
	finish(METHOD_GET);
	assert_body("written");
}

static void
no_content_has_neither(void **state)
{
	(void)state;
	begin();
	res.status = STATUS_NO_CONTENT;
	res.type = SPAN("text/plain");
	res.content = SPAN("hello");
	finish(METHOD_GET);
	assert_head("HTTP/1.1 204 No Content\r\nDate: " DATE "\r\n\r\n");
	assert_body("");
}

static void
an_error_forgets_what_was_there(void **state)
{
	(void)state;
	begin();
	buf_put(&res.body, SPAN("written"));
	res.content = SPAN("hello");
	res.type = SPAN("text/plain");
	res.allow = METHOD_GET;
	res.no_store = true;
	res.close = true;
	response_error(&res, STATUS_NOT_FOUND);
	finish(METHOD_GET);
	assert_head("HTTP/1.1 404 Not Found\r\nDate: " DATE "\r\n"
		    "Content-Type: text/html; charset=utf-8\r\n"
		    "Content-Length: 106\r\nConnection: close\r\n\r\n");
	assert_body(HTML("404 Not Found"));
	assert_ptr_equal(res.body.at, memory);
	begin();
	res.allow = METHOD_GET;
	response_error(&res, STATUS_METHOD_NOT_ALLOWED);
	assert_int_equal(res.allow, METHOD_GET);
	assert_false(res.close);
	response_error(&res, STATUS_FIELDS_TOO_LARGE);
	assert_false(res.body.overflowed);
	assert_body(HTML("431 Request Header Fields Too Large"));
}

static void
a_body_that_overflowed_is_a_500(void **state)
{
	(void)state;
	begin();
	for (int i = 0; i < 50; i++)
		buf_put(&res.body, SPAN("too much"));
	finish(METHOD_GET);
	assert_int_equal(res.status, STATUS_INTERNAL_ERROR);
	assert_body(HTML("500 Internal Server Error"));
	/* but not if it is not what is sent */
	begin();
	res.content = SPAN("hello");
	res.body.overflowed = true;
	finish(METHOD_GET);
	assert_int_equal(res.status, STATUS_OK);
	assert_body("hello");
}

static void
an_error_without_memory_is_its_status(void **state)
{
	(void)state;
	for (size_t cap = 0; cap < 100; cap += 33) {
		begin();
		response_init(&res, buf_over(memory, cap));
		response_error(&res, STATUS_NOT_FOUND);
		finish(METHOD_GET);
		assert_head("HTTP/1.1 404 Not Found\r\nDate: " DATE "\r\n"
			    "Content-Length: 0\r\n\r\n");
		assert_body("");
	}
}

static void
a_head_that_does_not_fit_is_known(void **state)
{
	char text[40];
	struct buf out = buf_over(text, sizeof text);

	(void)state;
	begin();
	response_head(&out, &res, &context);
	assert_true(out.overflowed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fresh_response_is_an_empty_200),
		cmocka_unit_test(all_fields_in_their_order),
		cmocka_unit_test(
		    connection_is_said_where_it_is_not_the_default),
		cmocka_unit_test(prepared_fields),
		cmocka_unit_test(allow_names_every_method),
		cmocka_unit_test(head_has_the_length_but_no_body),
		cmocka_unit_test(no_content_has_neither),
		cmocka_unit_test(an_error_forgets_what_was_there),
		cmocka_unit_test(a_body_that_overflowed_is_a_500),
		cmocka_unit_test(an_error_without_memory_is_its_status),
		cmocka_unit_test(a_head_that_does_not_fit_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
