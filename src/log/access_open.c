/* Once a second, and so kept out of the way. */
#include <time.h>

#include "log/access_format.h"

static struct tm
local_time(uint64_t second)
{
	time_t seconds = (time_t)second;
	struct tm t = { 0 };

	if (!localtime_r(&seconds, &t))
		t = (struct tm){ .tm_mday = 1, .tm_year = 70 };
	return t;
}

/* "hour:minute:second" */
static void
put_clock(struct buf *b, const struct tm *t)
{
	buf_digits(b, (uint32_t)t->tm_hour, 2);
	buf_char(b, ':');
	buf_digits(b, (uint32_t)t->tm_min, 2);
	buf_char(b, ':');
	buf_digits(b, (uint32_t)t->tm_sec, 2);
}

/* "day/Mon/year hour:minute:second" in local time, as the seed did. */
static void
put_seed_time(struct buf *b, uint64_t second)
{
	struct tm t = local_time(second);

	buf_digits(b, (uint32_t)t.tm_mday, 2);
	buf_char(b, '/');
	buf_put(b, (struct span){ &DATE_MONTHS[3 * t.tm_mon], 3 });
	buf_char(b, '/');
	buf_digits(b, (uint32_t)t.tm_year + 1900, 4);
	buf_char(b, ' ');
	put_clock(b, &t);
}

static void
put_before(struct buf *b, enum access_format format, uint64_t second)
{
	struct tm t;

	switch (format) {
	case ACCESS_SEED:
		buf_put(b, SPAN("{\"timestamp\": \""));
		put_seed_time(b, second);
		return;
	case ACCESS_PRETTY:
		t = local_time(second);
		put_clock(b, &t);
		buf_char(b, '.');
		return;
	case ACCESS_ECS:
		buf_put(b, SPAN("{\"@timestamp\": \""));
		break;
	case ACCESS_GCP:
		buf_put(b, SPAN("{\"time\": \""));
		break;
	default:
		buf_put(b, SPAN("{\"timestamp\": \""));
		break;
	}
	date_rfc3339_second(b, second);
}

static void
put_behind(struct buf *b, const struct access_style *style)
{
	switch (style->format) {
	case ACCESS_PRETTY:
		buf_put(b, SPAN("000000"));
		return;
	case ACCESS_ECS:
		buf_put(b, SPAN("000000Z\", \"log.level\": \""));
		return;
	case ACCESS_GCP:
		buf_put(b, SPAN("000000Z\", \"severity\": \""));
		return;
	case ACCESS_JSON:
		buf_put(b, SPAN("000000Z"));
		break;
	default:
		break;
	}
	buf_put(b, SPAN("\", \""));
	buf_put(b, style->name_space);
	buf_put(b, SPAN("\": {"));
}

void
access_open(struct access_style *style, uint64_t second)
{
	struct access_opening *o = &style->opening;
	struct buf b = buf_over(o->text, sizeof o->text);

	put_before(&b, style->format, second);
	o->time = b.len;
	put_behind(&b, style);
	o->rest = b.len - o->time;
	o->second = second;
}
