/*
 * tree.h - a generation: all that is served of a directory, as it was at one
 * time. It is loaded aside, never changed, and replaced as a whole. A URL is
 * looked up in it and never becomes a path.
 *
 * Served are regular files, and symbolic links that stay inside root; a name
 * that begins with a dot is left out, but for .well-known. A directory with an
 * index answers under its path with a slash behind it; without one it is a
 * redirect there.
 */
#ifndef SITE_TREE_H
#define SITE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "site/note.h"
#include "site/rules.h"

enum {
	TREE_SMALL = 256 * 1024, /* bytes: larger files stay on the disk */
	/* But for those behind a symbolic link: all of a ConfigMap, whose links
	 * lead elsewhere some time before the next load is done. */
	TREE_LINKED = 1024 * 1024,
	TREE_DEPTH_MAX = 64,        /* directories below each other */
	TREE_ENTRIES_MAX = 1000000, /* files and directories */
	TREE_WARNINGS_MAX = 8,      /* told one by one in a load */
};
/* Larger files are told apart by size and time, without reading them. */
#define TREE_HASHED_MAX (UINT64_C(64) << 20)

/* All of it has to outlive the generations loaded with it. */
struct tree_options {
	const char *root;
	struct span index;    /* a file's name */
	struct span fallback; /* a path below root, or empty */
	const struct cache_rules *rules;
	uint64_t memory_limit; /* bytes of content and of its fields, in all
	                        * generations together */
	bool nosniff;          /* send X-Content-Type-Options */
	bool cache_control;    /* send Cache-Control */
	site_tell *tell;
	void *context;
};

struct generation;
struct entry;

/*
 * Loads root as it is now. held are the generations that are in memory, count
 * of them: what has not changed since the last of them was loaded is shared
 * with it and not read again, and the content they hold besides is taken off
 * the memory limit. Blocks on the disk. Tells warnings and progress. NULL with
 * errno, and a SITE_FAILED told, if root cannot be read or there is not enough
 * of memory or of open files; nothing is kept of it then. That it is served
 * (SITE_LOADED) is for the caller to tell.
 *
 * Loads and frees of generations that may share files go in one thread.
 */
struct generation *generation_load(
    const struct tree_options *o, struct generation *const *held, size_t count);

/* Nobody may use it any more: see generation_users. NULL does nothing. */
void generation_free(struct generation *g);

/*
 * What answers under a path, still encoded as it came in a request; NULL if
 * nothing does. A look into memory: it neither allocates nor asks the system.
 * The entry lives as long as its generation.
 */
const struct entry *
generation_find(const struct generation *g, struct span path);

/* True if the same answers come from both. */
bool generation_equal(const struct generation *a, const struct generation *b);

/* False if files came, went or were replaced in each of the tries to load it:
 * it may be a mix of before and after. */
bool generation_whole(const struct generation *g);

/* True if it would hold more content, but for generations before it. */
bool generation_squeezed(const struct generation *g);

/* How many directories it was loaded from, root and links among them. */
size_t generation_directories(const struct generation *g);

uint64_t generation_number(const struct generation *g); /* 1 is the first */
uint64_t generation_files(const struct generation *g);
/* True if nobody has put anything there yet: not if it was left out. */
bool generation_empty(const struct generation *g);
uint64_t generation_bytes(const struct generation *g); /* of these files */
/* Bytes of memory for content and its fields, as memory_limit counts them. */
uint64_t generation_held(const struct generation *g);
uint64_t generation_duration(const struct generation *g); /* of its load, ns */

/*
 * Answers that borrow from it. The loop, one thread alone, takes and drops;
 * whoever frees looks, after the loop has given the generation up: then it sees
 * no more come.
 */
void generation_take(struct generation *g);
void generation_drop(struct generation *g);
uint64_t generation_users(const struct generation *g);

#endif
