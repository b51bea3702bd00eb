/*
 * file.h - a file's content, as it was loaded: shared by the generations it did
 * not change between.
 */
#ifndef SITE_FILE_H
#define SITE_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/hash.h"

/* What changes if a file is replaced or written to. */
struct identity {
	uint64_t device, inode, size;
	int64_t modified, changed; /* s since 1970: content; inode, too */
	uint32_t modified_ns, changed_ns;
};

struct identity identity_of(const struct stat *st);

bool identity_equal(const struct identity *a, const struct identity *b);

/*
 * True if an open file, st by now, still has the content it had as id. A file
 * that lost its last name cannot have been written to by name since, though its
 * inode has changed.
 */
bool identity_intact(const struct identity *id, const struct stat *st);

/* Never changed after it was loaded, but for what the loader alone looks at:
 * users, fresh and counted. */
struct file {
	struct identity id;
	struct hash_value hash; /* with size up to TREE_HASHED_MAX */
	uint32_t users;         /* generations; the loader's alone */
	bool held;              /* in bytes, id.size of them */
	bool fresh;             /* it may have changed without a trace */
	bool counted;           /* for generation_load, while it counts */
	char bytes[];
};

/* A file with one user and room for size bytes; NULL with ENOMEM. */
struct file *file_new(const struct identity *id, uint64_t size);
struct file *file_take(struct file *f);
/* Frees f with its last user. */
void file_drop(struct file *f);

#endif
