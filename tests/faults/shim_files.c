/*
 * shim_files.c - the shim's part for the content of a site: folders and files,
 * memory, the thread that loads. Details are paths, as they are given.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statfs.h>
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
REAL(void *, realloc, void *old, size_t n);
REAL(int, stat, const char *path, struct stat *st);
REAL(int, fstatfs, int fd, struct statfs *fs);
REAL(int, eventfd, unsigned count, int flags);
REAL(int, inotify_init1, int flags);
REAL(int, inotify_add_watch, int fd, const char *path, uint32_t mask);
REAL(int, setpriority, __priority_which_t of, id_t who, int nice);
REAL(int, pthread_create, pthread_t *thread, const pthread_attr_t *attr,
    void *(*run)(void *), void *argument);
REAL(int, pthread_setschedparam, pthread_t thread, int policy,
    const struct sched_param *param);
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

void *
__wrap_realloc(void *old, size_t n)
{
	return fault("realloc", "") ? NULL : __real_realloc(old, n);
}

int
__wrap_stat(const char *path, struct stat *st)
{
	return fault("stat", path) ? -1 : __real_stat(path, st);
}

int
__wrap_fstatfs(int fd, struct statfs *fs)
{
	return fault("fstatfs", "") ? -1 : __real_fstatfs(fd, fs);
}

int
__wrap_eventfd(unsigned count, int flags)
{
	return fault("eventfd", "") ? -1 : __real_eventfd(count, flags);
}

int
__wrap_inotify_init1(int flags)
{
	return fault("inotify_init1", "") ? -1 : __real_inotify_init1(flags);
}

int
__wrap_inotify_add_watch(int fd, const char *path, uint32_t mask)
{
	if (fault("inotify_add_watch", path))
		return -1;
	return __real_inotify_add_watch(fd, path, mask);
}

int
__wrap_setpriority(__priority_which_t of, id_t who, int nice)
{
	return fault("setpriority", "") ? -1
					: __real_setpriority(of, who, nice);
}

/* These return what others leave in errno. */
int
__wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
    void *(*run)(void *), void *argument)
{
	int effect = fault("pthread_create", "");

	if (effect != 0)
		return effect;
	return __real_pthread_create(thread, attr, run, argument);
}

int
__wrap_pthread_setschedparam(
    pthread_t thread, int policy, const struct sched_param *param)
{
	int effect = fault("pthread_setschedparam", "");

	if (effect != 0)
		return effect;
	return __real_pthread_setschedparam(thread, policy, param);
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
