#include "server/pool.h"

#include <sys/mman.h>

void *
pool_reserve(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		return NULL;
	/* a huge page for one connection's buffer would be 2 MiB */
	madvise(memory, size, MADV_NOHUGEPAGE);
	return memory;
}

int
pool_open(struct pool *p, size_t size, uint32_t blocks)
{
	*p = (struct pool){ .size = size, .blocks = blocks };
	p->memory = pool_reserve(size * blocks);
	if (!p->memory)
		return -1;
	p->free = pool_reserve(sizeof *p->free * blocks);
	return p->free ? 0 : -1;
}

void *
pool_take(struct pool *p)
{
	if (p->used == p->blocks)
		return NULL;
	p->used++;
	if (p->free_count > 0)
		return p->free[--p->free_count];
	return pool_block(p, p->fresh++);
}

void
pool_give(struct pool *p, void *block)
{
	p->free[p->free_count++] = block;
	p->used--;
}

uint32_t
pool_index(const struct pool *p, const void *block)
{
	return (uint32_t)((size_t)((const char *)block - p->memory) / p->size);
}

void *
pool_block(const struct pool *p, uint32_t index)
{
	return p->memory + (size_t)index * p->size;
}
