/*
 * oracle.h - what is a request and what is not, said once more: slowly, from
 * the grammar of RFC 9112, RFC 9110 and RFC 3986 and the server's limits, and
 * sharing no code with src/. Where a request has more than one fault, which of
 * them is told is the server's choice: faults are a set.
 */
#ifndef TESTS_FUZZ_ORACLE_H
#define TESTS_FUZZ_ORACLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"
#include "http/request.h"

enum oracle_fault {
	FAULT_400 = 1 << 0,
	FAULT_413 = 1 << 1,
	FAULT_414 = 1 << 2,
	FAULT_417 = 1 << 3,
	FAULT_431 = 1 << 4,
	FAULT_501 = 1 << 5,
	FAULT_505 = 1 << 6,
};

/* True if status is one of the faults, or 0 and there is none. */
bool oracle_allows(unsigned faults, unsigned status);

enum oracle_found { ORACLE_PARTIAL, ORACLE_WHOLE, ORACLE_BAD, ORACLE_LARGE };

/*
 * Is there a head at the front of bytes? On ORACLE_WHOLE *length is its length.
 */
enum oracle_found oracle_find(struct span bytes, size_t *length);

/*
 * What is wrong with a whole head; fills all of req that counts if nothing is.
 */
unsigned oracle_head(struct span head, struct request *req);

/*
 * Splits a target; 0 or FAULT_400. Fills authority (only of the absolute and
 * the authority form), path and query.
 */
unsigned
oracle_target(struct span target, struct span method, struct request *req);

/* Host and optional port. */
bool oracle_authority(struct span s);

struct oracle_body {
	unsigned faults;
	bool done;
	size_t used;    /* bytes before the fault, or up to the end */
	size_t content; /* if done: content bytes */
};

/* The body that req announces, at the front of bytes. */
struct oracle_body oracle_body(const struct request *req, struct span bytes);

#endif
