/*
 * made.h - a directory for a test: made below TMPDIR, filled by a line a file,
 * loaded, and removed with everything in it.
 */
#ifndef TESTS_SITE_MADE_H
#define TESTS_SITE_MADE_H

#include "site/generation.h"

enum { MADE_NOTES = 64 };

/* What a load said. */
struct made_note {
	enum site_note_kind kind;
	char what[128];
	char path[512];
	int error;
	uint64_t files;
};

struct made {
	char base[64]; /* the directory's own directory */
	char root[80]; /* base/root */
	struct cache_rules rules;
	struct tree_options options; /* of root, with room for everything */
	struct made_note note[MADE_NOTES];
	size_t notes;
};

/* cmocka's setup and teardown: *state is a struct made. */
int made_begin(void **state);
int made_end(void **state);

/* A path in root; it lives until the third call after it. */
const char *made_path(const struct made *m, const char *name);

/* A file with this content, and the directories it is in. */
void made_file(const struct made *m, const char *name, const char *content);
void made_bytes(const struct made *m, const char *name, struct span content);
/* The same with size bytes that depend on seed. */
void
made_sized(const struct made *m, const char *name, size_t size, unsigned seed);
void made_directory(const struct made *m, const char *name);
void made_link(const struct made *m, const char *name, const char *target);
void made_remove(const struct made *m, const char *name);

/* Loads it; must succeed. Forgets earlier notes. */
struct generation *made_load(struct made *m, struct generation *old);

/* The bytes that an encoded path is answered with, from memory. */
void
made_expect(const struct generation *g, const char *path, const char *content);
void made_expect_nothing(const struct generation *g, const char *path);

/* The note about a path of this kind; NULL if there is none. */
const struct made_note *
made_noted(const struct made *m, enum site_note_kind kind, const char *path);

#endif
