/*
 * proto_decode.h - a reader of the protobuf exposition format that shares
 * nothing with its writer. It checks what it reads, and stops the test if that
 * is not as the format wants it.
 */
#ifndef TESTS_METRICS_PROTO_DECODE_H
#define TESTS_METRICS_PROTO_DECODE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

/* The native part of a histogram. */
struct decoded_native {
	uint64_t count, zeros;
	double threshold;
	int64_t schema;
	size_t buckets;
	int64_t index[512];
	int64_t value[512]; /* of the bucket at index */
};

struct decoded_exemplar {
	struct span trace_id;
	double value;
	uint64_t wall; /* ns since 1970 */
	double bound;  /* of its bucket */
};

enum { DECODED_HISTOGRAMS = 8 };

struct decoded {
	/* Families and samples as the text format 0.0.4 has them, but numbers
	 * as "%.17g" prints a double. */
	struct buf *text;
	struct decoded_native native[DECODED_HISTOGRAMS];
	struct decoded_exemplar exemplar; /* the last one */
	unsigned families, histograms, exemplars;
	unsigned created;    /* how many timestamps of creation there were */
	uint64_t created_at; /* ns since 1970, the last one */
};

void proto_decode(struct span bytes, struct decoded *out);

/* The text format 0.0.4 with its numbers, also those of le, as above. */
void text_normalize(struct span text, struct buf *out);

#endif
