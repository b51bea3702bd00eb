#include "http/range.h"

#include <stdio.h>

#include "unit/http/asked.h"

/* "whole", "416", or the ranges: "0-4 10-19". */
static const char *
pick_lines(const char *lines, uint64_t length)
{
	static char text[1024];
	struct buf b = buf_over(text, sizeof text - 1);
	struct range r[RANGES_MAX];
	unsigned count = 99;

	switch (range_pick(asked(lines), length, r, &count)) {
	case RANGE_WHOLE:
		return "whole";
	case RANGE_UNSATISFIABLE:
		return "416";
	case RANGE_SOME:
		break;
	}
	assert_true(count >= 1 && count <= RANGES_MAX);
	for (unsigned i = 0; i < count; i++) {
		assert_true(r[i].first <= r[i].last && r[i].last < length);
		if (i > 0)
			buf_char(&b, ' ');
		buf_u64(&b, r[i].first);
		buf_char(&b, '-');
		buf_u64(&b, r[i].last);
	}
	text[b.len] = '\0';
	return text;
}

static void
check(const char *value, uint64_t length, const char *expected)
{
	char lines[1024];
	const char *got;

	snprintf(lines, sizeof lines, "Range: %s\r\n", value);
	got = pick_lines(lines, length);
	if (strcmp(got, expected) != 0)
		fail_msg("%s of %llu: %s, not %s", value,
		    (unsigned long long)length, got, expected);
}

/* The examples of RFC 9110, 14.1.2, and their neighbours. */
static void
one_range(void **state)
{
	(void)state;
	check("bytes=0-499", 10000, "0-499");
	check("bytes=500-999", 10000, "500-999");
	check("bytes=-500", 10000, "9500-9999");
	check("bytes=9500-", 10000, "9500-9999");
	check("bytes=0-0", 10000, "0-0");
	check("bytes=0-", 10000, "0-9999");
	check("bytes=9999-", 10000, "9999-9999");
	check("bytes=0-99999", 10000, "0-9999");
	check("bytes=-10000", 10000, "0-9999");
	check("bytes=-10001", 10000, "0-9999");
	check("BYTES=1-2", 10000, "1-2");
	check("bytes= , 1-2 ,\t,", 10000, "1-2");
	check("bytes=0000000000000000000000001-02", 10000, "1-2");
	check("bytes=1-99999999999999999999999999", 10000, "1-9999");
	check("bytes=-99999999999999999999999999", 10000, "0-9999");
	check("bytes=5-18446744073709551615", 10, "5-9");
}

static void
outside(void **state)
{
	(void)state;
	check("bytes=10000-", 10000, "416");
	check("bytes=10000-20000", 10000, "416");
	check("bytes=-0", 10000, "416");
	check("bytes=99999999999999999999999999-", 10000, "416");
	check("bytes=10000-,-0", 10000, "416");
	check("bytes=10000-,5-6", 10000, "5-6");
	check("bytes=0-", 0, "416");
	check("bytes=0-0", 0, "416");
	check("bytes=-5", 0, "whole");
}

/* 14.2: what is not understood is not there. */
static void
ignored(void **state)
{
	static const char *const values[] = { "", "bytes", "bytes=", "bytes=,",
		"bytes=-", "bytes=a-b", "bytes=1", "bytes=1-2x", "bytes=x1-2",
		"bytes=2-1", "bytes=1 - 2", "bytes=1-2-3", "bytes=--1",
		"bytes=-5x", "bytes=-x", "bytes=/-9", "bytes=0-:", "bytes=+1-2",
		"bytes=0x1-2", "bytes=1-2;3-4", "bytes =1-2", "items=1-2",
		"bytes=1-2,3-4,x", "bytes:1-2", "1-2",
		"bytes=0-5,99999999999999999999-1" };

	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
		check(values[i], 10000, "whole");
	assert_string_equal(pick_lines("", 10000), "whole");
	assert_string_equal(pick_lines("Range: bytes=1-2\r\n"
				       "Range: bytes=1-2\r\n",
				10000),
	    "whole");
}

static void
several(void **state)
{
	(void)state;
	check("bytes=0-0,-1", 10000, "0-0 9999-9999");
	check("bytes=500-600,700-999", 10000, "500-600 700-999");
	check("bytes=700-999,0-1", 10000, "700-999 0-1");
	check("bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14", 10000,
	    "0-0 2-2 4-4 6-6 8-8 10-10 12-12 14-14");
}

/* Nobody gets more than the whole by asking for it in parts. */
static void
greedy(void **state)
{
	(void)state;
	check("bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14,16-16", 10000,
	    "whole");
	check("bytes=0-10,10-20", 10000, "whole");
	check("bytes=0-,0-", 10000, "whole");
	check("bytes=100-200,0-300", 10000, "whole");
	check("bytes=0-4899,5000-9999", 10000, "whole");
	check("bytes=0-1,3-4", 200, "whole");
	check("bytes=0-1,3-4", 205, "0-1 3-4");
	/* one range may be all */
	check("bytes=0-", 5, "0-4");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_range),
		cmocka_unit_test(outside),
		cmocka_unit_test(ignored),
		cmocka_unit_test(several),
		cmocka_unit_test(greedy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
