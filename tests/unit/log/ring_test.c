#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/prng.h"
#include "log/ring.h"

enum { CAP = 64 * 1024, TEXT_MAX = 1 << 20 };

static char memory[CAP];
static char text[TEXT_MAX]; /* what the reader got */
static size_t text_len;

/* Line number i, of length bytes with its newline (8 at least). */
static struct span
line(unsigned i, size_t length)
{
	static char s[CAP + 1];

	memset(s, 'a' + (int)(i % 26), length);
	snprintf(s, sizeof(s), "%06u", i);
	s[6] = ' ';
	s[length - 1] = '\n';
	return (struct span){ s, length };
}

/* Reads what is there now; the descriptor does not block. */
static void
take(int fd)
{
	ssize_t n;

	while ((n = read(fd, text + text_len, sizeof(text) - text_len)) > 0)
		text_len += (size_t)n;
}

/* What was read is lines first, first + 1, ... of that length: how many. */
static unsigned
check_text(unsigned first, size_t length)
{
	unsigned n = 0;

	for (size_t at = 0; at < text_len; at += length, n++) {
		assert_true(text_len - at >= length);
		assert_memory_equal(
		    text + at, line(first + n, length).at, length);
	}
	return n;
}

static void
pipe_open(int fds[2], int size)
{
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	if (size)
		assert_true(fcntl(fds[1], F_SETPIPE_SZ, size) >= size);
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	text_len = 0;
}

static void
pipe_close(struct ring *r, int fds[2])
{
	ring_close(r);
	close(fds[0]);
	close(fds[1]);
}

/* As if the descriptor refused to be opened again. */
static void
force_poll(struct ring *r, int fd)
{
	if (r->sink == RING_OWN)
		close(r->fd);
	r->fd = fd;
	r->sink = RING_POLL;
}

static void
test_kinds(void **state)
{
	char path[] = "/tmp/ring_test.XXXXXX", dir[] = "/tmp/ring_test.XXXXXX";
	char fifo[sizeof(dir) + 8];
	struct ring r;
	int fds[2], fd;

	(void)state;
	pipe_open(fds, 0);
	ring_init(&r, memory, sizeof(memory), fds[1]);
	assert_int_equal(r.sink, RING_OWN);
	assert_int_not_equal(r.fd, fds[1]);
	assert_true(fcntl(r.fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(r.fd, F_GETFD) & FD_CLOEXEC);
	assert_false(fcntl(fds[1], F_GETFL) & O_NONBLOCK);
	fd = r.fd;
	pipe_close(&r, fds);
	assert_int_equal(fcntl(fd, F_GETFD), -1);

	/* A FIFO whose readers are gone refuses to be opened. */
	assert_non_null(mkdtemp(dir));
	snprintf(fifo, sizeof(fifo), "%s/fifo", dir);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	fds[0] = open(fifo, O_RDONLY | O_NONBLOCK);
	fds[1] = open(fifo, O_WRONLY);
	unlink(fifo);
	rmdir(dir);
	close(fds[0]);
	ring_init(&r, memory, sizeof(memory), fds[1]);
	assert_int_equal(r.sink, RING_POLL);
	assert_int_equal(r.fd, fds[1]);
	ring_close(&r);
	assert_int_equal(close(fds[1]), 0);

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	ring_init(&r, memory, sizeof(memory), fds[1]);
	assert_int_equal(r.sink, RING_SOCKET);
	assert_int_equal(r.fd, fds[1]);
	pipe_close(&r, fds);

	fd = mkstemp(path);
	unlink(path);
	ring_init(&r, memory, sizeof(memory), fd);
	assert_int_equal(r.sink, RING_PLAIN);
	ring_close(&r);
	assert_int_equal(close(fd), 0);

	fd = open("/dev/null", O_WRONLY);
	ring_init(&r, memory, sizeof(memory), fd);
	assert_int_equal(r.sink, RING_PLAIN);
	assert_true(ring_put(&r, line(0, 10)));
	ring_flush(&r);
	assert_true(ring_empty(&r));
	assert_int_equal(r.written, 1);
	close(fd);
}

static void
test_terminal(void **state)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave;
	struct ring r;

	(void)state;
	if (master < 0 || grantpt(master) || unlockpt(master))
		skip();
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	if (slave < 0)
		skip();
	ring_init(&r, memory, sizeof(memory), slave);
	assert_int_equal(r.sink, RING_OWN);
	assert_false(fcntl(slave, F_GETFL) & O_NONBLOCK);
	for (unsigned i = 0; i < 600; i++)
		assert_true(ring_put(&r, line(i, 100)));
	ring_flush(&r); /* nobody reads */
	assert_true(ring_empty(&r) || r.blocked);
	ring_close(&r);
	close(slave);
	close(master);
}

/* The kind of sink under test: a pipe as it is, polled, or a socket. */
static void
open_sink(struct ring *r, enum ring_sink sink, int fds[2])
{
	if (sink == RING_SOCKET) {
		int size = 4096;

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
		setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
		fcntl(fds[0], F_SETFL, O_NONBLOCK);
		text_len = 0;
	} else {
		pipe_open(fds, 4096);
	}
	ring_init(r, memory, sizeof(memory), fds[1]);
	if (sink == RING_POLL)
		force_poll(r, fds[1]);
	assert_int_equal(r->sink, sink);
}

/* Nobody reads, the ring fills up; then somebody does: all comes, in order. */
static void
late_reader(enum ring_sink sink, size_t length)
{
	unsigned put = 0, refused = 0;
	struct ring r;
	int fds[2];

	open_sink(&r, sink, fds);
	while (refused < 3) {
		if (ring_put(&r, line(put, length)))
			put++;
		else
			refused++;
		ring_flush(&r);
		assert_int_equal(r.error, 0);
		assert_int_equal(r.blocked, !ring_empty(&r));
	}
	assert_true(CAP - r.len < length);
	assert_true(r.blocked);
	ring_drop(&r, refused);
	assert_true(r.written < put);
	while (!ring_empty(&r)) {
		size_t before = text_len;

		take(fds[0]);
		assert_true(text_len > before);
		ring_flush(&r);
	}
	take(fds[0]);
	assert_false(r.blocked);
	assert_int_equal(check_text(0, length), put);
	assert_int_equal(r.written, put);
	assert_int_equal(r.dropped, 3);
	assert_int_equal(r.head, 0);
	assert_int_equal(r.begun, 0);
	pipe_close(&r, fds);
	assert_int_equal(r.dropped, 3);
}

static void
test_late_reader(void **state)
{
	static const size_t lengths[] = { 8, 100, 301, 4095, 4096, 4097, 8192 };

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		late_reader(RING_OWN, lengths[i]);
		late_reader(RING_POLL, lengths[i]);
		late_reader(RING_SOCKET, lengths[i]);
	}
}

/* A description that blocks is never waited for, and keeps its flags. */
static void
test_poll_whole_lines(void **state)
{
	struct ring r;
	int fds[2];

	(void)state;
	pipe_open(fds, 4096);
	ring_init(&r, memory, sizeof(memory), fds[1]);
	force_poll(&r, fds[1]);
	for (unsigned i = 0; i < 30; i++)
		assert_true(ring_put(&r, line(i, 300)));
	for (int turn = 0; turn < 3; turn++) {
		/* 13 lines of 300 bytes are the most within PIPE_BUF. */
		ring_flush(&r);
		assert_int_equal(r.blocked, turn < 2);
		assert_int_equal(r.begun, 0);
		assert_int_equal(r.written, turn < 2 ? 13 * (turn + 1) : 30);
		take(fds[0]);
	}
	assert_int_equal(check_text(0, 300), 30);
	assert_false(fcntl(fds[1], F_GETFL) & O_NONBLOCK);
	pipe_close(&r, fds);
}

/* 64 rounds at most: more is left for the next flush. */
static void
test_poll_rounds(void **state)
{
	enum { LINES = 70, BIG = LINES * PIPE_BUF };
	char *big = malloc(BIG);
	struct ring r;
	int fds[2];

	(void)state;
	pipe_open(fds, 2 * BIG);
	ring_init(&r, big, BIG, fds[1]);
	force_poll(&r, fds[1]);
	for (unsigned i = 0; i < LINES; i++)
		assert_true(ring_put(&r, line(i, PIPE_BUF)));
	assert_false(ring_put(&r, line(0, 8)));
	ring_flush(&r);
	assert_int_equal(r.written, 64);
	assert_true(r.blocked);
	ring_flush(&r);
	assert_int_equal(r.written, LINES);
	assert_false(r.blocked);
	take(fds[0]);
	assert_int_equal(check_text(0, PIPE_BUF), LINES);
	pipe_close(&r, fds);
	free(big);
}

/* A small ring whose lines lie over its end at every possible place. */
static void
wrap(enum ring_sink sink)
{
	enum { SMALL = 41, LENGTH = 9 };
	char small[SMALL];

	for (size_t offset = 0; offset < SMALL; offset++) {
		unsigned count = 0;
		struct ring r;
		int fds[2];

		open_sink(&r, sink, fds);
		r.memory = small;
		r.cap = SMALL;
		r.head = offset;
		memset(small, '\n', sizeof(small));
		while (ring_put(&r, line(count, LENGTH)))
			count++;
		assert_int_equal(count, SMALL / LENGTH);
		ring_flush(&r);
		assert_true(ring_empty(&r));
		assert_int_equal(r.head, 0);
		assert_int_equal(r.written, count);
		take(fds[0]);
		assert_int_equal(check_text(0, LENGTH), count);
		pipe_close(&r, fds);
	}
}

static void
test_wrap(void **state)
{
	(void)state;
	wrap(RING_OWN);
	wrap(RING_POLL);
	wrap(RING_SOCKET);
}

/* Puts, flushes and reads in any order, lines of any length: nothing is lost.
 */
static void
any_order(enum ring_sink sink, uint64_t seed)
{
	struct prng p = { seed };
	static char want[TEXT_MAX];
	struct buf sent = buf_over(want, sizeof(want));
	unsigned count = 0;
	struct ring r;
	int fds[2];

	open_sink(&r, sink, fds);
	r.cap = 10000;
	while (sent.len < TEXT_MAX - 9000) {
		size_t length = prng_between(&p, 8, 10) < 10
		    ? prng_between(&p, 8, 400)
		    : prng_between(&p, 8, 9000);
		struct span s = line(count, length);

		if (ring_put(&r, s)) {
			buf_put(&sent, s);
			count++;
		}
		if (prng_between(&p, 0, 2) == 0)
			ring_flush(&r);
		if (prng_between(&p, 0, 9) == 0)
			take(fds[0]);
		assert_int_equal(r.dropped, 0);
	}
	while (!ring_empty(&r)) {
		take(fds[0]);
		ring_flush(&r);
	}
	take(fds[0]);
	assert_int_equal(text_len, sent.len);
	assert_memory_equal(text, want, text_len);
	assert_int_equal(r.written, count);
	pipe_close(&r, fds);
}

static void
test_any_order(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 5; seed++) {
		any_order(RING_OWN, seed);
		any_order(RING_POLL, seed);
		any_order(RING_SOCKET, seed);
	}
}

static void
test_dev_full(void **state)
{
	int fd = open("/dev/full", O_WRONLY);
	struct ring r;

	(void)state;
	if (fd < 0)
		skip();
	ring_init(&r, memory, sizeof(memory), fd);
	assert_int_equal(r.sink, RING_PLAIN);
	for (uint64_t n = 1; n <= 3; n++) {
		assert_true(ring_put(&r, line(0, 50)));
		assert_true(ring_put(&r, line(1, 60)));
		ring_flush(&r);
		assert_true(ring_empty(&r));
		assert_false(r.blocked);
		assert_int_equal(r.error, ENOSPC);
		assert_int_equal(r.dropped, 2 * n);
		assert_int_equal(r.written, 0);
		assert_int_equal(r.head, 0);
	}
	close(fd);
}

static void
test_reader_gone(void **state)
{
	static const enum ring_sink sinks[] = { RING_OWN, RING_POLL,
		RING_SOCKET };

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct ring r;
		int fds[2];

		open_sink(&r, sinks[i], fds);
		assert_true(ring_put(&r, line(0, 50)));
		ring_flush(&r);
		assert_int_equal(r.written, 1);
		close(fds[0]);
		assert_true(ring_put(&r, line(1, 50)));
		assert_true(ring_put(&r, line(2, 50)));
		ring_flush(&r);
		assert_int_equal(r.error, EPIPE);
		assert_false(r.blocked);
		assert_true(ring_empty(&r));
		assert_int_equal(r.written, 1);
		assert_int_equal(r.dropped, 2);
		ring_close(&r);
		close(fds[1]);
	}
}

/*
 * A file that may not grow stops in the middle of a line; when it may again,
 * the rest of that line follows, and what was dropped was whole lines.
 */
static void
half_line(size_t cap)
{
	char path[] = "/tmp/ring_test.XXXXXX";
	struct rlimit small, old;
	int fd = mkstemp(path);
	struct ring r;

	unlink(path);
	ring_init(&r, memory, cap, fd);
	r.head = cap > CAP / 2 ? 0 : cap - 130; /* over the end */
	for (unsigned i = 0; i < 5; i++)
		assert_true(ring_put(&r, line(i, 100)));
	getrlimit(RLIMIT_FSIZE, &old);
	small = old;
	small.rlim_cur = 250;
	setrlimit(RLIMIT_FSIZE, &small);
	ring_flush(&r);
	assert_int_equal(r.error, EFBIG);
	assert_int_equal(r.written, 2);
	assert_int_equal(r.dropped, 2);
	assert_int_equal(r.len, 50);
	assert_int_equal(r.begun, 50);
	assert_true(ring_put(&r, line(5, 100)));
	ring_flush(&r);
	assert_int_equal(r.dropped, 3);
	assert_int_equal(r.len, 50);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_true(ring_put(&r, line(3, 100)));
	ring_flush(&r);
	assert_int_equal(r.error, 0);
	assert_int_equal(r.written, 4);
	assert_int_equal(r.dropped, 3);
	assert_int_equal(r.begun, 0);
	assert_true(ring_empty(&r));
	lseek(fd, 0, SEEK_SET);
	text_len = 0;
	take(fd);
	assert_int_equal(check_text(0, 100), 4);
	close(fd);
}

static void
test_half_line(void **state)
{
	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	half_line(CAP);
	for (size_t cap = 500; cap < 640; cap++)
		half_line(cap);
}

/* A line begun in a pipe that fills up stays when the reader goes away. */
static void
test_half_line_in_pipe(void **state)
{
	struct ring r;
	int fds[2];

	(void)state;
	open_sink(&r, RING_OWN, fds);
	for (unsigned i = 0; i < 3; i++)
		assert_true(ring_put(&r, line(i, 3000)));
	ring_flush(&r);
	assert_true(r.blocked);
	assert_int_equal(r.written, 1);
	assert_int_equal(r.begun, 1096);
	close(fds[0]);
	ring_flush(&r);
	assert_int_equal(r.error, EPIPE);
	assert_false(r.blocked);
	assert_int_equal(r.dropped, 1);
	assert_int_equal(r.len, 3000 - 1096);
	ring_close(&r);
	assert_int_equal(r.dropped, 2);
	assert_int_equal(r.written, 1);
	close(fds[1]);
}

/* A line longer than the pipe goes in parts. */
static void
test_parts(void **state)
{
	struct ring r;
	int fds[2];

	(void)state;
	open_sink(&r, RING_OWN, fds);
	assert_true(ring_put(&r, line(0, 12000)));
	for (size_t part = 1; part <= 3; part++) {
		ring_flush(&r);
		assert_int_equal(r.begun, part < 3 ? part * 4096 : 0);
		assert_int_equal(r.written, part / 3);
		take(fds[0]);
	}
	assert_int_equal(check_text(0, 12000), 1);
	pipe_close(&r, fds);
}

static void
test_append(void **state)
{
	char path[] = "/tmp/ring_test.XXXXXX";
	int fd = mkstemp(path);
	struct ring r;

	(void)state;
	unlink(path);
	assert_int_equal(write(fd, line(0, 20).at, 20), 20);
	ring_init(&r, memory, sizeof(memory), fd);
	ring_flush(&r); /* nothing to do */
	for (unsigned i = 1; i < 2000; i++) {
		assert_true(ring_put(&r, line(i, 20)));
		if (i % 7 == 0)
			ring_flush(&r);
	}
	ring_flush(&r);
	assert_int_equal(r.written, 1999);
	lseek(fd, 0, SEEK_SET);
	text_len = 0;
	take(fd);
	assert_int_equal(check_text(0, 20), 2000);
	close(fd);
	/* Closed under it: an error like any other. */
	assert_true(ring_put(&r, line(0, 20)));
	ring_flush(&r);
	assert_int_equal(r.error, EBADF);
	assert_int_equal(r.dropped, 1);
}

/* Traffic that is written at once touches the first page alone. */
static void
test_stays_in_front(void **state)
{
	int fd = open("/dev/null", O_WRONLY);
	struct ring r;

	(void)state;
	memset(memory, 0, sizeof(memory));
	ring_init(&r, memory, sizeof(memory), fd);
	for (unsigned i = 0; i < 1000; i++) {
		assert_true(ring_put(&r, line(i, 200)));
		assert_true(ring_put(&r, line(i, 200)));
		ring_flush(&r);
	}
	for (size_t i = 400; i < sizeof(memory); i++)
		assert_int_equal(memory[i], 0);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_terminal),
		cmocka_unit_test(test_late_reader),
		cmocka_unit_test(test_poll_whole_lines),
		cmocka_unit_test(test_poll_rounds),
		cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_dev_full),
		cmocka_unit_test(test_reader_gone),
		cmocka_unit_test(test_half_line),
		cmocka_unit_test(test_half_line_in_pipe),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_append),
		cmocka_unit_test(test_stays_in_front),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
