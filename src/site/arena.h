/*
 * arena.h - memory for what is loaded together and given up together: many
 * small things, one after the other, without a header for each.
 */
#ifndef SITE_ARENA_H
#define SITE_ARENA_H

#include <stddef.h>

struct arena_chunk;

/* Empty when it is all zero. */
struct arena {
	struct arena_chunk *last;
};

/*
 * size bytes, aligned to align (a power of two, at most that of max_align_t),
 * not initialized; NULL with ENOMEM. They live until arena_free.
 */
void *arena_take(struct arena *a, size_t size, size_t align);

/* Gives back the last size bytes of what was taken last. */
void arena_trim(struct arena *a, size_t size);

/* Gives up everything; the arena is empty then. */
void arena_free(struct arena *a);

#endif
