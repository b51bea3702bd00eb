/*
 * limits_test.c - few descriptors, few slots, slow and hostile clients.
 */
#include "harness.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

static void
few_descriptors_are_a_warning_and_everybody_is_served(void **state)
{
	enum { N = 60 };
	struct server *s = server_start(&(struct spawn){ .nofile = 32 });
	struct client *c[N];

	(void)state;
	assert_non_null(strstr(s->err_text.at, "warning"));
	for (int i = 0; i < N; i++) {
		c[i] = dial(s->page);
		tell(c[i], GET_CLOSE("/"));
	}
	for (int i = 0; i < N; i++) {
		assert_int_equal(hear(c[i], NULL, false), 200);
		assert_int_equal(hear_end(c[i]), 0);
	}
	assert_int_equal(server_stop(s), 0);
	assert_int_equal(server_lines(s), N);
}

static void
few_descriptors_taken_by_idle_clients_leave_the_probe_some(void **state)
{
	enum { N = 60 };
	struct server *s = server_start(&(struct spawn){ .nofile = 32 });
	struct client *c[N];

	(void)state;
	for (int i = 0; i < N; i++) {
		c[i] = dial(s->page);
		tell(c[i], "GET / HT");
	}
	for (int i = 0; i < 20; i++)
		assert_int_equal(probe(s, i % 2 ? "/livez" : "/metrics"), 200);
	for (int i = 0; i < N; i++)
		tell(c[i], "TP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
	for (int i = 0; i < N; i++)
		assert_int_equal(hear(c[i], NULL, false), 200);
}

static void
who_finds_all_slots_taken_waits_and_is_served(void **state)
{
	struct server *s = START("--max-connections=4");
	struct client *holder[4], *waiter[4];

	(void)state;
	for (int i = 0; i < 4; i++) {
		holder[i] = dial(s->page);
		assert_int_equal(ask(holder[i], GET("/"), NULL), 200);
	}
	for (int i = 0; i < 4; i++) {
		waiter[i] = dial(s->page);
		tell(waiter[i], GET("/"));
	}
	assert_true(quiet(waiter[0], 100));
	assert_int_equal(probe(s, "/readyz"), 200);
	assert_int_equal(probe(s, "/metrics"), 200);
	for (int i = 0; i < 4; i++) {
		for (int k = i; k < 4; k++)
			assert_true(quiet(waiter[k], 5));
		hang_up(holder[i]);
		assert_int_equal(hear(waiter[i], NULL, false), 200);
	}
	assert_true(
	    sample(scrape(s), "http_connections{listener=\"page\"}") == 4);
}

static void
slots_are_given_back_however_clients_leave(void **state)
{
	struct server *s = START("--max-connections=4");

	(void)state;
	for (int i = 0; i < 200; i++) {
		struct client *c = dial(s->page);

		switch (i % 5) {
		case 0:
			assert_int_equal(ask(c, GET("/"), NULL), 200);
			hang_up_hard(c);
			break;
		case 1:
			tell(c, "GET / HT");
			hang_up_hard(c);
			break;
		case 2:
			hang_up(c);
			break;
		case 3:
			tell(c, GET("/"));
			hang_up(c);
			break;
		case 4:
			assert_int_equal(ask(c, "GET /\n\n", NULL), 400);
			hang_up(c);
			break;
		}
	}
	assert_int_equal(ask_once(s->page, GET("/"), NULL), 200);
	await_sample(s, "http_connections{listener=\"page\"}", 0);
	await_sample(s, "http_requests_in_flight", 0);
}

static void
connections_that_come_and_go_leave_nothing_behind(void **state)
{
	struct server *s = START_PLAIN();
	double before = sample(scrape(s), "process_open_fds");

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct client *c = dial(s->page);

		i % 2 ? hang_up(c) : hang_up_hard(c);
	}
	await_sample(s, "http_connections{listener=\"page\"}", 0);
	await_sample(s, "process_open_fds", before);
	await_sum(s, "http_requests_total", 0);
	assert_int_equal(ask_once(s->page, GET("/"), NULL), 200);
}

static void
forty_stalled_scrapers_do_not_starve_a_probe(void **state)
{
	struct server *s = START_PLAIN();

	(void)state;
	for (int i = 0; i < 40; i++) {
		struct client *c = dial(s->metrics);

		tell(c, i % 2 ? "GET /metrics HT" : GET("/metrics"));
	}
	for (int i = 0; i < 10; i++) {
		assert_int_equal(probe(s, "/readyz"), 200);
		assert_int_equal(probe(s, "/metrics"), 200);
	}
}

/* Connections that the system lets wait in one listen queue. */
static int
queue_limit(void)
{
	FILE *file = fopen("/proc/sys/net/core/somaxconn", "r");
	int limit = 128;

	if (file && fscanf(file, "%d", &limit) != 1)
		limit = 128;
	if (file)
		fclose(file);
	return limit;
}

static void
a_thousand_page_clients_wait_and_do_not_starve_a_probe(void **state)
{
	struct server *s = START("--max-connections=100");
	int n = queue_limit() > 1000 ? 1000 : queue_limit();
	int64_t from = now_ms();

	(void)state;
	for (int i = 0; i < n; i++) {
		int fd;

		assert_true(dial_fd(s->page, &fd));
		assert_int_equal(send(fd, "GET / HT", 8, MSG_NOSIGNAL), 8);
	}
	for (int i = 0; i < 10; i++)
		assert_int_equal(probe(s, "/readyz"), 200);
	if (now_ms() - from > 5000)
		fail_msg("%d connections are too many for the listen queue", n);
}

static void
a_byte_at_a_time_does_not_extend_the_head_timeout(void **state)
{
	static const char request[] = GET("/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	struct server *s = START("--header-timeout=300ms");
	struct client *c = dial(s->page);
	int64_t from = now_ms();
	size_t i = 0;

	(void)state;
	for (; i < sizeof request - 1 && quiet(c, 40); i++)
		tell_bytes(c, request + i, 1);
	assert_true(i < sizeof request - 1);
	assert_int_equal(hear(c, NULL, false), 408);
	assert_in_range(now_ms() - from, 290, 5000);
}

static void
a_byte_at_a_time_does_not_extend_the_body_timeout(void **state)
{
	struct server *s = START("--body-timeout=300ms");
	struct client *c = dial(s->page);
	int64_t from = now_ms();

	(void)state;
	tell(c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
	for (int i = 0; i < 200 && quiet(c, 40); i++)
		tell(c, "a");
	assert_int_equal(hear(c, NULL, false), 408);
	assert_in_range(now_ms() - from, 290, 5000);
}

static void
who_never_reads_is_cut_off_by_the_write_timeout(void **state)
{
	struct server *s = START("--write-timeout=300ms");
	struct client *c = dial(s->page);
	const char *series = "http_timeouts_total{phase=\"write\"}";
	char *batch = keep(1000 * sizeof GET("/"));
	size_t n, at = 0;
	int64_t end = now_ms() + WAIT_MS;
	const char *line, *last = NULL;
	const char *text;
	double requests, dropped;
	int small = 4096;

	(void)state;
	setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
	for (int i = 0; i < 1000; i++)
		memcpy(batch + (size_t)i * (sizeof GET("/") - 1), GET("/"),
		    sizeof GET("/"));
	n = strlen(batch);
	for (;;) {
		struct pollfd p = { c->fd, POLLOUT, 0 };
		ssize_t sent;

		poll(&p, 1, 20);
		sent = send(c->fd, batch + at, n - at, MSG_NOSIGNAL);
		if (sent > 0)
			at = (at + (size_t)sent) % n;
		else if (errno != EAGAIN)
			break; /* cut off */
		if (now_ms() > end)
			fail_msg("never cut off");
		server_pull(s);
	}
	await_sample(s, series, 1);
	await_sample(s, "http_connections{listener=\"page\"}", 0);
	text = scrape(s);
	requests = sample_sum(text, "http_requests_total");
	dropped = sample(text, "my_webserver_log_lines_dropped_total");
	assert_true(sample(text, "http_requests_aborted_total") >= 1);
	assert_int_equal(server_stop(s), 0);
	assert_true((double)server_lines(s) + dropped == requests);
	while ((line = server_line(s)))
		last = line;
	assert_json(last, "aborted", "true");
}

static void
a_header_of_1_mib_is_431_and_readable(void **state)
{
	struct server *s = START_PLAIN();
	char *a = keep(1024 * 1024 + 1);

	(void)state;
	memset(a, 'a', 1024 * 1024);
	for (int i = 0; i < 5; i++) {
		struct client *c = dial(s->page);

		tell(c, "GET / HTTP/1.1\r\nHost: a\r\nX: ");
		tell(c, a);
		assert_int_equal(hear(c, NULL, false), 431);
		assert_int_equal(hear_end(c), 0);
		hang_up(c);
	}
	assert_true(sample(scrape(s), "process_resident_memory_bytes") < 256e6);
}

#define CHUNKED \
	"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"

/* Deterministic noise, so that a failure comes again. */
static unsigned
noise(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(*state >> 33);
}

static size_t
random_request(uint64_t *seed, char *bytes)
{
	static const char *const samples[] = { GET("/"), GET("/a?b#c"),
		CHUNKED "3\r\nabc\r\n0\r\n\r\n",
		"POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc" };
	const char *sample = samples[noise(seed) % COUNT(samples)];
	size_t n = strlen(sample);

	if (noise(seed) % 4 == 0) {
		n = noise(seed) % 400 + 1;
		for (size_t i = 0; i < n; i++)
			bytes[i] = (char)noise(seed);
		return n;
	}
	memcpy(bytes, sample, n);
	for (unsigned i = noise(seed) % 4 + 1; i > 0; i--)
		bytes[noise(seed) % n] = noise(seed) % 2
		    ? (char)noise(seed)
		    : "\r\n :\t/%?\0,"[noise(seed) % 10];
	return n;
}

static void
random_bytes_do_no_harm(void **state)
{
	struct server *s = START_PLAIN();
	uint64_t seed = 1;
	char bytes[1024];
	const char *text;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct client *c = dial(s->page);

		tell_bytes(c, bytes, random_request(&seed, bytes));
		shutdown(c->fd, SHUT_WR);
		assert_true(hear_end(c) >= 0);
		hang_up(c);
		server_pull(s);
	}
	await_sample(s, "http_connections{listener=\"page\"}", 0);
	text = scrape(s);
	assert_true(sample_sum(text, "http_requests_total") ==
	    sample(text, "my_webpage_request_latency_seconds_count"));
	assert_int_equal(ask_once(s->page, GET("/"), NULL), 200);
	assert_int_equal(server_stop(s), 0);
	assert_true(server_lines(s) > 500);
	assert_int_equal(server_lines(s),
	    (size_t)sample_sum(text, "http_requests_total") + 1);
	server_check_lines(s);
}

static void
random_bytes_on_the_operations_listener_do_no_harm(void **state)
{
	struct server *s = START_PLAIN();
	uint64_t seed = 2;
	char bytes[1024];

	(void)state;
	for (int i = 0; i < 300; i++) {
		struct client *c = dial(s->metrics);

		tell_bytes(c, bytes, random_request(&seed, bytes));
		shutdown(c->fd, SHUT_WR);
		assert_true(hear_end(c) >= 0);
		hang_up(c);
	}
	assert_int_equal(probe(s, "/readyz"), 200);
	assert_int_equal(server_stop(s), 0);
	assert_int_equal(server_lines(s), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(few_descriptors_are_a_warning_and_everybody_is_served),
		TEST(
		    few_descriptors_taken_by_idle_clients_leave_the_probe_some),
		TEST(who_finds_all_slots_taken_waits_and_is_served),
		TEST(slots_are_given_back_however_clients_leave),
		TEST(connections_that_come_and_go_leave_nothing_behind),
		TEST(forty_stalled_scrapers_do_not_starve_a_probe),
		TEST(a_thousand_page_clients_wait_and_do_not_starve_a_probe),
		TEST(a_byte_at_a_time_does_not_extend_the_head_timeout),
		TEST(a_byte_at_a_time_does_not_extend_the_body_timeout),
		TEST(who_never_reads_is_cut_off_by_the_write_timeout),
		TEST(a_header_of_1_mib_is_431_and_readable),
		TEST(random_bytes_do_no_harm),
		TEST(random_bytes_on_the_operations_listener_do_no_harm),
	};

	return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
