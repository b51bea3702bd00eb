#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <time.h>

#include "base/date.h"
#include "base/num.h"
#include "base/prng.h"

/* The C library is the reference. */
static void
check(int64_t seconds)
{
	struct date d = date_split(seconds);
	time_t t = (time_t)seconds;
	struct tm tm;
	bool same;

	assert_non_null(gmtime_r(&t, &tm));
	same = d.year == tm.tm_year + INT64_C(1900) &&
	    d.month == (unsigned)tm.tm_mon + 1 &&
	    d.day == (unsigned)tm.tm_mday && d.hour == (unsigned)tm.tm_hour &&
	    d.minute == (unsigned)tm.tm_min &&
	    d.second == (unsigned)tm.tm_sec &&
	    d.weekday == (unsigned)tm.tm_wday;
	if (!same)
		fail_msg("%lld", (long long)seconds);
}

/* The first and the last second of every day of 800 years, 2000 and 2100
 * among them. */
static void
every_day(void **state)
{
	(void)state;
	for (int64_t day = -146097; day <= 146097; day++) {
		check(day * 86400);
		check(day * 86400 + 86399);
	}
}

static void
random_seconds(void **state)
{
	struct prng p = { 1 };

	(void)state;
	for (int i = 0; i < 100000; i++)
		check((int64_t)(prng_next(&p) >> 26) - (INT64_C(1) << 37));
}

static void
writes_http(void **state)
{
	char memory[64];
	struct buf b = buf_over(memory, sizeof memory);

	(void)state;
	date_http(&b, 784111777);
	assert_true(
	    span_eq(buf_span(&b), SPAN("Sun, 06 Nov 1994 08:49:37 GMT")));
	b.len = 0;
	date_http(&b, 951782400);
	assert_true(
	    span_eq(buf_span(&b), SPAN("Tue, 29 Feb 2000 00:00:00 GMT")));
}

static void
writes_rfc3339(void **state)
{
	char memory[64];
	struct buf b = buf_over(memory, sizeof memory);

	(void)state;
	date_rfc3339(&b, UINT64_C(1763887578) * NS_PER_SEC + 966048999);
	assert_true(span_eq(buf_span(&b), SPAN("2025-11-23T08:46:18.966048Z")));
	b.len = 0;
	date_rfc3339(&b, 1000);
	assert_true(span_eq(buf_span(&b), SPAN("1970-01-01T00:00:00.000001Z")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_day),
		cmocka_unit_test(random_seconds),
		cmocka_unit_test(writes_http),
		cmocka_unit_test(writes_rfc3339),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
