/*
 * errors.c - what each function of libc that the server calls may fail with:
 * the section ERRORS of its man page in Linux man-pages 6.03, whatever socket
 * or file it is about, and what a section elsewhere adds (accept(2), NOTES;
 * EIO of a terminal or disk; ENOMEM and EPERM of a filter, socket(7)). And
 * which of that some table has tested.
 */
#include "faults/faults.h"

#include <errno.h>
#include <string.h>

enum { EFFECTS_MAX = 40 };

static const struct errors {
	const char *call;
	int list[EFFECTS_MAX];
} errors[] = {
	{ "accept4",
	    { EAGAIN, EBADF, ECONNABORTED, EFAULT, EINTR, EINVAL, EMFILE,
		ENFILE, ENOBUFS, ENOMEM, ENOTSOCK, EOPNOTSUPP, EPERM, EPROTO,
		ENOSR, ESOCKTNOSUPPORT, EPROTONOSUPPORT, ETIMEDOUT, ENETDOWN,
		ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH, ENETUNREACH } },
	{ "bind",
	    { EACCES, EADDRINUSE, EADDRNOTAVAIL, EBADF, EFAULT, EINVAL, ELOOP,
		ENAMETOOLONG, ENOENT, ENOMEM, ENOTDIR, ENOTSOCK, EROFS } },
	{ "calloc", { ENOMEM } },
	{ "close", { EBADF, EINTR, EIO, ENOSPC, EDQUOT } },
	{ "closedir", { EBADF } },
	{ "connect",
	    { EACCES, EPERM, EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT, EAGAIN,
		EALREADY, EBADF, ECONNREFUSED, EFAULT, EINPROGRESS, EINTR,
		EISCONN, ENETUNREACH, ENOTSOCK, EPROTOTYPE, ETIMEDOUT } },
	{ "epoll_create1", { EINVAL, EMFILE, ENFILE, ENOMEM } },
	{ "epoll_ctl",
	    { EBADF, EEXIST, EINVAL, ELOOP, ENOENT, ENOMEM, ENOSPC, EPERM } },
	{ "epoll_wait", { EBADF, EFAULT, EINTR, EINVAL } },
	{ "eventfd", { EINVAL, EMFILE, ENFILE, ENODEV, ENOMEM } },
	{ "fcntl", { EBADF } }, /* F_GETFD */
	{ "fdopendir",
	    { EACCES, EBADF, EMFILE, ENFILE, ENOENT, ENOMEM, ENOTDIR } },
	{ "fstat", { EBADF, EFAULT, ENOMEM, EOVERFLOW } },
	{ "fstatat",
	    { EACCES, EBADF, EFAULT, EINVAL, ELOOP, ENAMETOOLONG, ENOENT,
		ENOMEM, ENOTDIR, EOVERFLOW } },
	{ "fstatfs", { EBADF, EFAULT, EINTR, EIO, ENOMEM, ENOSYS, EOVERFLOW } },
	{ "getdents64", { EBADF, EFAULT, EINVAL, ENOENT, ENOTDIR } },
	{ "getrandom", { EAGAIN, EFAULT, EINTR, EINVAL, ENOSYS } },
	{ "getrlimit", { EFAULT, EINVAL } },
	{ "getsockname", { EBADF, EFAULT, EINVAL, ENOBUFS, ENOTSOCK } },
	{ "getsockopt", { EBADF, EFAULT, EINVAL, ENOPROTOOPT, ENOTSOCK } },
	{ "inotify_add_watch",
	    { EACCES, EBADF, EEXIST, EFAULT, EINVAL, ENAMETOOLONG, ENOENT,
		ENOMEM, ENOSPC, ENOTDIR } },
	{ "inotify_init1", { EINVAL, EMFILE, ENFILE, ENOMEM } },
	{ "isatty", { EBADF, EINVAL, ENOTTY } },
	{ "listen", { EADDRINUSE, EBADF, ENOTSOCK, EOPNOTSUPP } },
	{ "localtime_r", { EOVERFLOW } },
	{ "madvise",
	    { EACCES, EAGAIN, EBADF, EINVAL, EIO, ENOMEM, EPERM, EBUSY } },
	{ "malloc", { ENOMEM } },
	{ "mmap",
	    { EACCES, EAGAIN, EBADF, EEXIST, EINVAL, ENFILE, ENODEV, ENOMEM,
		EOVERFLOW, EPERM, ETXTBSY } },
	{ "open",
	    { EACCES, EBADF, EBUSY, EDQUOT, EEXIST, EFAULT, EFBIG, EINTR,
		EINVAL, EISDIR, ELOOP, EMFILE, ENAMETOOLONG, ENFILE, ENODEV,
		ENOENT, ENOMEM, ENOSPC, ENOTDIR, ENXIO, EOPNOTSUPP, EOVERFLOW,
		EPERM, EROFS, ETXTBSY, EWOULDBLOCK } },
	{ "openat",
	    { EACCES, EBADF, EBUSY, EDQUOT, EEXIST, EFAULT, EFBIG, EINTR,
		EINVAL, EISDIR, ELOOP, EMFILE, ENAMETOOLONG, ENFILE, ENODEV,
		ENOENT, ENOMEM, ENOSPC, ENOTDIR, ENXIO, EOPNOTSUPP, EOVERFLOW,
		EPERM, EROFS, ETXTBSY, EWOULDBLOCK } },
	/* ENOSYS and EPERM: of a kernel, or a filter, that has none */
	{ "openat2",
	    { EACCES, EAGAIN, EBADF, EFAULT, EINTR, EINVAL, EISDIR, ELOOP,
		EMFILE, ENAMETOOLONG, ENFILE, ENOENT, ENOMEM, ENOTDIR, EPERM,
		E2BIG, EXDEV, ENOSYS } },
	{ "poll", { EFAULT, EINTR, EINVAL, ENOMEM } },
	{ "read", { EAGAIN, EBADF, EFAULT, EINTR, EINVAL, EIO, EISDIR } },
	{ "pthread_create", { EAGAIN, EINVAL, EPERM } },
	{ "pthread_setschedparam", { ESRCH, EINVAL, EPERM } },
	{ "readdir", { EBADF } },
	{ "readlink",
	    { EACCES, EFAULT, EINVAL, EIO, ELOOP, ENAMETOOLONG, ENOENT, ENOMEM,
		ENOTDIR } },
	{ "realloc", { ENOMEM } },
	{ "reallocarray", { ENOMEM } },
	{ "recv",
	    { EAGAIN, EBADF, ECONNREFUSED, EFAULT, EINTR, EINVAL, ENOMEM,
		ENOTCONN, ENOTSOCK, ECONNRESET, ETIMEDOUT } },
	{ "send",
	    { EACCES, EAGAIN, EALREADY, EBADF, ECONNRESET, EDESTADDRREQ, EFAULT,
		EINTR, EINVAL, EISCONN, EMSGSIZE, ENOBUFS, ENOMEM, ENOTCONN,
		ENOTSOCK, EOPNOTSUPP, EPIPE } },
	{ "sendfile",
	    { EAGAIN, EBADF, EFAULT, EINVAL, EIO, ENOMEM, EOVERFLOW, ESPIPE,
		EPIPE, ECONNRESET, EINTR } },
	{ "sendmsg",
	    { EACCES, EAGAIN, EALREADY, EBADF, ECONNRESET, EDESTADDRREQ, EFAULT,
		EINTR, EINVAL, EISCONN, EMSGSIZE, ENOBUFS, ENOMEM, ENOTCONN,
		ENOTSOCK, EOPNOTSUPP, EPIPE } },
	{ "setpriority", { EINVAL, ESRCH, EACCES, EPERM } },
	{ "setrlimit", { EFAULT, EINVAL, EPERM } },
	{ "setsockopt",
	    { EBADF, EFAULT, EINVAL, ENOPROTOOPT, ENOTSOCK, ENOMEM, EPERM } },
	{ "shutdown", { EBADF, EINVAL, ENOTCONN, ENOTSOCK } },
	{ "signal", { EINVAL } },
	{ "signalfd", { EBADF, EINVAL, EMFILE, ENFILE, ENODEV, ENOMEM } },
	{ "sigprocmask", { EFAULT, EINVAL } },
	{ "socket",
	    { EACCES, EAFNOSUPPORT, EINVAL, EMFILE, ENFILE, ENOBUFS, ENOMEM,
		EPROTONOSUPPORT } },
	{ "stat",
	    { EACCES, EBADF, EFAULT, EINVAL, ELOOP, ENAMETOOLONG, ENOENT,
		ENOMEM, ENOTDIR, EOVERFLOW } },
	{ "write",
	    { EAGAIN, EBADF, EDESTADDRREQ, EDQUOT, EFAULT, EFBIG, EINTR, EINVAL,
		EIO, ENOSPC, EPERM, EPIPE } },
	{ "writev",
	    { EAGAIN, EBADF, EDESTADDRREQ, EDQUOT, EFAULT, EFBIG, EINTR, EINVAL,
		EIO, ENOSPC, EPERM, EPIPE } },
};

static bool tested[COUNT(errors)][EFFECTS_MAX];

static size_t
find(const char *call)
{
	for (size_t i = 0; i < COUNT(errors); i++)
		if (strcmp(errors[i].call, call) == 0)
			return i;
	fail_msg("%s: not in the table of errors", call);
	return 0;
}

const int *
errors_of(const char *call)
{
	return errors[find(call)].list;
}

static bool
holds(const int *list, int effect)
{
	for (; list && *list; list++)
		if (*list == effect)
			return true;
	return false;
}

const int *
row_effects(const char *call, const int *only, const int *but)
{
	size_t at = find(call), used = 0;
	const int *from = only ? only : errors[at].list;
	int *list = keep((EFFECTS_MAX + 1) * sizeof *list);

	for (; *from; from++) {
		if (holds(but, *from))
			continue;
		assert_true(used < EFFECTS_MAX);
		list[used++] = *from;
		for (size_t i = 0; i < EFFECTS_MAX; i++)
			if (errors[at].list[i] == *from)
				tested[at][i] = true;
	}
	assert_true(used > 0);
	return list;
}

void
every_error_was_in_a_table(void **state)
{
	unsigned missing = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(errors); i++)
		for (const int *e = errors[i].list; *e; e++)
			if (!tested[i][e - errors[i].list]) {
				print_error("%s: %s is in no table\n",
				    errors[i].call, strerrorname_np(*e));
				missing++;
			}
	assert_int_equal(missing, 0);
}
