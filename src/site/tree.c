#include "site/tree.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "site/content.h"
#include "site/generation.h"

enum {
	TRIES = 3,
	/* What a file's fields and their entity take, about. */
	FIELDS_COST = 512,
};

/* Which files are held: all below a size, some of exactly that, and of larger
 * ones, if there are any that may be, those that come first. */
struct choice {
	uint64_t size;
	uint64_t left; /* memory for those that are not below */
};

/* Smallest first: most requests for what memory there is. */
static int
choose(const struct walk *w, uint64_t limit, struct choice *choice)
{
	uint32_t *count = calloc(TREE_SMALL + 1, sizeof *count);

	if (!count)
		return -1;
	for (size_t i = 0; i < w->files; i++)
		if (w->file[i].id.size <= TREE_SMALL)
			count[w->file[i].id.size]++;
	choice->left = limit;
	for (choice->size = 0; choice->size <= TREE_SMALL; choice->size++) {
		uint64_t cost = choice->size + FIELDS_COST;

		if (count[choice->size] > choice->left / cost)
			break;
		choice->left -= count[choice->size] * cost;
	}
	free(count);
	return 0;
}

static bool
is_held(struct choice *choice, const struct found *found)
{
	uint64_t size = found->id.size, cost = size + FIELDS_COST;

	if (size <= TREE_SMALL && size < choice->size)
		return true;
	if (size <= TREE_SMALL && size > choice->size)
		return false;
	if (!content_may_hold(found) || choice->left < cost)
		return false;
	choice->left -= cost;
	return true;
}

static struct file *
old_file(const struct generation *old, struct span path)
{
	const struct entry *e = old ? table_get(&old->table, path) : NULL;

	return e ? e->plain.file : NULL;
}

/* The generations that are in memory while one is loaded. */
struct memory {
	struct generation *const *held;
	size_t count;
	struct generation *tried; /* the last try, given up then; or NULL */
};

/* What has not changed since then is shared with it. */
static struct generation *
latest(const struct memory *memory)
{
	if (memory->tried)
		return memory->tried;
	return memory->count > 0 ? memory->held[memory->count - 1] : NULL;
}

/* Bytes of content in g that are not counted yet. */
static uint64_t
count_held(const struct generation *g)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < g->entries_of_files; i++) {
		struct file *f = g->table.entry[i].plain.file;

		if (!f->held || f->counted)
			continue;
		f->counted = true;
		bytes += f->id.size + FIELDS_COST;
	}
	return bytes;
}

static void
forget_count(const struct generation *g)
{
	for (size_t i = 0; i < g->entries_of_files; i++)
		g->table.entry[i].plain.file->counted = false;
}

/* Bytes of content in memory that what is found will not share. */
static uint64_t
held_apart(const struct memory *memory, const struct walk *w)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < w->files; i++) {
		struct file *f = old_file(latest(memory), w->file[i].path);

		if (f && content_unchanged(f, &w->file[i]))
			f->counted = true;
	}
	for (size_t i = 0; i < memory->count; i++)
		bytes += count_held(memory->held[i]);
	if (memory->tried)
		bytes += count_held(memory->tried);
	for (size_t i = 0; i < memory->count; i++)
		forget_count(memory->held[i]);
	if (memory->tried)
		forget_count(memory->tried);
	return bytes;
}

/* What is held, if everything may be that may be at all. */
static uint64_t
could_hold(const struct walk *w)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < w->files; i++)
		if (content_may_hold(&w->file[i]))
			bytes += w->file[i].id.size + FIELDS_COST;
	return bytes;
}

/* The memory limit, without what others have of it. */
static uint64_t
budget(struct generation *g, const struct memory *memory, const struct walk *w)
{
	uint64_t limit = g->options->memory_limit;
	uint64_t apart = held_apart(memory, w);
	uint64_t left = limit > apart ? limit - apart : 0;

	g->squeezed = left < limit && could_hold(w) > left;
	return left;
}

static int
load_files(struct content *c, struct walk *w, const struct generation *old,
    struct choice *choice)
{
	for (size_t i = 0; i < w->files; i++) {
		struct found *found = &w->file[i];

		if (content_load(c, found, old_file(old, found->path),
			is_held(choice, found)) == -1)
			return -1;
		if (found->file) {
			c->report->files++;
			c->report->bytes += found->file->id.size;
		}
		report_progress(c->report);
	}
	return 0;
}

static void
warn_of_missing(const struct generation *g, struct report *report)
{
	if (g->options->fallback.len > 0 && !g->fallback)
		report_warn(report, "the fallback is not there",
		    g->options->fallback, 0);
	/* of an empty one, the demo page tells */
	if (!g->empty && !table_get(&g->table, SPAN("/")))
		report_warn(report, "root has no index", g->options->index, 0);
}

/* Everything but what stands in struct generation before. */
static int
load_all(struct generation *g, const struct memory *memory, struct content *c,
    struct walk *w, bool *holds)
{
	struct choice choice;

	if (walk_begin(w, &g->root, &g->memory, c->report, TREE_ENTRIES_MAX) ==
		-1 ||
	    choose(w, budget(g, memory, w), &choice) == -1 ||
	    load_files(c, w, latest(memory), &choice) == -1 ||
	    generation_fill(g, w, c->began) == -1)
		return -1;
	g->directories = w->directories;
	*holds = !c->moved && walk_holds(w);
	g->empty = generation_files(g) == 0 && c->report->count == 0;
	warn_of_missing(g, c->report);
	return 0;
}

static int
load_once(struct generation *g, const struct memory *memory,
    struct report *report, bool *holds)
{
	struct content c;
	struct walk w = { 0 };
	int err = -1, error;

	if (content_begin(&c, &g->root, report) == 0)
		err = load_all(g, memory, &c, &w, holds);
	error = errno;
	for (size_t i = 0; i < w.files; i++)
		if (w.file[i].file)
			file_drop(w.file[i].file);
	walk_end(&w);
	content_end(&c);
	errno = error;
	return err;
}

/* NULL with errno, and *what says it. */
static struct generation *
load(const struct tree_options *o, const struct memory *memory,
    struct report *report, bool *holds, const char **what)
{
	struct generation *g = calloc(1, sizeof *g);
	int error;

	*what = "cannot be loaded";
	if (!g)
		return NULL;
	g->options = o;
	g->root.fd = -1;
	if (below_begin(&g->root, o->root, &g->memory) == -1) {
		*what = "cannot be opened as a directory";
	} else if (load_once(g, memory, report, holds) == 0) {
		return g;
	}
	error = errno;
	generation_free(g);
	errno = error;
	return NULL;
}

struct generation *
generation_load(
    const struct tree_options *o, struct generation *const *held, size_t count)
{
	struct memory memory = { held, count, NULL };
	const struct generation *old = latest(&memory);
	struct generation *g = NULL;
	struct report report;
	bool holds = false;

	report_begin(&report, o, old != NULL);
	for (int i = 0; i < TRIES && !holds; i++) {
		struct generation *next;
		const char *what;

		report_again(&report);
		memory.tried = g;
		next = load(o, &memory, &report, &holds, &what);
		if (!next) {
			int error = errno;

			report_failed(&report, what, error);
			generation_free(g);
			errno = error;
			return NULL;
		}
		generation_free(g);
		g = next;
	}
	g->whole = holds;
	g->number = old ? old->number + 1 : 1;
	g->duration = clock_monotonic() - report.begin;
	g->warnings = report.sum;
	if (!old || old->warnings != g->warnings)
		report_warnings(&report);
	return g;
}
