/*
 * limit.c - what a server on epoll costs before it does anything: recv, a fixed
 * answer, send. Nothing is parsed, nothing can go wrong gracefully. The bench
 * runs it beside the real server, as the limit that no server of this kind can
 * pass. With "log", it also reads the clock, counts into a bucket and writes a
 * line of the usual length for each request, once a turn. With "close", each
 * connection is read at once and closed after one answer, in the same packet.
 *
 * Usage: limit PORT [log] [close]
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 256, INPUT = 16 * 1024, BATCH = 64, LOG = 256 * 1024 };

static const char answer[] =
    "HTTP/1.1 200 OK\r\n"
    "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
    "Content-Type: text/html\r\n"
    "Content-Length: 143\r\n"
    "\r\n"
    "\n<!DOCTYPE html>\n<html>\n    <head>\n        <title>Hello!</title>\n"
    "    </head>\n    <body>\n        <p>This is a demo page!</p>\n"
    "    </body>\n</html>";

static const char line[] =
    "{\"timestamp\": \"1994-11-06T08:49:37.000000Z\", \"my_webserver\": "
    "{\"client_ip\": \"127.0.0.1\", \"message\": \"\\\"GET / HTTP/1.1\\\" 200 "
    "-\", \"method\": \"GET\", \"path\": \"/\", \"protocol\": \"HTTP/1.1\", "
    "\"status\": 200, \"bytes\": 143, \"duration_seconds\": 0.000017276}}\n";

struct limit {
	int epoll, listener;
	bool log, close;
	uint64_t bucket[16];
	char answers[BATCH * sizeof answer];
	char lines[LOG];
	size_t lines_len;
};

static void
fail(const char *what)
{
	perror(what);
	exit(1);
}

static int
listen_on(uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	int one = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (fd < 0)
		fail("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (bind(fd, (struct sockaddr *)&a, sizeof a) < 0)
		fail("bind");
	if (listen(fd, 65535) < 0)
		fail("listen");
	return fd;
}

static void
watch(struct limit *l, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		close(fd);
}

static void
note(struct limit *l)
{
	struct timespec now;

	if (!l->log || LOG - l->lines_len < sizeof line)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	__atomic_fetch_add(&l->bucket[now.tv_nsec & 15], 1, __ATOMIC_RELAXED);
	memcpy(l->lines + l->lines_len, line, sizeof line - 1);
	l->lines_len += sizeof line - 1;
}

/* Each empty line is taken for the end of a request. */
static size_t
count_requests(const char *at, size_t n)
{
	const char *end = at + n;
	size_t count = 0;

	while (count < BATCH &&
	    (at = memmem(at, (size_t)(end - at), "\r\n\r\n", 4))) {
		count++;
		at += 4;
	}
	return count;
}

/* False if there is nothing to read yet. */
static bool
serve(struct limit *l, int fd)
{
	char in[INPUT];
	ssize_t n = recv(fd, in, sizeof in, 0);
	int flags = MSG_NOSIGNAL | (l->close ? MSG_MORE : 0);
	size_t count;

	if (n < 0 && errno == EAGAIN)
		return false;
	if (n <= 0) {
		close(fd);
		return true;
	}
	count = count_requests(in, (size_t)n);
	if (send(fd, l->answers, count * (sizeof answer - 1), flags) < 0 ||
	    l->close)
		close(fd);
	while (count-- > 0)
		note(l);
	return true;
}

static void
turn(struct limit *l)
{
	struct epoll_event events[EVENTS];
	int n = epoll_wait(l->epoll, events, EVENTS, -1);

	for (int i = 0; i < n; i++) {
		int fd = events[i].data.fd;

		if (fd == l->listener)
			while ((fd = accept4(l->listener, NULL, NULL,
				    SOCK_NONBLOCK)) >= 0) {
				if (!l->close || !serve(l, fd))
					watch(l, fd);
			}
		else
			serve(l, fd);
	}
	if (l->lines_len > 0 &&
	    write(STDOUT_FILENO, l->lines, l->lines_len) < 0)
		fail("write");
	l->lines_len = 0;
}

int
main(int argc, char *argv[])
{
	static struct limit l;

	if (argc < 2 || argc > 4) {
		fputs("usage: limit PORT [log] [close]\n", stderr);
		return 2;
	}
	for (int i = 2; i < argc; i++) {
		l.log |= strcmp(argv[i], "log") == 0;
		l.close |= strcmp(argv[i], "close") == 0;
	}
	for (size_t i = 0; i < BATCH; i++)
		memcpy(l.answers + i * (sizeof answer - 1), answer,
		    sizeof answer - 1);
	l.epoll = epoll_create1(0);
	l.listener = listen_on((uint16_t)strtoul(argv[1], NULL, 10));
	watch(&l, l.listener);
	for (;;)
		turn(&l);
}
