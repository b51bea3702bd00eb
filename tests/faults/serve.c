/*
 * serve.c - a server at work: the connection whose call fails is lost or served
 * all the same, as the table says; the next one is served; nothing leaks.
 */
#include "faults/faults.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "faults/tables.h"

enum { SLOTS = 4, GONE = 0 };

#define FLOOD 40 /* requests: more than one batch */
#define EACH  FAULT_ALWAYS

/* ---- scenes: what a client does; its status, or GONE ---- */

static int
status_of(struct client *c)
{
	int status = hear(c, NULL, false);

	return status > 0 ? status : GONE;
}

/* Connects and sends while the server stands still, so that the bytes are there
 * when it takes the connection. */
static struct client *
meet(struct server *s, uint16_t port, const char *text)
{
	siginfo_t stopped;
	struct client *c;

	server_signal(s, SIGSTOP);
	assert_int_equal(waitid(P_PID, (id_t)s->pid, &stopped, WSTOPPED), 0);
	c = dial(port);
	tell(c, text);
	server_signal(s, SIGCONT);
	return c;
}

static int
scene_get(struct server *s)
{
	struct client *c = meet(s, s->page, GET("/"));
	int status = status_of(c);

	hang_up(c);
	return status;
}

/* Waits to hear something from a server that was told nothing. */
static int
silent(uint16_t port)
{
	struct client *c = dial(port);
	int status = status_of(c);

	hang_up(c);
	return status;
}

static int
scene_silent(struct server *s)
{
	return silent(s->page);
}

static int
scene_ops_silent(struct server *s)
{
	return silent(s->metrics);
}

/* In two parts, which the server reads one by one. Slot 0 counts its calls. */
static int
in_parts(struct server *s, const char *one, const char *two)
{
	struct client *c = meet(s, s->page, one);
	int status;

	await_calls(0, 1);
	tell(c, two);
	status = status_of(c);
	hang_up(c);
	return status;
}

static int
scene_half_a_head(struct server *s)
{
	return in_parts(s, "GET / HT", "TP/1.1\r\nHost: a\r\n\r\n");
}

static int
scene_half_a_body(struct server *s)
{
	return in_parts(s,
	    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\n1234",
	    "5678");
}

static int
scene_close(struct server *s)
{
	struct client *c = dial(s->page);
	int status;

	tell(c, GET_CLOSE("/"));
	status = status_of(c);
	assert_int_equal(hear_end(c), 0);
	hang_up(c);
	return status;
}

/* The server lingers until the client has heard the refusal. */
static int
scene_refusal(struct server *s)
{
	struct client *c = meet(s, s->page, "GET / HTTP/1.1\r\n\r\n");
	int status = status_of(c);

	tell(c, "more that nobody wants");
	hang_up(c);
	return status;
}

static int
scene_idle(struct server *s)
{
	struct client *c = meet(s, s->page, GET("/"));
	int status = status_of(c);

	tell(c, "\r\n"); /* read, and waited again */
	hang_up(c);
	return status;
}

/* Sending has to wait, at first, on a connection that is watched already. */
static int
scene_no_room(struct server *s)
{
	struct client *c = dial(s->page);
	int status;

	await_sample(s, "http_connections{listener=\"page\"}", 1);
	inject(1, (struct failing){ "send", NULL, 0, 0 }, EAGAIN);
	tell(c, GET("/"));
	status = status_of(c);
	hang_up(c);
	return status;
}

/* Many requests at once; every answer counts. */
static int
scene_pipelined(struct server *s)
{
	struct client *c = dial(s->page);
	unsigned i, got = 0;

	for (i = 0; i < FLOOD - 1; i++)
		tell(c, GET("/"));
	tell(c, GET_CLOSE("/"));
	while (status_of(c) == 200)
		got++;
	hang_up(c);
	return got == FLOOD ? 200 : GONE;
}

/* All slots are taken; one more waits in the queue, and gets its turn. */
static int
scene_full(struct server *s)
{
	struct client *c[SLOTS], *one_more;
	int status;

	for (int i = 0; i < SLOTS; i++) {
		c[i] = dial(s->page);
		tell(c[i], "GET / HTTP/1.1\r\n");
	}
	await_sample(s, "http_requests_in_flight", SLOTS);
	one_more = dial(s->page);
	tell(one_more, GET("/"));
	for (int i = 0; i < SLOTS; i++) {
		assert_int_equal(
		    ask(c[i], "Host: a\r\nConnection: close\r\n\r\n", NULL),
		    200);
		hang_up(c[i]);
	}
	status = status_of(one_more);
	hang_up(one_more);
	return status;
}

static int
scene_ops(struct server *s)
{
	struct client *c = meet(s, s->metrics, GET("/livez"));
	int status = status_of(c);

	hang_up(c);
	return status;
}

static int
scene_scrape(struct server *s)
{
	int status = ask_once(s->metrics, GET_CLOSE("/metrics"), NULL);

	return status > 0 ? status : GONE;
}

static int
scene_scrape_no_room(struct server *s)
{
	struct client *c = dial(s->metrics);
	int status;

	assert_int_equal(ask(c, GET("/livez"), NULL), 200);
	inject(1, (struct failing){ "sendmsg", NULL, 0, 0 }, EAGAIN);
	tell(c, GET_CLOSE("/metrics"));
	status = status_of(c);
	hang_up(c);
	return status;
}

/* ---- the table ---- */

#define LINE_200  "\"status\": 200"
#define LINE_400  "\"status\": 400"
#define LINE_405  "\"status\": 405"
#define LINE_LOST "\"status\": 499"

/* Effects which are as good as nothing. */
#define AGAIN  EFFECTS(EAGAIN, EINTR, FAULT_SHORT)
#define PASSES EFFECTS(EAGAIN, EINTR)

struct row {
	const char *call, *detail;
	unsigned from, count;
	const int *only, *but;
	int (*scene)(struct server *);
	int then;         /* what the client meets */
	const char *line; /* what each of its lines holds */
	unsigned lines;
};

static const struct row rows[] = {
	/* taken later, or after a rest: nobody waits in vain */
	{ "accept4", 0, 1, 1, NULL, NULL, scene_get, 200, LINE_200, 1 },
	{ "accept4", 0, 1, 1, NULL, NULL, scene_ops, 200, NULL, 0 },
	{ "accept4", 0, 1, 3, EFFECTS(EMFILE, ENFILE, ENOBUFS, ENOMEM), NULL,
	    scene_get, 200, LINE_200, 1 },
	{ "accept4", 0, 1, 500, EFFECTS(ECONNABORTED), NULL, scene_get, 200,
	    LINE_200, 1 },
	/* one that cannot be watched is served no more than once */
	{ "epoll_ctl", "ADD", 1, 1, NULL, NULL, scene_silent, GONE, NULL, 0 },
	{ "epoll_ctl", "ADD", 1, 1, NULL, NULL, scene_ops_silent, GONE, NULL,
	    0 },
	{ "epoll_ctl", "ADD", 1, 1, NULL, NULL, scene_get, 200, LINE_200, 1 },
	{ "epoll_ctl", "ADD", 1, 1, NULL, NULL, scene_ops, 200, NULL, 0 },
	{ "epoll_ctl", "MOD", 1, 1, NULL, NULL, scene_no_room, GONE, LINE_LOST,
	    1 },
	{ "epoll_ctl", "MOD", 2, 1, NULL, NULL, scene_no_room, 200, LINE_200,
	    1 },
	{ "epoll_ctl", "MOD", 1, 1, NULL, NULL, scene_scrape_no_room, GONE,
	    NULL, 0 },
	/* not listening, and listening again, for lack of slots */
	{ "epoll_ctl", "MOD", 1, 1, NULL, NULL, scene_full, 200, LINE_200, 5 },
	{ "epoll_ctl", "MOD", 2, 1, NULL, NULL, scene_full, 200, LINE_200, 5 },
	{ "epoll_ctl", "MOD", 1, 9, NULL, NULL, scene_full, 200, LINE_200, 5 },
	{ "epoll_wait", 0, 1, 3, EFFECTS(EINTR), NULL, scene_get, 200, LINE_200,
	    1 },
	/* before the first byte there is no request to speak of */
	{ "recv", 0, 1, 1, NULL, PASSES, scene_get, GONE, NULL, 0 },
	{ "recv", 0, 1, 1, AGAIN, NULL, scene_get, 200, LINE_200, 1 },
	{ "recv", 0, 1, 1, NULL, PASSES, scene_ops, GONE, NULL, 0 },
	{ "recv", 0, 1, 1, AGAIN, NULL, scene_ops, 200, NULL, 0 },
	{ "recv", 0, 2, 1, NULL, PASSES, scene_half_a_head, GONE, LINE_LOST,
	    1 },
	{ "recv", 0, 2, 1, AGAIN, NULL, scene_half_a_head, 200, LINE_200, 1 },
	{ "recv", 0, 2, 1, NULL, PASSES, scene_half_a_body, GONE, LINE_LOST,
	    1 },
	{ "recv", 0, 2, 1, AGAIN, NULL, scene_half_a_body, 405, LINE_405, 1 },
	{ "recv", 0, 1, EACH, EFFECTS(FAULT_SHORT), NULL, scene_half_a_body,
	    405, LINE_405, 1 },
	{ "recv", 0, 1, EACH, EFFECTS(FAULT_SHORT, FAULT_HALF), NULL,
	    scene_pipelined, 200, LINE_200, FLOOD },
	{ "recv", 0, 2, 1, NULL, NULL, scene_refusal, 400, LINE_400, 1 },
	{ "recv", 0, 2, 1, NULL, NULL, scene_idle, 200, LINE_200, 1 },
	/* lost, and told so in the log; or sent in as many parts as it takes */
	{ "send", 0, 1, 1, NULL, PASSES, scene_get, GONE, LINE_LOST, 1 },
	{ "send", 0, 1, 1, AGAIN, NULL, scene_get, 200, LINE_200, 1 },
	{ "send", 0, 1, 9, EFFECTS(EAGAIN, EINTR), NULL, scene_close, 200,
	    LINE_200, 1 },
	{ "send", 0, 1, EACH, EFFECTS(FAULT_SHORT, FAULT_HALF), NULL,
	    scene_pipelined, 200, LINE_200, FLOOD },
	{ "send", 0, 1, 1, NULL, PASSES, scene_ops, GONE, NULL, 0 },
	{ "sendmsg", 0, 1, 1, NULL, PASSES, scene_scrape, GONE, NULL, 0 },
	{ "sendmsg", 0, 1, 1, AGAIN, NULL, scene_scrape, 200, NULL, 0 },
	{ "sendmsg", 0, 1, EACH, EFFECTS(FAULT_HALF), NULL, scene_scrape, 200,
	    NULL, 0 },
	/* all has been said by then */
	{ "shutdown", 0, 1, 1, NULL, NULL, scene_refusal, 400, LINE_400, 1 },
	{ "close", 0, 1, 1, NULL, NULL, scene_close, 200, LINE_200, 1 },
};

static struct server *
start(void)
{
	return faults_start(&(struct spawn){
	    .args = ARGS("--max-connections=4"), .nofile = 40 });
}

static void
run_effect(struct server *s, const struct row *row, int effect, unsigned before)
{
	struct failing what = { row->call, row->detail, row->from, row->count };
	const char *name = describe(what, effect);
	int status;

	inject(0, what, effect);
	status = row->scene(s);
	if (status != row->then)
		fail_msg("%s: %d instead of %d", name, status, row->then);
	for (unsigned i = 0; i < row->lines; i++) {
		const char *line = server_line(s);

		if (!strstr(line, row->line) ||
		    !strstr(line, "aborted") != (row->then != GONE))
			fail_msg("%s: logged %s", name, line);
	}
	/* the call may come after the client has left */
	await_calls(0, row->from);
	if (fault_hits(0) == 0)
		fail_msg("%s: did not fail", name);
	assert_sound(s, SLOTS, before);
	assert_int_equal(s->out_at, s->out_text.len);
}

/* Those of one call, on one server. */
static void
run_rows(const char *call)
{
	struct server *s = start();
	unsigned before = descriptors(s), rows_run = 0;

	for (size_t i = 0; i < COUNT(rows); i++) {
		const int *e;

		if (strcmp(rows[i].call, call) != 0)
			continue;
		e = row_effects(call, rows[i].only, rows[i].but);
		for (; *e; e++)
			run_effect(s, &rows[i], *e, before);
		rows_run++;
	}
	assert_true(rows_run > 0);
	assert_int_equal(server_stop(s), 0);
}

static void
accepting(void **state)
{
	(void)state;
	run_rows("accept4");
}

static void
watching(void **state)
{
	(void)state;
	run_rows("epoll_ctl");
	run_rows("epoll_wait");
}

static void
receiving(void **state)
{
	(void)state;
	run_rows("recv");
}

static void
sending(void **state)
{
	(void)state;
	run_rows("send");
	run_rows("sendmsg");
}

static void
closing(void **state)
{
	(void)state;
	run_rows("shutdown");
	run_rows("close");
}

/* Once, however often: the log of events is no place for floods. */
static void
lack_of_descriptors_is_said_once(void **state)
{
	struct server *s = start();

	(void)state;
	inject(0, (struct failing){ "accept4", NULL, 1, 3 }, EMFILE);
	assert_int_equal(scene_get(s), 200);
	assert_int_equal(fault_hits(0), 3);
	inject_nothing();
	assert_int_equal(server_stop(s), 0);
	assert_non_null(strstr(s->err_text.at,
	    "\"level\": \"warning\", \"event\": \"accept failed\", "
	    "\"error\": \"Too many open files\""));
	assert_int_equal(count_lines(s->err_text.at), 4);
}

/* A client that never closes its side, of a server that could not. */
static void
lingering_ends_without_shutdown(void **state)
{
	struct server *s = start();
	struct client *c = dial(s->page);

	(void)state;
	inject(
	    0, (struct failing){ "shutdown", NULL, 1, FAULT_ALWAYS }, ENOTCONN);
	assert_int_equal(ask(c, "GET / HTTP/1.1\r\n\r\n", NULL), 400);
	assert_int_equal(hear_end(c), 0);
	assert_int_equal(fault_hits(0), 1);
}

/* What can only be a mistake of ours ends it, in place of turning for ever. */
static void
a_loop_that_cannot_wait_ends(void **state)
{
	const int *e = row_effects("epoll_wait", NULL, EFFECTS(EINTR));

	(void)state;
	for (; *e; e++) {
		struct server *s;

		inject_nothing();
		s = start();
		assert_int_equal(scene_get(s), 200);
		inject(0,
		    (struct failing){ "epoll_wait", NULL, 0, FAULT_ALWAYS },
		    *e);
		server_signal(s, SIGHUP); /* a turn more */
		assert_int_equal(server_wait(s), 1);
		assert_int_equal(fault_hits(0), 1);
		assert_non_null(strstr(s->err_text.at,
		    keepf("\"level\": \"error\", \"event\": \"cannot go on\", "
			  "\"error\": \"%s\"",
			strerror(*e))));
		assert_int_equal(server_lines(s), 1);
	}
	inject_nothing();
}

/* A signal stays readable until it has been read. */
static void
a_signal_is_not_lost(void **state)
{
	const int *e = row_effects("read", NULL, NULL);

	(void)state;
	for (; *e; e++) {
		struct server *s;

		inject_nothing();
		s = start();
		inject(0, (struct failing){ "read", NULL, 1, 2 }, *e);
		server_signal(s, SIGTERM);
		assert_int_equal(server_wait(s), 0);
		assert_int_equal(fault_hits(0), 2);
	}
	inject_nothing();
}

int
run_serve_tests(void)
{
	const struct CMUnitTest tests[] = {
		FAULTY(accepting),
		FAULTY(watching),
		FAULTY(receiving),
		FAULTY(sending),
		FAULTY(closing),
		FAULTY(lack_of_descriptors_is_said_once),
		FAULTY(lingering_ends_without_shutdown),
		FAULTY(a_loop_that_cannot_wait_ends),
		FAULTY(a_signal_is_not_lost),
	};

	return cmocka_run_group_tests_name("serve", tests, NULL, NULL);
}
