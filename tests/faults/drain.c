/*
 * drain.c - closing the page's listener: what happens in the middle of it, with
 * the server stopped there, and without the filter that lets nobody new in.
 */
#include "faults/faults.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/wait.h>

#include "faults/tables.h"
#include "unit/half_open.h"

/* Begins to connect to the page. */
static struct client *
begin_dial(const struct server *s, bool deaf)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(s->page),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct client *c = keep(sizeof *c);

	c->fd = call_begin((const struct sockaddr *)&to, sizeof to, deaf);
	assert_true(c->fd >= 0);
	return c;
}

static void
await_stop(const struct server *s)
{
	siginfo_t stopped;

	assert_int_equal(
	    waitid(P_PID, (id_t)s->pid, &stopped, WSTOPPED | WEXITED | WNOWAIT),
	    0);
	assert_int_equal(stopped.si_code, CLD_STOPPED);
}

/* With a filter that counts, or fails, or makes it stop. */
static void
begin_drain(struct server *s, int effect)
{
	inject(0, (struct failing){ "setsockopt", NULL, 0, 0 }, effect);
	server_signal(s, SIGTERM);
}

static void
answers_and_ends(struct server *s, struct client *c)
{
	struct response r;

	assert_int_equal(hear(c, &r, false), 200);
	assert_field(&r, "Connection", "close");
	assert_int_equal(hear_end(c), 0);
	assert_int_equal(server_wait(s), 0);
	assert_int_equal(server_lines(s), 1);
}

/* Then there is a risk, which is not worth a word; all else is as ever. */
static void
without_a_filter_it_ends_as_well(void **state)
{
	const int *e = row_effects("setsockopt", NULL, NULL);

	(void)state;
	for (; *e; e++) {
		struct server *s;
		struct client *c;

		inject_nothing();
		s = faults_start(&(struct spawn){ 0 });
		c = dial(s->page);
		tell(c, "GET / HTTP/1.1\r\n");
		await_sample(s, "http_requests_in_flight", 1);
		begin_drain(s, *e);
		await_calls(0, 1);
		tell(c, "Host: a\r\n\r\n");
		answers_and_ends(s, c);
		assert_int_equal(fault_hits(0), 1);
		assert_int_equal(count_lines(s->err_text.at), 3);
	}
}

/* The kernel resets what is in the queue when the listener is closed. */
static void
who_calls_just_before_the_close_is_refused(void **state)
{
	struct server *s = faults_start(&(struct spawn){ 0 });
	struct client *c;

	(void)state;
	inject(1, (struct failing){ "close", NULL, 0, 0 }, FAULT_STOP);
	begin_drain(s, FAULT_COUNT);
	await_stop(s);
	c = begin_dial(s, false);
	server_signal(s, SIGCONT);
	assert_int_equal(call_result(c->fd, WAIT_MS), ECONNREFUSED);
	assert_int_equal(server_wait(s), 0);
	assert_int_equal(server_lines(s), 0);
}

/* Of which the kernel would know nothing any more once the listener is
 * closed. */
static void
a_handshake_that_has_begun_is_finished(void **state)
{
	struct server *s = faults_start(&(struct spawn){ 0 });
	struct client *c = begin_dial(s, true);

	(void)state;
	begin_drain(s, FAULT_STOP);
	await_stop(s);
	inject(1, (struct failing){ "epoll_wait", NULL, 0, 0 }, FAULT_STOP);
	server_signal(s, SIGCONT);
	await_calls(1, 1);
	await_stop(s);
	assert_int_equal(call_hear(c->fd), 0);
	assert_int_equal(call_result(c->fd, WAIT_MS), 0);
	tell(c, GET("/"));
	server_signal(s, SIGCONT);
	answers_and_ends(s, c);
}

int
run_drain_tests(void)
{
	const struct CMUnitTest tests[] = {
		FAULTY(without_a_filter_it_ends_as_well),
		FAULTY(who_calls_just_before_the_close_is_refused),
		FAULTY(a_handshake_that_has_begun_is_finished),
	};

	return cmocka_run_group_tests_name("drain", tests, NULL, NULL);
}
