/*
 * served.h - one connection over a socket pair, with all that a worker would
 * give it: pools of one block each, a clock that a test sets, a ring that
 * writes to a pipe. What is left at the end must be nothing.
 */
#ifndef UNIT_SERVER_SERVED_H
#define UNIT_SERVER_SERVED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/num.h"
#include "server/conn.h"
#include "server/work.h"

enum { BODY_ROOM = 4096, RING = 16 * 1024, LARGE = 300 * 1000 };

/* Seconds, all different. */
enum { HEADER = 10, BODY = 30, IDLE = 75, WRITE = 20 };

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"

struct served {
	struct conn conn;
	struct service service;
	struct metrics metrics;
	struct pool works;
	struct ring ring;
	struct clock clock;
	struct request scratch;
	char line[ACCESS_LINE_MAX], memory[RING];
	int peer, log; /* the client's end; where lines can be read */
};

static char large[LARGE];

static void
answer_small(
    const struct app *app, const struct request *req, struct response *res)
{
	(void)app, (void)req;
	res->type = SPAN("text/plain");
	response_content(res, SPAN("small"));
}

/* /size/N: N bytes, borrowed. */
static void
answer_size(
    const struct app *app, const struct request *req, struct response *res)
{
	uint64_t size = 0;

	(void)app;
	if (!num_parse_u64(span_from(req->path, 6), &size) || size > LARGE)
		abort();
	res->type = SPAN("text/plain");
	response_content(res, (struct span){ large, size });
}

static const struct route served_routes[] = {
	{ "/", METHOD_GET, answer_small },
	{ NULL, METHOD_GET, answer_size },
	{ NULL, 0, NULL },
};

static int
served_setup(void **state)
{
	static const uint64_t bounds[] = { NS_PER_SEC };
	struct served *s = calloc(1, sizeof *s);
	int pair[2], pipes[2];

	if (!s || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) ||
	    pipe2(pipes, O_NONBLOCK) ||
	    pool_open(&s->works, work_size(BODY_ROOM), 1))
		return -1;
	for (size_t i = 0; i < LARGE; i++)
		large[i] = (char)('a' + i % 23);
	metrics_init(&s->metrics, bounds, 1, 0);
	s->log = pipes[0];
	ring_init(&s->ring, s->memory, RING, pipes[1]);
	close(pipes[1]); /* it has reopened it */
	clock_set(&s->clock, 1000 * NS_PER_SEC, 2000 * NS_PER_SEC);
	s->service = (struct service){
		.routes = served_routes,
		.metrics = &s->metrics,
		.listener = LISTENER_PAGE,
		.counted = true,
		.header_timeout = HEADER * NS_PER_SEC,
		.body_timeout = BODY * NS_PER_SEC,
		.idle_timeout = IDLE * NS_PER_SEC,
		.write_timeout = WRITE * NS_PER_SEC,
		.ring = &s->ring,
		.style = { .format = ACCESS_JSON, .name_space = SPAN("unit") },
		.works = &s->works,
		.body_room = BODY_ROOM,
		.scratch = &s->scratch,
		.line = s->line,
		.clock = &s->clock,
		.date = SPAN("Date: today\r\n"),
	};
	conn_open(&s->conn, &s->service, pair[0], SPAN("192.0.2.1"));
	s->peer = pair[1];
	*state = s;
	return 0;
}

/* Ends the connection, if it is open, and looks for what was left. */
static int
served_teardown(void **state)
{
	struct served *s = *state;
	uint64_t requests = 0;

	if (s->conn.open)
		conn_close(&s->conn);
	for (size_t i = 0; i < METRICS_METHODS; i++)
		for (size_t j = 0; j < METRICS_CODES; j++)
			requests += metric_get(&s->metrics.requests[i][j]);
	assert_int_equal(s->works.used, 0);
	assert_int_equal(metric_get(&s->metrics.in_flight), 0);
	assert_int_equal(metric_get(&s->metrics.connections[LISTENER_PAGE]), 0);
	ring_flush(&s->ring);
	assert_int_equal(
	    s->ring.written + s->ring.dropped + s->ring.lines, requests);
	ring_close(&s->ring);
	close(s->log);
	if (s->peer >= 0)
		close(s->peer);
	free(s);
	return 0;
}

static inline void
later(struct served *s, uint64_t seconds)
{
	clock_set(&s->clock, s->clock.now + seconds * NS_PER_SEC,
	    s->clock.wall + seconds * NS_PER_SEC);
}

/* The client sends. */
static inline void
tell(struct served *s, const char *text)
{
	assert_int_equal(
	    write(s->peer, text, strlen(text)), (ssize_t)strlen(text));
}

static inline enum want
run(struct served *s)
{
	return conn_run(&s->conn);
}

/* The client takes at most n bytes; what came, as text, until the next call. */
static inline const char *
hear(struct served *s, size_t n)
{
	static char text[LARGE + 4096];
	ssize_t got = recv(s->peer, text,
	    n < sizeof text - 1 ? n : sizeof text - 1, MSG_DONTWAIT);

	text[got > 0 ? got : 0] = '\0';
	return text;
}

/* The next line of the log, after a flush; "" without one. */
static inline const char *
logged(struct served *s)
{
	static char text[ACCESS_LINE_MAX + 1];
	size_t n = 0;

	ring_flush(&s->ring);
	while (n < ACCESS_LINE_MAX && read(s->log, text + n, 1) == 1)
		if (text[n++] == '\n')
			break;
	text[n] = '\0';
	return text;
}

#define assert_has(text, part)                                     \
	do {                                                       \
		const char *text_ = (text);                        \
		if (!strstr(text_, part))                          \
			fail_msg("no %s in: %.300s", part, text_); \
	} while (0)

#define SERVED(name) \
	cmocka_unit_test_setup_teardown(name, served_setup, served_teardown)

#endif
