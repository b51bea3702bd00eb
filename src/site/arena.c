#include "site/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>

enum { CHUNK_SIZE = 128 * 1024 };

struct arena_chunk {
	struct arena_chunk *before;
	size_t used, size;
	alignas(max_align_t) char bytes[];
};

static struct arena_chunk *
add_chunk(struct arena *a, size_t size)
{
	struct arena_chunk *chunk;

	if (size < CHUNK_SIZE)
		size = CHUNK_SIZE;
	chunk = malloc(sizeof *chunk + size);
	if (!chunk)
		return NULL;
	*chunk = (struct arena_chunk){ .before = a->last, .size = size };
	a->last = chunk;
	return chunk;
}

void *
arena_take(struct arena *a, size_t size, size_t align)
{
	struct arena_chunk *chunk = a->last;
	size_t at = 0;

	if (chunk)
		at = (chunk->used + align - 1) & ~(align - 1);
	if (!chunk || at > chunk->size || size > chunk->size - at) {
		chunk = add_chunk(a, size);
		if (!chunk)
			return NULL;
		at = 0;
	}
	chunk->used = at + size;
	return chunk->bytes + at;
}

void
arena_trim(struct arena *a, size_t size)
{
	a->last->used -= size;
}

void
arena_free(struct arena *a)
{
	while (a->last) {
		struct arena_chunk *before = a->last->before;

		free(a->last);
		a->last = before;
	}
}
