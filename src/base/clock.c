#include "base/clock.h"

#include <time.h>

#include "base/num.h"

static uint64_t
read_clock(clockid_t id)
{
	struct timespec ts = { 0 };

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_SEC + (uint64_t)ts.tv_nsec;
}

uint64_t
clock_monotonic(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

void
clock_tick(struct clock *c)
{
	clock_set(c, read_clock(CLOCK_MONOTONIC), read_clock(CLOCK_REALTIME));
}

void
clock_set(struct clock *c, uint64_t monotonic, uint64_t wall)
{
	uint64_t passed = monotonic - c->now;

	c->date = (int64_t)(wall / NS_PER_SEC);
	c->wall = wall >= c->wall ? wall : c->wall + passed / 2;
	c->now = monotonic;
}

uint64_t
clock_tell(struct clock *c, uint64_t now)
{
	uint64_t wall = c->wall + (now - c->now);

	if (wall > c->told)
		c->told = wall;
	return c->told;
}
