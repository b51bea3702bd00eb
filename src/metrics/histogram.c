#include "metrics/histogram.h"

#include <assert.h>
#include <string.h>

enum { PER_OCTAVE = 8, OCTAVES = HISTOGRAM_PLACES / PER_OCTAVE };

/* The place of 1 s, whose index is 0. */
enum { SECOND = 240 };

/*
 * 2^(33 + i/8) seconds in ns, rounded down. From bc(1) with -l:
 * scale = 40; for (i = 0; i < 8; i++) 10^9 * 2^33 * e(i/8 * l(2))
 */
static const uint64_t last_octave[PER_OCTAVE] = {
	UINT64_C(8589934592000000000),
	UINT64_C(9367390095664785123),
	UINT64_C(10215211334214395865),
	UINT64_C(11139766950770582417),
	UINT64_C(12148001999904198769),
	UINT64_C(13247490117328543392),
	UINT64_C(14446490411353358019),
	UINT64_C(15754009503455335899),
};

/*
 * The last ns of the bucket whose index in schema 3 is place - SECOND. A bound
 * an octave below is half as far, and to round down twice is to do it once. The
 * lowest bounds lie closer than 1 ns: of those that are equal here, the first
 * one's bucket gets all. The last one's gets what else fits into 64 bits, from
 * 545 years on.
 */
static uint64_t
native_end(unsigned place)
{
	if (place == HISTOGRAM_PLACES)
		return UINT64_MAX;
	return last_octave[place % PER_OCTAVE] >>
	    (OCTAVES - 1 - place / PER_OCTAVE);
}

/*
 * Where in start to look ns up: by its highest bit and the four below it, which
 * is so fine that at most one native bound lies within.
 */
static size_t
start_of(uint64_t ns)
{
	unsigned shift = 59 - (unsigned)__builtin_clzll(ns | 16);

	return 16 * (size_t)shift + (size_t)(ns >> shift);
}

/* The smallest duration that start_of gives i for. */
static uint64_t
start_ns(size_t i)
{
	return i < 32 ? i : (16 + (uint64_t)i % 16) << (i / 16 - 1);
}

static void
cut_cells(struct histogram *h)
{
	unsigned place = 0;
	size_t classic = 0;

	h->cells = 0;
	while (place <= HISTOGRAM_PLACES) {
		uint64_t end = native_end(place);

		if (classic < h->bounds && h->bound[classic] < end)
			end = h->bound[classic];
		h->end[h->cells++] = end;
		while (place <= HISTOGRAM_PLACES && native_end(place) == end)
			place++;
		while (classic < h->bounds && h->bound[classic] == end)
			classic++;
	}
}

void
histogram_init(struct histogram *h, const uint64_t *bound, size_t bounds)
{
	size_t cell = 0;

	assert(bounds <= HISTOGRAM_BOUNDS_MAX);
	h->bounds = bounds;
	for (size_t i = 0; i < bounds; i++) {
		assert(i == 0 || bound[i] > bound[i - 1]);
		h->bound[i] = bound[i];
	}
	h->created = 0;
	cut_cells(h);
	for (size_t i = 0; i < HISTOGRAM_STARTS; i++) {
		while (h->end[cell] < start_ns(i))
			cell++;
		h->start[i] = (uint16_t)cell;
	}
	for (size_t i = 0; i < HISTOGRAM_CELLS; i++)
		atomic_init(&h->cell[i], 0);
	atomic_init(&h->sum, 0);
	memset(h->exemplar, 0, sizeof h->exemplar);
}

size_t
histogram_cell(const struct histogram *h, uint64_t ns)
{
	size_t i = h->start[start_of(ns)];

	while (ns > h->end[i])
		i++;
	return i;
}

void
histogram_count(struct histogram *h, size_t cell, uint64_t ns, uint64_t times)
{
	atomic_fetch_add_explicit(&h->cell[cell], times, memory_order_relaxed);
	atomic_fetch_add_explicit(&h->sum, ns * times, memory_order_relaxed);
}

void
histogram_observe(struct histogram *h, uint64_t ns)
{
	histogram_count(h, histogram_cell(h, ns), ns, 1);
}

void
histogram_example(struct histogram *h, const struct exemplar *e)
{
	size_t i = 0;

	while (i < h->bounds && e->value > h->bound[i])
		i++;
	exemplar_put(&h->exemplar[i], e);
}

/* The index of the bucket, twice as wide, that one is in. */
static int32_t
merged_index(int32_t index)
{
	return (index + (index > 0)) / 2; /* half, rounded up */
}

/* Appends to the last bucket or behind it. */
static void
put_native(struct histogram_snapshot *s, int32_t index, uint64_t count)
{
	if (s->natives > 0 && s->native[s->natives - 1].index == index)
		s->native[s->natives - 1].count += count;
	else
		s->native[s->natives++] =
		    (struct histogram_native){ index, count };
}

static void
merge(struct histogram_snapshot *s)
{
	size_t natives = s->natives;

	s->schema--;
	s->natives = 0;
	for (size_t i = 0; i < natives; i++)
		put_native(
		    s, merged_index(s->native[i].index), s->native[i].count);
}

/*
 * Adds what a cell of a bucket holds, places ascending. The schema is lowered
 * only if the buckets so far do not fit with it: so it depends on nothing but
 * which buckets are filled, and the more are, the lower it is.
 */
static void
add_native(struct histogram_snapshot *s, unsigned place, uint64_t count)
{
	int32_t index = (int32_t)place - SECOND;

	for (int32_t i = HISTOGRAM_SCHEMA; i > s->schema; i--)
		index = merged_index(index);
	while (s->natives == HISTOGRAM_NATIVE_MAX &&
	    s->native[s->natives - 1].index != index) {
		merge(s);
		index = merged_index(index);
	}
	put_native(s, index, count);
}

void
histogram_read(const struct histogram *h, struct histogram_snapshot *out)
{
	uint64_t count = 0;
	unsigned place = 0;
	size_t classic = 0;

	out->bounds = h->bounds;
	out->bound = h->bound;
	out->created = h->created;
	out->schema = HISTOGRAM_SCHEMA;
	out->zeros = 0;
	out->natives = 0;
	for (size_t i = 0; i <= h->bounds; i++)
		out->has_exemplar[i] =
		    exemplar_get(&h->exemplar[i], &out->exemplar[i]);
	for (size_t i = 0; i < h->cells; i++) {
		uint64_t n =
		    atomic_load_explicit(&h->cell[i], memory_order_relaxed);

		count += n;
		while (native_end(place) < h->end[i])
			place++;
		if (i == 0)
			out->zeros = n;
		else if (n > 0)
			add_native(out, place, n);
		if (classic < h->bounds && h->bound[classic] == h->end[i])
			out->cumulative[classic++] = count;
	}
	out->cumulative[h->bounds] = count;
	out->sum = atomic_load_explicit(&h->sum, memory_order_relaxed);
}
