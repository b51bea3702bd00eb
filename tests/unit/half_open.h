/*
 * half_open.h - a client's connections while they are being made. A deaf one
 * drops all it is sent, so that its handshake stays half done; when it hears
 * again, that goes on with the next retransmission, a second after the first.
 */
#ifndef UNIT_HALF_OPEN_H
#define UNIT_HALF_OPEN_H

#include <errno.h>
#include <linux/filter.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

/* A non-blocking socket that has begun to connect; -1 with errno. */
static inline int
call_begin(const struct sockaddr *to, socklen_t size, bool deaf)
{
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog filter = { 1, &nothing };
	int fd = socket(
	    to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (deaf &&
	    setsockopt(
		fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) < 0)
		return -1;
	if (connect(fd, to, size) < 0 && errno != EINPROGRESS)
		return -1;
	return fd;
}

static inline int
call_hear(int fd)
{
	return setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &fd, sizeof fd);
}

/* 0: connected; EINPROGRESS: neither that nor an error within ms. */
static inline int
call_result(int fd, int ms)
{
	struct pollfd p = { fd, POLLOUT, 0 };
	int error = 0;
	socklen_t size = sizeof error;

	if (poll(&p, 1, ms) < 1)
		return EINPROGRESS;
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0 ? errno
								       : error;
}

#endif
