#include "site/file.h"

#include <stdlib.h>

struct identity
identity_of(const struct stat *st)
{
	return (struct identity){
		.device = st->st_dev,
		.inode = st->st_ino,
		.size = (uint64_t)st->st_size,
		.modified = st->st_mtim.tv_sec,
		.modified_ns = (uint32_t)st->st_mtim.tv_nsec,
		.changed = st->st_ctim.tv_sec,
		.changed_ns = (uint32_t)st->st_ctim.tv_nsec,
	};
}

static bool
same_content(const struct identity *a, const struct identity *b)
{
	return a->device == b->device && a->inode == b->inode &&
	    a->size == b->size && a->modified == b->modified &&
	    a->modified_ns == b->modified_ns;
}

bool
identity_equal(const struct identity *a, const struct identity *b)
{
	return same_content(a, b) && a->changed == b->changed &&
	    a->changed_ns == b->changed_ns;
}

bool
identity_intact(const struct identity *id, const struct stat *st)
{
	struct identity now = identity_of(st);

	return st->st_nlink == 0 ? same_content(id, &now)
				 : identity_equal(id, &now);
}

struct file *
file_new(const struct identity *id, uint64_t size)
{
	struct file *f = malloc(sizeof *f + size);

	if (f)
		*f = (struct file){ .id = *id, .users = 1 };
	return f;
}

struct file *
file_take(struct file *f)
{
	f->users++;
	return f;
}

void
file_drop(struct file *f)
{
	if (--f->users == 0)
		free(f);
}
