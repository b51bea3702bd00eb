/*
 * partial_test.c - what conditions and ranges make of an answer. Which of them
 * hold is precond's and range's own business, and tested there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http/parse.h"
#include "http/response.h"

enum { NOW = 784200000 };

static const char content[] = "0123456789abcdefghijklmnopqrstuvwxyz"
			      "0123456789abcdefghijklmnopqrstuvwxyz"
			      "0123456789abcdefghijklmnopqrstuvwxyz"
			      "0123456789abcdefghijklmnopqrstuvwxyz"
			      "0123456789abcdefghijklmnopqrstuvwxyz"
			      "0123456789abcdefghijklmnopqrstuvwxyz"
			      "0123456789abcdefghijklmnopqrstuvwxyz"
			      "0123456789abcdefghijklmnopqrstuvwxyz"
			      "0123456789abcdefghijklmnopqrstuvwxyz"
			      "0123456789abcdefghijklmnopqrstuvwxyz"
			      "0123456789abcdefghijklmnopqrstuvwxyz"
			      "0123456789abcdefghijklmnopqrstuvwxyz";
enum { LENGTH = sizeof content - 1 };

static char fields[ENTITY_FIELDS_MAX], memory[4096];
static struct entity entity;
static struct request req;
static struct response res;
static unsigned released;

static void
count_release(void *owner)
{
	(void)owner;
	released++;
}

/* The answer to a request with these field lines; the whole of it as text. */
static const char *
ask_with(const char *method, const char *lines, struct piece whole, size_t room)
{
	static const struct source source = { .release = count_release };
	static char head[1024], text[8192];
	struct buf in = buf_over(head, sizeof head);
	struct buf out = buf_over(text, sizeof text - 1);
	struct buf about = buf_over(fields, sizeof fields);
	size_t scanned = 0, length;

	entity_write(&entity, &about,
	    &(struct entity_facts){ .type = SPAN("text/plain"),
		.encoding = SPAN("br"),
		.cache_control = SPAN("no-cache"),
		.etag = SPAN("\"tag\""),
		.modified = 784111777,
		.length = LENGTH,
		.vary = true,
		.nosniff = true });
	buf_put(&in, span_of(method));
	buf_put(&in, SPAN(" / HTTP/1.1\r\nHost: a\r\n"));
	buf_put(&in, span_of(lines));
	buf_put(&in, SPAN("\r\n"));
	assert_int_equal(
	    head_find(buf_span(&in), &scanned, &length), HEAD_WHOLE);
	assert_int_equal(request_parse(buf_span(&in), &req), STATUS_NONE);
	response_init(&res, buf_over(memory, room), NOW);
	released = 0;
	res.entity = &entity;
	res.source = &source;
	res.piece[0] = whole;
	res.pieces = 1;
	response_finish(&res, &req);
	response_head(&out, &res, &(struct response_context){ 0 });
	for (unsigned i = 0; i < res.pieces && res.piece[i].at; i++)
		buf_put(&out,
		    (struct span){ res.piece[i].at, res.piece[i].length });
	assert_false(out.overflowed);
	text[out.len] = '\0';
	return text;
}

static const char *
ask(const char *method, const char *lines)
{
	return ask_with(method, lines,
	    (struct piece){ .at = content, .length = LENGTH }, sizeof memory);
}

#define CACHE                                                  \
	"Vary: Accept-Encoding\r\nCache-Control: no-cache\r\n" \
	"ETag: \"tag\"\r\n"                                    \
	"Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"     \
	"Accept-Ranges: bytes\r\n"
#define ABOUT "Content-Encoding: br\r\nX-Content-Type-Options: nosniff\r\n"

static void
without_conditions_it_is_the_whole(void **state)
{
	const char *text = ask("GET", "");

	(void)state;
	assert_true(span_starts(span_of(text),
	    SPAN("HTTP/1.1 200 OK\r\nContent-Length: 432\r\n"
		 "Content-Type: text/plain\r\n" ABOUT CACHE "\r\n0123")));
	assert_int_equal(released, 0);
	assert_int_equal(response_wire(&res), LENGTH);
}

/* RFC 9110, 15.4.5: what a cache needs to know, and no content. */
static void
not_modified_has_what_caches_need(void **state)
{
	(void)state;
	assert_string_equal(ask("GET", "If-None-Match: \"tag\"\r\n"),
	    "HTTP/1.1 304 Not Modified\r\n" CACHE "\r\n");
	assert_int_equal(released, 0); /* its head tells of it */
	assert_string_equal(ask("HEAD", "If-None-Match: *\r\n"),
	    "HTTP/1.1 304 Not Modified\r\n" CACHE "\r\n");
}

static void
a_failed_condition_is_an_error(void **state)
{
	(void)state;
	assert_non_null(strstr(ask("GET", "If-Match: \"other\"\r\n"),
	    "HTTP/1.1 412 Precondition Failed\r\n"
	    "Content-Type: text/html; charset=utf-8\r\n"));
	assert_int_equal(released, 1);
	ask("HEAD", "If-Match: \"other\"\r\n");
	assert_int_equal(res.status, STATUS_PRECONDITION_FAILED);
	assert_int_equal(response_wire(&res), 0);
}

static void
one_range_is_a_slice(void **state)
{
	(void)state;
	assert_string_equal(ask("GET", "Range: bytes=10-12\r\n"),
	    "HTTP/1.1 206 Partial Content\r\nContent-Length: 3\r\n"
	    "Content-Type: text/plain\r\n" ABOUT CACHE
	    "Content-Range: bytes 10-12/432\r\n\r\nabc");
	assert_int_equal(released, 0);
	/* Range is defined for GET alone */
	ask("HEAD", "Range: bytes=10-12\r\n");
	assert_int_equal(res.status, STATUS_OK);
	assert_int_equal(res.length, LENGTH);
}

static void
several_ranges_are_parts(void **state)
{
	(void)state;
	assert_string_equal(ask("GET", "Range: bytes=0-0,10-11,-1\r\n") + 0,
	    "HTTP/1.1 206 Partial Content\r\nContent-Length: 220\r\n"
	    "Content-Type: multipart/byteranges; boundary=tag\r\n" ABOUT CACHE
	    "\r\n"
	    "--tag\r\nContent-Type: text/plain\r\n"
	    "Content-Range: bytes 0-0/432\r\n\r\n0\r\n"
	    "--tag\r\nContent-Type: text/plain\r\n"
	    "Content-Range: bytes 10-11/432\r\n\r\nab\r\n"
	    "--tag\r\nContent-Type: text/plain\r\n"
	    "Content-Range: bytes 431-431/432\r\n\r\nz\r\n"
	    "--tag--\r\n");
}

static void
no_range_inside_is_416(void **state)
{
	const char *text = ask("GET", "Range: bytes=432-\r\n");

	(void)state;
	assert_int_equal(res.status, STATUS_RANGE_NOT_SATISFIABLE);
	assert_non_null(strstr(text, "\r\nContent-Range: bytes */432\r\n"));
	assert_non_null(strstr(text, "\r\n\r\n<!DOCTYPE html>"));
	assert_int_equal(released, 1);
}

/* A stretch of a file is counted from where its piece begins. */
static void
a_slice_of_a_file(void **state)
{
	struct piece whole = { .fd = 7, .offset = 1000, .length = LENGTH };

	(void)state;
	ask_with("GET", "Range: bytes=10-12\r\n", whole, sizeof memory);
	assert_int_equal(res.status, STATUS_PARTIAL_CONTENT);
	assert_int_equal(res.pieces, 1);
	assert_null(res.piece[0].at);
	assert_int_equal(res.piece[0].fd, 7);
	assert_int_equal(res.piece[0].offset, 1010);
	assert_int_equal(res.piece[0].length, 3);
}

static void
without_room_for_parts_it_is_an_error(void **state)
{
	struct piece whole = { .at = content, .length = LENGTH };

	(void)state;
	ask_with("GET", "Range: bytes=0-0,10-11\r\n", whole, 150);
	assert_int_equal(res.status, STATUS_INTERNAL_ERROR);
	assert_int_equal(released, 1);
}

/* The page of an error is told about like any other, but not validated; a cache
 * that keeps it has to know that there are others. */
static void
an_error_with_an_entity(void **state)
{
	static char text[1024];
	struct buf out = buf_over(text, sizeof text - 1);

	(void)state;
	ask("GET", "");
	response_init(&res, buf_over(memory, sizeof memory), NOW);
	res.status = STATUS_NOT_FOUND;
	res.entity = &entity;
	response_content(&res, (struct span){ content, LENGTH });
	response_finish(&res, &req);
	response_head(&out, &res, &(struct response_context){ 0 });
	text[out.len] = '\0';
	assert_string_equal(text,
	    "HTTP/1.1 404 Not Found\r\nContent-Length: 432\r\n"
	    "Content-Type: text/plain\r\n" ABOUT
	    "Vary: Accept-Encoding\r\n\r\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_conditions_it_is_the_whole),
		cmocka_unit_test(not_modified_has_what_caches_need),
		cmocka_unit_test(a_failed_condition_is_an_error),
		cmocka_unit_test(one_range_is_a_slice),
		cmocka_unit_test(several_ranges_are_parts),
		cmocka_unit_test(no_range_inside_is_416),
		cmocka_unit_test(a_slice_of_a_file),
		cmocka_unit_test(without_room_for_parts_it_is_an_error),
		cmocka_unit_test(an_error_with_an_entity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
