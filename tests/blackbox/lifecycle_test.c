/*
 * lifecycle_test.c - start, drain, signals, exit status.
 */
#include "harness.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

static void
an_ordinary_start_is_one_short_line(void **state)
{
	struct server *s = START_PLAIN();

	(void)state;
	assert_int_equal(probe(s, "/readyz"), 200);
	server_pull(s);
	assert_int_equal(count_lines(s->err_text.at), 1);
	assert_true(s->err_text.len <= 300);
}

static void
events_are_json_lines_with_level_and_event(void **state)
{
	struct server *s = START_PLAIN();
	char *line, *rest;

	(void)state;
	assert_int_equal(server_stop(s), 0);
	for (line = strtok_r(s->err_text.at, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		assert_true(json_check(line, strlen(line), NULL, 0));
		assert_int_equal(strncmp(line, "{\"timestamp\": \"", 15), 0);
		assert_non_null(json_get(line, "level"));
		assert_non_null(json_get(line, "event"));
	}
}

static void
sigterm_ends_an_idle_server_at_once_with_0(void **state)
{
	struct server *s = START_PLAIN();
	int64_t from = now_ms();

	(void)state;
	assert_int_equal(server_stop(s), 0);
	assert_true(now_ms() - from < 3000);
	assert_true(count_lines(s->err_text.at) >= 2);
}

static void
during_the_delay_the_page_is_served_and_readyz_is_503(void **state)
{
	struct server *s = START("--shutdown-delay=500ms");
	struct client *old = dial(s->page), *idle = dial(s->page);
	struct response r;
	int64_t from;

	(void)state;
	assert_int_equal(ask(old, GET("/"), &r), 200);
	assert_null(field(&r, "Connection"));
	assert_int_equal(ask(idle, GET("/"), &r), 200);
	from = now_ms();
	server_signal(s, SIGTERM);
	await_ready(s, 503);
	assert_int_equal(ask_once(s->metrics, GET("/readyz"), &r), 503);
	assert_int_equal(strncmp(r.body, "draining", 8), 0);
	assert_int_equal(probe(s, "/livez"), 200);
	assert_int_equal(probe(s, "/healthz"), 200);
	assert_true(sample(scrape(s), "my_webserver_draining") == 1);
	assert_true(sample(scrape(s), "my_webserver_ready") == 0);
	assert_int_equal(ask(old, GET("/"), &r), 200);
	assert_field(&r, "Connection", "close");
	assert_int_equal(hear_end(old), 0);
	assert_int_equal(ask_once(s->page, GET("/"), &r), 200);
	assert_field(&r, "Connection", "close");
	assert_int_equal(ask_once(s->page, GET("/x"), &r), 404);
	assert_field(&r, "Connection", "close");
	assert_int_equal(hear_end(idle), 0);
	assert_int_equal(server_wait(s), 0);
	assert_true(now_ms() - from >= 490);
	assert_int_equal(server_lines(s), 5);
}

static void
idle_connections_end_cleanly(void **state)
{
	struct server *s = START_PLAIN();
	struct client *c[20];

	(void)state;
	for (int i = 0; i < 20; i++) {
		c[i] = dial(s->page);
		if (i % 2)
			assert_int_equal(ask(c[i], GET("/"), NULL), 200);
	}
	server_signal(s, SIGTERM);
	for (int i = 0; i < 20; i++)
		assert_int_equal(hear_end(c[i]), 0);
	assert_int_equal(server_wait(s), 0);
}

static void
a_request_on_its_way_is_answered_or_cleanly_closed(void **state)
{
	(void)state;
	for (int wait = 0; wait < 10; wait++) {
		struct server *s = START_PLAIN();
		struct client *c[20];

		for (int i = 0; i < 20; i++) {
			c[i] = dial(s->page);
			assert_int_equal(ask(c[i], GET("/"), NULL), 200);
		}
		server_signal(s, SIGTERM);
		for (int i = 0; i < 20; i++) {
			tell(c[i], GET("/"));
			if (i % 5 == 0)
				pass_ms(wait);
		}
		for (int i = 0; i < 20; i++) {
			int status = hear(c[i], NULL, false);

			assert_true(status == 200 || status == 0);
			if (status == 200)
				assert_int_equal(hear_end(c[i]), 0);
		}
		assert_int_equal(server_wait(s), 0);
	}
}

static void
a_request_in_flight_is_finished(void **state)
{
	struct server *s = START("--random-delay=1s-1100ms");
	struct client *c = dial(s->page);
	struct response r;

	(void)state;
	tell(c, GET("/"));
	await_sample(s, "http_requests_in_flight", 1);
	server_signal(s, SIGTERM);
	await_sample(s, "my_webserver_draining", 1);
	assert_int_equal(probe(s, "/livez"), 200);
	assert_int_equal(probe(s, "/readyz"), 503);
	assert_int_equal(hear(c, &r, false), 200);
	assert_field(&r, "Connection", "close");
	assert_string_equal(r.body, page);
	assert_int_equal(hear_end(c), 0);
	assert_int_equal(server_wait(s), 0);
	assert_json(server_line(s), "status", "200");
}

static void
new_connections_are_refused_once_the_listener_is_closed(void **state)
{
	struct server *s = START_PLAIN();
	struct client *c = dial(s->page);
	int64_t end = now_ms() + WAIT_MS;
	bool refused = false;
	int fd;

	(void)state;
	/* in flight for as long as we like */
	tell(c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n12");
	await_sample(s, "http_requests_in_flight", 1);
	server_signal(s, SIGTERM);
	while (!refused && now_ms() < end) {
		refused = !dial_fd(s->page, &fd);
		if (!refused)
			close(fd);
		pass_ms(1); /* the queue has to become empty */
	}
	assert_true(refused);
	assert_int_equal(probe(s, "/livez"), 200);
	tell(c, "34");
	assert_int_equal(hear(c, NULL, false), 405);
	assert_int_equal(server_wait(s), 0);
}

static void
half_a_head_counts_as_in_flight(void **state)
{
	struct server *s = START_PLAIN();
	struct client *c = dial(s->page);
	struct response r;

	(void)state;
	assert_int_equal(ask(c, GET("/"), NULL), 200);
	tell(c, "GET / HTTP/1.1\r\nHo");
	server_signal(s, SIGTERM);
	await_sample(s, "my_webserver_draining", 1);
	pass_ms(600); /* longer than idle connections are given */
	assert_int_equal(ask(c, "st: a\r\n\r\n", &r), 200);
	assert_field(&r, "Connection", "close");
	assert_int_equal(hear_end(c), 0);
	assert_int_equal(server_wait(s), 0);
	assert_int_equal(server_lines(s), 2);
}

static void
half_a_body_counts_as_in_flight(void **state)
{
	struct server *s = START_PLAIN();
	struct client *c = dial(s->page);

	(void)state;
	tell(c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab");
	await_sample(s, "http_requests_in_flight", 1);
	server_signal(s, SIGTERM);
	await_sample(s, "my_webserver_draining", 1);
	assert_int_equal(ask(c, "cd", NULL), 405);
	assert_int_equal(server_wait(s), 0);
}

/* Returns when it stands still. */
static void
freeze(struct server *s)
{
	siginfo_t stopped;

	server_signal(s, SIGSTOP);
	assert_int_equal(
	    waitid(P_PID, (id_t)s->pid, &stopped, WSTOPPED | WNOWAIT), 0);
}

static void
what_was_queued_before_sigterm_is_answered(void **state)
{
	struct server *s = START_PLAIN();
	struct client *c[50];

	(void)state;
	freeze(s);
	for (int i = 0; i < 50; i++) {
		c[i] = dial(s->page);
		tell(c[i], GET("/"));
	}
	server_signal(s, SIGTERM);
	server_signal(s, SIGCONT);
	for (int i = 0; i < 50; i++) {
		struct response r;

		assert_int_equal(hear(c[i], &r, false), 200);
		assert_field(&r, "Connection", "close");
		assert_int_equal(hear_end(c[i]), 0);
	}
	assert_int_equal(server_wait(s), 0);
	assert_int_equal(server_lines(s), 50);
}

static void
the_drain_timeout_cuts_off_and_says_so(void **state)
{
	struct server *s = START("--drain-timeout=200ms");
	struct client *c = dial(s->page);
	int64_t from;
	size_t said;
	const char *line;

	(void)state;
	tell(c, "GET /cut HTTP/1.1\r\nHo");
	await_sample(s, "http_connections{listener=\"page\"}", 1);
	said = s->err_text.len;
	from = now_ms();
	assert_int_equal(server_stop(s), 0);
	assert_true(now_ms() - from >= 190);
	assert_true(now_ms() - from < 5000);
	assert_non_null(strstr(s->err_text.at + said, "warning"));
	assert_non_null(strstr(s->err_text.at + said, "drain"));
	line = server_line(s);
	assert_non_null(line);
	assert_json(line, "aborted", "true");
	assert_json(line, "path", "/cut");
	assert_null(server_line(s));
}

static void
sigint_drains_without_the_delay(void **state)
{
	struct server *s =
	    START("--shutdown-delay=9s", "--random-delay=200ms-300ms");
	struct client *c = dial(s->page);
	int64_t from = now_ms();

	(void)state;
	tell(c, GET("/"));
	await_sample(s, "http_requests_in_flight", 1);
	server_signal(s, SIGINT);
	assert_int_equal(hear(c, NULL, false), 200);
	assert_int_equal(server_wait(s), 0);
	assert_true(now_ms() - from < 5000);
}

static void
a_second_signal_ends_it_now_with_128_and_its_number(void **state)
{
	static const int second[] = { SIGTERM, SIGINT };

	(void)state;
	for (size_t i = 0; i < COUNT(second); i++) {
		struct server *s = START("--shutdown-delay=9s");

		ask_once(s->page, GET("/"), NULL);
		server_signal(s, SIGTERM);
		await_ready(s, 503);
		server_signal(s, second[i]);
		assert_int_equal(server_wait(s), 128 + second[i]);
	}
}

static void
two_signals_at_once_are_a_second_one_too(void **state)
{
	struct server *s = START_PLAIN();

	(void)state;
	freeze(s);
	server_signal(s, SIGINT);
	server_signal(s, SIGTERM);
	server_signal(s, SIGCONT);
	assert_int_equal(server_wait(s), 128 + SIGTERM);
}

static void
a_second_signal_ends_the_drain_too(void **state)
{
	struct server *s = START_PLAIN();
	struct client *c = dial(s->page);

	(void)state;
	tell(c, "GET / HTTP/1.1\r\nHo");
	await_sample(s, "http_connections{listener=\"page\"}", 1);
	server_signal(s, SIGINT);
	await_sample(s, "my_webserver_draining", 1);
	server_signal(s, SIGINT);
	assert_int_equal(server_wait(s), 128 + SIGINT);
}

static void
sighup_and_sigpipe_do_nothing(void **state)
{
	static const int harmless[] = { SIGHUP, SIGPIPE };
	struct server *s = START_PLAIN();
	struct client *c = dial(s->page);

	(void)state;
	for (int i = 0; i < 10; i++) {
		server_signal(s, harmless[i % 2]);
		assert_int_equal(ask(c, GET("/"), NULL), 200);
		assert_int_equal(probe(s, "/readyz"), 200);
	}
	server_signal(s, SIGTERM);
	assert_int_equal(server_wait(s), 0);
}

static void
sighup_during_a_drain_is_no_second_signal(void **state)
{
	struct server *s = START("--shutdown-delay=300ms");

	(void)state;
	server_signal(s, SIGTERM);
	await_ready(s, 503);
	server_signal(s, SIGHUP);
	assert_int_equal(server_wait(s), 0);
}

static void
in_kubernetes_accepting_goes_on_for_5_seconds(void **state)
{
	struct server *s = server_start(
	    &(struct spawn){ .env = ARGS("KUBERNETES_SERVICE_HOST=10.0.0.1") });
	int64_t from = now_ms();

	(void)state;
	server_signal(s, SIGTERM);
	await_ready(s, 503);
	do {
		assert_int_equal(ask_once(s->page, GET("/"), NULL), 200);
		pass_ms(100);
	} while (now_ms() - from < 4500);
	assert_int_equal(server_wait(s), 0);
	assert_true(now_ms() - from >= 4990);
	assert_true(now_ms() - from < 9000);
}

static void
the_flag_wins_over_kubernetes(void **state)
{
	struct server *s =
	    server_start(&(struct spawn){ .args = ARGS("--shutdown-delay=0s"),
		.env = ARGS("KUBERNETES_SERVICE_HOST=10.0.0.1") });
	int64_t from = now_ms();

	(void)state;
	assert_int_equal(server_stop(s), 0);
	assert_true(now_ms() - from < 3000);
}

static void
all_of_it_works_as_process_1(void **state)
{
	struct server *s = server_start(&(struct spawn){
	    .first = true, .args = ARGS("--shutdown-delay=200ms") });

	(void)state;
	assert_int_equal(ask_once(s->page, GET("/"), NULL), 200);
	server_signal(s, SIGHUP);
	server_signal(s, SIGPIPE);
	assert_int_equal(ask_once(s->page, GET("/"), NULL), 200);
	server_signal(s, SIGTERM);
	await_ready(s, 503);
	assert_int_equal(ask_once(s->page, GET("/"), NULL), 200);
	assert_int_equal(server_wait(s), 0);
	assert_int_equal(server_lines(s), 3);
	s = server_start(&(struct spawn){
	    .first = true, .args = ARGS("--shutdown-delay=9s") });
	server_signal(s, SIGTERM);
	await_ready(s, 503);
	server_signal(s, SIGTERM);
	assert_int_equal(server_wait(s), 128 + SIGTERM);
}

static void
the_log_is_flushed_at_the_end(void **state)
{
	enum { N = 3000 };
	struct server *s = server_start(&(struct spawn){
	    .args = ARGS("--log-buffer=2MiB"), .unread = true });
	struct flood f;

	(void)state;
	flood_begin(&f, dial(s->page), N - 1);
	flood_run(&f, NULL);
	server_signal(s, SIGTERM);
	s->unread = false;
	assert_int_equal(server_wait(s), 0);
	assert_int_equal(server_lines(s), N);
	server_check_lines(s);
	assert_int_equal(s->out_at, s->out_text.len);
}

static void
who_never_reads_the_log_does_not_hold_up_the_end(void **state)
{
	struct server *s = server_start(&(struct spawn){
	    .args = ARGS("--drain-timeout=300ms"), .unread = true });
	struct flood f;
	int64_t from;

	(void)state;
	flood_begin(&f, dial(s->page), 2999);
	flood_run(&f, NULL);
	from = now_ms();
	assert_int_equal(server_stop(s), 0);
	assert_true(now_ms() - from < 5000);
	server_check_lines(s);
}

/* The last byte in a pipe, which is emptied. */
static char
last_in(int fd)
{
	static char bytes[256 * 1024];
	ssize_t n = read(fd, bytes, sizeof bytes);

	assert_true(n > 0);
	return bytes[n - 1];
}

static void
half_a_line_whose_reader_left_does_not_hold_up_the_end(void **state)
{
	struct server *s;
	struct flood f;
	int64_t from;
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	s = server_start(&(struct spawn){ .out = ends[1] });
	close(ends[1]);
	flood_begin(&f, dial(s->page), 2999);
	flood_run(&f, NULL);
	freeze(s);
	assert_int_not_equal(last_in(ends[0]), '\n');
	close(ends[0]);
	server_signal(s, SIGCONT);
	assert_int_equal(ask_once(s->page, GET("/"), NULL), 200);
	server_says(s, "Broken pipe");
	from = now_ms();
	assert_int_equal(server_stop(s), 0);
	assert_true(now_ms() - from < 5000);
}

static void
a_drain_under_load_fails_no_request(void **state)
{
	enum { CLIENTS = 16 };
	struct server *s = START("--shutdown-delay=300ms");
	struct client *c[CLIENTS] = { 0 };
	int64_t from = now_ms();
	size_t answers = 0;
	bool signalled = false, refused = false;

	(void)state;
	while (!refused) {
		int i = rand() % CLIENTS;
		bool fresh = !c[i];
		struct response r;

		server_pull(s);
		if (!signalled && now_ms() - from > 100) {
			server_signal(s, SIGTERM);
			signalled = true;
		}
		if (!c[i]) {
			c[i] = keep(sizeof *c[i]);
			refused = !dial_fd(s->page, &c[i]->fd);
			if (refused)
				break;
		}
		tell(c[i], GET("/"));
		switch (hear(c[i], &r, false)) {
		case 200:
			answers++;
			if (!field(&r, "Connection"))
				continue;
			assert_int_equal(hear_end(c[i]), 0);
			break;
		case 0: /* which a client takes well if it is not the first */
			assert_false(fresh);
			break;
		default:
			fail_msg("a reset after %zu answers", answers);
		}
		hang_up(c[i]);
		c[i] = NULL;
	}
	assert_int_equal(server_wait(s), 0);
	assert_true(signalled && answers > 100);
	assert_int_equal(server_lines(s), answers);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_ordinary_start_is_one_short_line),
		TEST(events_are_json_lines_with_level_and_event),
		TEST(sigterm_ends_an_idle_server_at_once_with_0),
		TEST(during_the_delay_the_page_is_served_and_readyz_is_503),
		TEST(idle_connections_end_cleanly),
		TEST(a_request_on_its_way_is_answered_or_cleanly_closed),
		TEST(a_request_in_flight_is_finished),
		TEST(new_connections_are_refused_once_the_listener_is_closed),
		TEST(half_a_head_counts_as_in_flight),
		TEST(half_a_body_counts_as_in_flight),
		TEST(what_was_queued_before_sigterm_is_answered),
		TEST(the_drain_timeout_cuts_off_and_says_so),
		TEST(sigint_drains_without_the_delay),
		TEST(a_second_signal_ends_it_now_with_128_and_its_number),
		TEST(two_signals_at_once_are_a_second_one_too),
		TEST(a_second_signal_ends_the_drain_too),
		TEST(sighup_and_sigpipe_do_nothing),
		TEST(sighup_during_a_drain_is_no_second_signal),
		TEST(in_kubernetes_accepting_goes_on_for_5_seconds),
		TEST(the_flag_wins_over_kubernetes),
		TEST(all_of_it_works_as_process_1),
		TEST(the_log_is_flushed_at_the_end),
		TEST(who_never_reads_the_log_does_not_hold_up_the_end),
		TEST(half_a_line_whose_reader_left_does_not_hold_up_the_end),
		TEST(a_drain_under_load_fails_no_request),
	};

	return cmocka_run_group_tests_name("lifecycle", tests, NULL, NULL);
}
