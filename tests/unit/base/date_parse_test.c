#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/date.h"
#include "base/prng.h"
#include "unit/guard.h"

enum { NOW = 1795600000 }; /* in 2026 */

static bool
parse(const char *text, int64_t *seconds)
{
	return date_http_parse(guard_put(span_of(text)), NOW, seconds);
}

/* The three forms of the same moment, as RFC 9110, 5.6.7 has them. */
static void
three_forms(void **state)
{
	static const char *const forms[] = { "Sun, 06 Nov 1994 08:49:37 GMT",
		"Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994" };
	int64_t seconds;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		seconds = 0;
		assert_true(parse(forms[i], &seconds));
		assert_true(seconds == 784111777);
	}
	assert_true(parse("Wed Nov 16 08:49:37 1994", &seconds));
	assert_true(seconds == 784111777 + 10 * 86400);
	assert_true(parse("Saturday, 31-Dec-16 23:59:60 GMT", &seconds));
	assert_true(seconds == 1483228800);
	assert_true(parse("Thu, 01 Jan 1970 00:00:00 GMT", &seconds));
	assert_true(seconds == 0);
	assert_true(parse("Fri, 31 Dec 9999 23:59:59 GMT", &seconds));
	assert_true(seconds == INT64_C(253402300799));
}

/* ...whichever day it is. */
static void
what_is_written_can_be_read(void **state)
{
	struct prng p = { 1 };
	char memory[64];
	int64_t back;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		int64_t s = (int64_t)(prng_next(&p) % 253402300800);
		struct buf b = buf_over(memory, sizeof memory);

		date_http(&b, s);
		assert_true(date_http_parse(buf_span(&b), NOW, &back));
		assert_true(back == s);
	}
}

/* A date is one whenever it was: whoever asks for what has not been changed
 * since 1960 is told that it has. */
static void
before_1970(void **state)
{
	int64_t seconds;

	(void)state;
	assert_true(parse("Wed, 31 Dec 1969 23:59:59 GMT", &seconds));
	assert_true(seconds == -1);
	assert_true(parse("Sat Jan  1 00:00:00 0000", &seconds));
	assert_true(seconds == INT64_C(-62167219200));
	assert_true(parse("Tue, 29 Feb 0000 00:00:00 GMT", &seconds));
	assert_false(parse("Thu, 29 Feb 1900 00:00:00 GMT", &seconds));
}

static void
a_year_of_two_digits_is_near(void **state)
{
	static const struct {
		const char *text;
		int64_t year;
	} rows[] = {
		{ "Monday, 01-Jan-26 00:00:00 GMT", 2026 },
		{ "Monday, 01-Jan-76 00:00:00 GMT", 2076 },
		/* fifty years to the second, and one more */
		{ "Wednesday, 25-Nov-76 09:46:40 GMT", 2076 },
		{ "Thursday, 25-Nov-76 09:46:41 GMT", 1976 },
		{ "Monday, 01-Jan-77 00:00:00 GMT", 1977 },
		{ "Monday, 01-Jan-99 00:00:00 GMT", 1999 },
		{ "Monday, 01-Jan-00 00:00:00 GMT", 2000 },
	};
	int64_t seconds;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_true(parse(rows[i].text, &seconds));
		assert_true(date_split(seconds).year == rows[i].year);
	}
}

static void
what_is_no_date(void **state)
{
	static const char *const bad[] = { "", "0", "now", "784111777",
		"Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC",
		"Sun, 06 Nov 1994 08:49:37 GMT ",
		"Sun, 6 Nov 1994 08:49:37 GMT", "sun, 06 nov 1994 08:49:37 gmt",
		"Sun,06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
		"Sun, 06 Nov 1994 08:60:37 GMT",
		"Sun, 06 Nov 1994 08:49:61 GMT",
		"Sun, 00 Nov 1994 08:49:37 GMT",
		"Sun, 31 Nov 1994 08:49:37 GMT",
		"Sun, 29 Feb 1995 08:49:37 GMT",
		"Sun, 06 Foo 1994 08:49:37 GMT",
		"Foo, 06 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 19 94 08:49:37 GMT",
		"Sun, -6 Nov 1994 08:49:37 GMT",
		"Sunday, 06-Nov-1994 08:49:37 GMT",
		"Sunday 06-Nov-94 08:49:37 GMT", "Sun, 06-Nov-94 08:49:37 GMT",
		"Sun Nov 6 08:49:37 1994", "Sun Nov  6 08:49:37 1994 GMT",
		"Sun Nov 06 08:49:37 94" };
	char text[] = "Sun, 06 Nov 1994 08:49:37 GMT";
	int64_t seconds = 42;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (parse(bad[i], &seconds))
			fail_msg("%s", bad[i]);
	/* nor any beginning of one */
	for (size_t n = 0; n < sizeof text - 1; n++)
		assert_false(date_http_parse(
		    guard_put((struct span){ text, n }), NOW, &seconds));
	assert_true(seconds == 42);
	assert_true(parse("Tue, 29 Feb 2000 08:49:37 GMT", &seconds));
	assert_false(parse("Mon, 29 Feb 2100 08:49:37 GMT", &seconds));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(three_forms),
		cmocka_unit_test(what_is_written_can_be_read),
		cmocka_unit_test(before_1970),
		cmocka_unit_test(a_year_of_two_digits_is_near),
		cmocka_unit_test(what_is_no_date),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
