#include "histogram.h"

#include <assert.h>
#include <stddef.h>

enum { PARTS = 1 << HISTOGRAM_PART_BITS };

#define LONGEST ((UINT64_C(1) << HISTOGRAM_TOP_BITS) - 1)

/*
 * Below PARTS a value is its own bucket. Above, its highest 8 bits are one of
 * PARTS..2*PARTS-1, and how far they had to be shifted is the row.
 */
static size_t
bucket_of(uint64_t ns)
{
	unsigned shift;

	if (ns < PARTS)
		return (size_t)ns;
	shift = 63 - (unsigned)__builtin_clzll(ns) - HISTOGRAM_PART_BITS;
	return ((size_t)shift << HISTOGRAM_PART_BITS) + (size_t)(ns >> shift);
}

/* The middle of a bucket. */
static uint64_t
value_of(size_t bucket)
{
	unsigned shift;
	uint64_t part;

	if (bucket < 2 * (size_t)PARTS)
		return bucket;
	shift = (unsigned)(bucket >> HISTOGRAM_PART_BITS) - 1;
	part = PARTS + (bucket & (PARTS - 1));
	return (part << shift) + (UINT64_C(1) << shift >> 1);
}

void
histogram_add(struct histogram *h, uint64_t ns)
{
	if (ns > LONGEST)
		ns = LONGEST;
	h->count++;
	h->sum += ns;
	if (ns > h->max)
		h->max = ns;
	h->buckets[bucket_of(ns)]++;
}

uint64_t
histogram_at(const struct histogram *h, uint64_t parts, uint64_t whole)
{
	uint64_t place, seen = 0;
	size_t bucket = 0;

	assert(parts > 0 && parts <= whole && whole <= 10000);
	if (h->count == 0)
		return 0;
	/* count * parts may be more than 64 bits hold */
	place = h->count / whole * parts +
	    (h->count % whole * parts + whole - 1) / whole;
	while ((seen += h->buckets[bucket]) < place)
		bucket++;
	return value_of(bucket) < h->max ? value_of(bucket) : h->max;
}

uint64_t
histogram_mean(const struct histogram *h)
{
	return h->count > 0 ? h->sum / h->count : 0;
}
