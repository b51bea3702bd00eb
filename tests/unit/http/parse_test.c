#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../guard.h"
#include "http/parse.h"

#define HOST "Host: a\r\n"

static struct request req;

static void
assert_span(struct span s, const char *expected)
{
	if (expected == NULL) {
		assert_null(s.at);
		return;
	}
	assert_int_equal(s.len, strlen(expected));
	assert_memory_equal(s.at, expected, s.len);
}

/* Finds a head the way a connection does, one more byte each time. */
static enum head_find
find_by_bytes(struct span all, size_t *length)
{
	size_t scanned = 0;
	enum head_find found = HEAD_PARTIAL;

	for (size_t n = 0; n <= all.len && found == HEAD_PARTIAL; n++) {
		size_t before = scanned;

		found = head_find(
		    guard_put((struct span){ all.at, n }), &scanned, length);
		assert_true(scanned >= before && scanned <= n);
	}
	return found;
}

static enum head_find
find(struct span bytes)
{
	size_t scanned = 0, length = 0, length_by_bytes = 0;
	enum head_find found;

	found = head_find(guard_put(bytes), &scanned, &length);
	assert_int_equal(found, find_by_bytes(bytes, &length_by_bytes));
	assert_int_equal(length, length_by_bytes);
	for (size_t cut = 1; cut < bytes.len; cut++) {
		enum head_find first;

		scanned = length_by_bytes = 0;
		first = head_find(guard_put((struct span){ bytes.at, cut }),
		    &scanned, &length_by_bytes);
		if (first == HEAD_PARTIAL)
			first = head_find(
			    guard_put(bytes), &scanned, &length_by_bytes);
		assert_int_equal(first, found);
		assert_int_equal(length_by_bytes, length);
	}
	return found;
}

/* Parses a head as a connection does: only one that can be found. */
static enum status
parse_span(struct span head)
{
	size_t scanned = 0, length = 0;

	memset(&req, 0xa5, sizeof req);
	if (head_find(guard_put(head), &scanned, &length) == HEAD_BAD)
		return STATUS_BAD_REQUEST;
	return request_parse(guard_put(head), &req);
}

static enum status
parse(const char *head)
{
	return parse_span(span_of(head));
}

/* The status of a request line, with a Host field. */
static enum status
line(const char *text)
{
	char head[1024];

	snprintf(head, sizeof head, "%s\r\n" HOST "\r\n", text);
	return parse(head);
}

/* The status of a 1.1 request with these fields besides Host. */
static enum status
fields(const char *text)
{
	char head[1024];

	snprintf(head, sizeof head, "GET / HTTP/1.1\r\n" HOST "%s\r\n", text);
	return parse(head);
}

static enum status
fields_1_0(const char *text)
{
	char head[1024];

	snprintf(head, sizeof head, "GET / HTTP/1.0\r\n%s\r\n", text);
	return parse(head);
}

static void
heads_are_found_at_every_split(void **state)
{
	const char *const heads[] = {
		"GET / HTTP/1.1\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET / HTTP/1.1\r\nHost:\ta\t\r\nX: \xff\x80\r\n\r\n",
		"G\r\n\r\n",
		"POST /a/rather/long/path?and=a&query HTTP/1.1\r\n"
		"User-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n"
		"Accept: */*\r\n\r\n",
	};
	char more[512];

	(void)state;
	for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
		size_t scanned = 0, length = 0;
		int len;

		assert_int_equal(find(span_of(heads[i])), HEAD_WHOLE);
		/* what follows is not looked at */
		len = snprintf(more, sizeof more, "%s%c\n\r", heads[i], 0x01);
		assert_int_equal(head_find((struct span){ more, (size_t)len },
				     &scanned, &length),
		    HEAD_WHOLE);
		assert_int_equal(length, strlen(heads[i]));
		assert_int_equal(scanned, length);
	}
}

static void
heads_that_cannot_become_one_are_bad_at_once(void **state)
{
	static const struct span bad[] = {
		SPAN_INIT("\n"),
		SPAN_INIT("\r\n"),
		SPAN_INIT(" GET"),
		SPAN_INIT("\x16\x03\x01"),
		SPAN_INIT("\xff"),
		SPAN_INIT("\0"),
		SPAN_INIT("(GET"),
		SPAN_INIT("GET / HTTP/1.1\n"),
		SPAN_INIT("GET / HTTP/1.1\r\r"),
		SPAN_INIT("GET / HTTP/1.1\rX"),
		SPAN_INIT("GET /\0"),
		SPAN_INIT("GET /\x7f"),
		SPAN_INIT("GET /\x1f"),
		SPAN_INIT("GET / HTTP/1.1\r\nHost: a\n"),
		SPAN_INIT("GET / HTTP/1.1\r\nHost: a and then some more\x01"),
		SPAN_INIT("GET / HTTP/1.1\r\nHost: a\r\n\n"),
		SPAN_INIT("GET / HTTP/1.1\r\nHost: a\r\n\rX"),
	};
	static const struct span partial[] = {
		SPAN_INIT(""),
		SPAN_INIT("\r"),
		SPAN_INIT("GET / HTTP/1.1\r"),
		SPAN_INIT("GET / HTTP/1.1\r\n"),
		SPAN_INIT("GET / HTTP/1.1\r\n\r"),
		SPAN_INIT("GET\t"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(find(bad[i]), HEAD_BAD);
	for (size_t i = 0; i < sizeof partial / sizeof partial[0]; i++)
		assert_int_equal(find(partial[i]), HEAD_PARTIAL);
}

static void
every_control_byte_is_bad_wherever_it_stands(void **state)
{
	char head[64];

	(void)state;
	for (int c = 0; c < 256; c++)
		for (size_t at = 1; at < 40; at++) {
			size_t scanned = 0, length = 0;
			bool bad = (c < 0x20 && c != '\t') || c == 0x7f;

			memset(head, 'a', sizeof head);
			head[at] = (char)c;
			assert_int_equal(
			    head_find(guard_put((struct span){ head, 41 }),
				&scanned, &length),
			    bad ? HEAD_BAD : HEAD_PARTIAL);
		}
}

/* A head of len bytes in memory. */
static struct span
long_head(char *memory, size_t len)
{
	static const char begin[] = "GET / HTTP/1.1\r\nHost: a\r\nX: ";

	memset(memory, 'x', len);
	memcpy(memory, begin, sizeof begin - 1);
	memcpy(memory + len - 4, "\r\n\r\n", 4);
	return (struct span){ memory, len };
}

static void
heads_may_have_head_max_bytes(void **state)
{
	static char memory[HEAD_MAX + 100];
	size_t length = 0, scanned = 0;
	struct span head = long_head(memory, HEAD_MAX);

	(void)state;
	assert_int_equal(find_by_bytes(head, &length), HEAD_WHOLE);
	assert_int_equal(length, HEAD_MAX);
	assert_int_equal(
	    head_find(guard_put(head), &scanned, &length), HEAD_WHOLE);
	assert_int_equal(parse_span(head), STATUS_NONE);
	for (size_t over = 1; over < 6; over++) {
		head = long_head(memory, HEAD_MAX + over);
		scanned = 0;
		assert_int_equal(
		    head_find(guard_put(head), &scanned, &length), HEAD_LARGE);
		assert_int_equal(find_by_bytes(head, &length), HEAD_LARGE);
	}
	scanned = 0;
	memory[HEAD_MAX - 1] = '\0';
	assert_int_equal(
	    head_find(guard_put(head), &scanned, &length), HEAD_BAD);
}

static void
empty_lines_before_a_request_are_skipped(void **state)
{
	(void)state;
	assert_int_equal(head_skip(guard_put(SPAN(""))), 0);
	assert_int_equal(head_skip(guard_put(SPAN("\r"))), 0);
	assert_int_equal(head_skip(guard_put(SPAN("\n"))), 0);
	assert_int_equal(head_skip(guard_put(SPAN("\r\n"))), 2);
	assert_int_equal(head_skip(guard_put(SPAN("\r\n\r"))), 2);
	assert_int_equal(head_skip(guard_put(SPAN("\r\n\r\nGET"))), 4);
	assert_int_equal(head_skip(guard_put(SPAN("\r\r\n"))), 0);
	assert_int_equal(head_skip(guard_put(SPAN("G\r\n"))), 0);
}

static void
a_request_is_taken_apart(void **state)
{
	(void)state;
	assert_int_equal(parse("GET /a%20b?c=d?e HTTP/1.1\r\n"
			       "Host: example.org:80\r\n"
			       "Empty:\r\n"
			       "X-Y:\t one two \t\r\n"
			       "\r\n"),
	    STATUS_NONE);
	assert_span(req.line, "GET /a%20b?c=d?e HTTP/1.1");
	assert_span(req.method_name, "GET");
	assert_int_equal(req.method, METHOD_GET);
	assert_span(req.target, "/a%20b?c=d?e");
	assert_span(req.protocol, "HTTP/1.1");
	assert_int_equal(req.version, 11);
	assert_span(req.authority, "example.org:80");
	assert_span(req.path, "/a%20b");
	assert_span(req.query, "c=d?e");
	assert_int_equal(req.framing, FRAMING_NONE);
	assert_true(req.keep_alive);
	assert_false(req.expect_continue);
	assert_int_equal(req.field_count, 3);
	assert_span(req.fields[0].name, "Host");
	assert_span(req.fields[1].value, "");
	assert_span(req.fields[2].name, "X-Y");
	assert_span(req.fields[2].value, "one two");
}

static void
methods(void **state)
{
	const struct {
		const char *line;
		enum method method;
	} known[] = {
		{ "GET / HTTP/1.1", METHOD_GET },
		{ "HEAD / HTTP/1.1", METHOD_HEAD },
		{ "POST / HTTP/1.1", METHOD_POST },
		{ "PUT / HTTP/1.1", METHOD_PUT },
		{ "DELETE / HTTP/1.1", METHOD_DELETE },
		{ "CONNECT a:1 HTTP/1.1", METHOD_CONNECT },
		{ "OPTIONS / HTTP/1.1", METHOD_OPTIONS },
		{ "TRACE / HTTP/1.1", METHOD_TRACE },
		{ "PATCH / HTTP/1.1", METHOD_PATCH },
		{ "get / HTTP/1.1", METHOD_UNKNOWN },
		{ "GETT / HTTP/1.1", METHOD_UNKNOWN },
		{ "GE / HTTP/1.1", METHOD_UNKNOWN },
		{ "M!#$%&'*+-.^_`|~ / HTTP/1.1", METHOD_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		assert_int_equal(line(known[i].line), STATUS_NONE);
		assert_int_equal(req.method, known[i].method);
	}
}

static void
request_lines_that_are_not_clean(void **state)
{
	const char *const bad[] = {
		"",
		" ",
		"GET",
		"GET ",
		"GET /",
		"GET / ",
		"GET  / HTTP/1.1",
		"GET /  HTTP/1.1",
		"GET / HTTP/1.1 ",
		" GET / HTTP/1.1",
		"GET\t/ HTTP/1.1",
		"GET /\tHTTP/1.1",
		"GET / a HTTP/1.1",
		"G(T / HTTP/1.1",
		"G\xffT / HTTP/1.1",
		"GET / http/1.1",
		"GET / Http/1.1",
		"GET / HTTP/1.",
		"GET / HTTP/11",
		"GET / HTTP/1.10",
		"GET / HTTP/01.1",
		"GET / HTTP/1,1",
		"GET / HTTP/a.1",
		"GET / HTTP/1.a",
		"GET / HTTPS/1.1",
		"GET  HTTP/1.1",
		"GET / HTTP/1.1\r",
		"GET / \nHTTP/1.1",
		"GET /\rHTTP/1.1",
		"GET /a\x7f HTTP/1.1",
		"GET /a\xc3\xa4 HTTP/1.1",
		"GET /a\tb HTTP/1.1",
		"GET /a#b HTTP/1.1",
		"GET a HTTP/1.1",
		"GET * HTTP/1.1",
		"GET /%4 HTTP/1.1",
		"GET /%zz HTTP/1.1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(line(bad[i]), STATUS_BAD_REQUEST);
	assert_int_equal(
	    parse_span(SPAN("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n")),
	    STATUS_BAD_REQUEST);
}

static void
versions(void **state)
{
	(void)state;
	assert_int_equal(line("GET / HTTP/1.0"), STATUS_NONE);
	assert_int_equal(req.version, 10);
	for (char minor = '1'; minor <= '9'; minor++) {
		char text[] = "GET / HTTP/1.x";

		text[sizeof text - 2] = minor;
		assert_int_equal(line(text), STATUS_NONE);
		assert_int_equal(req.version, 11);
	}
	assert_int_equal(line("GET / HTTP/0.9"), STATUS_VERSION_NOT_SUPPORTED);
	assert_int_equal(line("GET / HTTP/2.0"), STATUS_VERSION_NOT_SUPPORTED);
	assert_int_equal(line("GET / HTTP/3.1"), STATUS_VERSION_NOT_SUPPORTED);
	assert_int_equal(
	    parse("PRI * HTTP/2.0\r\n\r\n"), STATUS_VERSION_NOT_SUPPORTED);
	assert_int_equal(
	    parse("GET / HTTP/2.0\r\nbad line\r\n\r\n"), STATUS_BAD_REQUEST);
	assert_span(req.protocol, "HTTP/2.0");
	assert_span(req.path, "/");
}

static void
targets_may_have_target_max_bytes(void **state)
{
	static char head[TARGET_MAX + 100];

	(void)state;
	for (int over = 0; over < 2; over++) {
		int len = snprintf(head, sizeof head,
		    "GET /%0*d HTTP/1.1\r\n" HOST "\r\n", TARGET_MAX - 1 + over,
		    0);

		assert_int_equal(parse_span((struct span){ head, (size_t)len }),
		    over ? STATUS_URI_TOO_LONG : STATUS_NONE);
		assert_int_equal(req.target.len, TARGET_MAX + over);
	}
}

static void
there_may_be_fields_max_fields(void **state)
{
	static char head[HEAD_MAX];

	(void)state;
	for (int over = 0; over < 3; over++) {
		int n = snprintf(head, sizeof head, "GET / HTTP/1.1\r\n" HOST);

		for (int i = 1; i < FIELDS_MAX + over; i++)
			n += snprintf(
			    head + n, sizeof head - (size_t)n, "a%d:\r\n", i);
		snprintf(head + n, sizeof head - (size_t)n, "\r\n");
		assert_int_equal(
		    parse(head), over ? STATUS_FIELDS_TOO_LARGE : STATUS_NONE);
		assert_int_equal(req.field_count, FIELDS_MAX);
		snprintf(head + n, sizeof head - (size_t)n, "bad\r\n\r\n");
		assert_int_equal(parse(head), STATUS_BAD_REQUEST);
	}
}

static void
fields_that_are_not_clean(void **state)
{
	const char *const bad[] = {
		"no colon\r\n",
		": no name\r\n",
		"Name : a\r\n",
		"Name\t: a\r\n",
		" Name: a\r\n",
		"\tName: a\r\n",
		"A: b\r\n folded\r\n",
		"A: b\r\n\tfolded\r\n",
		"Na(me: a\r\n",
		"N\xe4me: a\r\n",
		"A: b\x01\r\n",
		"A: b\x7f\r\n",
		"A: b\rc\r\n",
		"A: b\nB: c\r\n",
		"A: b\r\r\n",
		"A\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(fields(bad[i]), STATUS_BAD_REQUEST);
	assert_int_equal(
	    parse_span(SPAN("GET / HTTP/1.1\r\nHost: a\r\nA: \0\r\n\r\n")),
	    STATUS_BAD_REQUEST);
	assert_int_equal(parse_span(SPAN("GET / HTTP/1.1\r\nHost: a\r\n")),
	    STATUS_BAD_REQUEST);
	assert_int_equal(parse_span(SPAN("")), STATUS_BAD_REQUEST);
	assert_int_equal(parse_span(SPAN("GET / HTTP/1.0\r\n\r\nA: b\r\n\r\n")),
	    STATUS_BAD_REQUEST);
	assert_int_equal(
	    fields("A:b\r\nB: c\td \xff\r\n!#$%&'*+-.^_`|~9z: e\r\n"),
	    STATUS_NONE);
	assert_int_equal(fields("A: \t \r\nB::\r\n"), STATUS_NONE);
}

static void
host(void **state)
{
	(void)state;
	assert_int_equal(parse("GET / HTTP/1.1\r\n\r\n"), STATUS_BAD_REQUEST);
	assert_int_equal(parse("GET / HTTP/1.0\r\n\r\n"), STATUS_NONE);
	assert_span(req.authority, NULL);
	assert_int_equal(fields("Host: a\r\n"), STATUS_BAD_REQUEST);
	assert_int_equal(fields("hOST: b\r\n"), STATUS_BAD_REQUEST);
	assert_int_equal(
	    fields_1_0("Host: a\r\nHost: a\r\n"), STATUS_BAD_REQUEST);
	assert_int_equal(fields_1_0("Host: a b\r\n"), STATUS_BAD_REQUEST);
	assert_int_equal(fields_1_0("Host: u@a\r\n"), STATUS_BAD_REQUEST);
	assert_int_equal(fields_1_0("Host: a/b\r\n"), STATUS_BAD_REQUEST);
	assert_int_equal(fields_1_0("HOST: a:8080\r\n"), STATUS_NONE);
	assert_span(req.authority, "a:8080");
	assert_int_equal(parse("GET / HTTP/1.1\r\nHost:\r\n\r\n"), STATUS_NONE);
	assert_int_equal(
	    parse("OPTIONS * HTTP/1.1\r\nHost:\r\n\r\n"), STATUS_NONE);
	assert_span(req.path, "*");
}

static void
absolute_targets(void **state)
{
	(void)state;
	assert_int_equal(line("GET http://b:81/c?d HTTP/1.1"), STATUS_NONE);
	assert_span(req.authority, "b:81");
	assert_span(req.path, "/c");
	assert_span(req.query, "d");
	assert_int_equal(line("GET HTTPS://b HTTP/1.1"), STATUS_NONE);
	assert_span(req.path, "/");
	assert_int_equal(line("OPTIONS http://b HTTP/1.1"), STATUS_NONE);
	assert_span(req.path, "*");
	assert_int_equal(parse("GET http://b/ HTTP/1.0\r\n\r\n"), STATUS_NONE);
	assert_span(req.authority, "b");
	/* Host must be there, and clean, all the same */
	assert_int_equal(
	    parse("GET http://b/ HTTP/1.1\r\n\r\n"), STATUS_BAD_REQUEST);
	assert_int_equal(
	    parse("GET http://b/ HTTP/1.1\r\nHost:\r\n\r\n"), STATUS_NONE);
	assert_span(req.authority, "b");
	assert_int_equal(parse("GET http://b/ HTTP/1.1\r\nHost: b@\r\n\r\n"),
	    STATUS_BAD_REQUEST);
	assert_int_equal(line("GET http:///c HTTP/1.1"), STATUS_BAD_REQUEST);
	assert_int_equal(line("GET http://u@b/ HTTP/1.1"), STATUS_BAD_REQUEST);
}

static void
content_length(void **state)
{
	(void)state;
	assert_int_equal(fields("Content-Length: 0\r\n"), STATUS_NONE);
	assert_int_equal(req.framing, FRAMING_LENGTH);
	assert_int_equal(req.content_length, 0);
	assert_int_equal(
	    fields("content-length:18446744073709551615\r\n"), STATUS_NONE);
	assert_true(req.content_length == UINT64_MAX);
	assert_int_equal(fields_1_0("Content-Length: 007\r\n"), STATUS_NONE);
	assert_int_equal(req.content_length, 7);
	assert_int_equal(fields("Content-Length: 18446744073709551616\r\n"),
	    STATUS_BAD_REQUEST);
	assert_int_equal(fields("Content-Length:\r\n"), STATUS_BAD_REQUEST);
	assert_int_equal(
	    fields("Content-Length: 5, 5\r\n"), STATUS_BAD_REQUEST);
	assert_int_equal(fields("Content-Length: +5\r\n"), STATUS_BAD_REQUEST);
	assert_int_equal(fields("Content-Length: -5\r\n"), STATUS_BAD_REQUEST);
	assert_int_equal(fields("Content-Length: 0x5\r\n"), STATUS_BAD_REQUEST);
	assert_int_equal(fields("Content-Length: 5 5\r\n"), STATUS_BAD_REQUEST);
	assert_int_equal(fields("Content-Length: 5\r\nContent-Length: 5\r\n"),
	    STATUS_BAD_REQUEST);
}

#define TE "Transfer-Encoding: "

static void
transfer_encoding(void **state)
{
	const char *const bad[] = { TE "\r\n", TE ",\r\n", TE "gzip\r\n",
		TE "identity\r\n", TE "chunked, gzip\r\n",
		TE "chunked, chunked\r\n", TE "chunked\r\n" TE "chunked\r\n",
		TE "gzip\r\n" TE "chunked, gzip\r\n", TE "chunked;a=b\r\n",
		TE "\"chunked\"\r\n", TE "xchunked\r\n", TE "chunked x\r\n",
		TE "chunked, gzip, chunked\r\n",
		TE "chunked\r\nContent-Length: 5\r\n",
		"Content-Length: 5\r\n" TE "chunked\r\n",
		"Content-Length: 5\r\n" TE "gzip\r\n" };
	const char *const unknown[] = { TE "gzip, chunked\r\n",
		TE "gzip\r\n" TE "chunked\r\n", TE "a,b,c, Chunked\r\n" };
	const char *const good[] = { TE "chunked\r\n",
		"transfer-encoding:CHUNKED\r\n", TE ", ,chunked,\r\n",
		TE "\r\n" TE "chunked\r\n" TE "\r\n" };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(fields(bad[i]), STATUS_BAD_REQUEST);
	for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
		assert_int_equal(fields(unknown[i]), STATUS_NOT_IMPLEMENTED);
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		assert_int_equal(fields(good[i]), STATUS_NONE);
		assert_int_equal(req.framing, FRAMING_CHUNKED);
		assert_int_equal(fields_1_0(good[i]), STATUS_BAD_REQUEST);
	}
}

static void
expectations(void **state)
{
	(void)state;
	assert_int_equal(fields("Expect: 100-continue\r\n"), STATUS_NONE);
	assert_true(req.expect_continue);
	assert_int_equal(fields("expect: ,100-Continue,\r\n"), STATUS_NONE);
	assert_true(req.expect_continue);
	assert_int_equal(fields("Expect:\r\n"), STATUS_NONE);
	assert_false(req.expect_continue);
	assert_int_equal(
	    fields("Expect: 100-continue, b\r\n"), STATUS_EXPECTATION_FAILED);
	assert_int_equal(fields("Expect: b\r\nExpect: 100-continue\r\n"),
	    STATUS_EXPECTATION_FAILED);
	assert_int_equal(
	    fields_1_0("Expect: b, 100-continue\r\n"), STATUS_NONE);
	assert_false(req.expect_continue);
}

static void
keep_alive(void **state)
{
	(void)state;
	assert_int_equal(fields(""), STATUS_NONE);
	assert_true(req.keep_alive);
	assert_int_equal(fields_1_0(""), STATUS_NONE);
	assert_false(req.keep_alive);
	assert_int_equal(fields("Connection: CLOSE\r\n"), STATUS_NONE);
	assert_false(req.keep_alive);
	assert_int_equal(
	    fields("Connection: x, ,close ,keep-alive\r\n"), STATUS_NONE);
	assert_false(req.keep_alive);
	assert_int_equal(
	    fields("connection: close\r\nConnection: keep-alive\r\n"),
	    STATUS_NONE);
	assert_false(req.keep_alive);
	assert_int_equal(fields("Connection: closed\r\n"), STATUS_NONE);
	assert_true(req.keep_alive);
	assert_int_equal(fields_1_0("Connection: Keep-Alive\r\n"), STATUS_NONE);
	assert_true(req.keep_alive);
	assert_int_equal(
	    fields_1_0("Connection: a\r\nConnection: b,keep-alive\r\n"),
	    STATUS_NONE);
	assert_true(req.keep_alive);
	assert_int_equal(
	    fields_1_0("Connection: keep-alive, close\r\n"), STATUS_NONE);
	assert_false(req.keep_alive);
	assert_int_equal(
	    fields("Connection: keep-alive\r\nbad\r\n"), STATUS_BAD_REQUEST);
	assert_false(req.keep_alive);
}

/* Whatever a valid head is cut to, parsing it is no success and no crash. */
static void
heads_that_are_cut(void **state)
{
	const char *head = "POST /a?b HTTP/1.1\r\nHost: a:1\r\nExpect: "
			   "100-continue\r\nTransfer-Encoding: chunked\r\n\r\n";

	(void)state;
	for (size_t n = 0; n < strlen(head); n++) {
		struct span cut = { head, n };

		assert_int_equal(parse_span(cut), STATUS_BAD_REQUEST);
		request_salvage(guard_put(cut), &req);
	}
	assert_int_equal(parse(head), STATUS_NONE);
}

static void
what_a_broken_head_shows(void **state)
{
	(void)state;
	assert_int_equal(line("GET / HTTP/1.1 and more"), STATUS_BAD_REQUEST);
	assert_span(req.line, "GET / HTTP/1.1 and more");
	assert_span(req.method_name, "GET");
	assert_span(req.target, "/");
	assert_span(req.path, "/");
	assert_span(req.protocol, NULL);
	assert_int_equal(fields("bad\r\n"), STATUS_BAD_REQUEST);
	assert_span(req.protocol, "HTTP/1.1");
	request_salvage(guard_put(SPAN("GET /a?b HTTP/1.0\r\nHost")), &req);
	assert_span(req.line, "GET /a?b HTTP/1.0");
	assert_int_equal(req.version, 10);
	assert_span(req.path, "/a");
	assert_span(req.query, "b");
	assert_false(req.keep_alive);
	request_salvage(guard_put(SPAN("GET /a?b\n")), &req);
	assert_span(req.line, "GET /a?b");
	assert_span(req.path, "/a");
	request_salvage(guard_put(SPAN("PUT /a%2")), &req);
	assert_int_equal(req.method, METHOD_PUT);
	assert_span(req.path, "/a%2");
	request_salvage(guard_put(SPAN("\x16\x03\x01 / x")), &req);
	assert_span(req.line, "\x16\x03\x01 / x");
	assert_span(req.method_name, NULL);
	request_salvage((struct span){ NULL, 0 }, &req);
	assert_int_equal(req.line.len, 0);
}

static void
what_is_too_large(void **state)
{
	static char bytes[HEAD_MAX];
	struct span all = { bytes, sizeof bytes };

	(void)state;
	memset(bytes, 'a', sizeof bytes);
	assert_int_equal(
	    request_salvage(guard_put(all), &req), STATUS_FIELDS_TOO_LARGE);
	memcpy(bytes, "GET /", 5);
	assert_int_equal(
	    request_salvage(guard_put(all), &req), STATUS_URI_TOO_LONG);
	bytes[4 + TARGET_MAX] = ' ';
	assert_int_equal(
	    request_salvage(guard_put(all), &req), STATUS_FIELDS_TOO_LARGE);
	assert_int_equal(req.target.len, TARGET_MAX);
	memcpy(bytes + 4 + TARGET_MAX, "a HTTP/1.1\r\n", 12);
	assert_int_equal(
	    request_salvage(guard_put(all), &req), STATUS_URI_TOO_LONG);
	assert_span(req.protocol, "HTTP/1.1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heads_are_found_at_every_split),
		cmocka_unit_test(heads_that_cannot_become_one_are_bad_at_once),
		cmocka_unit_test(every_control_byte_is_bad_wherever_it_stands),
		cmocka_unit_test(heads_may_have_head_max_bytes),
		cmocka_unit_test(empty_lines_before_a_request_are_skipped),
		cmocka_unit_test(a_request_is_taken_apart),
		cmocka_unit_test(methods),
		cmocka_unit_test(request_lines_that_are_not_clean),
		cmocka_unit_test(versions),
		cmocka_unit_test(targets_may_have_target_max_bytes),
		cmocka_unit_test(there_may_be_fields_max_fields),
		cmocka_unit_test(fields_that_are_not_clean),
		cmocka_unit_test(host),
		cmocka_unit_test(absolute_targets),
		cmocka_unit_test(content_length),
		cmocka_unit_test(transfer_encoding),
		cmocka_unit_test(expectations),
		cmocka_unit_test(keep_alive),
		cmocka_unit_test(heads_that_are_cut),
		cmocka_unit_test(what_a_broken_head_shows),
		cmocka_unit_test(what_is_too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
