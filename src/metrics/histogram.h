/*
 * histogram.h - how often a duration fell into which bucket. Lock-free: one
 * relaxed atomic addition for the bucket and one for the sum; the count is the
 * sum of the buckets, so that the two can never disagree.
 */
#ifndef METRICS_HISTOGRAM_H
#define METRICS_HISTOGRAM_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum { HISTOGRAM_BOUNDS_MAX = 64 };

/* Bounds are inclusive upper ones, ascending, in ns; +Inf is not among them. */
struct histogram {
	size_t bounds;
	uint64_t bound[HISTOGRAM_BOUNDS_MAX];
	_Atomic uint64_t bucket[HISTOGRAM_BOUNDS_MAX + 1];
	_Atomic uint64_t sum; /* ns */
};

/* Empty, with the given bounds; at most HISTOGRAM_BOUNDS_MAX of them. */
void histogram_init(struct histogram *h, const uint64_t *bound, size_t bounds);

/* Counts one duration. Any thread, any time. */
void histogram_observe(struct histogram *h, uint64_t ns);

/* A moment's copy: cumulative[bounds] is the +Inf bucket and the count. */
struct histogram_snapshot {
	size_t bounds;
	const uint64_t *bound;
	uint64_t cumulative[HISTOGRAM_BOUNDS_MAX + 1];
	uint64_t sum; /* ns */
};

void histogram_read(const struct histogram *h, struct histogram_snapshot *out);

#endif
