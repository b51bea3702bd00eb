#include "site/generation.h"

#include <stdlib.h>

void
generation_free(struct generation *g)
{
	if (!g)
		return;
	for (size_t i = 0; i < g->entries_of_files; i++)
		file_drop(g->table.entry[i].plain.file);
	table_end(&g->table);
	if (g->root.fd != -1)
		below_end(&g->root);
	arena_free(&g->memory);
	free(g);
}

const struct entry *
generation_find(const struct generation *g, struct span path)
{
	return table_find(&g->table, path);
}

static bool
same_file(const struct file *a, const struct file *b)
{
	if (a == b)
		return true;
	/* one that is not held must be the same still when it is asked for */
	if (a && !a->held && b && !identity_equal(&a->id, &b->id))
		return false;
	return a && b && a->id.size == b->id.size &&
	    a->id.modified == b->id.modified &&
	    a->id.modified_ns == b->id.modified_ns && a->held == b->held &&
	    a->hash.first == b->hash.first && a->hash.last == b->hash.last;
}

bool
generation_equal(const struct generation *a, const struct generation *b)
{
	if (a->table.count != b->table.count ||
	    a->directories != b->directories)
		return false;
	for (size_t i = 0; i < a->table.count; i++) {
		const struct entry *e = &a->table.entry[i];
		const struct entry *f = table_get(&b->table, e->path);

		if (!f || !same_file(e->plain.file, f->plain.file))
			return false;
	}
	return true;
}

size_t
generation_directories(const struct generation *g)
{
	return g->directories;
}

bool
generation_whole(const struct generation *g)
{
	return g->whole;
}

bool
generation_squeezed(const struct generation *g)
{
	return g->squeezed;
}

uint64_t
generation_number(const struct generation *g)
{
	return g->number;
}

uint64_t
generation_files(const struct generation *g)
{
	return g->entries_of_files;
}

bool
generation_empty(const struct generation *g)
{
	return g->empty;
}

uint64_t
generation_bytes(const struct generation *g)
{
	return g->bytes;
}

uint64_t
generation_held(const struct generation *g)
{
	return g->held;
}

uint64_t
generation_duration(const struct generation *g)
{
	return g->duration;
}

/* One thread alone writes it: no need to lock the bus. */
static void
add_users(struct generation *g, uint64_t n)
{
	uint64_t users = atomic_load_explicit(&g->users, memory_order_relaxed);

	atomic_store_explicit(&g->users, users + n, memory_order_release);
}

void
generation_take(struct generation *g)
{
	add_users(g, 1);
}

void
generation_drop(struct generation *g)
{
	add_users(g, UINT64_MAX); /* - 1 */
}

uint64_t
generation_users(const struct generation *g)
{
	return atomic_load_explicit(&g->users, memory_order_acquire);
}
