/*
 * shim.c - linked into a server whose kernel is to fail: each __wrap_NAME takes
 * the place of NAME (ld(1), --wrap), looks into the plan (plan.h), and calls
 * NAME where nothing else is planned. Without a plan it is an ordinary server.
 *
 * shim_files.c has the calls that files and threads need.
 *
 * A failed close and a connect that says "in progress" have done their work all
 * the same, as in Linux: close(2), NOTES; connect(2), EINPROGRESS.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "faults/shim.h"

/* Taken away at the end, while the site's thread may still make calls. */
static struct plan *_Atomic plan;

int __real_open(const char *path, int flags, ...);
int __real_close(int fd);
void *
__real_mmap(void *at, size_t n, int prot, int flags, int fd, off_t offset);

__attribute__((constructor)) static void
find_plan(void)
{
	const char *path = getenv(FAULTS_VARIABLE);
	int fd = path ? __real_open(path, O_RDWR | O_CLOEXEC) : -1;
	void *memory;

	if (fd < 0)
		return;
	memory = __real_mmap(NULL, sizeof(struct plan), PROT_READ | PROT_WRITE,
	    MAP_SHARED, fd, 0);
	__real_close(fd);
	if (memory != MAP_FAILED)
		plan = memory;
}

/* What counts coverage writes it down after the server's end, and is no part of
 * it: nothing fails any more. */
static void __attribute__((destructor)) end_plan(void)
{
	plan = NULL;
}

int
fault(const char *call, const char *detail)
{
	struct plan *now = plan;
	int effect = 0;

	for (size_t i = 0; now && i < FAULTS_MAX; i++) {
		struct fault *f = &now->fault[i];
		unsigned n;

		if (!atomic_load(&f->armed) || strcmp(f->call, call) != 0 ||
		    (f->detail[0] && strcmp(f->detail, detail) != 0))
			continue;
		n = atomic_fetch_add(&f->calls, 1) + 1;
		if (f->effect == FAULT_COUNT || effect != 0 || n < f->from ||
		    n - f->from >= f->count)
			continue;
		atomic_fetch_add(&f->hits, 1);
		effect = f->effect;
	}
	if (effect == FAULT_STOP) {
		raise(SIGSTOP);
		return 0;
	}
	if (effect > 0)
		errno = effect;
	return effect;
}

size_t
cut(int effect, size_t n)
{
	if (effect == FAULT_SHORT && n > 1)
		return 1;
	if (effect == FAULT_HALF && n > 1)
		return n / 2;
	return n;
}

/* Standard output and error, or whatever else. */
static const char *
stream(int fd)
{
	return fd == STDERR_FILENO ? "stderr" : "stdout";
}

/* ---- clocks ---- */

REAL(int, clock_gettime, clockid_t id, struct timespec *to);

int
__wrap_clock_gettime(clockid_t id, struct timespec *to)
{
	bool real = id == CLOCK_REALTIME;
	int effect = fault("clock_gettime", real ? "realtime" : "");
	int done = __real_clock_gettime(id, to);

	if (effect == FAULT_BACK)
		to->tv_sec -= 5 * 3600;
	return done;
}

/* ---- sockets ---- */

REAL(int, socket, int family, int type, int protocol);
REAL(int, bind, int fd, const struct sockaddr *to, socklen_t size);
REAL(int, listen, int fd, int backlog);
REAL(int, accept4, int fd, struct sockaddr *peer, socklen_t *n, int flags);
REAL(int, connect, int fd, const struct sockaddr *to, socklen_t size);
REAL(int, getsockname, int fd, struct sockaddr *is, socklen_t *size);
REAL(int, getsockopt, int fd, int level, int name, void *to, socklen_t *n);
REAL(int, setsockopt, int fd, int level, int name, const void *is,
    socklen_t size);
REAL(int, shutdown, int fd, int how);
REAL(ssize_t, recv, int fd, void *to, size_t n, int flags);
REAL(ssize_t, send, int fd, const void *from, size_t n, int flags);
REAL(ssize_t, sendmsg, int fd, const struct msghdr *message, int flags);

int
__wrap_socket(int family, int type, int protocol)
{
	if (fault("socket", ""))
		return -1;
	return __real_socket(family, type, protocol);
}

int
__wrap_bind(int fd, const struct sockaddr *to, socklen_t size)
{
	return fault("bind", "") ? -1 : __real_bind(fd, to, size);
}

int
__wrap_listen(int fd, int backlog)
{
	return fault("listen", "") ? -1 : __real_listen(fd, backlog);
}

int
__wrap_accept4(int fd, struct sockaddr *peer, socklen_t *n, int flags)
{
	return fault("accept4", "") ? -1 : __real_accept4(fd, peer, n, flags);
}

int
__wrap_connect(int fd, const struct sockaddr *to, socklen_t size)
{
	int effect = fault("connect", "");

	if (effect != 0 && effect != EINPROGRESS && effect != EINTR)
		return -1;
	if (effect == 0)
		return __real_connect(fd, to, size);
	__real_connect(fd, to, size);
	errno = effect;
	return -1;
}

int
__wrap_getsockname(int fd, struct sockaddr *is, socklen_t *size)
{
	return fault("getsockname", "") ? -1 : __real_getsockname(fd, is, size);
}

int
__wrap_getsockopt(int fd, int level, int name, void *to, socklen_t *n)
{
	if (fault("getsockopt", ""))
		return -1;
	return __real_getsockopt(fd, level, name, to, n);
}

int
__wrap_setsockopt(int fd, int level, int name, const void *is, socklen_t size)
{
	if (fault("setsockopt", ""))
		return -1;
	return __real_setsockopt(fd, level, name, is, size);
}

int
__wrap_shutdown(int fd, int how)
{
	return fault("shutdown", "") ? -1 : __real_shutdown(fd, how);
}

ssize_t
__wrap_recv(int fd, void *to, size_t n, int flags)
{
	int effect = fault("recv", "");

	if (effect > 0 || effect == FAULT_END)
		return effect > 0 ? -1 : 0;
	return __real_recv(fd, to, cut(effect, n), flags);
}

ssize_t
__wrap_send(int fd, const void *from, size_t n, int flags)
{
	int effect = fault("send", "");

	if (effect > 0)
		return -1;
	return __real_send(fd, from, cut(effect, n), flags);
}

/* The parts that hold the first bytes of those in from; returns how many. */
static size_t
cut_parts(int effect, const struct iovec *from, size_t count, struct iovec *to)
{
	size_t all = 0, used = 0;

	for (size_t i = 0; i < count; i++)
		all += from[i].iov_len;
	all = cut(effect, all);
	while (all > 0) {
		to[used] = from[used];
		if (to[used].iov_len > all)
			to[used].iov_len = all;
		all -= to[used++].iov_len;
	}
	return used;
}

ssize_t
__wrap_sendmsg(int fd, const struct msghdr *message, int flags)
{
	int effect = fault("sendmsg", "");
	struct iovec part[2];
	struct msghdr less = *message;

	if (effect > 0)
		return -1;
	less.msg_iov = part;
	less.msg_iovlen =
	    cut_parts(effect, message->msg_iov, message->msg_iovlen, part);
	return __real_sendmsg(fd, &less, flags);
}

/* ---- descriptors ---- */

REAL(int, fstat, int fd, struct stat *st);
REAL(int, fcntl, int fd, int command, ...);
REAL(int, isatty, int fd);
REAL(int, poll, struct pollfd *p, nfds_t n, int ms);
REAL(ssize_t, read, int fd, void *to, size_t n);
REAL(ssize_t, write, int fd, const void *from, size_t n);
REAL(ssize_t, writev, int fd, const struct iovec *part, int count);
int __wrap_open(const char *path, int flags, ...);
int __wrap_close(int fd);

/* The server creates no file, so there is no mode. Detail: the path. */
int
__wrap_open(const char *path, int flags, ...)
{
	return fault("open", path) ? -1 : __real_open(path, flags);
}

int
__wrap_close(int fd)
{
	int effect = fault("close", ""), done = __real_close(fd);

	if (effect == 0)
		return done;
	errno = effect;
	return -1;
}

int
__wrap_fstat(int fd, struct stat *st)
{
	return fault("fstat", "") ? -1 : __real_fstat(fd, st);
}

/* Of F_GETFD and its like, without a third argument. */
int
__wrap_fcntl(int fd, int command, ...)
{
	return fault("fcntl", "") ? -1 : __real_fcntl(fd, command);
}

int
__wrap_isatty(int fd)
{
	return fault("isatty", "") ? 0 : __real_isatty(fd);
}

/* Detail: stderr or stdout, which also stands for a probe's socket. */
int
__wrap_poll(struct pollfd *p, nfds_t n, int ms)
{
	return fault("poll", stream(p->fd)) ? -1 : __real_poll(p, n, ms);
}

ssize_t
__wrap_read(int fd, void *to, size_t n)
{
	int effect = fault("read", "");

	if (effect > 0 || effect == FAULT_END)
		return effect > 0 ? -1 : 0;
	return __real_read(fd, to, cut(effect, n));
}

/* Detail: stderr or stdout. */
ssize_t
__wrap_write(int fd, const void *from, size_t n)
{
	int effect = fault("write", stream(fd));

	if (effect > 0 || effect == FAULT_END)
		return effect > 0 ? -1 : 0;
	return __real_write(fd, from, cut(effect, n));
}

ssize_t
__wrap_writev(int fd, const struct iovec *part, int count)
{
	int effect = fault("writev", "");
	struct iovec less[2];

	if (effect > 0)
		return -1;
	count = (int)cut_parts(effect, part, (size_t)count, less);
	return __real_writev(fd, less, count);
}

/* ---- the loop and signals ---- */

REAL(int, epoll_create1, int flags);
REAL(int, epoll_ctl, int fd, int what, int of, struct epoll_event *event);
REAL(int, epoll_wait, int fd, struct epoll_event *events, int max, int ms);
REAL(int, signalfd, int fd, const sigset_t *set, int flags);
REAL(int, sigprocmask, int how, const sigset_t *set, sigset_t *old);
REAL(sighandler_t, signal, int number, sighandler_t handler);

int
__wrap_epoll_create1(int flags)
{
	return fault("epoll_create1", "") ? -1 : __real_epoll_create1(flags);
}

/* Detail: ADD, MOD or DEL. */
int
__wrap_epoll_ctl(int fd, int what, int of, struct epoll_event *event)
{
	const char *detail = what == EPOLL_CTL_ADD ? "ADD"
	    : what == EPOLL_CTL_MOD                ? "MOD"
						   : "DEL";

	if (fault("epoll_ctl", detail))
		return -1;
	return __real_epoll_ctl(fd, what, of, event);
}

int
__wrap_epoll_wait(int fd, struct epoll_event *events, int max, int ms)
{
	if (fault("epoll_wait", ""))
		return -1;
	return __real_epoll_wait(fd, events, max, ms);
}

int
__wrap_signalfd(int fd, const sigset_t *set, int flags)
{
	return fault("signalfd", "") ? -1 : __real_signalfd(fd, set, flags);
}

int
__wrap_sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
	if (fault("sigprocmask", ""))
		return -1;
	return __real_sigprocmask(how, set, old);
}

sighandler_t
__wrap_signal(int number, sighandler_t handler)
{
	return fault("signal", "") ? SIG_ERR : __real_signal(number, handler);
}

/* ---- memory, limits, chance, time ---- */

REAL(int, madvise, void *at, size_t n, int advice);
REAL(int, getrlimit, __rlimit_resource_t which, struct rlimit *limit);
REAL(int, setrlimit, __rlimit_resource_t which, const struct rlimit *limit);
REAL(ssize_t, getrandom, void *to, size_t n, unsigned flags);
REAL(struct tm *, localtime_r, const time_t *seconds, struct tm *to);
void *
__wrap_mmap(void *at, size_t n, int prot, int flags, int fd, off_t offset);

void *
__wrap_mmap(void *at, size_t n, int prot, int flags, int fd, off_t offset)
{
	if (fault("mmap", ""))
		return MAP_FAILED;
	return __real_mmap(at, n, prot, flags, fd, offset);
}

int
__wrap_madvise(void *at, size_t n, int advice)
{
	return fault("madvise", "") ? -1 : __real_madvise(at, n, advice);
}

int
__wrap_getrlimit(__rlimit_resource_t which, struct rlimit *limit)
{
	return fault("getrlimit", "") ? -1 : __real_getrlimit(which, limit);
}

int
__wrap_setrlimit(__rlimit_resource_t which, const struct rlimit *limit)
{
	return fault("setrlimit", "") ? -1 : __real_setrlimit(which, limit);
}

ssize_t
__wrap_getrandom(void *to, size_t n, unsigned flags)
{
	int effect = fault("getrandom", "");

	if (effect > 0)
		return -1;
	return __real_getrandom(to, cut(effect, n), flags);
}

struct tm *
__wrap_localtime_r(const time_t *seconds, struct tm *to)
{
	if (fault("localtime_r", ""))
		return NULL;
	return __real_localtime_r(seconds, to);
}
