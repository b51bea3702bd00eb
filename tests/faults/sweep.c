/*
 * sweep.c - one after the other, every call made while serving fails, in every
 * place where it is made: whatever becomes of the connections, the server is
 * sound afterwards.
 */
#include "faults/faults.h"

#include <errno.h>
#include <sys/socket.h>

#include "faults/tables.h"

enum { SLOTS = 4, MOST = 400 };

/* One error for each way in which the server treats errors. */
static const struct row {
	const char *call;
	const int *effects;
} rows[] = {
	{ "accept4", EFFECTS(EINTR, EAGAIN, EMFILE) },
	{ "epoll_ctl", EFFECTS(ENOMEM) },
	{ "epoll_wait", EFFECTS(EINTR) },
	{ "recv", EFFECTS(EINTR, EAGAIN, ECONNRESET, FAULT_SHORT, FAULT_END) },
	{ "send", EFFECTS(EINTR, EAGAIN, EPIPE, FAULT_SHORT, FAULT_HALF) },
	{ "sendmsg", EFFECTS(EINTR, EAGAIN, EPIPE, FAULT_SHORT, FAULT_HALF) },
	{ "shutdown", EFFECTS(ENOTCONN) },
	{ "close", EFFECTS(EIO) },
	{ "write", EFFECTS(EINTR, EAGAIN, ENOSPC, FAULT_SHORT, FAULT_HALF) },
	{ "open", EFFECTS(EMFILE) },
	{ "read", EFFECTS(EINTR, EIO, FAULT_END) },
	{ "getdents64", EFFECTS(ENOENT) },
	{ "getrlimit", EFFECTS(EINVAL) },
};

/* Sends, hears all there is to hear, up to the end, and leaves. */
static void
visit(uint16_t port, const char *one, const char *two)
{
	struct client *c = dial(port);

	tell(c, one);
	if (two) {
		pass_ms(1); /* as it likes: together, or one by one */
		tell(c, two);
	}
	hear_end(c);
	hang_up(c);
}

/* All that a connection can go through. */
static void
scene(struct server *s)
{
	struct client *c;

	visit(s->page, GET("/") GET("/a") GET("/b"), GET_CLOSE("/c"));
	visit(s->page,
	    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
	    "Connection: close\r\n\r\n12",
	    "34");
	visit(s->page, "GET / HTTP/1.1\r\nHo",
	    "st: a\r\nConnection: close\r\n"
	    "Expect: 100-continue\r\nContent-Length: 0\r\n\r\n");
	c = dial(s->page);
	tell(c, "nonsense\r\n\r\n");
	shutdown(c->fd, SHUT_WR);
	hear_end(c);
	hang_up(c);
	c = dial(s->page);
	tell(c, GET("/") "GET / HT");
	pass_ms(1);
	hang_up_hard(c);
	visit(s->metrics, GET_CLOSE("/metrics"), NULL);
	server_pull(s);
}

/* The server is done with everybody, and its lines are taken in. */
static void
settle(struct server *s)
{
	inject_nothing();
	/* behind all that still wait in the queue */
	visit(s->page, GET_CLOSE("/"), NULL);
	await_sample(s, "http_connections{listener=\"page\"}", 0);
	server_pull(s);
	server_check_lines(s);
}

static void
every_call_in_every_place(void **state)
{
	struct server *s = faults_start(&(struct spawn){
	    .args = ARGS("--max-connections=4", "--random-delay=0s-1ms"),
	    .nofile = 40 });
	unsigned before = descriptors(s);

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (const int *e = rows[i].effects; *e; e++) {
			unsigned n;

			for (n = 1; n < MOST; n++) {
				inject(0,
				    (struct failing){
					rows[i].call, NULL, n, 1 },
				    *e);
				scene(s);
				if (fault_hits(0) == 0)
					break;
				settle(s);
				assert_sound(s, SLOTS, before);
			}
			assert_true(n > 1 && n < MOST);
			settle(s);
		}
	assert_int_equal(server_stop(s), 0);
}

int
run_sweep_tests(void)
{
	const struct CMUnitTest tests[] = {
		FAULTY(every_call_in_every_place),
	};

	return cmocka_run_group_tests_name("sweep", tests, NULL, NULL);
}
