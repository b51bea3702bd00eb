/*
 * entry.h - what a path is answered with: a file, in one coding or more, or a
 * redirect.
 */
#ifndef SITE_ENTRY_H
#define SITE_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"
#include "http/accept.h"
#include "http/entity.h"
#include "site/arena.h"
#include "site/file.h"
#include "site/tree.h"

struct representation {
	struct file *file; /* NULL: none */
	/* What is told of it, with a file that is held; else it is to be
	 * composed: entry_describe. */
	const struct entity *entity;
	const char *path; /* of the file, below root, ends in a NUL */
	uint16_t length;  /* of path */
	uint8_t coding;   /* enum coding */
	uint8_t rule;     /* of Cache-Control; their count: none */
	bool vary;        /* there are other codings */
};

struct entry {
	struct span path;             /* decoded */
	struct representation plain;  /* without a file: a redirect to path/ */
	struct representation *other; /* codings, or NULL */
	unsigned others;
};

/*
 * Writes what is told of a representation, of a file whose Last-Modified is not
 * told if it is later than now. memory has ENTRY_DESCRIBE_MAX bytes of room; it
 * and r must stay as long as e is used.
 */
enum {
	ENTRY_TAG_MAX = 40,
	ENTRY_DESCRIBE_MAX = ENTITY_FIELDS_MAX + ENTRY_TAG_MAX
};
void
entry_describe(const struct tree_options *o, const struct representation *r,
    int64_t now, struct buf *memory, struct entity *e);

/* The coding that a path's end tells of, and the length of that end. */
enum coding entry_coding(struct span path, size_t *suffix);

#endif
