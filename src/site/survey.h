/*
 * survey.h - looks at all there is below root, without reading a file, to tell
 * later whether any of it has changed. Symbolic links are looked at, not
 * followed: what they lead to inside root is met on the way in any case, and
 * hidden directories, where links often lead, are looked at too.
 */
#ifndef SITE_SURVEY_H
#define SITE_SURVEY_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* What stands under a path: whether it is another directory by now, or can be
 * read by now. */
struct survey_root {
	uint64_t device, inode;
	struct timespec changed; /* its inode */
	int error;               /* errno if nothing can be had there */
};

struct survey {
	struct survey_root root; /* as it was before anything else */
	/* Names, identities, sizes and times of everything below. */
	uint64_t signature;
	/* Some of it is on a file system that others change without this
	 * kernel's knowing: NFS, SMB, FUSE, 9P and the like. */
	bool remote;
};

struct survey_root survey_root(const char *path);
bool
survey_root_equal(const struct survey_root *a, const struct survey_root *b);

/*
 * Surveys root. With inotify (a descriptor; -1: without) each directory is
 * watched before it is read, so that nothing is missed that changes from here
 * on, and so is each file that may change without its directory's being told:
 * by another name, or from under a mount. -1 with errno if something cannot be
 * watched (inotify(7)), or there is no memory. A directory that cannot be read,
 * root included, is no such error, but a part of the signature.
 *
 * At most SURVEY_ENTRIES_MAX entries, in directories SURVEY_DEPTH_MAX below
 * each other, are looked at.
 */
int survey_take(struct survey *s, const char *root, int inotify);

enum { SURVEY_ENTRIES_MAX = 2000000, SURVEY_DEPTH_MAX = 128 };

#endif
