/* tally.h - what came of the requests. */
#ifndef LOAD_TALLY_H
#define LOAD_TALLY_H

#include <stdint.h>

#include "histogram.h"

/* Each counts requests, but for CONNECT, which counts attempts. */
enum failure {
	FAILURE_CONNECT, /* no connection */
	FAILURE_RESET,   /* the connection was reset */
	FAILURE_TIMEOUT, /* no answer in time */
	FAILURE_SHORT,   /* the connection ended before the answer did */
	FAILURE_ODD,     /* an answer that is not understood */
	FAILURE_STATUS,  /* another status than expected */
	FAILURE_LENGTH,  /* another length than expected */
	FAILURE_UNSENT,  /* due, but never sent: no connection was free */
	FAILURES,
};

enum { TALLY_STATUSES = 600, TALLY_TEXT_MAX = 160 };

struct tally {
	/* set before the start */
	uint64_t expect_status, expect_length; /* UINT64_MAX: to be
	                                        * learned; one less: any */
	uint64_t from, to; /* the measured time, monotonic ns */

	uint64_t answers; /* to measured requests, right or wrong */
	uint64_t timely;  /* answers that came within the measured time */
	uint64_t warm;    /* answers to requests before it */
	uint64_t bytes;   /* received within the measured time */
	uint64_t connects, reconnects;
	uint64_t resent; /* after the server announced that it closes */
	uint64_t statuses[TALLY_STATUSES]; /* of answers */
	uint64_t failures[FAILURES];       /* warm-up included */
	char first[TALLY_TEXT_MAX];        /* what failed first, in words */
	struct histogram latency;          /* of right answers */
	struct histogram late;             /* open loop: from meant to sent */
};

/* The name of a kind, for JSON. */
extern const char *const failure_names[FAILURES];

/* An answer, complete at the moment done to a request meant for meant. */
void tally_answer(struct tally *t, uint64_t meant, uint64_t done,
    unsigned status, uint64_t length);

/* Bytes that came at the moment now. */
void tally_bytes(struct tally *t, uint64_t now, uint64_t bytes);

/* count of a kind; why is kept if it is the first failure of all. */
void tally_failure(
    struct tally *t, enum failure kind, uint64_t count, const char *why);

/* All failures together. */
uint64_t tally_failed(const struct tally *t);

#endif
