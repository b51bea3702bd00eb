#include "log/ring.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/buf.h"

/* Most writes of one flush. */
enum { ROUNDS = 64 };

/*
 * A description of our own for what fd refers to, or -1: /proc may be missing,
 * and a pipe made by another user refuses to be opened.
 */
static int
reopen(int fd)
{
	char memory[32];
	struct buf path = buf_over(memory, sizeof(memory));

	buf_put(&path, SPAN("/proc/self/fd/"));
	buf_u64(&path, (uint64_t)fd);
	buf_char(&path, '\0');
	return open(path.at, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}

void
ring_init(struct ring *r, char *memory, size_t cap, int fd)
{
	struct stat st;
	int own;

	*r = (struct ring){
		.memory = memory, .cap = cap, .fd = fd, .sink = RING_POLL
	};
	if (fstat(fd, &st) < 0)
		return; /* it may be anything: polling suits all */
	if (S_ISSOCK(st.st_mode)) {
		r->sink = RING_SOCKET;
		return;
	}
	if (!S_ISFIFO(st.st_mode) && !(S_ISCHR(st.st_mode) && isatty(fd))) {
		r->sink = RING_PLAIN;
		return;
	}
	own = reopen(fd);
	if (own >= 0) {
		r->fd = own;
		r->sink = RING_OWN;
	}
}

/* n bytes, from the oldest on, as the one or two parts where they lie. */
static int
parts(const struct ring *r, size_t n, struct iovec part[2])
{
	size_t straight = r->cap - r->head;

	if (n <= straight) {
		part[0] = (struct iovec){ r->memory + r->head, n };
		return 1;
	}
	part[0] = (struct iovec){ r->memory + r->head, straight };
	part[1] = (struct iovec){ r->memory, n - straight };
	return 2;
}

/*
 * Lines that end in the first n bytes; *rest is the number of bytes after the
 * last of those ends (n if there is none).
 */
static uint64_t
count_lines(const struct ring *r, size_t n, size_t *rest)
{
	struct iovec part[2];
	uint64_t lines = 0;

	*rest = 0;
	for (int i = 0, count = parts(r, n, part); i < count; i++) {
		struct span s = { part[i].iov_base, part[i].iov_len };
		size_t end;

		while ((end = span_find(s, '\n')) < s.len) {
			s = span_from(s, end + 1);
			lines++;
			*rest = 0;
		}
		*rest += s.len;
	}
	return lines;
}

/* Where the next byte goes. */
static size_t
tail_of(const struct ring *r)
{
	size_t tail = r->head + r->len;

	return tail >= r->cap ? tail - r->cap : tail;
}

struct buf
ring_lend(const struct ring *r, char *memory, size_t cap)
{
	size_t tail = tail_of(r);

	if (cap > r->cap - r->len || cap > r->cap - tail)
		return buf_over(memory, cap);
	return buf_over(r->memory + tail, cap);
}

/* What does not fit behind tail goes to the front. Seldom called. */
static __attribute__((noinline)) void
copy_in(struct ring *r, size_t tail, struct span line)
{
	size_t straight = r->cap - tail;

	if (straight > line.len)
		straight = line.len;
	memcpy(r->memory + tail, line.at, straight);
	memcpy(r->memory, line.at + straight, line.len - straight);
}

bool
ring_put(struct ring *r, struct span line)
{
	size_t tail = tail_of(r);

	assert(line.len > 0 && line.at[line.len - 1] == '\n');
	if (line.len > r->cap - r->len)
		return false;
	r->len += line.len;
	r->lines++;
	if (line.at != r->memory + tail) /* not written there already */
		copy_in(r, tail, line);
	return true;
}

void
ring_drop(struct ring *r, uint64_t n)
{
	r->dropped += n;
}

/* Takes n bytes off the front. */
static void
release(struct ring *r, size_t n)
{
	r->len -= n;
	r->head += n;
	if (r->head >= r->cap)
		r->head -= r->cap;
	/* Begin again in front, so that few pages are ever touched. */
	if (r->len == 0)
		r->head = 0;
}

/* n bytes went to the kernel: nearly always all there are. */
static void
wrote(struct ring *r, size_t n)
{
	size_t rest = 0;
	uint64_t lines = n == r->len ? r->lines : count_lines(r, n, &rest);

	r->written += lines;
	r->lines -= lines;
	r->begun = lines > 0 ? rest : r->begun + rest;
	r->error = 0;
	release(r, n);
}

static char
byte_at(const struct ring *r, size_t i)
{
	return r->memory[(r->head + i) % r->cap];
}

/* Drops the lines held, but the rest of one that was begun. */
static void
drop_held(struct ring *r)
{
	size_t keep = 0;

	if (r->begun > 0)
		while (byte_at(r, keep++) != '\n')
			;
	r->dropped += r->lines - (keep > 0);
	r->lines = keep > 0;
	r->len = keep;
	release(r, 0);
}

/* How many bytes to write at once: all, or what poll(2) promises room for. */
static size_t
chunk(const struct ring *r)
{
	if (r->sink != RING_POLL || r->len <= PIPE_BUF)
		return r->len;
	for (size_t n = PIPE_BUF; n > 0; n--)
		if (byte_at(r, n - 1) == '\n')
			return n;
	return PIPE_BUF; /* part of a line longer than that */
}

/* False if a write might block. An error counts as room: write(2) tells it. */
static bool
has_room(const struct ring *r)
{
	struct pollfd p = { .fd = r->fd, .events = POLLOUT };

	return r->sink != RING_POLL || poll(&p, 1, 0) > 0;
}

/* Writes the first n bytes with one system call, repeated if a signal came. */
static ssize_t
write_first(const struct ring *r, size_t n)
{
	struct iovec part[2];
	int count = parts(r, n, part);
	struct msghdr message = { .msg_iov = part };
	ssize_t done;

	/* A size_t in one libc, an int in another. */
	message.msg_iovlen = count == 1 ? 1 : 2;
	do {
		if (r->sink == RING_SOCKET)
			done = sendmsg(
			    r->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
		else if (count == 1)
			done = write(r->fd, part[0].iov_base, n);
		else
			done = writev(r->fd, part, count);
	} while (done < 0 && errno == EINTR);
	return done;
}

void
ring_flush(struct ring *r)
{
	r->blocked = false;
	for (int round = 0; r->len > 0; round++) {
		ssize_t n;

		if (round == ROUNDS || !has_room(r)) {
			r->blocked = true;
			return;
		}
		n = write_first(r, chunk(r));
		if (n > 0) {
			wrote(r, (size_t)n);
		} else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			r->blocked = true;
			return;
		} else {
			r->error = n < 0 ? errno : EIO;
			drop_held(r);
			return;
		}
	}
}

void
ring_close(struct ring *r)
{
	r->dropped += r->lines;
	r->head = r->len = r->lines = r->begun = 0;
	r->blocked = false;
	if (r->sink == RING_OWN)
		close(r->fd);
	r->fd = -1;
}
