/*
 * conn_send_test.c - answers on their way: in parts, in batches, large ones
 * behind small ones, and what the log says of them.
 */
#include "served.h"

/* Nothing goes at once: a client that reads little has little room. */
static void
little_room(struct served *s)
{
	int size = 4096;

	assert_int_equal(
	    setsockopt(s->conn.fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size),
	    0);
}

/* Reads all that the connection sends until it wants something else than to
 * write; returns how much that was, and whether it ends in the whole body. */
static size_t
hear_all(struct served *s, size_t body)
{
	static char all[LARGE + 4096];
	size_t len = 0;
	enum want want = run(s);
	ssize_t n;

	do {
		while ((n = recv(s->peer, all + len, sizeof all - len,
			    MSG_DONTWAIT)) > 0)
			len += (size_t)n;
		if (want == WANT_WRITE)
			want = run(s);
	} while (want == WANT_WRITE || n > 0);
	while (
	    (n = recv(s->peer, all + len, sizeof all - len, MSG_DONTWAIT)) > 0)
		len += (size_t)n;
	assert_int_equal(want, WANT_READ);
	assert_true(len > body);
	assert_memory_equal(all + len - body, large, body);
	return len;
}

static void
a_large_answer_goes_in_parts(void **state)
{
	struct served *s = *state;

	little_room(s);
	tell(s, GET("/size/300000"));
	hear_all(s, 300000);
	assert_int_equal(s->works.used, 0);
	assert_has(logged(s), "\"status\": 200, \"bytes\": 300000");
	assert_string_equal(logged(s), "");
}

/* Up to WORK_COPY a body is copied behind its head, above that it is borrowed:
 * nobody sees the difference. */
static void
bodies_around_the_size_that_is_copied(void **state)
{
	static const int sizes[] = { 0, 1, WORK_COPY - 1, WORK_COPY,
		WORK_COPY + 1, 2 * WORK_COPY };
	struct served *s = *state;
	char request[64], part[64];

	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		snprintf(request, sizeof request,
		    "GET /size/%d HTTP/1.1\r\nHost: a\r\n\r\n", sizes[i]);
		snprintf(part, sizeof part, "\"bytes\": %d,", sizes[i]);
		tell(s, request);
		hear_all(s, (size_t)sizes[i]);
		assert_has(logged(s), part);
	}
}

static void
a_large_answer_ends_a_batch(void **state)
{
	struct served *s = *state;
	const char *text;

	tell(s, GET("/") GET("/size/4000") GET("/size/3"));
	assert_int_equal(run(s), WANT_AGAIN);
	text = hear(s, LARGE);
	assert_has(text, "\r\n\r\nsmallHTTP/1.1 200 ");
	assert_int_equal(strncmp(text + strlen(text) - 4000, large, 4000), 0);
	assert_int_equal(run(s), WANT_READ);
	text = hear(s, LARGE);
	assert_has(text, "Content-Length: 3\r\n\r\nabc");
	assert_has(logged(s), "\"path\": \"/\"");
	assert_has(logged(s), "\"bytes\": 4000,");
	assert_has(logged(s), "\"bytes\": 3,");
}

/* Each turn answers a bounded number, and reads nothing before it is done. */
static void
batches_are_bounded(void **state)
{
	struct served *s = *state;
	enum { N = 3 * WORK_BATCH };
	unsigned turns = 1, answers = 0;
	char all[64 * N] = "";

	for (int i = 0; i < N; i++)
		strcat(all, GET("/"));
	tell(s, all);
	while (run(s) == WANT_AGAIN) {
		turns++;
		ring_flush(&s->ring);
		assert_true(turns <= N);
	}
	assert_true(turns >= N / WORK_BATCH);
	assert_int_equal(s->works.used, 0);
	for (const char *at = hear(s, LARGE); (at = strstr(at, "small")); at++)
		answers++;
	assert_int_equal(answers, N);
	for (int i = 0; i < N; i++)
		assert_has(logged(s), "\"status\": 200");
}

/* Progress puts the deadline off; being writable alone does not. */
/* A query comes back in Location: a redirect's head may be larger than all
 * others. */
static void
redirect(const struct app *app, const struct request *req, struct response *res)
{
	static char location[TARGET_MAX];

	(void)app;
	res->status = STATUS_PERMANENT_REDIRECT;
	memset(location, 'q', sizeof location);
	res->location = (struct span){ location, req->query.len };
	response_content(res, SPAN("go there"));
}

static void
a_batch_ends_before_a_head_that_may_not_fit(void **state)
{
	static const struct route routes[] = {
		{ "/", METHOD_GET, answer_small },
		{ "/d", METHOD_GET, redirect },
		{ NULL, 0, NULL },
	};
	static char text[HEAD_MAX], extra[4096], end[] = "\r\n\r\ngo there";
	struct served *s = *state;

	s->service.routes = routes;
	for (size_t fields = 0; fields < sizeof extra; fields += 64) {
		struct buf b = buf_over(text, sizeof text);
		const char *answer;
		size_t query = 8000;
		enum want want;

		memset(extra, 'e', fields);
		s->service.extra = (struct span){ extra, fields };
		for (int i = 0; i < 3; i++)
			buf_put(&b, SPAN(GET("/")));
		buf_put(&b, SPAN("GET /d?"));
		for (size_t i = 0; i < query; i++)
			buf_char(&b, 'q');
		buf_put(&b, SPAN(" HTTP/1.1\r\nHost: a\r\n\r\n"));
		buf_char(&b, '\0');
		assert_false(b.overflowed);
		tell(s, text);
		while ((want = run(s)) == WANT_AGAIN)
			continue;
		assert_int_equal(want, WANT_READ);
		answer = hear(s, LARGE);
		answer = strstr(answer, "\r\nLocation: ");
		assert_non_null(answer);
		assert_int_equal(strlen(answer),
		    strlen("\r\nLocation: \r\n") + query + fields +
			strlen(end + 2));
		assert_string_equal(
		    answer + strlen(answer) - strlen(end + 4), end + 4);
	}
}

static void
progress_puts_the_write_timeout_off(void **state)
{
	struct served *s = *state;
	uint64_t due;

	little_room(s);
	tell(s, GET("/size/300000"));
	assert_int_equal(run(s), WANT_WRITE);
	due = s->clock.now + WRITE * NS_PER_SEC;
	assert_int_equal(conn_deadline(&s->conn), due);
	later(s, 5);
	assert_int_equal(run(s), WANT_WRITE);
	assert_int_equal(conn_deadline(&s->conn), due);
	for (int i = 0; i < 10; i++)
		hear(s, 4096);
	assert_int_equal(run(s), WANT_WRITE);
	assert_int_equal(
	    conn_deadline(&s->conn), s->clock.now + WRITE * NS_PER_SEC);
	assert_int_equal(conn_timeout(&s->conn), WANT_CLOSE);
	assert_int_equal(metric_get(&s->metrics.timeouts[PHASE_WRITE]), 1);
	assert_has(logged(s), "\"aborted\": true");
}

/* What the kernel took of a body counts, when the rest is lost. */
static void
bytes_of_a_lost_answer_are_those_sent(void **state)
{
	struct served *s = *state;
	const char *text;
	size_t heard, head;
	char bytes[64];

	little_room(s);
	tell(s, GET("/size/300000"));
	assert_int_equal(run(s), WANT_WRITE);
	assert_int_equal(conn_broken(&s->conn), WANT_CLOSE);
	text = hear(s, LARGE);
	heard = strlen(text);
	head = (size_t)(strstr(text, "\r\n\r\n") + 4 - text);
	assert_true(heard > head);
	snprintf(bytes, sizeof bytes, "\"bytes\": %zu,", heard - head);
	assert_has(logged(s), bytes);
	assert_int_equal(metric_get(&s->metrics.response_bytes), heard);
}

/* In one packet, that is, and what comes too late does no harm. */
static void
the_last_answer_takes_the_end_along(void **state)
{
	struct served *s = *state;
	char byte;

	tell(s, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
	assert_int_equal(run(s), WANT_CLOSE);
	tell(s, "more");
	assert_has(hear(s, LARGE), "small");
	assert_int_equal(recv(s->peer, &byte, 1, MSG_DONTWAIT), 0);
	assert_has(logged(s), "\"status\": 200");
}

/* ---- no room in the log ---- */

/* As after a turn in which nobody took lines. */
static void
fill_log(struct served *s)
{
	char line[1024];

	memset(line, '.', sizeof line);
	line[sizeof line - 1] = '\n';
	while (ring_put(&s->ring, (struct span){ line, sizeof line }))
		;
	s->ring.blocked = true;
}

/* The lines that filled it do not belong to a request. */
static void
empty_log(struct served *s)
{
	const char *line;

	while (!ring_empty(&s->ring)) {
		line = logged(s);
		assert_int_equal(line[0], '.');
		s->ring.written--;
	}
	while (*(line = logged(s)) == '.')
		;
	assert_string_equal(line, "");
	s->ring.written = 0;
}

static void
without_room_in_the_log_nothing_is_read(void **state)
{
	struct served *s = *state;

	s->service.log_wait = true;
	fill_log(s);
	tell(s, GET("/"));
	assert_int_equal(run(s), WANT_LOG);
	assert_int_equal(s->works.used, 0);
	assert_string_equal(hear(s, LARGE), "");
	empty_log(s);
	assert_int_equal(run(s), WANT_READ);
	assert_has(hear(s, LARGE), "small");
	assert_has(logged(s), "\"status\": 200");
}

static void
a_line_waits_for_room_behind_its_answer(void **state)
{
	struct served *s = *state;

	s->service.log_wait = true;
	little_room(s);
	tell(s, GET("/size/300000"));
	assert_int_equal(run(s), WANT_WRITE);
	fill_log(s);
	for (;;) {
		enum want want = run(s);

		while (*hear(s, LARGE))
			;
		if (want == WANT_LOG)
			break;
		assert_int_equal(want, WANT_WRITE);
	}
	assert_int_equal(s->conn.state, CONN_LOG);
	assert_int_equal(conn_deadline(&s->conn), CLOCK_NEVER);
	assert_int_equal(run(s), WANT_LOG);
	assert_int_equal(conn_timeout(&s->conn), WANT_LOG);
	assert_int_equal(metric_get(&s->metrics.in_flight), 1);
	empty_log(s);
	assert_int_equal(run(s), WANT_READ);
	assert_has(logged(s), "\"bytes\": 300000");
}

static void
dropping_waits_for_nothing(void **state)
{
	struct served *s = *state;

	fill_log(s);
	tell(s, GET("/"));
	assert_int_equal(run(s), WANT_READ);
	assert_has(hear(s, LARGE), "small");
	assert_int_equal(s->ring.dropped, 1);
	empty_log(s);
}

static void
lines_that_are_taken_make_room_at_once(void **state)
{
	struct served *s = *state;
	const char *line;

	fill_log(s);
	s->ring.blocked = false;
	tell(s, GET("/"));
	assert_int_equal(run(s), WANT_READ);
	assert_int_equal(s->ring.dropped, 0);
	while (*(line = logged(s)) == '.')
		s->ring.written--;
	assert_has(line, "\"status\": 200");
}

/* Lost while its line waits: the line is still written, if there is room; when
 * it is closed, nothing waits any longer. */
static void
lost_while_the_log_is_full(void **state)
{
	struct served *s = *state;

	s->service.log_wait = true;
	tell(s, "GET / HT");
	assert_int_equal(run(s), WANT_READ);
	fill_log(s);
	assert_int_equal(conn_broken(&s->conn), WANT_LOG);
	assert_int_equal(run(s), WANT_LOG);
	assert_int_equal(conn_broken(&s->conn), WANT_LOG);
	empty_log(s);
	assert_int_equal(run(s), WANT_CLOSE);
	assert_has(logged(s), "\"status\": 499");
}

static void
closed_while_the_log_is_full(void **state)
{
	struct served *s = *state;

	s->service.log_wait = true;
	tell(s, "GET / HT");
	assert_int_equal(run(s), WANT_READ);
	fill_log(s);
	assert_int_equal(conn_broken(&s->conn), WANT_LOG);
	conn_close(&s->conn);
	assert_int_equal(s->ring.dropped, 1);
	assert_true(s->service.log_wait);
	empty_log(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SERVED(a_large_answer_goes_in_parts),
		SERVED(bodies_around_the_size_that_is_copied),
		SERVED(a_large_answer_ends_a_batch),
		SERVED(batches_are_bounded),
		SERVED(a_batch_ends_before_a_head_that_may_not_fit),
		SERVED(progress_puts_the_write_timeout_off),
		SERVED(bytes_of_a_lost_answer_are_those_sent),
		SERVED(the_last_answer_takes_the_end_along),
		SERVED(without_room_in_the_log_nothing_is_read),
		SERVED(a_line_waits_for_room_behind_its_answer),
		SERVED(dropping_waits_for_nothing),
		SERVED(lines_that_are_taken_make_room_at_once),
		SERVED(lost_while_the_log_is_full),
		SERVED(closed_while_the_log_is_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
