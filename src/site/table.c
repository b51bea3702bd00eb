#include "site/table.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "site/path.h"

int
table_begin(struct table *t, size_t room, uint64_t seed)
{
	size_t places = 8;

	while (places < 2 * room)
		places *= 2;
	*t = (struct table){
		.entry = calloc(room > 0 ? room : 1, sizeof *t->entry),
		.room = room,
		.place = calloc(places, sizeof *t->place),
		.mask = places - 1,
		.seed = seed,
	};
	if (t->entry && t->place)
		return 0;
	table_end(t);
	errno = ENOMEM;
	return -1;
}

void
table_end(struct table *t)
{
	free(t->entry);
	free(t->place);
	*t = (struct table){ .entry = NULL };
}

/* Where the path stands, or would. */
static struct place *
probe(const struct table *t, uint64_t hash, struct span path)
{
	uint32_t tag = (uint32_t)(hash >> 32);
	uint64_t i = hash & t->mask;

	for (;; i = (i + 1) & t->mask) {
		struct place *p = &t->place[i];

		if (p->next == 0 ||
		    (p->tag == tag &&
			span_eq(t->entry[p->next - 1].path, path)))
			return p;
	}
}

struct entry *
table_add(struct table *t, struct span path)
{
	bool escapes;
	uint64_t hash = path_hash(t->seed, path, &escapes);
	struct place *p = probe(t, hash, path);
	struct entry *e = &t->entry[t->count];

	if (p->next != 0)
		return NULL;
	*e = (struct entry){ .path = path };
	t->count++;
	p->tag = (uint32_t)(hash >> 32);
	p->next = (uint32_t)t->count;
	return e;
}

static struct entry *
get(const struct table *t, uint64_t hash, struct span path)
{
	const struct place *p = probe(t, hash, path);

	return p->next != 0 ? &t->entry[p->next - 1] : NULL;
}

struct entry *
table_get(const struct table *t, struct span path)
{
	bool escapes;

	return get(t, path_hash(t->seed, path, &escapes), path);
}

struct entry *
table_find(const struct table *t, struct span encoded)
{
	char memory[PATH_MAX + 1];
	struct buf decoded = buf_over(memory, sizeof memory);
	bool escapes;
	uint64_t hash = path_hash(t->seed, encoded, &escapes);

	if (!escapes)
		return get(t, hash, encoded);
	if (!path_decode(encoded, &decoded))
		return NULL;
	return table_get(t, buf_span(&decoded));
}
