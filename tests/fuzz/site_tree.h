/*
 * site_tree.h - a small site in a temporary directory, as files; and what is to
 * be answered from it, by a look at each of them.
 */
#ifndef TESTS_FUZZ_SITE_TREE_H
#define TESTS_FUZZ_SITE_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "http/request.h"

enum { TREE_NOW = 1800000000 };

struct tree_file {
	const char *name; /* below root */
	size_t size;
	int64_t modified;
	const char *content; /* is written at the start */
	/* As the site tells them: learned at the start. */
	char etag[64], type[96];
};

extern struct tree_file tree_file[];
extern const size_t tree_files;

/* Makes it, and sees to it that it is removed at exit; the path of root. */
const char *tree_make(void);

/* What a path names. */
struct tree_hit {
	const struct tree_file *plain; /* NULL: a redirect, or nothing */
	bool redirect;
};
struct tree_hit tree_find(struct span decoded);

/* The file of that name, or NULL. */
const struct tree_file *tree_named(struct span name);

/* Last-Modified; negative: it is not told. */
int64_t tree_modified(const struct tree_file *f);

/* The file that is sent for a plain one, the name of its coding ("" for none),
 * and whether there was a choice. */
const struct tree_file *tree_pick(const struct tree_file *plain,
    const struct request *req, const char **coding, bool *vary);

#endif
