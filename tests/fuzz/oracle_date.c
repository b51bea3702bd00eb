#include <string.h>
#include <time.h>

#include "oracle_rules.h"

static const char months[] = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec";

/*
 * Reads text by a form: D, M, Y, h, m and s are digits of a number, b is the
 * name of a month, _ a digit of the day or a space; all else is itself.
 */
static bool
read_form(const char *text, const char *form, struct tm *tm)
{
	int day = 0, year = 0, hour = 0, minute = 0, second = 0;

	for (; *form; form++, text++) {
		int *number = *form == 'D' || *form == '_' ? &day
		    : *form == 'Y'                         ? &year
		    : *form == 'h'                         ? &hour
		    : *form == 'm'                         ? &minute
		    : *form == 's'                         ? &second
							   : NULL;

		if (*form == 'b') {
			char name[4] = "";
			const char *hit;

			strncpy(name, text, 3);
			hit = strlen(name) == 3 && !strchr(name, ' ')
			    ? strstr(months, name)
			    : NULL;
			if (!hit)
				return false;
			tm->tm_mon = (int)(hit - months) / 4;
			text += 2;
		} else if (*form == '_' && *text == ' ') {
			continue;
		} else if (number) {
			if (*text < '0' || *text > '9')
				return false;
			*number = *number * 10 + (*text - '0');
		} else if (*text != *form) {
			return false;
		}
	}
	tm->tm_mday = day;
	tm->tm_year = year;
	tm->tm_hour = hour;
	tm->tm_min = minute;
	tm->tm_sec = second;
	return *text == '\0';
}

/* Seconds since 1970 of tm, whose year is a whole one; false if it is none. */
static bool
moment(const struct tm *tm, int64_t *seconds)
{
	struct tm day = { .tm_year = tm->tm_year - 1900,
		.tm_mon = tm->tm_mon,
		.tm_mday = tm->tm_mday };

	*seconds =
	    timegm(&day) + tm->tm_hour * 3600 + tm->tm_min * 60 + tm->tm_sec;
	return day.tm_mday == tm->tm_mday && tm->tm_hour <= 23 &&
	    tm->tm_min <= 59 && tm->tm_sec <= 60;
}

/* "If it appears to be more than 50 years in the future". */
static void
add_century(struct tm *tm, int64_t now)
{
	struct tm limit, that = *tm;
	time_t t = now;

	gmtime_r(&t, &limit);
	tm->tm_year += (limit.tm_year + 1900) / 100 * 100;
	limit.tm_year += 50;
	that.tm_year = tm->tm_year - 1900;
	if (timegm(&that) > timegm(&limit))
		tm->tm_year -= 100;
}

bool
oracle_date(struct span s, int64_t now, int64_t *seconds)
{
	static const char *const days[] = { "Monday", "Tuesday", "Wednesday",
		"Thursday", "Friday", "Saturday", "Sunday" };
	char text[64] = "";
	struct tm tm = { 0 };

	if (s.len == 0 || s.len >= sizeof text || memchr(s.at, '\0', s.len))
		return false;
	memcpy(text, s.at, s.len);
	for (int i = 0; i < 7; i++) {
		size_t whole = strlen(days[i]);

		if (strncmp(text, days[i], whole) == 0 &&
		    read_form(text + whole, ", DD-b-YY hh:mm:ss GMT", &tm)) {
			add_century(&tm, now);
			return moment(&tm, seconds);
		}
		if (strncmp(text, days[i], 3) != 0)
			continue;
		if (read_form(text + 3, ", DD b YYYY hh:mm:ss GMT", &tm) ||
		    read_form(text + 3, " b _D hh:mm:ss YYYY", &tm))
			return moment(&tm, seconds);
	}
	return false;
}
