/*
 * timers.h - one deadline for each of a fixed number of ids; a binary heap in
 * memory taken beforehand. Moving a deadline later, the usual case, costs one
 * store: the heap learns of it when the old one comes up.
 */
#ifndef NET_TIMERS_H
#define NET_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct timers_entry {
	uint64_t due;   /* the deadline that counts; CLOCK_NEVER: none */
	uint32_t place; /* in the heap, plus 1; 0: not there */
};

struct timers_node {
	uint64_t key; /* when to look at it: never later than its due */
	uint32_t id;
};

struct timers {
	struct timers_entry *entry; /* by id */
	struct timers_node *heap;
	size_t count;
};

/* Bytes of zeroed memory that timers for this many ids need. */
size_t timers_size(size_t ids);

/*
 * Empty, in timers_size(ids) zeroed bytes at memory, which is touched only as
 * ids are used.
 */
void timers_init(struct timers *t, void *memory, size_t ids);

/* Sets id's deadline (monotonic ns), or moves it; CLOCK_NEVER clears it. */
void timers_set(struct timers *t, uint32_t id, uint64_t due);

/*
 * When to look again: never later than the earliest deadline, sometimes before
 * it. CLOCK_NEVER if there is none.
 */
uint64_t timers_next(const struct timers *t);

/*
 * Takes one id out whose deadline is at or before now, earliest first. False
 * if there is none.
 */
bool timers_pop(struct timers *t, uint64_t now, uint32_t *id);

#endif
