/*
 * shim_files.c - the shim's part for the content of a site: folders and files,
 * memory, the thread that loads. Details are paths, as they are given.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "faults/shim.h"

REAL(int, openat, int fd, const char *path, int flags, ...);
REAL(int, fstatat, int fd, const char *path, struct stat *st, int flags);
REAL(DIR *, fdopendir, int fd);
REAL(struct dirent *, readdir, DIR *dir);
REAL(int, closedir, DIR *dir);
REAL(ssize_t, readlink, const char *path, char *to, size_t n);
REAL(ssize_t, sendfile, int to, int from, off_t *offset, size_t n);
REAL(void *, malloc, size_t n);
REAL(void *, calloc, size_t count, size_t n);
REAL(void *, reallocarray, void *old, size_t count, size_t n);
REAL(long, syscall, long number, ...);

/* The server creates no file, so there is no mode. */
int
__wrap_openat(int fd, const char *path, int flags, ...)
{
	return fault("openat", path) ? -1 : __real_openat(fd, path, flags);
}

int
__wrap_fstatat(int fd, const char *path, struct stat *st, int flags)
{
	if (fault("fstatat", path))
		return -1;
	return __real_fstatat(fd, path, st, flags);
}

DIR *
__wrap_fdopendir(int fd)
{
	return fault("fdopendir", "") ? NULL : __real_fdopendir(fd);
}

struct dirent *
__wrap_readdir(DIR *dir)
{
	return fault("readdir", "") ? NULL : __real_readdir(dir);
}

/* As close: it has done its work all the same. */
int
__wrap_closedir(DIR *dir)
{
	int effect = fault("closedir", ""), done = __real_closedir(dir);

	if (effect == 0)
		return done;
	errno = effect;
	return -1;
}

ssize_t
__wrap_readlink(const char *path, char *to, size_t n)
{
	int effect = fault("readlink", path);

	return effect > 0 ? -1 : __real_readlink(path, to, cut(effect, n));
}

ssize_t
__wrap_sendfile(int to, int from, off_t *offset, size_t n)
{
	int effect = fault("sendfile", "");

	if (effect > 0 || effect == FAULT_END)
		return effect > 0 ? -1 : 0;
	return __real_sendfile(to, from, offset, cut(effect, n));
}

void *
__wrap_malloc(size_t n)
{
	return fault("malloc", "") ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t count, size_t n)
{
	return fault("calloc", "") ? NULL : __real_calloc(count, n);
}

void *
__wrap_reallocarray(void *old, size_t count, size_t n)
{
	if (fault("reallocarray", ""))
		return NULL;
	return __real_reallocarray(old, count, n);
}

/* Those that libc has no function for, under the names they have. openat2's
 * detail is the path. */
long
__wrap_syscall(long number, ...)
{
	va_list args;
	long fd;
	void *to, *how;
	size_t n;

	va_start(args, number);
	fd = va_arg(args, int);
	to = va_arg(args, void *);
	if (number == SYS_getdents64) {
		n = va_arg(args, size_t);
		va_end(args);
		return fault("getdents64", "")
		    ? -1
		    : __real_syscall(number, fd, to, n);
	}
	how = va_arg(args, void *);
	n = va_arg(args, size_t);
	va_end(args);
	if (number != SYS_openat2)
		abort();
	return fault("openat2", to) ? -1
				    : __real_syscall(number, fd, to, how, n);
}
