#include "conn_kernel.h"

#include <errno.h>
#include <sanitizer/asan_interface.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include "fuzz.h"
#include "http/response.h"
#include "server/pool.h"

/* Takes the place of what it is named after: see the Makefile. */
ssize_t __real_recv(int fd, void *to, size_t len, int flags);
ssize_t __real_send(int fd, const void *from, size_t len, int flags);
ssize_t __real_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __real_sendfile(int out, int in, off_t *offset, size_t count);
void *__real_pool_take(struct pool *p);
void __real_pool_give(struct pool *p, void *block);
ssize_t __wrap_recv(int fd, void *to, size_t len, int flags);
ssize_t __wrap_send(int fd, const void *from, size_t len, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __wrap_sendfile(int out, int in, off_t *offset, size_t count);
void *__wrap_pool_take(struct pool *p);
void __wrap_pool_give(struct pool *p, void *block);
uint64_t __wrap_clock_monotonic(void);

struct kernel kernel;

/* True if the call is to fail now. */
static int
fails(int *error)
{
	if (*error == 0)
		return 0;
	errno = *error;
	*error = 0;
	if (errno != EAGAIN && errno != EINTR)
		kernel.failed = true;
	return 1;
}

static size_t
capped(size_t len, size_t cap)
{
	return cap > 0 && len > cap ? cap : len;
}

ssize_t
__wrap_recv(int fd, void *to, size_t len, int flags)
{
	ssize_t n;

	kernel.calls++;
	CHECK(len > 0); /* 0 would look like the end */
	if (fails(&kernel.read_error))
		return -1;
	n = __real_recv(fd, to, capped(len, kernel.read_cap), flags);
	if (n > 0)
		kernel.received += (size_t)n;
	return n;
}

ssize_t
__wrap_send(int fd, const void *from, size_t len, int flags)
{
	ssize_t n;

	kernel.calls++;
	CHECK(len > 0 && (flags & MSG_NOSIGNAL));
	if (fails(&kernel.send_error))
		return -1;
	n = __real_send(fd, from, capped(len, kernel.send_cap), flags);
	if (n > 0)
		kernel.sent += (size_t)n;
	return n;
}

ssize_t
__wrap_sendmsg(int fd, const struct msghdr *message, int flags)
{
	struct iovec part[1 + RESPONSE_PIECES];
	struct msghdr less = { .msg_iov = part };
	size_t room = kernel.send_cap ? kernel.send_cap : SIZE_MAX;
	ssize_t n;

	if (fd == kernel.plain_fd)
		return __real_sendmsg(fd, message, flags);
	kernel.calls++;
	CHECK(flags & MSG_NOSIGNAL);
	if (fails(&kernel.send_error))
		return -1;
	for (size_t i = 0; i < message->msg_iovlen && room > 0; i++) {
		CHECK(i <= RESPONSE_PIECES && message->msg_iov[i].iov_len > 0);
		part[i] = message->msg_iov[i];
		part[i].iov_len = capped(part[i].iov_len, room);
		room -= part[i].iov_len;
		less.msg_iovlen++;
	}
	n = __real_sendmsg(fd, &less, flags);
	if (n > 0)
		kernel.sent += (size_t)n;
	return n;
}

ssize_t
__wrap_sendfile(int out, int in, off_t *offset, size_t count)
{
	ssize_t n;

	kernel.calls++;
	CHECK(count > 0);
	if (fails(&kernel.send_error))
		return -1;
	n = __real_sendfile(out, in, offset, capped(count, kernel.send_cap));
	if (n > 0)
		kernel.sent += (size_t)n;
	return n;
}

/* Time passes while a turn lasts. */
uint64_t
__wrap_clock_monotonic(void)
{
	return kernel.now += 137;
}

/* Nobody may count on what a block holds, nor touch one that was given back. */
void *
__wrap_pool_take(struct pool *p)
{
	void *block = __real_pool_take(p);

	CHECK(block != NULL);
	ASAN_UNPOISON_MEMORY_REGION(block, p->size);
	memset(block, 0xa5, p->size);
	return block;
}

void
__wrap_pool_give(struct pool *p, void *block)
{
	memset(block, 0x5a, p->size);
	ASAN_POISON_MEMORY_REGION(block, p->size);
	__real_pool_give(p, block);
}

void
kernel_reset(uint64_t now, int plain_fd)
{
	kernel = (struct kernel){ .now = now, .plain_fd = plain_fd };
}

void
kernel_pair(int fd[2], int small)
{
	int size = 1;

	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
		  fd) == 0);
	if (small) /* the kernel makes it its least */
		CHECK(setsockopt(fd[0], SOL_SOCKET, SO_SNDBUF, &size,
			  sizeof size) == 0);
}
