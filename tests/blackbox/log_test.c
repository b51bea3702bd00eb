/*
 * log_test.c - standard output: a line a request, valid whatever was sent, and
 * never in the way of serving.
 */
#include "harness.h"

#include <ctype.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

#define TRACE "4bf92f3577b34da6a3ce929d0e0e4736"

/* The keys of a line, in order, such as "a,b{c,d}". */
static const char *
keys(const char *line)
{
	char *text = keep(8192);

	assert_true(json_check(line, strlen(line), text, 8192));
	return text;
}

/* True if text has the shape: 9 stands for a digit. */
static bool
shaped(const char *text, const char *shape)
{
	for (; *text && *shape; text++, shape++)
		if (*shape == '9' ? !isdigit(*text) : *text != *shape)
			return false;
	return *text == *shape;
}

static void
the_line_has_the_contracts_keys_in_order(void **state)
{
	struct server *s = START_PLAIN();
	const char *line;

	(void)state;
	ask_once(s->page,
	    "GET /a?b=c HTTP/1.1\r\nHost: a\r\nUser-Agent: ua/1\r\n"
	    "Referer: http://r/\r\nX-Request-Id: id-1\r\n"
	    "traceparent: 00-" TRACE "-00f067aa0ba902b7-01\r\n\r\n",
	    NULL);
	line = server_line(s);
	assert_string_equal(keys(line),
	    "timestamp,my_webserver{client_ip,message,method,path,query,"
	    "protocol,status,bytes,duration_seconds,user_agent,referer,"
	    "request_id,trace_id}");
	assert_int_equal(strncmp(line, "{\"timestamp\": \"", 15), 0);
	assert_non_null(strstr(line, "\", \"my_webserver\": {\"client_ip\": "));
	assert_true(
	    shaped(json_get(line, "timestamp"), "9999-99-99T99:99:99.999999Z"));
	assert_json(line, "client_ip", "127.0.0.1");
	assert_json(line, "message", "\"GET /a?b=c HTTP/1.1\" 404 -");
	assert_json(line, "method", "GET");
	assert_json(line, "path", "/a");
	assert_json(line, "query", "b=c");
	assert_json(line, "protocol", "HTTP/1.1");
	assert_json(line, "status", "404");
	assert_json(line, "user_agent", "ua/1");
	assert_json(line, "referer", "http://r/");
	assert_json(line, "request_id", "id-1");
	assert_json(line, "trace_id", TRACE);
	assert_non_null(strstr(line, "\"status\": 404,"));
	assert_true(strtod(json_get(line, "duration_seconds"), NULL) > 0);
	assert_true(strtod(json_get(line, "duration_seconds"), NULL) < 5);
}

static void
what_has_nothing_to_say_is_left_out(void **state)
{
	struct server *s = START_PLAIN();
	const char *line;

	(void)state;
	ask_once(s->page, GET("/"), NULL);
	line = server_line(s);
	assert_string_equal(keys(line),
	    "timestamp,my_webserver{client_ip,message,method,path,protocol,"
	    "status,bytes,duration_seconds}");
	assert_json(line, "message", "\"GET / HTTP/1.1\" 200 -");
}

static void
bytes_are_the_bodys_alone(void **state)
{
	struct server *s = START_PLAIN();

	(void)state;
	ask_once(s->page, GET("/"), NULL);
	ask_once(s->page, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", NULL);
	assert_json(server_line(s), "bytes", keepf("%zu", strlen(page)));
	assert_json(server_line(s), "bytes", "0");
}

static void
duration_runs_from_the_first_byte_of_the_request(void **state)
{
	struct server *s = START("--random-delay=50ms-60ms");
	struct client *c = dial(s->page);
	double seconds;

	(void)state;
	tell(c, "GET / HTTP");
	pass_ms(100);
	assert_int_equal(ask(c, "/1.1\r\nHost: a\r\n\r\n", NULL), 200);
	seconds = strtod(json_get(server_line(s), "duration_seconds"), NULL);
	assert_true(seconds > 0.149 && seconds < 5);
}

static void
seed_lines_are_the_seeds(void **state)
{
	struct server *s = START("--log-format=seed");
	const char *line;

	(void)state;
	ask_once(s->page,
	    "GET /?a=\" HTTP/1.1\r\nHost: a\r\nUser-Agent: x\r\n\r\n", NULL);
	ask_once(s->page, GET("/"), NULL);
	server_line(s);
	line = server_line(s);
	assert_string_equal(
	    keys(line), "timestamp,my_webserver{client_ip,message}");
	assert_int_equal(strncmp(line, "{\"timestamp\": \"", 15), 0);
	assert_string_equal(line + 15 + strlen("09/Oct/2017 20:13:05"),
	    "\", \"my_webserver\": {\"client_ip\": \"127.0.0.1\", "
	    "\"message\": \"\\\"GET / HTTP/1.1\\\" 200 -\"}}");
}

static void
seed_time_is_local_time(void **state)
{
	struct server *s = server_start(&(struct spawn){
	    .args = ARGS("--log-format=seed"), .env = ARGS("TZ=XYZ-5:30") });
	struct tm tm = { 0 };
	const char *end;
	time_t is;

	(void)state;
	ask_once(s->page, GET("/"), NULL);
	end = strptime(
	    json_get(server_line(s), "timestamp"), "%d/%b/%Y %H:%M:%S", &tm);
	assert_non_null(end);
	assert_int_equal(*end, '\0');
	is = timegm(&tm) - (5 * 60 + 30) * 60;
	assert_true(llabs((long long)(is - time(NULL))) <= 10);
}

static void
off_writes_nothing_and_still_counts(void **state)
{
	struct server *s = START("--log-format=off");

	(void)state;
	ask_once(s->page, GET("/"), NULL);
	refused(s->page, "GET /\n\n", 7);
	await_sum(s, "http_requests_total", 2);
	await_sample(s, "my_webpage_request_latency_seconds_count", 2);
	assert_int_equal(server_stop(s), 0);
	assert_string_equal(s->out_text.at, "");
}

static void
namespace_names_the_group_everywhere(void **state)
{
	struct server *s = START("--log-namespace=shop");

	(void)state;
	ask_once(s->page, GET("/"), NULL);
	assert_non_null(strstr(keys(server_line(s)), ",shop{client_ip,"));
	assert_non_null(strstr(s->err_text.at, "\"shop\": {"));
	assert_null(strstr(s->err_text.at, "\"my_webserver\": {"));
}

static const char *
ask_with(struct server *s, const char *fields, struct response *r)
{
	ask_once(
	    s->page, keepf("GET / HTTP/1.1\r\nHost: a\r\n%s\r\n", fields), r);
	return server_line(s);
}

static void
a_request_id_of_1_to_128_visible_characters_is_echoed(void **state)
{
	struct server *s = START_PLAIN();
	char id[130] = { 0 };
	struct response r;
	const char *line;

	(void)state;
	memset(id, '~', 128);
	line = ask_with(s, keepf("x-request-ID: %s\r\n", id), &r);
	assert_json(line, "request_id", id);
	assert_field(&r, "X-Request-Id", id);
	line = ask_with(s, "X-Request-Id: a\"\\<b>\r\n", &r);
	assert_json(line, "request_id", "a\"\\<b>");
	assert_field(&r, "X-Request-Id", "a\"\\<b>");
}

static void
any_other_request_id_is_ignored(void **state)
{
	struct server *s = START_PLAIN();
	char id[130] = { 0 };
	const char *fields[] = { "X-Request-Id:\r\n", "X-Request-Id: a b\r\n",
		"X-Request-Id: a\tb\r\n", "X-Request-Id: \xc3\xa4\r\n", NULL };
	struct response r;

	(void)state;
	memset(id, 'a', 129);
	fields[4] = keepf("X-Request-Id: %s\r\n", id);
	for (size_t i = 0; i < COUNT(fields); i++) {
		assert_null(json_get(ask_with(s, fields[i], &r), "request_id"));
		assert_int_equal(r.status, 200);
		assert_null(field(&r, "X-Request-Id"));
	}
}

static void
only_a_valid_traceparent_gives_a_trace_id(void **state)
{
	static const char *const bad[] = {
		"00-00000000000000000000000000000000-00f067aa0ba902b7-01",
		"00-" TRACE "-0000000000000000-01",
		"ff-" TRACE "-00f067aa0ba902b7-01",
		"00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
		"00-" TRACE "-00f067aa0ba902b7",
		"00-" TRACE "-00f067aa0ba902b7-01-",
		"00-" TRACE "0-00f067aa0ba902b-01",
	};
	struct server *s = START_PLAIN();

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_null(json_get(
		    ask_with(s, keepf("traceparent: %s\r\n", bad[i]), NULL),
		    "trace_id"));
	assert_json(
	    ask_with(
		s, "traceparent: cc-" TRACE "-00f067aa0ba902b7-01-x\r\n", NULL),
	    "trace_id", TRACE);
}

/* The next line says 499 and aborted. */
static const char *
assert_aborted(struct server *s)
{
	const char *line = server_line(s);

	assert_json(line, "status", "499");
	assert_json(line, "aborted", "true");
	return line;
}

static void
half_a_head_is_logged_as_499_aborted(void **state)
{
	struct server *s = START_PLAIN();
	struct client *c = dial(s->page);

	(void)state;
	tell(c, "GET /half HTTP/1.1\r\nHost: a\r\nX");
	hang_up(c);
	assert_json(
	    assert_aborted(s), "message", "\"GET /half HTTP/1.1\" 499 -");
	c = dial(s->page);
	tell(c, "GE");
	await_sample(s, "http_connections{listener=\"page\"}", 1);
	hang_up_hard(c);
	assert_aborted(s);
	await_sample(s, "http_requests_aborted_total", 2);
	await_sample(s, "http_requests_total{code=\"499\",method=\"GET\"}", 1);
}

static void
who_leaves_during_the_body_is_logged_as_499_aborted(void **state)
{
	struct server *s = START_PLAIN();
	struct client *c = dial(s->page);

	(void)state;
	tell(c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab");
	await_sample(s, "http_requests_in_flight", 1);
	hang_up(c);
	assert_aborted(s);
	await_sample(s, "http_requests_in_flight", 0);
	await_sample(s, "http_requests_total{code=\"499\",method=\"POST\"}", 1);
}

static void
who_resets_during_the_delay_is_logged_at_once(void **state)
{
	struct server *s = START("--random-delay=30s-40s");
	struct client *c = dial(s->page);

	(void)state;
	tell(c, GET("/"));
	await_sample(s, "http_requests_in_flight", 1);
	hang_up_hard(c);
	assert_aborted(s);
	await_sample(s, "http_connections{listener=\"page\"}", 0);
}

static void
a_connection_without_a_byte_has_no_line(void **state)
{
	struct server *s = START_PLAIN();

	(void)state;
	hang_up(dial(s->page));
	hang_up_hard(dial(s->page));
	await_sample(
	    s, "http_connections_accepted_total{listener=\"page\"}", 2);
	ask_once(s->page, GET("/last"), NULL);
	assert_json(server_line(s), "path", "/last");
}

static void
operations_requests_have_no_line(void **state)
{
	struct server *s = START_PLAIN();

	(void)state;
	assert_int_equal(probe(s, "/metrics"), 200);
	assert_int_equal(probe(s, "/nothing"), 404);
	assert_int_equal(server_stop(s), 0);
	assert_string_equal(s->out_text.at, "");
}

static void
malformed_requests_have_lines(void **state)
{
	static const char colon[] = "GET /a HTTP/1.1\r\nHost : x\r\n\r\n",
			  version[] = "GET /a HTTP/3.0\r\nHost: x\r\n\r\n",
			  tls[] = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc";
	struct server *s = START("--header-timeout=200ms");
	struct client *c;
	const char *line;

	(void)state;
	assert_int_equal(refused(s->page, colon, sizeof colon - 1), 400);
	line = server_line(s);
	assert_json(line, "message", "\"GET /a HTTP/1.1\" 400 -");
	assert_json(line, "path", "/a");
	assert_int_equal(refused(s->page, version, sizeof version - 1), 505);
	assert_json(server_line(s), "message", "\"GET /a HTTP/3.0\" 505 -");
	assert_int_equal(refused(s->page, tls, sizeof tls - 1), 400);
	assert_json(server_line(s), "status", "400");
	c = dial(s->page);
	assert_int_equal(ask(c, "GET /slow HTTP/1.1\r\nHo", NULL), 408);
	line = server_line(s);
	assert_json(line, "message", "\"GET /slow HTTP/1.1\" 408 -");
	assert_int_equal(hear_end(c), 0);
}

static void
a_target_too_long_is_cut_inside_the_message(void **state)
{
	static const char tail[] = " HTTP/1.1\" 414 -", dots[] = "\xe2\x80\xa6";
	struct server *s = START_PLAIN();
	char *target = keep(10000 + 1);
	const char *line, *message;

	(void)state;
	memset(target, 'a', 10000);
	ask_once(s->page, keepf("GET /%s HTTP/1.1\r\nHost: a\r\n\r\n", target),
	    NULL);
	line = server_line(s);
	assert_json(line, "status", "414");
	message = json_get(line, "message");
	assert_string_equal(message + strlen(message) - strlen(tail), tail);
	assert_non_null(strstr(message, dots));
	assert_int_equal(strncmp(message, "\"GET /aaa", 9), 0);
}

static void
no_line_is_longer_than_8_kib(void **state)
{
	static const char tail[] = " HTTP/1.1\" 404 -", dots[] = "\xe2\x80\xa6";
	static const unsigned char fill[] = { 'a', '"', '\\', 0xc3, 0xff,
		'\t' };
	struct server *s = START_PLAIN();
	char *target = keep(8100 + 1), *agent = keep(7000 + 1);
	const char *line, *message;

	(void)state;
	memset(target, '~', 8100);
	for (size_t i = 0; i < COUNT(fill); i++) {
		memset(agent, fill[i], 7000);
		agent[0] = agent[6999] = 'x';
		ask_once(s->page,
		    keepf("GET /%s?%.100s HTTP/1.1\r\nHost: a\r\n"
			  "User-Agent: %s\r\n\r\n",
			target + 200, target, agent),
		    NULL);
		line = server_line(s);
		message = json_get(line, "message");
		assert_string_equal(
		    message + strlen(message) - strlen(tail), tail);
		assert_non_null(strstr(json_get(line, "user_agent"), dots));
	}
}

static void
hostile_bytes_become_valid_json(void **state)
{
	struct server *s = START_PLAIN();
	struct client *c = dial(s->page);
	const char *line;

	(void)state;
	tell(c, "GET /a\"b\\c\xff\xc3\xa4\x7f HTTP/1.1\r\nHost: a\r\n\r\n");
	hear(c, NULL, false);
	line = server_line(s);
	assert_non_null(strstr(json_get(line, "message"), "%FF"));
	assert_null(strstr(json_get(line, "message"), "\xef\xbf\xbd"));
	line = ask_with(s,
	    "User-Agent: a\xff\xc0\x80\xed\xa0\x80\"\\</script>\t\xf0\x9f\x98\x80"
	    "\r\n",
	    NULL);
	assert_json(line, "status", "200");
	assert_non_null(strstr(json_get(line, "user_agent"), "\xef\xbf\xbd"));
	assert_non_null(strstr(
	    json_get(line, "user_agent"), "\"\\</script>\t\xf0\x9f\x98\x80"));
	assert_null(strstr(json_get(line, "user_agent"), "%FF"));
}

static void
lines_of_a_connection_stand_in_its_order(void **state)
{
	struct server *s = START_PLAIN();
	struct client *c = dial(s->page);
	char *all = keep(200 * 64);
	const char *before = "";

	(void)state;
	for (int i = 0; i < 200; i++)
		sprintf(all + strlen(all),
		    "GET /%03d HTTP/1.1\r\nHost: a\r\n\r\n", i);
	tell(c, all);
	for (int i = 0; i < 200; i++) {
		const char *line = server_line(s);

		assert_json(line, "path", keepf("/%03d", i));
		assert_true(strcmp(before, json_get(line, "timestamp")) <= 0);
		before = json_get(line, "timestamp");
		hear(c, NULL, false);
	}
}

static void
lines_and_requests_and_histogram_agree(void **state)
{
	static const char *const requests[] = { GET("/"), GET("/x"),
		"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", "GET /\n\n",
		"BREW / HTTP/1.1\r\nHost: a\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na" };
	struct server *s = START_PLAIN();
	const char *text;
	size_t lines = 0;

	(void)state;
	for (int i = 0; i < 300; i++) {
		struct client *c = dial(s->page);

		if (i % 7 == 6) {
			tell(c, "GET / HTTP");
			hang_up(c);
		} else {
			ask(c, requests[i % 7], NULL);
			hang_up(c);
		}
	}
	await_sum(s, "http_requests_total", 300);
	text = scrape(s);
	assert_true(
	    sample(text, "my_webpage_request_latency_seconds_count") == 300);
	assert_true(sample(text, "my_webserver_log_lines_dropped_total") == 0);
	await_sample(s, "my_webserver_log_lines_total", 300);
	assert_int_equal(server_stop(s), 0);
	while (server_line(s))
		lines++;
	assert_int_equal(lines, 300);
}

/* Reads lines until those read and those dropped are all. Returns how many
 * were read. */
static size_t
assert_accounted(struct server *s, size_t all)
{
	int64_t end = now_ms() + WAIT_MS;
	size_t dropped;

	s->unread = false;
	do {
		server_pull(s);
		dropped = (size_t)sample(
		    scrape(s), "my_webserver_log_lines_dropped_total");
		server_pull(s);
		if (now_ms() > end)
			fail_msg("%zu lines read and %zu dropped of %zu",
			    server_lines(s), dropped, all);
	} while (server_lines(s) + dropped != all);
	server_check_lines(s);
	assert_int_equal(s->out_at, s->out_text.len);
	await_sample(
	    s, "my_webserver_log_lines_total", (double)server_lines(s));
	return server_lines(s);
}

static void
nobody_reading_stalls_nothing_and_what_is_lost_is_counted(void **state)
{
	enum { N = 20000 };
	struct server *s = server_start(&(struct spawn){ .unread = true });
	struct flood f;
	size_t read;

	(void)state;
	flood_begin(&f, dial(s->page), N - 1);
	flood_run(&f, NULL);
	await_sum(s, "http_requests_total", N);
	assert_true(
	    sample(scrape(s), "my_webserver_log_lines_dropped_total") > 0);
	read = assert_accounted(s, N);
	assert_true(read > 1024 * 1024 / 400);
	assert_int_equal(ask_once(s->page, GET("/after"), NULL), 404);
	assert_json(server_line(s), "path", "/after");
}

static void
nothing_is_lost_when_the_reader_comes_back_in_time(void **state)
{
	struct server *s = server_start(&(struct spawn){
	    .args = ARGS("--log-buffer=2MiB"), .unread = true });
	struct flood f;

	(void)state;
	flood_begin(&f, dial(s->page), 4999);
	flood_run(&f, NULL);
	assert_int_equal(assert_accounted(s, 5000), 5000);
}

/* Reads until so many lines were written. */
static void
keep_up(struct server *s, size_t lines)
{
	int64_t end = now_ms() + WAIT_MS;

	while (server_lines(s) < lines) {
		struct pollfd p = { s->out, POLLIN, 0 };

		if (now_ms() > end)
			fail_msg("%zu lines of %zu", server_lines(s), lines);
		poll(&p, 1, 100);
		server_pull(s);
	}
}

static void
nothing_is_lost_when_the_reader_keeps_up(void **state)
{
	struct server *s = START_PLAIN();
	struct client *c = dial(s->page);
	struct flood f;

	(void)state;
	for (size_t i = 1; i <= 20; i++) {
		flood_begin(&f, c, 999);
		flood_run(&f, s);
		keep_up(s, 1000 * i);
	}
	assert_int_equal(assert_accounted(s, 20000), 20000);
}

/* One packet's requests are answered in one turn of the loop, and their lines
 * may be more than the buffer holds. */
static void
nothing_is_lost_when_a_turn_has_more_lines_than_fit(void **state)
{
	enum { N = 30 };
	struct server *s = START("--log-buffer=16KiB");
	struct client *c = dial(s->page);
	char request[600], all[N * sizeof request] = "";

	(void)state;
	snprintf(request, sizeof request,
	    "GET /%0500d HTTP/1.1\r\nHost: a\r\n\r\n", 0);
	for (int i = 0; i < N; i++)
		strcat(all, request);
	tell(c, all);
	for (int i = 0; i < N; i++)
		assert_int_equal(hear(c, NULL, false), 404);
	assert_int_equal(assert_accounted(s, N), N);
}

static void
with_wait_requests_wait_probes_answer_nothing_is_lost(void **state)
{
	enum { N = 5000 };
	struct server *s = server_start(&(struct spawn){
	    .args = ARGS("--log-overflow=wait", "--log-buffer=64KiB"),
	    .unread = true });
	struct flood f;

	(void)state;
	flood_begin(&f, dial(s->page), N - 1);
	while (flood_step(&f, 300))
		;
	assert_false(flood_done(&f));
	assert_int_equal(probe(s, "/readyz"), 200);
	assert_int_equal(probe(s, "/metrics"), 200);
	s->unread = false;
	server_pull(s);
	flood_run(&f, s);
	assert_int_equal(assert_accounted(s, N), N);
}

enum { FILL_BATCH = 13 };

/*
 * Fills the log by connections that send FILL_BATCH GETs and last each, until
 * one is not read from any more. Returns how many have had their answers; the
 * one behind them in c is the other.
 */
static size_t
fill_log(struct server *s, struct client **c, size_t most, const char *last)
{
	/* the lines of one connection are more than the log keeps */
	enum { LONG = 1200 };
	char *agent = keep(LONG + 1), *requests = keepf("%s", last);

	memset(agent, 'x', LONG);
	for (int i = 0; i < FILL_BATCH; i++)
		requests = keepf(
		    "GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: %s\r\n\r\n%s",
		    agent, requests);
	for (size_t n = 0; n < most; n++) {
		c[n] = dial(s->page);
		assert_true(tell(c[n], requests));
		if (quiet(c[n], 300))
			return n;
		for (int i = 0; i < FILL_BATCH; i++)
			assert_int_equal(hear(c[n], NULL, false), 200);
	}
	fail_msg("%zu connections do not fill the log", most);
	return 0;
}

static struct server *
start_waiting(void)
{
	return server_start(&(struct spawn){
	    .args = ARGS("--log-overflow=wait", "--log-buffer=16KiB"),
	    .unread = true });
}

static void
with_wait_who_resets_before_his_lines_are_out_is_logged(void **state)
{
	struct server *s = start_waiting();
	struct client *c[20];
	size_t n = fill_log(s, c, COUNT(c),
	    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12");

	(void)state;
	for (size_t i = 0; i < n; i++)
		hang_up_hard(c[i]);
	s->unread = false;
	await_sample(s, "http_connections{listener=\"page\"}", 1);
	for (int i = 0; i < FILL_BATCH; i++)
		assert_int_equal(hear(c[n], NULL, false), 200);
	await_sample(
	    s, "http_requests_total{code=\"499\",method=\"POST\"}", (double)n);
	await_sample(s, "http_requests_in_flight", 1); /* that of c[n] */
}

static void
with_wait_duration_ends_with_the_answer(void **state)
{
	struct server *s = start_waiting();
	struct client *c[20];
	size_t n = fill_log(s, c, COUNT(c), "");

	(void)state;
	pass_ms(700);
	s->unread = false;
	for (size_t i = 0; i < FILL_BATCH * n; i++)
		assert_true(strtod(json_get(server_line(s), "duration_seconds"),
				NULL) < 0.9);
}

static void
with_wait_a_drain_ends_though_nobody_reads(void **state)
{
	struct server *s = server_start(
	    &(struct spawn){ .args = ARGS("--log-overflow=wait",
				 "--log-buffer=64KiB", "--drain-timeout=300ms"),
		.unread = true });
	struct flood f;

	(void)state;
	flood_begin(&f, dial(s->page), 4999);
	while (flood_step(&f, 300))
		;
	assert_false(flood_done(&f));
	assert_int_equal(server_stop(s), 0);
}

static void
the_pipe_stays_blocking_for_those_who_share_it(void **state)
{
	int ends[2];
	struct server *s;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	s = server_start(
	    &(struct spawn){ .out = ends[1], .read_end = ends[0] });
	ask_once(s->page, GET("/"), NULL);
	server_line(s);
	assert_int_equal(fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0);
}

static void
standard_output_may_be_a_socket(void **state)
{
	enum { N = 10000 };
	int ends[2];
	struct server *s;
	struct flood f;

	(void)state;
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	s = server_start(&(struct spawn){
	    .out = ends[1], .read_end = ends[0], .unread = true });
	flood_begin(&f, dial(s->page), N - 1);
	flood_run(&f, NULL);
	assert_int_equal(fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0);
	assert_accounted(s, N);
}

static void
standard_output_may_be_a_file(void **state)
{
	int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	struct stat st;
	struct server *s;
	struct flood f;
	char *text;

	(void)state;
	if (fd < 0)
		skip();
	assert_int_equal(write(fd, "before\n", 7), 7);
	s = server_start(&(struct spawn){ .out = fd });
	flood_begin(&f, dial(s->page), 999);
	flood_run(&f, NULL);
	await_sample(s, "my_webserver_log_lines_total", 1000);
	assert_int_equal(server_stop(s), 0);
	assert_int_equal(fstat(fd, &st), 0);
	text = keep((size_t)st.st_size + 1);
	assert_int_equal(pread(fd, text, (size_t)st.st_size, 0), st.st_size);
	assert_int_equal(strncmp(text, "before\n{", 8), 0);
	assert_int_equal(count_lines(text), 1001);
}

static void
a_file_at_its_limit_drops_and_does_not_kill(void **state)
{
	const struct rlimit small = { 64 * 1024, 64 * 1024 };
	int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	struct server *s;
	struct flood f;

	(void)state;
	if (fd < 0)
		skip();
	s = server_start(&(struct spawn){ .out = fd });
	assert_int_equal(prlimit(s->pid, RLIMIT_FSIZE, &small, NULL), 0);
	flood_begin(&f, dial(s->page), 999);
	flood_run(&f, NULL);
	server_says(s, "File too large");
	assert_true(
	    sample(scrape(s), "my_webserver_log_lines_dropped_total") > 0);
	assert_int_equal(server_stop(s), 0);
}

/* Requests are answered, all lines counted as dropped, and standard error was
 * told once with these words. */
static void
assert_output_fails(int out, const char *error)
{
	struct server *s = server_start(&(struct spawn){ .out = out });
	const char *said;

	for (int i = 0; i < 20; i++)
		assert_int_equal(ask_once(s->page, GET("/"), NULL), 200);
	await_sample(s, "my_webserver_log_lines_dropped_total", 20);
	assert_true(sample(scrape(s), "my_webserver_log_lines_total") == 0);
	server_says(s, error);
	assert_int_equal(server_stop(s), 0);
	said = strstr(s->err_text.at, error);
	assert_null(strstr(said + 1, error));
}

static void
a_full_disk_drops_and_says_so_once(void **state)
{
	(void)state;
	assert_output_fails(
	    open("/dev/full", O_WRONLY | O_CLOEXEC), "No space left on device");
}

static void
a_closed_pipe_drops_and_says_so_once(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	close(ends[0]);
	assert_output_fails(ends[1], "Broken pipe");
}

static const char *
descriptor(struct server *s, int fd)
{
	char *target = keep(256);

	if (readlink(keepf("/proc/%d/fd/%d", (int)s->pid, fd), target, 255) < 0)
		return "";
	return target;
}

static void
closed_standard_output_becomes_dev_null(void **state)
{
	struct server *s = server_start(&(struct spawn){ .out = OUT_CLOSED });

	(void)state;
	assert_string_equal(descriptor(s, 1), "/dev/null");
	for (int i = 0; i < 20; i++)
		assert_int_equal(ask_once(s->page, GET("/"), NULL), 200);
	await_sample(s, "my_webserver_log_lines_total", 20);
	assert_int_equal(server_stop(s), 0);
}

static void
no_socket_ever_becomes_standard_output(void **state)
{
	uint16_t port = free_port(), metrics = free_port();
	struct server *s = server_start(&(struct spawn){ .closed_std = true,
	    .args = ARGS(keepf("--listen=127.0.0.1:%u", port),
		keepf("--metrics-listen=127.0.0.1:%u", metrics)) });
	int64_t end = now_ms() + WAIT_MS;
	int fd;

	(void)state;
	s->page = port;
	s->metrics = metrics;
	while (!dial_fd(port, &fd)) {
		assert_true(now_ms() < end);
		pass_ms(5);
	}
	for (int i = 0; i < 3; i++)
		assert_string_equal(descriptor(s, i), "/dev/null");
	for (int i = 0; i < 20; i++) {
		struct client *c = dial(port);

		assert_int_equal(ask(c, GET_CLOSE("/"), NULL), 200);
		assert_int_equal(hear_end(c), 0);
	}
	assert_int_equal(server_stop(s), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_line_has_the_contracts_keys_in_order),
		TEST(what_has_nothing_to_say_is_left_out),
		TEST(bytes_are_the_bodys_alone),
		TEST(duration_runs_from_the_first_byte_of_the_request),
		TEST(seed_lines_are_the_seeds),
		TEST(seed_time_is_local_time),
		TEST(off_writes_nothing_and_still_counts),
		TEST(namespace_names_the_group_everywhere),
		TEST(a_request_id_of_1_to_128_visible_characters_is_echoed),
		TEST(any_other_request_id_is_ignored),
		TEST(only_a_valid_traceparent_gives_a_trace_id),
		TEST(half_a_head_is_logged_as_499_aborted),
		TEST(who_leaves_during_the_body_is_logged_as_499_aborted),
		TEST(who_resets_during_the_delay_is_logged_at_once),
		TEST(a_connection_without_a_byte_has_no_line),
		TEST(operations_requests_have_no_line),
		TEST(malformed_requests_have_lines),
		TEST(a_target_too_long_is_cut_inside_the_message),
		TEST(no_line_is_longer_than_8_kib),
		TEST(hostile_bytes_become_valid_json),
		TEST(lines_of_a_connection_stand_in_its_order),
		TEST(lines_and_requests_and_histogram_agree),
		TEST(nobody_reading_stalls_nothing_and_what_is_lost_is_counted),
		TEST(nothing_is_lost_when_the_reader_comes_back_in_time),
		TEST(nothing_is_lost_when_the_reader_keeps_up),
		TEST(nothing_is_lost_when_a_turn_has_more_lines_than_fit),
		TEST(with_wait_requests_wait_probes_answer_nothing_is_lost),
		TEST(with_wait_who_resets_before_his_lines_are_out_is_logged),
		TEST(with_wait_duration_ends_with_the_answer),
		TEST(with_wait_a_drain_ends_though_nobody_reads),
		TEST(the_pipe_stays_blocking_for_those_who_share_it),
		TEST(standard_output_may_be_a_socket),
		TEST(standard_output_may_be_a_file),
		TEST(a_file_at_its_limit_drops_and_does_not_kill),
		TEST(a_full_disk_drops_and_says_so_once),
		TEST(a_closed_pipe_drops_and_says_so_once),
		TEST(closed_standard_output_becomes_dev_null),
		TEST(no_socket_ever_becomes_standard_output),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
