/*
 * exemplar.h - one observation that stands for many: what it was, when, and in
 * which trace (https://prometheus.io/docs/specs/om/open_metrics_spec/,
 * "Exemplars"). Written and read by any thread without a lock.
 */
#ifndef METRICS_EXEMPLAR_H
#define METRICS_EXEMPLAR_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

enum { EXEMPLAR_TRACE = 32 }; /* hex digits of a trace id */

struct exemplar {
	uint64_t value; /* ns */
	uint64_t wall;  /* of the observation, ns since 1970 */
	char trace_id[EXEMPLAR_TRACE];
};

enum { EXEMPLAR_WORDS = sizeof(struct exemplar) / sizeof(uint64_t) };

/* The latest exemplar of something; none if it is all zero. */
struct exemplar_slot {
	/* even; odd while somebody writes */
	_Atomic uint64_t sequence;
	_Atomic uint64_t word[EXEMPLAR_WORDS];
};

/* Remembers e, unless another is just being written. */
void exemplar_put(struct exemplar_slot *slot, const struct exemplar *e);

/* The whole of one that was put; false if there is none, or if new ones come
 * faster than they can be read. */
bool exemplar_get(const struct exemplar_slot *slot, struct exemplar *e);

#endif
