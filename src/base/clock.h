/*
 * clock.h - the time. Durations and deadlines are nanoseconds of the monotonic
 * clock; what is written into logs is wall-clock time that never runs
 * backwards.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* A deadline that never comes. */
#define CLOCK_NEVER UINT64_MAX

struct clock {
	uint64_t now;  /* monotonic, ns, as of the last tick */
	uint64_t wall; /* UTC since 1970, ns; for logs: never runs backwards */
	int64_t date;  /* UTC since 1970, s; as the system says it, for Date */
	uint64_t told; /* the latest that clock_tell gave out */
};

/* The monotonic clock read now, ns (clock_gettime(2), CLOCK_MONOTONIC). */
uint64_t clock_monotonic(void);

/*
 * Reads both clocks. When the system's wall clock is behind what was already
 * told (it was set back), wall goes on at half speed until it has caught up:
 * lines stay in order, and the error shrinks to nothing.
 */
void clock_tick(struct clock *c);

/*
 * Wall-clock time for a log at the monotonic moment now, at or after the last
 * tick: never before what it told last.
 */
uint64_t clock_tell(struct clock *c, uint64_t now);

/* The rule behind clock_tick, without the system's clocks: for tests. */
void clock_set(struct clock *c, uint64_t monotonic, uint64_t wall);

#endif
