/*
 * histogram.h - how often each duration was seen, in buckets that grow with
 * what they hold: each power of two is cut into 128 equal parts, so that a
 * bucket is less than 1 % as wide as what is in it (the idea of HdrHistogram).
 * Nanoseconds, integers, 38 KB, whatever the number of values.
 */
#ifndef LOAD_HISTOGRAM_H
#define LOAD_HISTOGRAM_H

#include <stdint.h>

enum {
	HISTOGRAM_PART_BITS = 7, /* 128 parts in a power of two */
	HISTOGRAM_TOP_BITS = 43, /* values below 2^43 ns, about 2 h 26 min */
	HISTOGRAM_BUCKETS = (HISTOGRAM_TOP_BITS - HISTOGRAM_PART_BITS + 1)
	    << HISTOGRAM_PART_BITS,
};

/* All zero is an empty one. */
struct histogram {
	uint64_t count;
	uint64_t sum; /* ns, exact */
	uint64_t max; /* ns, exact */
	uint64_t buckets[HISTOGRAM_BUCKETS];
};

/* Adds a duration. One that is too long counts as the longest there is. */
void histogram_add(struct histogram *h, uint64_t ns);

/*
 * The duration that parts of whole values do not exceed: 5000 of 10000 is the
 * median. Of n values in order it is the one at place ceil(n * parts / whole),
 * or the first, at most 0.4 % off and never above max. 0 when empty.
 * 0 < parts <= whole <= 10000.
 */
uint64_t
histogram_at(const struct histogram *h, uint64_t parts, uint64_t whole);

/* The mean, rounded down; 0 when empty. */
uint64_t histogram_mean(const struct histogram *h);

#endif
