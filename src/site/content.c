#include "site/content.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
	TRIES = 3,
	BUFFER_SIZE = 128 * 1024,
	/* Two writes so near to each other may leave the same times: those of
	 * FAT are even seconds. */
	FRESH = 2,
};

enum result { RESULT_WHOLE, RESULT_CHANGED, RESULT_ERROR };

/* The same content has the same tag everywhere. */
static const struct hash_key no_key;

bool
content_may_hold(const struct found *found)
{
	return found->id.size <= (found->link ? TREE_LINKED : TREE_SMALL);
}

bool
content_unchanged(const struct file *f, const struct found *found)
{
	return identity_equal(&f->id, &found->id);
}

int
content_begin(
    struct content *c, const struct below *root, struct report *report)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	*c = (struct content){
		.root = root,
		.report = report,
		.began = now.tv_sec,
		.buffer = malloc(BUFFER_SIZE),
	};
	return c->buffer ? 0 : -1;
}

void
content_end(struct content *c)
{
	free(c->buffer);
	c->buffer = NULL;
}

/* Reads up to size bytes; fewer at the file's end only. -1 with errno. */
static ssize_t
read_full(int fd, char *to, size_t size)
{
	size_t got = 0;

	while (got < size) {
		ssize_t n = read(fd, to + got, size - got);

		if (n == 0)
			break;
		if (n > 0)
			got += (size_t)n;
		else if (errno != EINTR)
			return -1;
	}
	return (ssize_t)got;
}

/* Reads what f->id says there is, into f if it is held. */
static enum result
read_content(const struct content *c, int fd, struct file *f)
{
	uint64_t left = f->id.size;
	struct hash hash;

	hash_begin(&hash, no_key);
	while (left > 0) {
		size_t size = left < BUFFER_SIZE ? (size_t)left : BUFFER_SIZE;
		char *to = f->held ? f->bytes + (f->id.size - left) : c->buffer;
		ssize_t n = read_full(fd, to, size);

		if (n == -1)
			return RESULT_ERROR;
		if ((size_t)n < size)
			return RESULT_CHANGED;
		hash_feed(&hash, (struct span){ to, size });
		left -= size;
		report_progress(c->report);
	}
	f->hash = hash_end(&hash);
	return RESULT_WHOLE;
}

/* One attempt with an open file, which is what it was found to be, or not. */
static enum result
read_once(struct content *c, int fd, struct found *found, bool hold)
{
	enum result result = RESULT_WHOLE;
	struct identity after;
	struct stat st;
	struct file *f;

	if (fstat(fd, &st) == -1)
		return RESULT_ERROR;
	if (st.st_dev != found->id.device || st.st_ino != found->id.inode)
		c->moved = true;
	if (!S_ISREG(st.st_mode))
		return RESULT_CHANGED;
	found->id = identity_of(&st);
	hold = hold && content_may_hold(found);
	f = file_new(&found->id, hold ? found->id.size : 0);
	if (!f)
		return RESULT_ERROR;
	f->held = hold;
	f->fresh = f->id.modified >= c->began - FRESH ||
	    f->id.changed >= c->began - FRESH;
	if (f->id.size <= TREE_HASHED_MAX)
		result = read_content(c, fd, f);
	if (result == RESULT_WHOLE) {
		if (fstat(fd, &st) == -1)
			result = RESULT_ERROR;
		after = identity_of(&st);
		if (result == RESULT_WHOLE && !identity_equal(&f->id, &after))
			result = RESULT_CHANGED;
	}
	if (result == RESULT_WHOLE) {
		found->file = f;
	} else {
		int error = errno;

		file_drop(f);
		errno = error;
	}
	return result;
}

static enum result
read_file(struct content *c, struct found *found, bool hold)
{
	enum result result = RESULT_CHANGED;
	int error;

	for (int i = 0; i < TRIES && result == RESULT_CHANGED; i++) {
		int fd = below_open(c->root, found->path.at + 1, O_RDONLY);

		if (fd == -1)
			return RESULT_ERROR;
		result = read_once(c, fd, found, hold);
		error = errno;
		close(fd);
		errno = error;
	}
	c->files++;
	return result;
}

/* The same content without its bytes. */
static int
copy_without(struct found *found, const struct file *old)
{
	struct file *f = file_new(&old->id, 0);

	if (!f)
		return -1;
	f->hash = old->hash;
	found->file = f;
	return 0;
}

/* What was read again to make sure, and is the same, need not be there twice.
 */
static void
share_again(struct found *found, struct file *old)
{
	struct file *f = found->file;

	if (!identity_equal(&old->id, &f->id) || old->held != f->held ||
	    f->id.size > TREE_HASHED_MAX || old->hash.first != f->hash.first ||
	    old->hash.last != f->hash.last)
		return;
	old->fresh = f->fresh;
	found->file = file_take(old);
	file_drop(f);
}

int
content_load(
    struct content *c, struct found *found, struct file *old, bool hold)
{
	hold = hold && content_may_hold(found);
	if (old && !old->fresh && content_unchanged(old, found)) {
		if (old->held && !hold)
			return copy_without(found, old);
		if (old->held == hold) {
			found->file = file_take(old);
			return 0;
		}
	}
	switch (read_file(c, found, hold)) {
	case RESULT_WHOLE:
		if (old)
			share_again(found, old);
		return 0;
	case RESULT_ERROR:
		if (errno == ENOENT) { /* gone since it was found */
			c->moved = true;
			return 0;
		}
		if (report_is_fatal(c->report, errno))
			return -1;
		report_warn(
		    c->report, "cannot be read: left out", found->path, errno);
		return 0;
	case RESULT_CHANGED:
		break;
	}
	if (old)
		found->file = file_take(old);
	report_warn(c->report,
	    old ? "changes while it is read: served as it was before"
		: "changes while it is read: left out",
	    found->path, 0);
	return 0;
}
