/*
 * content.h - reads files: their content, or what tells it from another.
 */
#ifndef SITE_CONTENT_H
#define SITE_CONTENT_H

#include "site/below.h"
#include "site/file.h"
#include "site/report.h"
#include "site/walk.h"

struct content {
	const struct below *root;
	struct report *report;
	int64_t began;  /* the load, s since 1970 */
	char *buffer;   /* for what is not kept */
	uint64_t files; /* that were read */
	bool moved;     /* a file was not the one that was found */
};

/* True if a file of this size may be held at all. */
bool content_may_hold(const struct found *found);

/* True if found, by what the walk has seen, still has the content of f; unless
 * f is fresh, for sure. */
bool content_unchanged(const struct file *f, const struct found *found);

/* -1 with ENOMEM. */
int content_begin(
    struct content *c, const struct below *root, struct report *report);
void content_end(struct content *c);

/*
 * Loads found->file, with its bytes in memory if hold says so; from old (the
 * content it had in an earlier load, or NULL) without reading, where it has not
 * changed since. NULL if it had to be left out, with a warning. -1 with errno
 * if there was not enough of memory or open files.
 */
int content_load(
    struct content *c, struct found *found, struct file *old, bool hold);

#endif
