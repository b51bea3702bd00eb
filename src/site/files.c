#include "site/files.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static void
close_file(struct open_file *f)
{
	close(f->fd);
	f->open = false;
	if (f->alone_of)
		f->alone_of->alone--;
}

static bool
is_intact(const struct open_file *f)
{
	struct stat st;

	return fstat(f->fd, &st) == 0 && identity_intact(&f->id, &st);
}

/* It is not used again, and closed at once if nobody uses it now. */
static void
forget(struct open_file *f)
{
	f->forgotten = true;
	if (f->users == 0)
		close_file(f);
}

static struct open_file *
find(struct files *files, const struct identity *id)
{
	for (unsigned i = 0; i < files->top; i++) {
		struct open_file *f = &files->file[i];

		if (f->open && !f->forgotten && identity_equal(&f->id, id))
			return f;
	}
	return NULL;
}

/* A place that is free, or becomes so: that which was not used for longest.
 * NULL if all are in use. */
static struct open_file *
make_place(struct files *files)
{
	struct open_file *oldest = NULL;

	for (unsigned i = 0; i < files->top; i++) {
		struct open_file *f = &files->file[i];

		if (!f->open)
			return f;
		if (f->users == 0 && (!oldest || f->used < oldest->used))
			oldest = f;
	}
	if (files->top < FILES_MAX)
		return &files->file[files->top++];
	if (oldest)
		close_file(oldest);
	return oldest;
}

static struct open_file *
open_file(struct files *files, const struct below *root, const char *path,
    const struct identity *id, struct open_file *own)
{
	struct open_file *f = make_place(files);
	bool kept = f != NULL;
	int fd;

	if (!kept && files->alone >= files->alone_max) {
		errno = EMFILE;
		return NULL;
	}
	fd = below_open(root, path, O_RDONLY);
	if (fd == -1)
		return NULL;
	if (!kept) {
		f = own;
		files->alone++;
	}
	*f = (struct open_file){ .id = *id,
		.fd = fd,
		.open = true,
		.forgotten = !kept,
		.alone_of = kept ? NULL : files };
	if (!is_intact(f)) {
		close_file(f);
		errno = ESTALE;
		return NULL;
	}
	return f;
}

struct open_file *
files_take(struct files *files, const struct below *root, const char *path,
    const struct identity *id, struct open_file *own)
{
	struct open_file *f = find(files, id);

	if (f && !is_intact(f)) {
		forget(f);
		f = NULL;
	}
	if (!f)
		f = open_file(files, root, path, id, own);
	if (f) {
		f->users++;
		f->used = ++files->uses;
	}
	return f;
}

static bool
intact(void *owner)
{
	return is_intact(owner);
}

static void
release(void *owner)
{
	struct open_file *f = owner;

	f->users--;
	if (f->users == 0 && f->forgotten)
		close_file(f);
}

const struct source files_source = { intact, release };

void
files_forget(struct files *files)
{
	for (unsigned i = 0; i < files->top; i++)
		if (files->file[i].open)
			forget(&files->file[i]);
}
