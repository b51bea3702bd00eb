/*
 * walk.h - finds what there is below a root: files, and the directories they
 * are in. Reads no file.
 */
#ifndef SITE_WALK_H
#define SITE_WALK_H

#include "site/arena.h"
#include "site/below.h"
#include "site/file.h"
#include "site/report.h"

/* A path begins with a slash and ends in a NUL. */
struct found {
	struct span path;
	struct identity id;
	struct file *file; /* for the caller */
	bool link;
};

struct directory {
	struct span path; /* of root: "" */
	struct identity id;
	uint32_t parent; /* the first is its own */
	uint32_t depth;
	bool left_out; /* it could not be read */
};

struct walk {
	const struct below *root;
	struct arena *memory; /* of the paths */
	struct report *report;
	struct found *file;
	struct directory *directory; /* the first is root */
	size_t files, files_room;
	size_t directories, directories_room;
	size_t entries, entries_max; /* looked at */
};

/*
 * Walks what is below root, entries_max names at the most. -1 with errno if
 * root cannot be read, or there is not enough of memory or open files; what
 * else cannot be served is left out, with a warning. Call walk_end in any case.
 */
int walk_begin(struct walk *w, const struct below *root, struct arena *memory,
    struct report *report, size_t entries_max);

/* True if nothing moved since: files may have been written to, but none came,
 * went, or was replaced, and no link leads elsewhere. */
bool walk_holds(const struct walk *w);

void walk_end(struct walk *w);

#endif
