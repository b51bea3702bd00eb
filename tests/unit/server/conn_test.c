/*
 * conn_test.c - the states of a connection: what each waits for and how long,
 * what becomes of it when that time is over, and when the client is gone.
 */
#include "served.h"

/* ---- the way into each state ---- */

static void
into_fresh(struct served *s)
{
	assert_int_equal(run(s), WANT_READ);
	assert_int_equal(s->works.used, 0);
}

static void
into_idle(struct served *s)
{
	tell(s, GET("/"));
	assert_int_equal(run(s), WANT_READ);
	assert_has(hear(s, LARGE), "small");
	assert_has(logged(s), "\"status\": 200");
}

/* It may be the beginning of one more empty line, or of nothing. */
static void
into_lone_cr(struct served *s)
{
	into_idle(s);
	tell(s, "\r");
	assert_int_equal(run(s), WANT_READ);
}

static void
into_head(struct served *s)
{
	tell(s, "GET / HT");
	assert_int_equal(run(s), WANT_READ);
}

static void
into_body(struct served *s)
{
	tell(s, "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n12");
	assert_int_equal(run(s), WANT_READ);
}

static void
into_delay(struct served *s)
{
	s->service.delay_min = s->service.delay_max = 3 * NS_PER_SEC;
	tell(s, GET("/"));
	assert_int_equal(run(s), WANT_SLEEP);
	assert_int_equal(run(s), WANT_SLEEP);
}

static void
into_send(struct served *s)
{
	int size = 4096;

	setsockopt(s->conn.fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	tell(s, GET("/size/300000"));
	assert_int_equal(run(s), WANT_WRITE);
}

static void
into_linger(struct served *s)
{
	tell(s, "GET / HTTP/1.1\r\n\r\n");
	assert_int_equal(run(s), WANT_READ);
	assert_has(hear(s, LARGE), "HTTP/1.1 400 ");
	assert_has(logged(s), "\"status\": 400");
}

/* ---- the table ---- */

static const struct row {
	const char *name;
	void (*into)(struct served *s);
	enum conn_state state;
	unsigned seconds; /* until its deadline */
	/* when that is over */
	enum want timed_out;
	unsigned phase;            /* enum metrics_phase; PHASES: none */
	const char *answer, *line; /* NULL: none */
	/* when the client is gone */
	const char *gone_line;
	bool busy;
} rows[] = {
	{ "fresh", into_fresh, CONN_HEAD, HEADER, WANT_READ, PHASE_HEADER, NULL,
	    NULL, NULL, false },
	{ "idle", into_idle, CONN_HEAD, IDLE, WANT_READ, PHASE_IDLE, NULL, NULL,
	    NULL, false },
	{ "lone CR", into_lone_cr, CONN_HEAD, IDLE, WANT_READ, PHASE_IDLE, NULL,
	    NULL, NULL, false },
	{ "head", into_head, CONN_HEAD, HEADER, WANT_READ, PHASE_HEADER,
	    "HTTP/1.1 408 ", "\"status\": 408", "\"status\": 499, \"bytes\": 0",
	    true },
	{ "body", into_body, CONN_BODY, BODY, WANT_READ, PHASE_BODY,
	    "HTTP/1.1 408 ", "\"status\": 408", "\"status\": 499, \"bytes\": 0",
	    true },
	{ "delay", into_delay, CONN_DELAY, 3, WANT_READ, PHASES,
	    "HTTP/1.1 200 ", "\"status\": 200", "\"status\": 499, \"bytes\": 0",
	    true },
	{ "send", into_send, CONN_SEND, WRITE, WANT_CLOSE, PHASE_WRITE,
	    "HTTP/1.1 200 ", "\"status\": 200, \"bytes\": ",
	    "\"status\": 200, \"bytes\": ", true },
	{ "linger", into_linger, CONN_LINGER, 1, WANT_CLOSE, PHASES, NULL, NULL,
	    NULL, false },
};

static const struct row *row; /* of the test that runs */

static void
assert_there(struct served *s)
{
	row->into(s);
	assert_int_equal(s->conn.state, row->state);
	assert_int_equal(conn_busy(&s->conn), row->busy);
}

static void
time_is_over(void **state)
{
	struct served *s = *state;

	assert_there(s);
	assert_int_equal(
	    conn_deadline(&s->conn), s->clock.now + row->seconds * NS_PER_SEC);
	later(s, row->seconds);
	assert_int_equal(conn_timeout(&s->conn), row->timed_out);
	for (unsigned i = 0; i < PHASES; i++)
		assert_int_equal(
		    metric_get(&s->metrics.timeouts[i]), i == row->phase);
	assert_has(hear(s, LARGE), row->answer ? row->answer : "");
	assert_has(logged(s), row->line ? row->line : "");
	assert_string_equal(logged(s), "");
	if (row->timed_out == WANT_CLOSE || row->state == CONN_DELAY)
		return;
	/* it has said all, and reads until the client has said all too */
	assert_int_equal(s->conn.state, CONN_LINGER);
	assert_int_equal(s->works.used, 0);
	tell(s, "more");
	assert_int_equal(run(s), WANT_READ);
	shutdown(s->peer, SHUT_WR);
	assert_int_equal(run(s), WANT_CLOSE);
}

static void
assert_gone(struct served *s)
{
	const char *line = logged(s);

	if (row->gone_line) {
		assert_has(line, row->gone_line);
		assert_has(line, "\"aborted\": true");
	} else {
		assert_string_equal(line, "");
	}
	assert_string_equal(logged(s), "");
	assert_int_equal(
	    metric_get(&s->metrics.aborted), row->gone_line != NULL);
}

static void
the_connection_breaks(void **state)
{
	struct served *s = *state;

	assert_there(s);
	assert_int_equal(conn_broken(&s->conn), WANT_CLOSE);
	assert_gone(s);
}

/* Without a word from the connection, as at the end of a drain. */
static void
it_is_closed(void **state)
{
	struct served *s = *state;

	assert_there(s);
	conn_close(&s->conn);
	assert_false(s->conn.open);
	assert_gone(s);
}

/* What reads or sends, finds out by itself. */
static void
the_client_leaves(void **state)
{
	struct served *s = *state;

	assert_there(s);
	close(s->peer);
	s->peer = -1;
	if (row->state == CONN_DELAY) {
		later(s, row->seconds);
		assert_int_equal(conn_timeout(&s->conn), WANT_CLOSE);
	} else {
		assert_int_equal(run(s), WANT_CLOSE);
	}
	assert_gone(s);
}

/* ---- what is in no row ---- */

static void
between_requests_only_the_rest_of_a_drain_is_waited_for(void **state)
{
	struct served *s = *state;

	into_idle(s);
	later(s, 1);
	s->service.closing = true;
	s->service.drain_at = s->clock.now;
	assert_true(conn_deadline(&s->conn) < s->clock.now + 1 * NS_PER_SEC);
	later(s, 1);
	assert_int_equal(conn_timeout(&s->conn), WANT_READ);
	for (unsigned i = 0; i < PHASES; i++)
		assert_int_equal(metric_get(&s->metrics.timeouts[i]), 0);
	assert_true(conn_deadline(&s->conn) < s->clock.now + 1 * NS_PER_SEC);
}

/* It came after the loop has looked, while others were sent home. */
static void
a_request_of_the_last_moment_is_answered(void **state)
{
	struct served *s = *state;

	into_idle(s);
	s->service.closing = true;
	s->service.drain_at = s->clock.now;
	later(s, 1);
	tell(s, GET("/"));
	assert_int_equal(conn_timeout(&s->conn), WANT_READ);
	assert_has(hear(s, LARGE), "HTTP/1.1 200 ");
	assert_has(logged(s), "\"status\": 200");
}

static void
blank_lines_do_not_hold_the_end_up(void **state)
{
	struct served *s = *state;

	into_idle(s);
	later(s, IDLE);
	tell(s, "\r\n\r\n");
	assert_int_equal(conn_timeout(&s->conn), WANT_READ);
	assert_int_equal(s->conn.state, CONN_LINGER);
	assert_string_equal(logged(s), "");
}

static void
a_long_name_of_a_client_is_cut(void **state)
{
	struct served *s = *state;
	char name[64];

	memset(name, '1', sizeof name);
	conn_close(&s->conn);
	conn_open(&s->conn, &s->service, dup(s->peer),
	    (struct span){ name, sizeof name });
	assert_int_equal(s->conn.ip_len, sizeof s->conn.ip);
}

/* A slot that is used again is another connection. */
static void
each_has_a_generation_of_its_own(void **state)
{
	struct served *s = *state;
	uint32_t first = s->conn.generation;

	into_head(s);
	conn_close(&s->conn);
	assert_has(logged(s), "\"status\": 499");
	conn_open(&s->conn, &s->service, dup(s->peer), SPAN("192.0.2.2"));
	assert_int_not_equal(s->conn.generation, first);
	assert_int_equal(s->conn.state, CONN_HEAD);
	assert_false(conn_busy(&s->conn));
}

/* Operations: neither logged nor counted as requests. */
static void
a_listener_that_is_not_counted(void **state)
{
	struct served *s = *state;

	s->service.counted = false;
	s->service.ring = NULL;
	tell(s, GET("/") "GET / HT");
	assert_int_equal(run(s), WANT_AGAIN);
	assert_int_equal(run(s), WANT_READ);
	assert_has(hear(s, LARGE), "small");
	assert_int_equal(metric_get(&s->metrics.in_flight), 0);
	assert_int_equal(metric_get(&s->metrics.request_bytes), 0);
	assert_int_equal(metric_get(&s->metrics.response_bytes), 0);
	assert_int_equal(conn_timeout(&s->conn), WANT_READ);
	assert_has(hear(s, LARGE), "HTTP/1.1 408 ");
	for (unsigned i = 0; i < PHASES; i++)
		assert_int_equal(metric_get(&s->metrics.timeouts[i]), 0);
	assert_string_equal(logged(s), "");
}

static int
run_rows(void)
{
	int failed = 0;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct CMUnitTest tests[] = {
			SERVED(time_is_over),
			SERVED(the_connection_breaks),
			SERVED(it_is_closed),
			SERVED(the_client_leaves),
		};

		row = &rows[i];
		failed += cmocka_run_group_tests_name(
		    rows[i].name, tests, NULL, NULL);
	}
	return failed;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SERVED(between_requests_only_the_rest_of_a_drain_is_waited_for),
		SERVED(a_request_of_the_last_moment_is_answered),
		SERVED(blank_lines_do_not_hold_the_end_up),
		SERVED(a_long_name_of_a_client_is_cut),
		SERVED(each_has_a_generation_of_its_own),
		SERVED(a_listener_that_is_not_counted),
	};

	return run_rows() + cmocka_run_group_tests(tests, NULL, NULL);
}
