/*
 * below.h - opens what stands below a directory, and nothing else, whatever
 * symbolic links lie on the way: the kernel checks that (openat2(2),
 * RESOLVE_BENEATH), or where it cannot, /proc tells what was opened.
 */
#ifndef SITE_BELOW_H
#define SITE_BELOW_H

#include <stdbool.h>

#include "site/arena.h"

enum below_check {
	BELOW_KERNEL, /* openat2 */
	BELOW_PROC,   /* a link's end is looked up in /proc */
	BELOW_NONE,   /* neither: links are not followed */
};

struct below {
	int fd;
	enum below_check check;
	const char *real; /* with BELOW_PROC: where the directory is */
};

/*
 * Opens the directory. What has to be remembered goes into memory, which must
 * live as long. -1 with errno; then there is nothing to close.
 */
int below_begin(struct below *b, const char *root, struct arena *memory);
void below_end(struct below *b);

/*
 * open(2) of a path relative to the directory, without "." and ".." in it;
 * O_CLOEXEC and O_NONBLOCK (no FIFO holds us) are added. -1 with errno: EXDEV
 * if it leads out, ELOOP also for a link with BELOW_NONE.
 */
int below_open(const struct below *b, const char *path, int flags);

/* True if an error tells of us, not of the file: too many open, no memory. */
bool below_exhausted(int error);

#endif
