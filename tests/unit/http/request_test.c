#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../guard.h"
#include "http/parse.h"

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

static void
given(const char *fields)
{
	char head[2048];

	snprintf(head, sizeof head, "GET / HTTP/1.0\r\n%s\r\n", fields);
	assert_int_equal(
	    request_parse(guard_put(span_of(head)), &req), STATUS_NONE);
}

static void
a_field_is_found_if_it_is_the_only_one(void **state)
{
	(void)state;
	given("A: 1\r\nbc: 2\r\nB: 3\r\na: 4\r\nE:\r\n");
	assert_span(request_field(&req, SPAN("BC")), "2");
	assert_span(request_field(&req, SPAN("b")), "3");
	assert_span(request_field(&req, SPAN("a")), NULL);
	assert_span(request_field(&req, SPAN("c")), NULL);
	assert_span(request_field(&req, SPAN("e")), "");
	assert_non_null(request_field(&req, SPAN("e")).at);
}

/* The elements of all fields "a", each in <>. */
static const char *
elements(const char *fields)
{
	static char text[1024];
	struct field_walk walk = { 0 };
	struct span element;
	size_t n = 0;

	given(fields);
	text[0] = '\0';
	while (request_list(&req, SPAN("a"), &walk, &element))
		n += (size_t)snprintf(text + n, sizeof text - n, "<%.*s>",
		    (int)element.len, element.at);
	/* the end is the end */
	assert_false(request_list(&req, SPAN("a"), &walk, &element));
	return text;
}

static void
lists_are_walked_over_all_lines(void **state)
{
	(void)state;
	assert_string_equal(elements(""), "");
	assert_string_equal(elements("B: 1\r\n"), "");
	assert_string_equal(elements("A:\r\n"), "");
	assert_string_equal(elements("A: , ,\t,\r\n"), "");
	assert_string_equal(elements("A: 1\r\n"), "<1>");
	assert_string_equal(elements("A: ,1 x ,,\t2,\r\n"), "<1 x><2>");
	assert_string_equal(
	    elements("A: 1,2\r\nB: 3\r\na:\r\na: 4\r\n"), "<1><2><4>");
	assert_string_equal(elements("B: 3\r\nA: 1\r\n"), "<1>");
}

static void
quoted_commas_do_not_cut(void **state)
{
	(void)state;
	assert_string_equal(
	    elements("A: b;c=\"d,e\", f\r\n"), "<b;c=\"d,e\"><f>");
	assert_string_equal(
	    elements("A: \"b\\\",c\",d\r\n"), "<\"b\\\",c\"><d>");
	assert_string_equal(elements("A: \"b,c\r\nA: d\r\n"), "<\"b,c><d>");
	assert_string_equal(elements("A: b\\,c\r\n"), "<b\\><c>");
	assert_string_equal(elements("A: \"b\\\r\n"), "<\"b\\>");
}

static void
request_ids(void **state)
{
	char fields[300];

	(void)state;
	given("X-REQUEST-ID: a!~0\r\n");
	assert_span(request_id(&req), "a!~0");
	given("");
	assert_span(request_id(&req), NULL);
	given("X-Request-Id:\r\n");
	assert_span(request_id(&req), NULL);
	given("X-Request-Id: a b\r\n");
	assert_span(request_id(&req), NULL);
	given("X-Request-Id: a\tb\r\n");
	assert_span(request_id(&req), NULL);
	given("X-Request-Id: a\xc3\xa4\r\n");
	assert_span(request_id(&req), NULL);
	given("X-Request-Id: a\r\nX-Request-Id: a\r\n");
	assert_span(request_id(&req), NULL);
	for (int over = 0; over < 2; over++) {
		snprintf(fields, sizeof fields, "X-Request-Id: %0*d\r\n",
		    128 + over, 0);
		given(fields);
		assert_int_equal(request_id(&req).len, over ? 0 : 128);
	}
}

#define ID     "4bf92f3577b34da6a3ce929d0e0e4736"
#define PARENT "00f067aa0ba902b7"

static void
trace_ids(void **state)
{
	const char *const good[] = { "00-" ID "-" PARENT "-01",
		"00-" ID "-" PARENT "-ff", "fe-" ID "-" PARENT "-01",
		"01-" ID "-" PARENT "-01-more", "01-" ID "-" PARENT "-01-" };
	const char *const bad[] = { "", "00", "00-" ID "-" PARENT "-0",
		"00-" ID "-" PARENT "-01-", "00-" ID "-" PARENT "-011",
		"01-" ID "-" PARENT "-011", "ff-" ID "-" PARENT "-01",
		"0g-" ID "-" PARENT "-01", "00-" ID "-" PARENT "-0x",
		"00-" ID "-" PARENT "-0A", "0A-" ID "-" PARENT "-01",
		"00_" ID "-" PARENT "-01", "00-" ID "_" PARENT "-01",
		"00-" ID "-" PARENT "_01",
		"00-00000000000000000000000000000000-" PARENT "-01",
		"00-" ID "-0000000000000000-01",
		"00-4BF92F3577B34DA6A3CE929D0E0E4736-" PARENT "-01",
		"00-" ID "-00F067AA0BA902B7-01",
		"00-" ID "-00f067aa0ba902b -01" };
	char fields[300];

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		snprintf(fields, sizeof fields, "Traceparent: %s\r\n", good[i]);
		given(fields);
		assert_span(request_trace_id(&req), ID);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		snprintf(fields, sizeof fields, "Traceparent: %s\r\n", bad[i]);
		given(fields);
		assert_span(request_trace_id(&req), NULL);
	}
	snprintf(fields, sizeof fields,
	    "traceparent: %s\r\ntraceparent: %s\r\n", good[0], good[0]);
	given(fields);
	assert_span(request_trace_id(&req), NULL);
	given("");
	assert_span(request_trace_id(&req), NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_field_is_found_if_it_is_the_only_one),
		cmocka_unit_test(lists_are_walked_over_all_lines),
		cmocka_unit_test(quoted_commas_do_not_cut),
		cmocka_unit_test(request_ids),
		cmocka_unit_test(trace_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
