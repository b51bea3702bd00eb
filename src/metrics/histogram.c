#include "metrics/histogram.h"

#include <assert.h>

void
histogram_init(struct histogram *h, const uint64_t *bound, size_t bounds)
{
	assert(bounds <= HISTOGRAM_BOUNDS_MAX);
	h->bounds = bounds;
	for (size_t i = 0; i < bounds; i++)
		h->bound[i] = bound[i];
	for (size_t i = 0; i <= HISTOGRAM_BOUNDS_MAX; i++)
		atomic_init(&h->bucket[i], 0);
	atomic_init(&h->sum, 0);
}

void
histogram_observe(struct histogram *h, uint64_t ns)
{
	size_t i = 0;

	/* linear: nearly all of it falls into the first bucket */
	while (i < h->bounds && ns > h->bound[i])
		i++;
	atomic_fetch_add_explicit(&h->bucket[i], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&h->sum, ns, memory_order_relaxed);
}

void
histogram_read(const struct histogram *h, struct histogram_snapshot *out)
{
	uint64_t count = 0;

	out->bounds = h->bounds;
	out->bound = h->bound;
	for (size_t i = 0; i <= h->bounds; i++) {
		count +=
		    atomic_load_explicit(&h->bucket[i], memory_order_relaxed);
		out->cumulative[i] = count;
	}
	out->sum = atomic_load_explicit(&h->sum, memory_order_relaxed);
}
