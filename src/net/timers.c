#include "net/timers.h"

#include "base/clock.h"

size_t
timers_size(size_t ids)
{
	return ids * (sizeof(struct timers_entry) + sizeof(struct timers_node));
}

void
timers_init(struct timers *t, void *memory, size_t ids)
{
	t->entry = memory;
	t->heap = (struct timers_node *)(void *)(t->entry + ids);
	t->count = 0;
}

static void
put(struct timers *t, size_t at, struct timers_node node)
{
	t->heap[at] = node;
	t->entry[node.id].place = (uint32_t)at + 1;
}

/* Puts node at the free place at, or above it. */
static void
rise(struct timers *t, size_t at, struct timers_node node)
{
	while (at > 0) {
		size_t parent = (at - 1) / 2;

		if (t->heap[parent].key <= node.key)
			break;
		put(t, at, t->heap[parent]);
		at = parent;
	}
	put(t, at, node);
}

/* Puts node at the free place at, or below it. */
static void
sink(struct timers *t, size_t at, struct timers_node node)
{
	for (;;) {
		size_t child = 2 * at + 1;

		if (child >= t->count)
			break;
		if (child + 1 < t->count &&
		    t->heap[child + 1].key < t->heap[child].key)
			child++;
		if (node.key <= t->heap[child].key)
			break;
		put(t, at, t->heap[child]);
		at = child;
	}
	put(t, at, node);
}

/* Takes out what stands at a place; the last node fills the gap. */
static void
take_out(struct timers *t, size_t at)
{
	struct timers_node last = t->heap[--t->count];

	t->entry[t->heap[at].id].place = 0;
	if (at == t->count)
		return;
	if (at > 0 && last.key < t->heap[(at - 1) / 2].key)
		rise(t, at, last);
	else
		sink(t, at, last);
}

void
timers_set(struct timers *t, uint32_t id, uint64_t due)
{
	struct timers_entry *e = &t->entry[id];
	struct timers_node node = { due, id };
	bool later = due >= e->due && due != CLOCK_NEVER;

	e->due = due;
	/* Most often: then not even its node is looked at, which with many
	 * connections would have to come from far away. */
	if (later && e->place > 0)
		return;
	if (due == CLOCK_NEVER) {
		if (e->place > 0)
			take_out(t, e->place - 1);
	} else if (e->place == 0) {
		rise(t, t->count++, node);
	} else if (due < t->heap[e->place - 1].key) {
		rise(t, e->place - 1, node);
	}
}

uint64_t
timers_next(const struct timers *t)
{
	return t->count > 0 ? t->heap[0].key : CLOCK_NEVER;
}

bool
timers_pop(struct timers *t, uint64_t now, uint32_t *id)
{
	while (t->count > 0 && t->heap[0].key <= now) {
		struct timers_node top = t->heap[0];

		if (t->entry[top.id].due == top.key) {
			take_out(t, 0);
			t->entry[top.id].due = CLOCK_NEVER;
			*id = top.id;
			return true;
		}
		top.key = t->entry[top.id].due; /* it was moved later */
		sink(t, 0, top);
	}
	return false;
}
