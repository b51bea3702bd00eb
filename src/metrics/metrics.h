/*
 * metrics.h - everything that is counted. Writers add with relaxed atomics from
 * any thread; a scrape takes what it finds.
 */
#ifndef METRICS_METRICS_H
#define METRICS_METRICS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "metrics/histogram.h"

/* Rows of http_requests_total: known methods, and "_OTHER" (the last). */
enum { METRICS_METHODS = 10, METRICS_OTHER = METRICS_METHODS - 1 };
/* Columns: every status the server can log, from metrics_codes. */
enum { METRICS_CODES = 24 };

enum metrics_listener { LISTENER_PAGE, LISTENER_METRICS, LISTENERS };
enum metrics_phase {
	PHASE_HEADER,
	PHASE_IDLE,
	PHASE_BODY,
	PHASE_WRITE,
	PHASES
};

typedef _Atomic uint64_t metric;

struct metrics {
	uint64_t
	    created; /* since when it counts, ns since 1970; 0: not known */
	metric requests[METRICS_METHODS][METRICS_CODES];
	struct histogram latency;
	struct histogram first_byte; /* bounds as latency's */
	struct histogram turn;       /* of the event loop */
	metric in_flight;            /* gauge */
	metric request_bytes;  /* of requests as received, heads and bodies */
	metric response_bytes; /* of answers as sent, heads and bodies */
	metric aborted;
	metric connections[LISTENERS]; /* gauge */
	metric accepted[LISTENERS];
	metric timeouts[PHASES];
	metric log_lines; /* handed to the kernel */
	metric log_dropped;
	metric ready, draining; /* gauges, 0 or 1 */
	/* with --root: what is served, gauges; 0 generations without */
	metric content_files, content_bytes, content_generation;
	metric content_failures; /* reloads that failed */
};

static inline void
metric_add(metric *m, uint64_t n)
{
	atomic_fetch_add_explicit(m, n, memory_order_relaxed);
}

static inline void
metric_sub(metric *m, uint64_t n)
{
	atomic_fetch_sub_explicit(m, n, memory_order_relaxed);
}

static inline void
metric_set(metric *m, uint64_t n)
{
	atomic_store_explicit(m, n, memory_order_relaxed);
}

static inline uint64_t
metric_get(const metric *m)
{
	return atomic_load_explicit(m, memory_order_relaxed);
}

/*
 * All zero; latency buckets as given (ns, ascending). created is the time now,
 * ns since 1970.
 */
void metrics_init(
    struct metrics *m, const uint64_t *bound, size_t bounds, uint64_t created);

/* A finished request, or several of which all this is true. */
struct finished {
	uint64_t count;
	size_t method; /* its place in metrics_methods; what is beyond counts as
	                * "_OTHER" */
	unsigned status; /* one that is not in metrics_codes counts as 500 */
	bool aborted;
	bool answered;        /* at least with a byte */
	uint64_t latency;     /* ns */
	uint64_t first_byte;  /* ns; if it was answered */
	uint64_t wall;        /* of the end, ns since 1970 */
	struct span trace_id; /* EXEMPLAR_TRACE bytes, or empty */
};

/* Counts them, and makes an exemplar of what is part of a trace. */
void metrics_request(struct metrics *m, const struct finished *f);

/* Names for rows and columns of requests; a code of 0 is an unused column. */
extern const struct span metrics_methods[METRICS_METHODS];
extern const unsigned metrics_codes[METRICS_CODES];

#endif
