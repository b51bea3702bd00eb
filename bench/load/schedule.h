/*
 * schedule.h - when requests are due. A closed loop may send as soon as a
 * connection is free. An open loop has a rate: its requests are due at moments
 * that do not depend on the answers, and a request keeps the moment it was
 * meant for however late it is sent, so that the time it waited for a slow
 * server is not forgotten.
 */
#ifndef LOAD_SCHEDULE_H
#define LOAD_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/prng.h"

/* 2^32 requests, an hour at this rate, are as far as it counts. */
#define SCHEDULE_RATE_MAX UINT64_C(1000000)

struct schedule {
	uint64_t rate;     /* requests a second; 0 is a closed loop */
	bool random;       /* at random moments (Poisson), not evenly */
	struct prng prng;  /* for that */
	uint64_t requests; /* how many may still be measured */
	uint64_t start;    /* monotonic, ns */
	uint64_t measured; /* requests before this one warm up */
	uint64_t end;      /* none is due at or after this moment */
	uint64_t at;       /* steps of 1/rate since start, 32.32 fixed point */
	uint64_t next;     /* the moment that stands for, ns */
};

/*
 * Begins at the moment start, with rate, random, prng and requests (UINT64_MAX:
 * any number) set before. Durations in ns.
 */
void schedule_start(
    struct schedule *s, uint64_t start, uint64_t warmup, uint64_t duration);

/* When the next request is due, or CLOCK_NEVER if none is. */
uint64_t schedule_next(const struct schedule *s, uint64_t now);

/*
 * Takes a request that is due: true, with the moment it was meant for in
 * *meant. False if none is due now.
 */
bool schedule_take(struct schedule *s, uint64_t now, uint64_t *meant);

#endif
