/*
 * HTTP-dates: the first line of an input is a number of seconds since 1970, for
 * now and to be written as a date; the second is taken for a date.
 */
#include <string.h>
#include <time.h>

#include "base/date.h"
#include "fuzz.h"
#include "oracle_rules.h"
#include "unit/guard.h"

/* The year 9999 ends: four digits hold no more. */
static const int64_t end = INT64_C(253402300800);

/* Every form of a moment is read as that moment. */
static void
check_written(int64_t when, int64_t now)
{
	static const char *const forms[] = { "%a, %d %b %Y %H:%M:%S GMT",
		"%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y" };
	char text[64], ours[64];
	struct buf b = buf_over(ours, sizeof ours);
	time_t t = when;
	struct tm tm;

	gmtime_r(&t, &tm);
	for (int i = 0; i < 3; i++) {
		size_t n = strftime(text, sizeof text, forms[i], &tm);
		int64_t back = -1;
		/* far from now, two digits are another year */
		int64_t near = i == 1 ? when : now;

		CHECK(date_http_parse(
		    guard_put((struct span){ text, n }), near, &back));
		CHECK(back == when);
		if (i == 0) {
			date_http(&b, when);
			CHECK(span_eq(buf_span(&b), (struct span){ text, n }));
		}
	}
}

static void
check_read(struct span s, int64_t now)
{
	char memory[64];
	struct buf b = buf_over(memory, sizeof memory);
	int64_t got = 42, expected = 42, back;
	bool good = date_http_parse(guard_put(s), now, &got);

	CHECK(good == oracle_date(s, now, &expected));
	CHECK(got == (good ? expected : 42));
	if (!good || got < 0 || got >= end)
		return;
	date_http(&b, got);
	CHECK(date_http_parse(buf_span(&b), now, &back));
	CHECK(back == got);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = { (const char *)data, size };
	struct span line = span_cut(&text, '\n');
	int64_t now = 0;

	if (size > GUARD_ROOM)
		return 0;
	for (size_t i = 0; i < line.len; i++)
		now = (now * 10 + (unsigned char)line.at[i] % 16) % end;
	check_written(now, 1800000000);
	if (text.at)
		check_read(text, now);
	return 0;
}
