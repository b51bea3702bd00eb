#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/span.h"

static void
equality(void **state)
{
	(void)state;
	assert_true(span_eq(SPAN("abc"), SPAN("abc")));
	assert_false(span_eq(SPAN("abc"), SPAN("abd")));
	assert_false(span_eq(SPAN("abc"), SPAN("ab")));
	assert_false(span_eq(SPAN("abc"), SPAN("ABC")));
	assert_true(span_eq(SPAN("a\0b"), SPAN("a\0b")));
	assert_false(span_eq(SPAN("a\0b"), SPAN("a\0c")));
	assert_true(span_eq((struct span){ NULL, 0 }, SPAN("")));
}

static void
equality_without_case(void **state)
{
	(void)state;
	assert_true(span_ieq(SPAN("Content-LENGTH"), SPAN("content-length")));
	assert_true(span_ieq(SPAN("AZaz"), SPAN("azAZ")));
	assert_false(span_ieq(SPAN("ab"), SPAN("abc")));
	assert_true(span_ieq(SPAN("Accept-EncodiNG"), SPAN("Accept-Encoding")));
	assert_false(
	    span_ieq(SPAN("Accept-Encoded?"), SPAN("Accept-Encoding")));
	assert_false(
	    span_ieq(SPAN("xccept-Encoding"), SPAN("Accept-Encoding")));
	/* neighbours of the letters, 32 apart from another character */
	assert_false(span_ieq(SPAN("@"), SPAN("`")));
	assert_false(span_ieq(SPAN("["), SPAN("{")));
	assert_false(span_ieq(SPAN("\xc4"), SPAN("\xe4")));
}

static void
prefixes(void **state)
{
	(void)state;
	assert_true(span_starts(SPAN("abc"), SPAN("ab")));
	assert_true(span_starts(SPAN("abc"), SPAN("abc")));
	assert_true(span_starts(SPAN("abc"), SPAN("")));
	assert_false(span_starts(SPAN("abc"), SPAN("abcd")));
	assert_false(span_starts(SPAN("abc"), SPAN("b")));
	assert_true(span_eq(span_from(SPAN("abc"), 1), SPAN("bc")));
	assert_true(span_eq(span_from(SPAN("abc"), 3), SPAN("")));
}

static void
trimming(void **state)
{
	(void)state;
	assert_true(span_eq(span_trim(SPAN(" \ta b\t ")), SPAN("a b")));
	assert_true(span_eq(span_trim(SPAN(" \t \t")), SPAN("")));
	assert_true(span_eq(span_trim(SPAN("")), SPAN("")));
	assert_true(span_eq(span_trim(SPAN("\r\na\v")), SPAN("\r\na\v")));
}

static void
cutting(void **state)
{
	struct span rest = SPAN("a,,b");

	(void)state;
	assert_true(span_eq(span_cut(&rest, ','), SPAN("a")));
	assert_true(span_eq(span_cut(&rest, ','), SPAN("")));
	assert_non_null(rest.at);
	assert_true(span_eq(span_cut(&rest, ','), SPAN("b")));
	assert_null(rest.at);

	rest = SPAN("a,");
	assert_true(span_eq(span_cut(&rest, ','), SPAN("a")));
	assert_non_null(rest.at);
	assert_int_equal(rest.len, 0);
}

static void
finding(void **state)
{
	(void)state;
	assert_int_equal(span_find(SPAN("abcb"), 'b'), 1);
	assert_int_equal(span_find(SPAN("abc"), 'x'), 3);
	assert_int_equal(span_find((struct span){ NULL, 0 }, 'x'), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equality),
		cmocka_unit_test(equality_without_case),
		cmocka_unit_test(prefixes),
		cmocka_unit_test(trimming),
		cmocka_unit_test(cutting),
		cmocka_unit_test(finding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
