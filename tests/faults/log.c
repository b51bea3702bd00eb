/*
 * log.c - standard output and error fail: lines are written late, or dropped
 * and counted, and said so once; serving goes on as if nothing had happened.
 */
#include "faults/faults.h"

#include <errno.h>
#include <sys/socket.h>

#include "faults/tables.h"

/* How standard output is written to. */
enum sink { PIPE, POLLED, SOCKET };

enum then { LATER, DROPPED };

#define PASSES EFFECTS(EAGAIN, EINTR)
#define LESS   EFFECTS(EAGAIN, EINTR, FAULT_SHORT, FAULT_HALF)

/* Of one request on a connection that is there already. */
static const struct row {
	enum sink sink;
	const char *call, *detail;
	unsigned from, count;
	const int *only, *but;
	enum then then;
} rows[] = {
	{ PIPE, "write", "stdout", 1, 1, LESS, NULL, LATER },
	{ PIPE, "write", "stdout", 1, 50, EFFECTS(FAULT_SHORT), NULL, LATER },
	{ PIPE, "write", "stdout", 1, 1, NULL, PASSES, DROPPED },
	{ PIPE, "write", "stdout", 1, 1, EFFECTS(FAULT_END), NULL, DROPPED },
	{ POLLED, "poll", "stdout", 1, 1, NULL, NULL, LATER },
	{ POLLED, "write", "stdout", 1, 1, LESS, NULL, LATER },
	{ POLLED, "write", "stdout", 1, 1, NULL, PASSES, DROPPED },
	{ SOCKET, "sendmsg", NULL, 1, 1, LESS, NULL, LATER },
	{ SOCKET, "sendmsg", NULL, 1, 1, NULL, PASSES, DROPPED },
};

static struct server *
start(enum sink sink)
{
	const char *const *args =
	    ARGS("--max-connections=4", "--log-buffer=16KiB");
	struct spawn how = { .args = args, .nofile = 40 };
	struct server *s;
	int pair[2];

	inject_nothing();
	if (sink == POLLED)
		inject(0, (struct failing){ "open", "/proc/self/fd/1", 0, 0 },
		    EACCES);
	if (sink == SOCKET) {
		assert_int_equal(
		    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair),
		    0);
		how.out = pair[1];
		how.read_end = pair[0];
	}
	s = faults_start(&how);
	if (sink == POLLED)
		assert_int_equal(fault_hits(0), 1);
	if (sink == SOCKET)
		close(pair[1]);
	inject_nothing();
	return s;
}

/* How many lines have been written and dropped, of those asked for. */
static void
await_log(struct server *s, double written, double dropped)
{
	await_sample(s, "my_webserver_log_lines_total", written);
	await_sample(s, "my_webserver_log_lines_dropped_total", dropped);
}

/* Stands before the fault, so that nothing is accepted meanwhile. */
static struct client *
acquaintance(struct server *s)
{
	struct client *c = dial(s->page);

	assert_int_equal(ask(c, GET("/first"), NULL), 404);
	assert_non_null(strstr(server_line(s), "/first"));
	return c;
}

static void
run_effect(struct server *s, const struct row *row, int effect, unsigned before)
{
	struct failing what = { row->call, row->detail, row->from, row->count };
	const char *name = describe(what, effect);
	struct client *c = acquaintance(s);
	const char *was = scrape(s);
	double written = sample(was, "my_webserver_log_lines_total");
	double dropped = sample(was, "my_webserver_log_lines_dropped_total");
	size_t said = count_lines(s->err_text.at);

	inject(0, what, effect);
	assert_int_equal(ask(c, GET("/second"), NULL), 404);
	await_calls(0, row->from + row->count - 1);
	if (fault_hits(0) != row->count)
		fail_msg("%s: failed %u times", name, fault_hits(0));
	if (row->then == LATER) {
		assert_non_null(strstr(server_line(s), "/second"));
		await_log(s, written + 1, dropped);
	} else {
		await_log(s, written, dropped + 1);
	}
	if (count_lines(s->err_text.at) != said + (row->then == DROPPED))
		fail_msg("%s: says %s", name, s->err_text.at);
	hang_up(c);
	assert_sound(s, 4, before);
}

static void
run_rows(enum sink sink)
{
	struct server *s = start(sink);
	unsigned before = descriptors(s);

	for (size_t i = 0; i < COUNT(rows); i++) {
		const int *e;

		if (rows[i].sink != sink)
			continue;
		e = row_effects(rows[i].call, rows[i].only, rows[i].but);
		for (; *e; e++)
			run_effect(s, &rows[i], *e, before);
	}
	assert_int_equal(server_stop(s), 0);
}

static void
a_pipe(void **state)
{
	(void)state;
	run_rows(PIPE);
}

static void
a_pipe_shared_with_others(void **state)
{
	(void)state;
	run_rows(POLLED);
}

static void
a_socket(void **state)
{
	(void)state;
	run_rows(SOCKET);
}

/* What fails in the same way is said once, and again after a good line. */
static void
trouble_is_said_once(void **state)
{
	struct server *s = start(PIPE);
	struct client *c = acquaintance(s);
	const char *said = "\"event\": \"log write failed\", "
			   "\"error\": \"No space left on device\"";

	(void)state;
	for (int i = 0; i < 2; i++) {
		inject(0, (struct failing){ "write", "stdout", 1, 5 }, ENOSPC);
		for (int j = 0; j < 5; j++) {
			assert_int_equal(ask(c, GET("/"), NULL), 200);
			await_calls(0, (unsigned)j + 1);
		}
		assert_int_equal(ask(c, GET("/good"), NULL), 404);
		assert_non_null(strstr(server_line(s), "/good"));
	}
	await_log(s, 3, 10);
	hang_up(c);
	assert_int_equal(server_stop(s), 0);
	assert_non_null(strstr(s->err_text.at, said));
	assert_non_null(strstr(s->err_text.at, "\"log_lines_dropped\": 10"));
	/* listening, twice this, draining, exit */
	assert_int_equal(count_lines(s->err_text.at), 5);
}

/* Lines that lie at the end and the beginning of the buffer: two parts. */
static void
wrap(struct server *s, struct client *c, unsigned *lines, int effect)
{
	inject(
	    1, (struct failing){ "write", "stdout", 1, FAULT_ALWAYS }, EAGAIN);
	while (*lines < 50) {
		assert_int_equal(ask(c, GET("/"), NULL), 200);
		++*lines;
	}
	inject(2, (struct failing){ "writev", NULL, 1, 1 }, effect);
	inject(0, (struct failing){ "write", "stdout", 1, 1 }, FAULT_HALF);
	while (fault_hits(2) == 0) {
		assert_true(*lines < 120);
		assert_int_equal(ask(c, GET("/"), NULL), 200);
		++*lines;
	}
	inject_nothing();
	assert_int_equal(probe(s, "/livez"), 200);
}

static void
two_parts(struct server *s, int effect, bool drops)
{
	static const char *const written = "my_webserver_log_lines_total";
	static const char *const dropped =
	    "my_webserver_log_lines_dropped_total";
	struct client *c = dial(s->page);
	const char *was = scrape(s), *is;
	unsigned lines = 0;

	wrap(s, c, &lines, effect);
	hang_up(c);
	await_sample(s, "http_connections{listener=\"page\"}", 0);
	is = scrape(s);
	if (!drops)
		assert_true(
		    sample(is, written) == sample(was, written) + lines);
	else /* not the one that was begun: its rest follows */
		assert_true(sample(is, dropped) > sample(was, dropped) &&
		    sample(is, written) > sample(was, written));
	server_pull(s);
	server_check_lines(s);
}

static void
lines_in_two_parts(void **state)
{
	const int *lists[] = { row_effects("writev", LESS, NULL),
		row_effects("writev", NULL, PASSES) };
	struct server *s = start(PIPE);
	unsigned before = descriptors(s);

	(void)state;
	for (int drops = 0; drops < 2; drops++)
		for (const int *e = lists[drops]; *e; e++) {
			two_parts(s, *e, drops);
			assert_sound(s, 4, before);
		}
	assert_int_equal(server_stop(s), 0);
}

/* The log has no room, and waiting for it fails: it is tried again. */
static void
waiting_for_the_log_fails(void **state)
{
	static const char *const detail[] = { "ADD", "DEL" };
	static const unsigned times[] = { 1, 3 };
	struct server *s = start(PIPE);
	unsigned before = descriptors(s);

	(void)state;
	for (int i = 0; i < 2; i++) {
		const int *e = row_effects("epoll_ctl", NULL, NULL);

		for (; *e; e++) {
			struct client *c = acquaintance(s);

			inject(0, (struct failing){ "write", "stdout", 0, 0 },
			    EAGAIN);
			inject(1,
			    (struct failing){
				"epoll_ctl", detail[i], 1, times[i] },
			    *e);
			assert_int_equal(ask(c, GET("/second"), NULL), 404);
			assert_non_null(strstr(server_line(s), "/second"));
			await_calls(1, times[i]);
			assert_int_equal(fault_hits(1), times[i]);
			hang_up(c);
			assert_sound(s, 4, before);
		}
	}
	assert_int_equal(server_stop(s), 0);
}

/* Requests wait for a log that cannot be written, nor waited for; one after the
 * other they go on, and no line is lost. */
static void
requests_wait_for_the_log(void **state)
{
	enum { N = 200 };
	struct server *s = faults_start(&(struct spawn){
	    .args = ARGS("--log-buffer=16KiB", "--log-overflow=wait"),
	    .nofile = 40 });
	unsigned before = descriptors(s);
	struct client *c = acquaintance(s);
	char all[N * sizeof GET("/")] = "";

	(void)state;
	inject(
	    0, (struct failing){ "write", "stdout", 1, FAULT_ALWAYS }, EAGAIN);
	inject(1, (struct failing){ "epoll_ctl", "ADD", 1, 3 }, ENOSPC);
	for (int i = 0; i < N; i++)
		strcat(all, GET("/"));
	tell(c, all);
	await_calls(1, 4);
	assert_int_equal(probe(s, "/livez"), 200);
	assert_true(sample_sum(scrape(s), "http_requests_total") < N);
	inject_nothing();
	for (int i = 0; i < N; i++)
		assert_int_equal(hear(c, NULL, false), 200);
	hang_up(c);
	await_log(s, N + 1, 0);
	server_pull(s);
	server_check_lines(s);
	assert_sound(s, 4, before);
	assert_int_equal(server_stop(s), 0);
}

/* Nobody reads, and the lines of those who leave fill what room there is kept
 * for one; others wait. The loop, which would tell of these in every turn, does
 * not let go of them at once: it comes to rest all the same. */
static void
who_leaves_while_the_log_is_full(void **state)
{
	struct server *s = faults_start(&(struct spawn){ .unread = true,
	    .args = ARGS("--log-buffer=16KiB", "--log-overflow=wait") });
	enum { N = 100 };
	struct client *c[N];
	unsigned gone = 0;
	struct flood f;

	(void)state;
	for (int i = 0; i < N; i++) {
		c[i] = dial(s->page);
		tell(c[i], "GET /gone HT");
	}
	await_sample(s, "http_requests_in_flight", N);
	flood_begin(&f, dial(s->page), 100000);
	while (flood_step(&f, 100))
		;
	assert_false(flood_done(&f));
	inject(0, (struct failing){ "epoll_ctl", "DEL", 1, 2 }, ENOMEM);
	for (int i = 0; i < N; i++)
		hang_up_hard(c[i]);
	await_calls(0, 3);
	inject(1, (struct failing){ "epoll_wait", NULL, 0, 0 }, FAULT_COUNT);
	pass_ms(100);
	assert_true(fault_calls(1) < 10);
	inject_nothing();
	s->unread = false;
	hang_up_hard(f.client);
	await_sample(s, "http_connections{listener=\"page\"}", 0);
	assert_int_equal(server_stop(s), 0);
	server_check_lines(s);
	for (const char *at = s->out_text.at; (at = strstr(at, "GET /gone"));
	     at++)
		gone++;
	assert_int_equal(gone, N);
}

/* While its lines wait, a connection can no longer be watched: it is closed,
 * and what finds no room is dropped and counted. */
static void
who_waits_for_the_log_cannot_be_watched(void **state)
{
	const int *e = row_effects("epoll_ctl", NULL, NULL);
	struct server *s = faults_start(&(struct spawn){
	    .args = ARGS("--log-buffer=16KiB", "--log-overflow=wait"),
	    .nofile = 40 });
	unsigned before = descriptors(s);

	(void)state;
	for (; *e; e++) {
		struct client *c = dial(s->page);
		struct failing mod = { "epoll_ctl", "MOD", 0, 0 };

		inject(0,
		    (struct failing){ "write", "stdout", 1, FAULT_ALWAYS },
		    EAGAIN);
		inject(1, mod, *e);
		while (fault_calls(1) == 0 && tell(c, GET("/")))
			if (hear(c, NULL, false) != 200)
				break;
		assert_int_equal(fault_hits(1), 1);
		assert_true(hear_end(c) <= 0);
		hang_up(c);
		inject_nothing();
		await_sample(s, "http_connections{listener=\"page\"}", 0);
		server_pull(s);
		server_check_lines(s);
		assert_sound(s, 4, before);
	}
	assert_int_equal(server_stop(s), 0);
}

/* Nobody reads, and what standard output is cannot be told. */
static void
an_unknown_standard_output_does_not_block(void **state)
{
	struct server *s;
	struct flood f;

	(void)state;
	inject(0, (struct failing){ "fstat", NULL, 0, 0 }, EOVERFLOW);
	s = faults_start(&(struct spawn){ .unread = true });
	assert_int_equal(fault_hits(0), 1);
	flood_begin(&f, dial(s->page), 10000);
	flood_run(&f, NULL);
	assert_int_equal(probe(s, "/livez"), 200);
}

/* An event that cannot be written is lost, and nothing else. */
static void
events_are_lost_alone(void **state)
{
	static const char *const calls[] = { "write", "poll" };

	(void)state;
	for (size_t i = 0; i < COUNT(calls); i++) {
		const int *e = row_effects(calls[i], NULL, EFFECTS(EINTR));

		for (; *e; e++) {
			struct server *s = start(PIPE);

			inject(0, (struct failing){ calls[i], "stderr", 0, 0 },
			    *e);
			assert_int_equal(server_stop(s), 0);
			assert_int_equal(fault_hits(0), 1);
			assert_null(strstr(s->err_text.at, "draining"));
			assert_non_null(strstr(s->err_text.at, "\"exit\""));
			assert_int_equal(count_lines(s->err_text.at), 2);
		}
	}
}

static void
events_are_written_whole(void **state)
{
	const int effects[] = { EINTR, FAULT_SHORT, FAULT_HALF };

	(void)state;
	for (size_t i = 0; i < COUNT(effects); i++) {
		struct server *s = start(PIPE);

		inject(
		    0, (struct failing){ "write", "stderr", 0, 0 }, effects[i]);
		assert_int_equal(server_stop(s), 0);
		assert_int_equal(fault_hits(0), 1);
		assert_non_null(strstr(s->err_text.at,
		    "\"draining\", \"signal\": 15, "
		    "\"shutdown_delay_seconds\": 0.0}}\n"));
		assert_int_equal(count_lines(s->err_text.at), 3);
	}
}

/* A year that no struct tm holds. */
static void
local_time_fails(void **state)
{
	const int *e = row_effects("localtime_r", NULL, NULL);
	struct server *s =
	    faults_start(&(struct spawn){ .args = ARGS("--log-format=seed") });

	(void)state;
	inject(0, (struct failing){ "localtime_r", NULL, 0, 0 }, *e);
	assert_int_equal(ask_once(s->page, GET("/"), NULL), 200);
	assert_json(server_line(s), "timestamp", "01/Jan/1970 00:00:00");
	assert_int_equal(fault_hits(0), 1);
	inject_nothing();
}

int
run_log_tests(void)
{
	const struct CMUnitTest tests[] = {
		FAULTY(a_pipe),
		FAULTY(a_pipe_shared_with_others),
		FAULTY(a_socket),
		FAULTY(trouble_is_said_once),
		FAULTY(lines_in_two_parts),
		FAULTY(waiting_for_the_log_fails),
		FAULTY(requests_wait_for_the_log),
		FAULTY(who_leaves_while_the_log_is_full),
		FAULTY(who_waits_for_the_log_cannot_be_watched),
		FAULTY(an_unknown_standard_output_does_not_block),
		FAULTY(events_are_lost_alone),
		FAULTY(events_are_written_whole),
		FAULTY(local_time_fails),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
