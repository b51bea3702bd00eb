#include "site/below.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"

enum {
	/* of openat2(2); its header may be missing */
	NO_MAGICLINKS = 0x02,
	BENEATH = 0x08,
	ALWAYS = O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
	TRIES = 16, /* where a rename gets in the kernel's way */
	LINK_NAME_MAX = 32,
};

struct how {
	uint64_t flags, mode, resolve;
};

static int
open_kernel(int fd, const char *path, int flags)
{
	/* the kernel refuses flags that O_PATH makes meaningless */
	struct how how = {
		.flags = (uint64_t)(flags & O_PATH ? flags | O_CLOEXEC
						   : flags | ALWAYS),
		.resolve = BENEATH | NO_MAGICLINKS,
	};
	long got = -1;

	for (int i = 0; i < TRIES && got == -1; i++) {
		got = syscall(SYS_openat2, fd, path, &how, sizeof how);
		if (got == -1 && errno != EAGAIN && errno != EINTR)
			break;
	}
	return (int)got;
}

static void
link_name(char name[LINK_NAME_MAX], int fd)
{
	struct buf b = buf_over(name, LINK_NAME_MAX);

	buf_put(&b, SPAN("/proc/self/fd/"));
	buf_u64(&b, (uint64_t)fd);
	buf_char(&b, '\0');
}

/* Where an open file is; -1 with errno if that cannot be told. */
static ssize_t
real_path(int fd, char path[PATH_MAX])
{
	char name[LINK_NAME_MAX];
	ssize_t n;

	link_name(name, fd);
	n = readlink(name, path, PATH_MAX - 1);
	if (n >= 0)
		path[n] = '\0';
	return n;
}

static bool
is_below(const char *root, const char *path)
{
	size_t n = strlen(root);

	if (n == 1) /* all of it */
		return true;
	return strncmp(root, path, n) == 0 &&
	    (path[n] == '/' || path[n] == '\0');
}

/* Opens without any effect on what is opened, looks where that is, and opens
 * it for good only then. */
static int
open_proc(const struct below *b, const char *path, int flags)
{
	char real[PATH_MAX], name[LINK_NAME_MAX];
	int seen = openat(b->fd, path, O_PATH | O_CLOEXEC);
	int fd = -1, error;

	if (seen == -1)
		return -1;
	if (real_path(seen, real) == -1) {
		error = errno;
	} else if (!is_below(b->real, real)) {
		error = EXDEV;
	} else if (flags & O_PATH) {
		return seen;
	} else {
		link_name(name, seen);
		fd = open(name, flags | ALWAYS);
		error = errno;
	}
	close(seen);
	errno = error;
	return fd;
}

/* Segment by segment, none of which may be a link. */
static int
open_plain(const struct below *b, const char *path, int flags)
{
	int at = b->fd, fd;

	for (;;) {
		size_t n = strcspn(path, "/");
		char name[NAME_MAX + 1];
		bool last = path[n] == '\0';
		int error;

		if (n > NAME_MAX) {
			fd = -1;
			error = ENAMETOOLONG;
		} else {
			memcpy(name, path, n);
			name[n] = '\0';
			fd = openat(at, name,
			    O_NOFOLLOW |
				(last ? flags | ALWAYS
				      : O_PATH | O_DIRECTORY | O_CLOEXEC));
			error = errno;
		}
		if (at != b->fd)
			close(at);
		errno = error;
		if (last || fd == -1)
			return fd;
		at = fd;
		path += n + 1;
	}
}

int
below_open(const struct below *b, const char *path, int flags)
{
	switch (b->check) {
	case BELOW_KERNEL:
		return open_kernel(b->fd, path, flags);
	case BELOW_PROC:
		return open_proc(b, path, flags);
	case BELOW_NONE:
		break;
	}
	return open_plain(b, path, flags);
}

/* Finds out which check there is. */
static int
choose(struct below *b, struct arena *memory)
{
	char path[PATH_MAX], *kept;
	int fd = open_kernel(b->fd, ".", O_PATH);
	ssize_t n;

	if (fd != -1) {
		close(fd);
		b->check = BELOW_KERNEL;
		return 0;
	}
	if (below_exhausted(errno))
		return -1;
	b->check = BELOW_NONE;
	n = real_path(b->fd, path);
	/* what is not seen from here has another form of path */
	if (n <= 0 || path[0] != '/')
		return 0;
	kept = arena_take(memory, (size_t)n + 1, 1);
	if (!kept)
		return -1;
	memcpy(kept, path, (size_t)n + 1);
	b->check = BELOW_PROC;
	b->real = kept;
	return 0;
}

int
below_begin(struct below *b, const char *root, struct arena *memory)
{
	*b =
	    (struct below){ .fd = open(root, O_RDONLY | O_DIRECTORY | ALWAYS) };
	if (b->fd == -1)
		return -1;
	if (choose(b, memory) == -1) {
		int error = errno;

		below_end(b);
		errno = error;
		return -1;
	}
	return 0;
}

void
below_end(struct below *b)
{
	close(b->fd);
	b->fd = -1;
}

bool
below_exhausted(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOMEM;
}
