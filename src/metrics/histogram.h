/*
 * histogram.h - how often a duration fell into which bucket: those whose bounds
 * are given (classic), and those of a Prometheus native histogram, which grow
 * by a factor of 2^(1/8), 9 %, from 1 ns up (schema 3:
 * https://prometheus.io/docs/specs/native_histograms/).
 *
 * The bounds of both cut time into cells, and an observation adds to one cell
 * and to the sum: two relaxed atomic additions. All buckets are sums of cells
 * and the count is the sum of all of them, so classic buckets, native buckets
 * and the count can never disagree, whoever adds meanwhile.
 */
#ifndef METRICS_HISTOGRAM_H
#define METRICS_HISTOGRAM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "metrics/exemplar.h"

enum { HISTOGRAM_BOUNDS_MAX = 64 };

/* Native buckets in a snapshot, and the finest schema of it. */
enum { HISTOGRAM_NATIVE_MAX = 160, HISTOGRAM_SCHEMA = 3 };

/* Native bounds: 64 octaves of 8, and the end of 64 bits. */
enum { HISTOGRAM_PLACES = 512 };

/* Places to begin the search for a cell at: 16 in each octave. */
enum { HISTOGRAM_STARTS = 976 };

enum { HISTOGRAM_CELLS = HISTOGRAM_PLACES + 1 + HISTOGRAM_BOUNDS_MAX };

/* Bounds are inclusive upper ones, ascending, in ns; +Inf is not among them. */
struct histogram {
	size_t bounds; /* the classic ones */
	uint64_t bound[HISTOGRAM_BOUNDS_MAX];
	uint64_t created; /* ns since 1970; 0 until somebody sets it */
	/* cells: the first holds 0 ns alone, the last ends at UINT64_MAX */
	size_t cells;
	uint16_t start[HISTOGRAM_STARTS];
	uint64_t end[HISTOGRAM_CELLS];
	_Atomic uint64_t cell[HISTOGRAM_CELLS];
	_Atomic uint64_t sum; /* ns */
	/* of the classic buckets */
	struct exemplar_slot exemplar[HISTOGRAM_BOUNDS_MAX + 1];
};

/* Empty, with the given bounds; at most HISTOGRAM_BOUNDS_MAX of them. */
void histogram_init(struct histogram *h, const uint64_t *bound, size_t bounds);

/* Counts one duration. Any thread, any time. */
void histogram_observe(struct histogram *h, uint64_t ns);

/* The same in two steps, for a duration that two histograms of the same bounds
 * count, or that came several times: which cell it falls into, and the
 * counting. */
size_t histogram_cell(const struct histogram *h, uint64_t ns);
void
histogram_count(struct histogram *h, size_t cell, uint64_t ns, uint64_t times);

/* Makes e the exemplar of the bucket that its value is in. */
void histogram_example(struct histogram *h, const struct exemplar *e);

/* A bucket from (2^(2^-schema))^(index - 1) to that ^index seconds, the upper
 * bound included. */
struct histogram_native {
	int32_t index;
	uint64_t count; /* of this bucket alone, never 0 */
};

/*
 * A moment's copy. cumulative[bounds] is the +Inf bucket and the count; it is
 * zeros and all of native together.
 *
 * Where more than HISTOGRAM_NATIVE_MAX native buckets were filled, each two are
 * merged and the schema is one less, until they fit. What was filled stays so,
 * hence the schema of a later snapshot is never higher.
 */
struct histogram_snapshot {
	size_t bounds;
	const uint64_t *bound;
	uint64_t cumulative[HISTOGRAM_BOUNDS_MAX + 1];
	uint64_t sum;     /* ns */
	uint64_t created; /* ns since 1970, or 0 */
	int32_t schema;   /* HISTOGRAM_SCHEMA, or less */
	uint64_t zeros;   /* durations of 0 ns */
	size_t natives;
	struct histogram_native native[HISTOGRAM_NATIVE_MAX]; /* ascending */
	bool has_exemplar[HISTOGRAM_BOUNDS_MAX + 1];
	struct exemplar exemplar[HISTOGRAM_BOUNDS_MAX + 1];
};

void histogram_read(const struct histogram *h, struct histogram_snapshot *out);

#endif
