#include "schedule.h"

#include <assert.h>

#include "base/clock.h"
#include "base/num.h"

#define STEP (UINT64_C(1) << 32)

/*
 * An exponentially distributed number of mean 1 in 32.32 fixed point, by
 * comparisons alone (J. von Neumann, 1951): draw as long as the numbers fall;
 * if the first to rise is an even one, the first number drawn is the fraction,
 * else add one and begin again.
 */
static uint64_t
exponential(struct prng *prng)
{
	for (uint64_t whole = 0;; whole += STEP) {
		uint64_t first = prng_next(prng) >> 32, last = first;
		unsigned drawn = 1;

		for (;;) {
			uint64_t number = prng_next(prng) >> 32;

			drawn++;
			if (number >= last)
				break;
			last = number;
		}
		if (drawn % 2 == 0)
			return whole + first;
	}
}

/* Steps since start as a moment, exactly, without overflow. */
static uint64_t
moment(const struct schedule *s)
{
	uint64_t whole = s->at >> 32, part = s->at & (STEP - 1);

	return s->start + whole / s->rate * NS_PER_SEC +
	    (whole % s->rate * NS_PER_SEC + (part * NS_PER_SEC >> 32)) /
	    s->rate;
}

void
schedule_start(
    struct schedule *s, uint64_t start, uint64_t warmup, uint64_t duration)
{
	assert(s->rate <= SCHEDULE_RATE_MAX);
	s->start = start;
	s->measured = start + warmup;
	s->end = s->measured + duration;
	s->at = s->rate > 0 && s->random ? exponential(&s->prng) : 0;
	s->next = s->rate > 0 ? moment(s) : start;
}

uint64_t
schedule_next(const struct schedule *s, uint64_t now)
{
	uint64_t next = s->rate > 0 ? s->next : now;

	return s->requests > 0 && next < s->end ? next : CLOCK_NEVER;
}

bool
schedule_take(struct schedule *s, uint64_t now, uint64_t *meant)
{
	uint64_t next = schedule_next(s, now);

	if (next > now)
		return false;
	*meant = next;
	if (next >= s->measured)
		s->requests--;
	if (s->rate > 0) {
		s->at += s->random ? exponential(&s->prng) : STEP;
		s->next = moment(s);
	}
	return true;
}
