#include <limits.h>
#include <stdalign.h>

#include "site/generation.h"

/* The last segment of a path. */
static struct span
name_of(struct span path)
{
	const char *slash = memrchr(path.at, '/', path.len);

	return span_from(path, (size_t)(slash - path.at) + 1);
}

static bool
is_index(const struct generation *g, struct span path)
{
	return span_eq(name_of(path), g->options->index);
}

/* Entries for files alone; each takes its file over. */
static void
add_files(struct generation *g, struct walk *w)
{
	for (size_t i = 0; i < w->files; i++) {
		struct found *found = &w->file[i];
		struct entry *e =
		    found->file ? table_add(&g->table, found->path) : NULL;

		if (!e)
			continue;
		e->plain = (struct representation){
			.file = found->file,
			.path = found->path.at + 1,
			.length = (uint16_t)(found->path.len - 1),
			.rule =
			    (uint8_t)rules_rank(g->options->rules, found->path),
		};
		found->file = NULL;
		g->bytes += e->plain.file->id.size;
	}
	g->entries_of_files = g->table.count;
}

/* Makes a file that is there in a coding another answer of the plain one. */
static int
add_coding(struct generation *g, const struct entry *coded)
{
	struct representation *other;
	struct span path = coded->path;
	struct entry *e;
	size_t suffix;
	enum coding coding = entry_coding(path, &suffix);

	if (coding == CODING_IDENTITY)
		return 0;
	path.len -= suffix;
	e = table_get(&g->table, path);
	if (!e)
		return 0;
	if (!e->other) {
		e->other =
		    arena_take(&g->memory, (CODINGS - 1) * sizeof *e->other,
			alignof(struct representation));
		if (!e->other)
			return -1;
	}
	other = &e->other[e->others++];
	*other = coded->plain;
	other->entity = NULL;
	other->coding = (uint8_t)coding;
	other->rule = e->plain.rule;
	other->vary = e->plain.vary = true;
	return 0;
}

/* Writes down what is told of a file that is held. */
static int
prepare(struct generation *g, struct representation *r, int64_t now)
{
	struct entity *e;
	struct buf b;

	if (!r->file->held)
		return 0;
	e = arena_take(&g->memory, sizeof *e, alignof(struct entity));
	b = buf_over(
	    arena_take(&g->memory, ENTRY_DESCRIBE_MAX, 1), ENTRY_DESCRIBE_MAX);
	if (!e || !b.at)
		return -1;
	entry_describe(g->options, r, now, &b, e);
	arena_trim(&g->memory, buf_room(&b));
	r->entity = e;
	g->held += sizeof *e + b.len;
	return 0;
}

static int
prepare_all(struct generation *g, struct entry *e, int64_t now)
{
	if (prepare(g, &e->plain, now) == -1)
		return -1;
	for (unsigned i = 0; i < e->others; i++)
		if (prepare(g, &e->other[i], now) == -1)
			return -1;
	return 0;
}

/* An index answers for its directory too, by the first rule that matches either
 * path. */
static int
add_directory(struct generation *g, const struct entry *index, int64_t now)
{
	struct span path = index->path;
	struct entry *e;
	size_t rank;

	path.len -= g->options->index.len;
	e = table_add(&g->table, path);
	if (!e)
		return 0;
	rank = rules_rank(g->options->rules, path);
	e->plain = index->plain;
	e->other = index->other;
	e->others = index->others;
	if (rank < e->plain.rule) {
		e->plain.rule = (uint8_t)rank;
		if (e->others > 0) {
			e->other =
			    arena_take(&g->memory, e->others * sizeof *e->other,
				alignof(struct representation));
			if (!e->other)
				return -1;
			memcpy(e->other, index->other,
			    e->others * sizeof *e->other);
		}
		for (unsigned i = 0; i < e->others; i++)
			e->other[i].rule = e->plain.rule;
		if (prepare_all(g, e, now) == -1)
			return -1;
	}
	if (path.len > 1)
		table_add(&g->table, (struct span){ path.at, path.len - 1 });
	return 0;
}

static size_t
room_for(const struct generation *g, const struct walk *w)
{
	size_t room = w->files;

	for (size_t i = 0; i < w->files; i++)
		if (is_index(g, w->file[i].path))
			room += 2;
	return room;
}

/* Of the fallback; its path has no slash before it. */
static const struct entry *
find_fallback(const struct generation *g)
{
	char memory[PATH_MAX];
	struct buf b = buf_over(memory, sizeof memory);

	if (g->options->fallback.len == 0)
		return NULL;
	buf_char(&b, '/');
	buf_put(&b, g->options->fallback);
	return b.overflowed ? NULL : table_get(&g->table, buf_span(&b));
}

int
generation_fill(struct generation *g, struct walk *w, int64_t now)
{
	if (table_begin(&g->table, room_for(g, w), 0) == -1)
		return -1;
	add_files(g, w);
	for (size_t i = 0; i < g->entries_of_files; i++)
		if (add_coding(g, &g->table.entry[i]) == -1)
			return -1;
	for (size_t i = 0; i < g->entries_of_files; i++) {
		const struct entry *e = &g->table.entry[i];

		if (prepare_all(g, &g->table.entry[i], now) == -1)
			return -1;
		if (e->plain.file->held)
			g->held += e->plain.file->id.size;
	}
	for (size_t i = 0; i < g->entries_of_files; i++)
		if (is_index(g, g->table.entry[i].path) &&
		    add_directory(g, &g->table.entry[i], now) == -1)
			return -1;
	g->fallback = find_fallback(g);
	g->not_found = table_get(&g->table, SPAN("/404.html"));
	return 0;
}
