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
	memset(&res, 0xa5, sizeof res); /* nothing of this is to be seen */
	response_init(&res, (struct buf){ memory, 9, sizeof memory, true }, 0);
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
	size_t at = 0;

	assert_int_equal(response_wire(&res), strlen(expected));
	for (unsigned i = 0; i < res.pieces; i++) {
		assert_true(at + res.piece[i].length <= strlen(expected));
		assert_memory_equal(
		    res.piece[i].at, expected + at, res.piece[i].length);
		at += res.piece[i].length;
	}
	assert_int_equal(at, strlen(expected));
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
	response_content(&res, SPAN("hello"));
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

/* An entity's fields stand in place of type and length; an error forgets it. */
static void
prepared_fields(void **state)
{
	struct entity e = { .fields = SPAN("Content-Type: a/b\r\n"
					   "Content-Length: 5\r\n"),
		.length = 5 };

	(void)state;
	begin();
	res.type = SPAN("text/plain");
	res.entity = &e;
	response_content(&res, SPAN("hello"));
	finish(METHOD_HEAD);
	assert_head("HTTP/1.1 200 OK\r\nDate: " DATE "\r\n"
		    "Content-Type: a/b\r\nContent-Length: 5\r\n\r\n");
	assert_body("");
	response_error(&res, STATUS_NOT_FOUND);
	assert_null(res.entity);
}

static unsigned released;

static void
count_release(void *owner)
{
	assert_ptr_equal(owner, &released);
	released++;
}

/* Once, whatever becomes of the answer; but not before its head was written,
 * which may tell of it without a body, too. */
static void
what_was_borrowed_is_given_back(void **state)
{
	static const struct source source = { .release = count_release };

	(void)state;
	for (int way = 0; way < 4; way++) {
		begin();
		released = 0;
		res.source = &source;
		res.owner = &released;
		response_content(&res, SPAN("hello"));
		if (way == 0)
			response_error(&res, STATUS_NOT_FOUND);
		if (way == 1)
			res.status = STATUS_NO_CONTENT;
		finish(way == 2 ? METHOD_HEAD : METHOD_GET);
		assert_int_equal(released, way == 0);
		response_release(&res);
		response_release(&res);
		assert_int_equal(released, 1);
	}
}

static void
a_redirect_names_its_place(void **state)
{
	(void)state;
	begin();
	buf_put(&res.body, SPAN("not this/dir/?a=b"));
	response_redirect(&res, strlen("not this"));
	finish(METHOD_GET);
	assert_head("HTTP/1.1 308 Permanent Redirect\r\nDate: " DATE "\r\n"
		    "Content-Type: text/html; charset=utf-8\r\n"
		    "Content-Length: 124\r\nLocation: /dir/?a=b\r\n\r\n");
	assert_body(HTML("308 Permanent Redirect"));
	begin();
	for (int i = 0; i < 50; i++)
		buf_put(&res.body, SPAN("too much"));
	response_redirect(&res, 0);
	finish(METHOD_GET);
	assert_int_equal(res.status, STATUS_URI_TOO_LONG);
	assert_int_equal(res.location.len, 0);
}

static void
when_to_come_again(void **state)
{
	(void)state;
	begin();
	response_error(&res, STATUS_UNAVAILABLE);
	res.retry_after = 1;
	finish(METHOD_HEAD);
	assert_head("HTTP/1.1 503 Service Unavailable\r\nDate: " DATE "\r\n"
		    "Content-Type: text/html; charset=utf-8\r\n"
		    "Content-Length: 126\r\nRetry-After: 1\r\n\r\n");
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
	response_content(&res, SPAN("hello"));
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
	response_content(&res, SPAN("hello"));
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
	response_content(&res, SPAN("hello"));
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
		response_init(&res, buf_over(memory, cap), 0);
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
		cmocka_unit_test(what_was_borrowed_is_given_back),
		cmocka_unit_test(a_redirect_names_its_place),
		cmocka_unit_test(when_to_come_again),
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
