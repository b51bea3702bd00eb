#include "base/date.h"

/* What is left of a date, and what of it has been read. */
struct reader {
	struct span rest;
	int64_t year;
	unsigned month, day, hour, minute, second;
	bool short_year; /* of two digits */
	bool bad;
};

static void
skip(struct reader *r, struct span text)
{
	if (span_starts(r->rest, text))
		r->rest = span_from(r->rest, text.len);
	else
		r->bad = true;
}

static unsigned
digits(struct reader *r, size_t n)
{
	unsigned value = 0;

	if (r->rest.len < n) {
		r->bad = true;
		return 0;
	}
	for (size_t i = 0; i < n; i++) {
		unsigned digit = (unsigned char)r->rest.at[i] - (unsigned)'0';

		if (digit > 9)
			r->bad = true;
		value = value * 10 + digit;
	}
	r->rest = span_from(r->rest, n);
	return value;
}

static void
month(struct reader *r)
{
	for (r->month = 1; r->month <= 12; r->month++) {
		struct span name = { &DATE_MONTHS[3 * (r->month - 1)], 3 };

		if (span_starts(r->rest, name)) {
			r->rest = span_from(r->rest, 3);
			return;
		}
	}
	r->bad = true;
}

/* 08:49:37 */
static void
time_of_day(struct reader *r)
{
	r->hour = digits(r, 2);
	skip(r, SPAN(":"));
	r->minute = digits(r, 2);
	skip(r, SPAN(":"));
	r->second = digits(r, 2);
}

/* 06 Nov 1994 08:49:37 GMT */
static void
imf_fixdate(struct reader *r)
{
	r->day = digits(r, 2);
	skip(r, SPAN(" "));
	month(r);
	skip(r, SPAN(" "));
	r->year = digits(r, 4);
	skip(r, SPAN(" "));
	time_of_day(r);
	skip(r, SPAN(" GMT"));
}

/* 06-Nov-94 08:49:37 GMT; of the century that now is in. */
static void
rfc850_date(struct reader *r, int64_t now)
{
	r->day = digits(r, 2);
	skip(r, SPAN("-"));
	month(r);
	skip(r, SPAN("-"));
	r->year = date_split(now).year / 100 * 100 + digits(r, 2);
	r->short_year = true;
	skip(r, SPAN(" "));
	time_of_day(r);
	skip(r, SPAN(" GMT"));
}

/* Nov  6 08:49:37 1994 */
static void
asctime_date(struct reader *r)
{
	month(r);
	skip(r, SPAN(" "));
	if (span_starts(r->rest, SPAN(" "))) {
		skip(r, SPAN(" "));
		r->day = digits(r, 1);
	} else {
		r->day = digits(r, 2);
	}
	skip(r, SPAN(" "));
	time_of_day(r);
	skip(r, SPAN(" "));
	r->year = digits(r, 4);
}

/* Takes the name of a day off, and reads on by what stands behind it. */
static void
read_date(struct reader *r, int64_t now)
{
	static const struct {
		struct span part, rest; /* Sun, day */
	} names[] = {
		{ SPAN_INIT("Sun"), SPAN_INIT("day") },
		{ SPAN_INIT("Mon"), SPAN_INIT("day") },
		{ SPAN_INIT("Tue"), SPAN_INIT("sday") },
		{ SPAN_INIT("Wed"), SPAN_INIT("nesday") },
		{ SPAN_INIT("Thu"), SPAN_INIT("rsday") },
		{ SPAN_INIT("Fri"), SPAN_INIT("day") },
		{ SPAN_INIT("Sat"), SPAN_INIT("urday") },
	};

	r->bad = true;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (!span_starts(r->rest, names[i].part))
			continue;
		r->bad = false;
		r->rest = span_from(r->rest, names[i].part.len);
		if (span_starts(r->rest, SPAN(", "))) {
			skip(r, SPAN(", "));
			imf_fixdate(r);
		} else if (span_starts(r->rest, SPAN(" "))) {
			skip(r, SPAN(" "));
			asctime_date(r);
		} else {
			skip(r, names[i].rest);
			skip(r, SPAN(", "));
			rfc850_date(r, now);
		}
		return;
	}
}

/* Days since 1970 of a date; see date_split for the shape of a year
 * that begins in March. */
static int64_t
days_of(int64_t year, unsigned month, unsigned day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y < 0 ? y - 399 : y) / 400, in_era = y - era * 400;
	int64_t day_of_year =
	    (153 * (int64_t)(month > 2 ? month - 3 : month + 9) + 2) / 5 +
	    (int64_t)day - 1;

	return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 +
	    day_of_year - 719468;
}

static int64_t
seconds_of(const struct reader *r)
{
	return days_of(r->year, r->month, r->day) * 86400 +
	    r->hour * INT64_C(3600) + r->minute * INT64_C(60) + r->second;
}

/* More than fifty years after now. */
static bool
is_far_ahead(const struct reader *r, int64_t now)
{
	struct date d = date_split(now);
	struct reader limit = { .year = d.year + 50,
		.month = d.month,
		.day = d.day,
		.hour = d.hour,
		.minute = d.minute,
		.second = d.second };

	return seconds_of(r) > seconds_of(&limit);
}

bool
date_http_parse(struct span s, int64_t now, int64_t *seconds)
{
	struct reader r = { .rest = s };
	struct date back;

	read_date(&r, now);
	if (r.bad || r.rest.len > 0 || r.hour > 23 || r.minute > 59 ||
	    r.second > 60) /* a leap second */
		return false;
	if (r.short_year && is_far_ahead(&r, now))
		r.year -= 100;
	back = date_split(days_of(r.year, r.month, r.day) * 86400);
	if (back.month != r.month || back.day != r.day)
		return false; /* such a month has no such day */
	*seconds = seconds_of(&r);
	return true;
}
