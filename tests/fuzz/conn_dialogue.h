/*
 * conn_dialogue.h - judges what a client saw of one connection: each answer is
 * clean HTTP, they are one for a request and in order, and none is missing.
 */
#ifndef TESTS_FUZZ_CONN_DIALOGUE_H
#define TESTS_FUZZ_CONN_DIALOGUE_H

#include <stdbool.h>

#include "base/span.h"
#include "http/route.h"

enum {
	DIALOGUE_ANSWERS = 4096,
	DIALOGUE_BIG = 40000,
	DIALOGUE_FILE = 50000,
	DIALOGUE_ANY = 1
};

struct dialogue {
	struct span sent, received;
	bool timed_out;     /* a timeout was told to the connection */
	bool broken;        /* it was lost or cut off: answers may be cut */
	bool draining;      /* answers may say that it is over */
	bool random_errors; /* good requests may get 500 */

	/* Results. */
	unsigned count;      /* whole answers */
	bool closed;         /* the last one said Connection: close */
	bool refused;        /* because of a fault in what was sent */
	unsigned cut_status; /* of an answer that was cut off; any */
	unsigned status[DIALOGUE_ANSWERS];
	struct span body[DIALOGUE_ANSWERS];
	bool expects[DIALOGUE_ANSWERS];     /* its request had Expect */
	struct span line[DIALOGUE_ANSWERS]; /* its request line, if clean */
};

/* Judges it, and aborts where something is wrong. */
void dialogue_check(struct dialogue *d);

/*
 * Routes whose answers tell what was asked: "/" is the demo page; /file is one
 * on the disk, /held the same in memory; /bigN has N
 * bytes, /none is 204, /gone is 503, /over writes more than fits, everything
 * else is its own path and query.
 */
extern const struct route dialogue_routes[];
const struct app *dialogue_app(void); /* what they look at */

/* What "/", "/file" or "/held" stands for: content.at == NULL for anything
 * else. */
struct dialogue_content {
	struct span content, type, etag;
	int64_t modified;
};
struct dialogue_content dialogue_content(struct span path);

/* Answers that have not given the file back. */
unsigned dialogue_borrowed(void);

/* A field line that every answer has: for service.extra. */
#define DIALOGUE_EXTRA "X-Extra: yes, always\r\n"

#endif
