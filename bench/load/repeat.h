/*
 * repeat.h - most answers of a run have, byte for byte, the head of the one
 * before, and the same bytes mean the same: they are compared, and not read
 * again. Reading is what a load does most with pipelining, and a server that
 * waits for its load is not measured at its best.
 */
#ifndef LOAD_REPEAT_H
#define LOAD_REPEAT_H

#include <stddef.h>

#include "answer.h"

enum { REPEAT_MAX = 1024 };

/* A head, and what was found out by reading it. All zero: none yet. */
struct repeat {
	struct answer after;
	size_t len;
	char head[REPEAT_MAX];
};

/* answer_feed, for less work where r knows the head. */
enum answer_result
repeat_feed(struct repeat *r, struct answer *a, struct span *in);

#endif
