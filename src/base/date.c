#include "base/date.h"

#include "base/num.h"

enum { DAY = 24 * 60 * 60 };

struct date
date_split(int64_t seconds)
{
	int64_t days = seconds / DAY, rest = seconds % DAY;
	int64_t era, day_of_era, year_of_era, day_of_year, month;
	struct date d;

	if (rest < 0) {
		rest += DAY;
		days--;
	}
	d.hour = (unsigned)(rest / 3600);
	d.minute = (unsigned)(rest / 60 % 60);
	d.second = (unsigned)(rest % 60);
	d.weekday = (unsigned)(((days + 4) % 7 + 7) % 7);

	/* Counted from 1 March of year 0, the leap day ends a year, and 400
	 * years (an era) are always 146097 days. */
	days += 719468;
	era = (days >= 0 ? days : days - 146096) / 146097;
	day_of_era = days - era * 146097;
	year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 -
			  day_of_era / 146096) /
	    365;
	day_of_year = day_of_era -
	    (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	month = (5 * day_of_year + 2) / 153; /* 0 is March */
	d.day = (unsigned)(day_of_year - (153 * month + 2) / 5 + 1);
	d.month = (unsigned)(month < 10 ? month + 3 : month - 9);
	d.year = year_of_era + era * 400 + (d.month <= 2);
	return d;
}

static void
put_time(struct buf *b, const struct date *d)
{
	buf_digits(b, d->hour, 2);
	buf_char(b, ':');
	buf_digits(b, d->minute, 2);
	buf_char(b, ':');
	buf_digits(b, d->second, 2);
}

void
date_http(struct buf *b, int64_t seconds)
{
	struct date d = date_split(seconds);

	buf_put(b, (struct span){ &"SunMonTueWedThuFriSat"[3 * d.weekday], 3 });
	buf_put(b, SPAN(", "));
	buf_digits(b, d.day, 2);
	buf_char(b, ' ');
	buf_put(b, (struct span){ &DATE_MONTHS[3 * (d.month - 1)], 3 });
	buf_char(b, ' ');
	buf_digits(b, (uint32_t)d.year, 4);
	buf_char(b, ' ');
	put_time(b, &d);
	buf_put(b, SPAN(" GMT"));
}

void
date_rfc3339_second(struct buf *b, uint64_t second)
{
	struct date d = date_split((int64_t)second);

	buf_digits(b, (uint32_t)d.year, 4);
	buf_char(b, '-');
	buf_digits(b, d.month, 2);
	buf_char(b, '-');
	buf_digits(b, d.day, 2);
	buf_char(b, 'T');
	put_time(b, &d);
	buf_char(b, '.');
}

void
date_rfc3339_micros(struct buf *b, uint64_t ns)
{
	buf_digits(b, (uint32_t)ns / (uint32_t)NS_PER_US, 6);
}

void
date_rfc3339(struct buf *b, uint64_t ns)
{
	date_rfc3339_second(b, ns / NS_PER_SEC);
	date_rfc3339_micros(b, ns % NS_PER_SEC);
	buf_char(b, 'Z');
}
