/*
 * generation.h - what a generation is made of: for those who make it and answer
 * from it.
 */
#ifndef SITE_GENERATION_H
#define SITE_GENERATION_H

#include <stdatomic.h>

#include "site/arena.h"
#include "site/below.h"
#include "site/entry.h"
#include "site/table.h"
#include "site/tree.h"
#include "site/walk.h"

struct generation {
	const struct tree_options *options;
	struct below root;
	struct arena memory; /* of paths and fields */
	/* The first of its entries are the files, under their own path; each
	 * of these is a user of its file. */
	struct table table;
	size_t entries_of_files;
	size_t directories;
	const struct entry *fallback, *not_found; /* or NULL */
	uint64_t number, bytes, held, duration;
	uint64_t warnings; /* what they were about */
	bool whole;
	bool empty; /* nothing was there, not even what cannot be served */
	bool squeezed;
	_Atomic uint64_t users;
};

/*
 * Fills the table of a generation with what was found and loaded (those without
 * a file are passed over), and takes the files over from there. now is in
 * seconds since 1970. -1 with ENOMEM; the generation can be freed all the same.
 */
int generation_fill(struct generation *g, struct walk *w, int64_t now);

#endif
