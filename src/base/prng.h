/*
 * prng.h - seeded pseudo-random numbers (splitmix64), for demonstrations:
 * nothing secret may hang on them.
 */
#ifndef BASE_PRNG_H
#define BASE_PRNG_H

#include <stdint.h>

struct prng {
	uint64_t state;
};

/* The next number, evenly spread over 64 bits. Any seed in state will do. */
uint64_t prng_next(struct prng *p);

/* A number in low..high, both included. */
uint64_t prng_between(struct prng *p, uint64_t low, uint64_t high);

#endif
