/*
 * pool.h - a fixed number of equal blocks, reserved at once and touched only as
 * they are used; last in, first out, so that the warm ones are used again.
 */
#ifndef SERVER_POOL_H
#define SERVER_POOL_H

#include <stddef.h>
#include <stdint.h>

struct pool {
	char *memory;
	size_t size;     /* of a block */
	uint32_t blocks; /* in all */
	uint32_t fresh;  /* blocks never used begin here */
	void **free;     /* stack of those given back */
	uint32_t free_count;
	uint32_t used;
};

/* Zeroed pages that the kernel gives as they are touched; NULL with errno. */
void *pool_reserve(size_t size);

/* 0, or -1 with errno. */
int pool_open(struct pool *p, size_t size, uint32_t blocks);

/* A block, or NULL if all are in use. Its bytes are as they were left. */
void *pool_take(struct pool *p);

void pool_give(struct pool *p, void *block);

/* Which block it is, and back. */
uint32_t pool_index(const struct pool *p, const void *block);
void *pool_block(const struct pool *p, uint32_t index);

#endif
