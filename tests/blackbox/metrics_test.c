/*
 * metrics_test.c - the operations listener: exposition, probes, version, and
 * that the figures are true.
 */
#include "harness.h"

#include <ctype.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#define LATENCY "my_webpage_request_latency_seconds"

static const struct {
	const char *name, *type;
} families[] = {
	{ "process_cpu_seconds_total", "counter" },
	{ "process_open_fds", "gauge" },
	{ "process_max_fds", "gauge" },
	{ "process_virtual_memory_bytes", "gauge" },
	{ "process_resident_memory_bytes", "gauge" },
	{ "process_start_time_seconds", "gauge" },
	{ "my_webserver_build_info", "gauge" },
	{ LATENCY, "histogram" },
	{ "http_requests_total", "counter" },
	{ "http_requests_in_flight", "gauge" },
	{ "http_request_bytes_total", "counter" },
	{ "http_response_bytes_total", "counter" },
	{ "http_requests_aborted_total", "counter" },
	{ "http_connections", "gauge" },
	{ "http_connections_accepted_total", "counter" },
	{ "http_timeouts_total", "counter" },
	{ "my_webserver_log_lines_total", "counter" },
	{ "my_webserver_log_lines_dropped_total", "counter" },
	{ "my_webserver_ready", "gauge" },
	{ "my_webserver_draining", "gauge" },
};

static void
every_family_is_there_with_its_type(void **state)
{
	struct server *s = START_PLAIN();
	const char *text;

	(void)state;
	ask_once(s->page, GET("/"), NULL);
	await_sum(s, "http_requests_total", 1);
	text = scrape(s);
	for (size_t i = 0; i < COUNT(families); i++) {
		assert_non_null(
		    strstr(text, keepf("# HELP %s ", families[i].name)));
		assert_non_null(strstr(text,
		    keepf(
			"# TYPE %s %s\n", families[i].name, families[i].type)));
	}
}

static void
the_histogram_is_the_seeds_and_there_before_the_first_request(void **state)
{
	static const char *const bounds[] = { "0.005", "0.01", "0.025", "0.05",
		"0.075", "0.1", "0.25", "0.5", "0.75", "1.0", "2.5", "5.0",
		"7.5", "10.0", "+Inf" };
	struct server *s = START_PLAIN();
	const char *text = scrape(s), *at = text;

	(void)state;
	assert_non_null(strstr(text,
	    "# HELP " LATENCY " Time it took to process incoming HTTP "
	    "requests, in seconds.\n"));
	for (size_t i = 0; i < COUNT(bounds); i++) {
		const char *series =
		    keepf(LATENCY "_bucket{le=\"%s\"} ", bounds[i]);

		at = strstr(at, series);
		if (!at)
			fail_msg("no %s in its place", series);
		at += strlen(series);
		assert_true(strtod(at, NULL) == 0);
	}
	assert_null(strstr(at, LATENCY "_bucket"));
	assert_true(sample(text, LATENCY "_count") == 0);
	assert_true(sample(text, LATENCY "_sum") == 0);
}

/* ---- the format's grammar ---- */

static size_t
name_length(const char *at)
{
	size_t n = 0;

	while (isalnum((unsigned char)at[n]) || at[n] == '_' || at[n] == ':')
		n++;
	return isdigit((unsigned char)at[0]) ? 0 : n;
}

/* Past the labels at at ('{' or not), or NULL. */
static const char *
skip_labels(const char *at)
{
	if (*at++ != '{')
		return at - 1;
	for (;;) {
		size_t n = name_length(at);

		if (n == 0 || memchr(at, ':', n) || at[n] != '=' ||
		    at[n + 1] != '"')
			return NULL;
		for (at += n + 2; *at != '"'; at++)
			if (*at == '\n' || *at == '\0' ||
			    (*at == '\\' && !strchr("\\\"n", *++at)))
				return NULL;
		if (*++at == '}')
			return at + 1;
		if (*at++ != ',')
			return NULL;
	}
}

/* True if a sample of this name belongs to the family. */
static bool
belongs(const char *name, size_t n, const char *family, const char *type)
{
	static const char *const suffixes[] = { "_bucket", "_sum", "_count" };
	size_t f = strlen(family);

	if (strncmp(name, family, f) != 0)
		return false;
	if (strcmp(type, "histogram") != 0)
		return n == f;
	for (size_t i = 0; i < COUNT(suffixes); i++)
		if (n - f == strlen(suffixes[i]) &&
		    strncmp(name + f, suffixes[i], n - f) == 0)
			return true;
	return false;
}

/* Fails unless line is right after what came before it. */
static void
check_sample(const char *line, const char *family, const char *type)
{
	size_t n = name_length(line);
	const char *at = n ? skip_labels(line + n) : NULL;
	char *end;
	double value;

	if (!at || *at != ' ' || !belongs(line, n, family, type))
		fail_msg("not a sample of %s: %s", family, line);
	value = strtod(at + 1, &end);
	if (end == at + 1 || *end != '\0' || isspace((unsigned char)at[1]))
		fail_msg("no value: %s", line);
	if (strcmp(type, "gauge") != 0 && !(value >= 0))
		fail_msg("a counter below zero: %s", line);
}

static void
check_exposition(const char *text)
{
	char family[256] = "", type[32] = "", seen[16384] = "\n";
	char series[65536] = "\n";
	bool typed = false;

	assert_true(strlen(text) > 0 && strlen(text) < 60000);
	assert_int_equal(text[strlen(text) - 1], '\n');
	for (const char *end; *text; text = end + 1) {
		char *line;

		end = strchr(text, '\n');
		line = keepf("%.*s", (int)(end - text), text);
		if (strncmp(line, "# HELP ", 7) == 0) {
			size_t n = name_length(line + 7);

			assert_true(n > 0 && n < 200 && line[7 + n] == ' ');
			sprintf(family, "%.*s", (int)n, line + 7);
			assert_null(strstr(seen, keepf("\n%s\n", family)));
			sprintf(seen + strlen(seen), "%s\n", family);
			typed = false;
		} else if (strncmp(line, "# TYPE ", 7) == 0) {
			assert_false(typed);
			assert_int_equal(
			    strncmp(line + 7, family, strlen(family)), 0);
			assert_int_equal(
			    sscanf(line + 7 + strlen(family), " %31s", type),
			    1);
			typed = true;
		} else {
			char *key;

			assert_true(typed);
			check_sample(line, family, type);
			key = keepf(
			    "\n%.*s\n", (int)(strrchr(line, ' ') - line), line);
			assert_null(strstr(series, key));
			strcat(series, key + 1);
		}
	}
}

static void
the_text_keeps_to_the_formats_grammar(void **state)
{
	struct server *s = START_PLAIN();
	struct response r;

	(void)state;
	check_exposition(scrape(s));
	for (int i = 0; i < 20; i++)
		ask_once(s->page, i % 2 ? GET("/") : "B\"W / HTTP/1.1\r\n\r\n",
		    NULL);
	assert_int_equal(ask_once(s->metrics, GET("/metrics"), &r), 200);
	assert_field(
	    &r, "Content-Type", "text/plain; version=0.0.4; charset=utf-8");
	check_exposition(r.body);
}

static void
the_root_answers_the_same_as_metrics(void **state)
{
	struct server *s = START_PLAIN();
	struct response root, metrics;
	const char *family = "# TYPE " LATENCY " histogram\n";

	(void)state;
	assert_int_equal(ask_once(s->metrics, GET("/"), &root), 200);
	assert_int_equal(ask_once(s->metrics, GET("/metrics"), &metrics), 200);
	assert_string_equal(
	    field(&root, "Content-Type"), field(&metrics, "Content-Type"));
	assert_non_null(strstr(root.body, family));
	assert_non_null(strstr(metrics.body, family));
	check_exposition(root.body);
}

static const char *
scrape_names(struct server *s, const char *query)
{
	struct response r;

	assert_int_equal(
	    ask_once(s->metrics,
		keepf("GET /metrics?%s HTTP/1.1\r\nHost: a\r\n\r\n", query),
		&r),
	    200);
	if (r.body_len > 0)
		check_exposition(r.body);
	return r.body;
}

/* How many families the text has. */
static size_t
count_families(const char *text)
{
	size_t n = 0;

	for (; (text = strstr(text, "# TYPE ")); text++)
		n++;
	return n;
}

static void
name_picks_families(void **state)
{
	struct server *s = START_PLAIN();
	const char *text;

	(void)state;
	text = scrape_names(s, "name[]=http_connections");
	assert_int_equal(count_families(text), 1);
	assert_non_null(strstr(text, "# TYPE http_connections gauge\n"));
	text = scrape_names(
	    s, "name%5B%5D=process_open_fds&name[]=my_webserver_ready");
	assert_int_equal(count_families(text), 2);
	text = scrape_names(s, "name[]=" LATENCY "_bucket");
	assert_int_equal(count_families(text), 1);
	assert_non_null(strstr(text, LATENCY "_bucket{le=\"+Inf\"} "));
	text = scrape_names(s, "name[]=nothing");
	assert_int_equal(count_families(text), 0);
	/* what is no name names nothing, but is asked for */
	text = scrape_names(s, "name[]=%zz");
	assert_int_equal(count_families(text), 0);
	text = scrape_names(s, "name[]=%zz&name[]=http_connections");
	assert_int_equal(count_families(text), 1);
	text = scrape_names(s, "other=http_connections");
	assert_true(count_families(text) > 10);
}

static void
probes_answer_ok(void **state)
{
	static const char *const requests[] = { GET("/livez"), GET("/healthz"),
		GET("/readyz") };
	struct server *s = START_PLAIN();
	struct client *c = dial(s->metrics);
	struct response r;

	(void)state;
	for (size_t i = 0; i < COUNT(requests); i++) {
		assert_int_equal(ask(c, requests[i], &r), 200);
		assert_int_equal(strncmp(r.body, "ok", 2), 0);
		assert_non_null(
		    strstr(field(&r, "Content-Type"), "text/plain"));
		assert_non_null(field(&r, "Date"));
	}
	assert_int_equal(
	    ask(c, "HEAD /readyz HTTP/1.1\r\nHost: a\r\n\r\n", &r), 200);
	assert_int_equal(
	    ask(c, "HEAD /metrics HTTP/1.1\r\nHost: a\r\n\r\n", &r), 200);
	assert_int_equal(ask(c, GET("/readyz?verbose"), NULL), 200);
}

static void
version_is_json_and_agrees_with_build_info(void **state)
{
	static const char *const names[] = { "version", "revision", "compiler",
		"libc", "arch" };
	struct server *s = START_PLAIN();
	char *series = keepf("my_webserver_build_info{");
	struct response r;

	(void)state;
	assert_int_equal(ask_once(s->metrics, GET("/version"), &r), 200);
	assert_non_null(strstr(field(&r, "Content-Type"), "application/json"));
	assert_true(json_check(r.body, r.body_len, NULL, 0));
	for (size_t i = 0; i < COUNT(names); i++) {
		assert_non_null(json_get(r.body, names[i]));
		series = keepf("%s%s%s=\"%s\"", series, i ? "," : "", names[i],
		    json_get(r.body, names[i]));
	}
	assert_true(sample(scrape(s), keepf("%s}", series)) == 1);
}

static void
anything_else_is_404_and_other_methods_405(void **state)
{
	struct server *s = START_PLAIN();
	struct response r;

	(void)state;
	assert_int_equal(probe(s, "/nothing"), 404);
	assert_int_equal(probe(s, "/metrics/"), 404);
	assert_int_equal(ask_once(s->metrics,
			     "POST /metrics HTTP/1.1\r\nHost: a\r\n\r\n", &r),
	    405);
	assert_non_null(field(&r, "Allow"));
	assert_int_equal(refused(s->metrics, "GET /metrics\n\n", 14), 400);
	assert_true(sample_sum(scrape(s), "http_requests_total") == 0);
	assert_true(sample(scrape(s), LATENCY "_count") == 0);
}

static void
process_values_are_plausible(void **state)
{
	struct server *s = START_PLAIN();
	const char *text = scrape(s);
	double start = sample(text, "process_start_time_seconds");
	double resident = sample(text, "process_resident_memory_bytes");

	(void)state;
	assert_true(fabs(start - (double)time(NULL)) < 60);
	assert_true(resident > 10000);
	if (!emulated())
		assert_true(
		    sample(text, "process_virtual_memory_bytes") >= resident);
	assert_true(sample(text, "process_cpu_seconds_total") >= 0);
	assert_true(sample(text, "process_cpu_seconds_total") < 60);
	assert_true(
	    sample(text, "process_max_fds") == (double)most_descriptors());
}

static void
open_fds_follow_the_connections(void **state)
{
	struct server *s = START_PLAIN();
	double before = sample(scrape(s), "process_open_fds");

	(void)state;
	assert_true(before > 5 && before < 50);
	for (int i = 0; i < 10; i++)
		dial(s->page);
	await_sample(s, "http_connections{listener=\"page\"}", 10);
	await_sample(s, "process_open_fds", before + 10);
}

/* Asks for the page until told to stop; asserts nothing. */
struct load {
	uint16_t port;
	atomic_bool stop;
};

static void *
load_run(void *arg)
{
	static const char request[] = GET("/");
	struct load *load = arg;
	struct pollfd p = { -1, POLLIN, 0 };
	char answer[4096];
	int fd;

	if (!dial_fd(load->port, &fd))
		return NULL;
	p.fd = fd;
	while (!atomic_load(&load->stop)) {
		for (int i = 0; i < 8; i++)
			if (send(fd, request, sizeof request - 1,
				MSG_NOSIGNAL) < 0)
				break;
		poll(&p, 1, 100);
		while (recv(fd, answer, sizeof answer, 0) > 0)
			;
	}
	close(fd);
	return NULL;
}

/* NULL, or what is wrong with the histogram of this scrape. */
static const char *
histogram_fault(const char *text)
{
	const char *bucket = LATENCY "_bucket{le=\"";
	double before = 0, value = 0;

	for (const char *at = text; (at = strstr(at, bucket)); at++) {
		value = strtod(strstr(at, "} ") + 2, NULL);
		if (value < before)
			return "a bucket decreases";
		before = value;
	}
	return value == sample(text, LATENCY "_count") ? NULL
						       : "+Inf is not _count";
}

static void
under_load_no_scrape_contradicts_itself(void **state)
{
	static const char *const rising[] = { LATENCY "_count", LATENCY "_sum",
		"http_request_bytes_total", "http_response_bytes_total",
		"my_webserver_log_lines_total", "process_cpu_seconds_total" };
	struct server *s = START_PLAIN();
	struct load load = { .port = s->page };
	double last[COUNT(rising)] = { 0 };
	const char *fault = NULL;
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, load_run, &load), 0);
	for (int i = 0; i < 200 && !fault; i++) {
		struct client *c = keep(sizeof *c);
		struct response r;

		if (!dial_fd(s->metrics, &c->fd) ||
		    ask(c, GET_CLOSE("/metrics"), &r) != 200) {
			fault = "no scrape";
			break;
		}
		hang_up(c);
		server_pull(s);
		fault = histogram_fault(r.body);
		for (size_t k = 0; k < COUNT(rising); k++) {
			double value = sample(r.body, rising[k]);

			if (!(value >= last[k]))
				fault = rising[k];
			last[k] = value;
		}
	}
	atomic_store(&load.stop, true);
	pthread_join(thread, NULL);
	if (fault)
		fail_msg("%s", fault);
	assert_true(last[0] > 100);
}

static void
requests_are_counted_by_code_and_known_method(void **state)
{
	struct server *s = START_PLAIN();
	const char *at, *text;
	size_t n = 0;

	(void)state;
	for (int i = 0; i < 200; i++)
		ask_once(s->page,
		    keepf("M%d / HTTP/1.1\r\nHost: h%d\r\n\r\n", i, i), NULL);
	ask_once(s->page, GET("/x"), NULL);
	ask_once(s->page, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", NULL);
	ask_once(s->page, "PATCH / HTTP/1.1\r\nHost: a\r\n\r\n", NULL);
	ask_once(s->page, "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", NULL);
	await_sum(s, "http_requests_total", 204);
	text = scrape(s);
	assert_true(
	    sample(text,
		"http_requests_total{code=\"501\",method=\"_OTHER\"}") == 200);
	assert_true(
	    sample(text, "http_requests_total{code=\"404\",method=\"GET\"}") ==
	    1);
	assert_true(
	    sample(text, "http_requests_total{code=\"200\",method=\"HEAD\"}") ==
	    1);
	assert_true(
	    sample(text,
		"http_requests_total{code=\"405\",method=\"PATCH\"}") == 1);
	assert_true(
	    sample(text,
		"http_requests_total{code=\"204\",method=\"OPTIONS\"}") == 1);
	for (at = text; (at = strstr(at, "\nhttp_requests_total{")); at++)
		n++;
	assert_int_equal(n, 5);
}

static void
connections_are_counted_by_listener(void **state)
{
	struct server *s = START_PLAIN();
	struct client *c[5];
	const char *text;

	(void)state;
	for (int i = 0; i < 5; i++)
		c[i] = dial(s->page);
	await_sample(s, "http_connections{listener=\"page\"}", 5);
	for (int i = 0; i < 5; i++)
		hang_up(c[i]);
	await_sample(s, "http_connections{listener=\"page\"}", 0);
	text = scrape(s);
	assert_true(
	    sample(text,
		"http_connections_accepted_total{listener=\"page\"}") == 5);
	assert_true(
	    sample(text, "http_connections{listener=\"metrics\"}") >= 1);
	assert_true(
	    sample(text,
		"http_connections_accepted_total{listener=\"metrics\"}") >= 3);
}

static void
in_flight_counts_requests_not_yet_answered(void **state)
{
	struct server *s = START("--random-delay=30s-40s");
	struct client *c[3];

	(void)state;
	for (int i = 0; i < 3; i++) {
		c[i] = dial(s->page);
		tell(c[i], GET("/"));
	}
	await_sample(s, "http_requests_in_flight", 3);
	for (int i = 0; i < 3; i++)
		hang_up_hard(c[i]);
	await_sample(s, "http_requests_in_flight", 0);
}

static void
bytes_are_those_on_the_wire(void **state)
{
	static const char request[] =
	    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
	struct server *s = START_PLAIN();
	struct response r;

	(void)state;
	assert_int_equal(ask_once(s->page, request, &r), 405);
	await_sum(s, "http_requests_total", 1);
	await_sample(
	    s, "http_request_bytes_total", (double)(sizeof request - 1));
	await_sample(s, "http_response_bytes_total", (double)r.size);
}

static void
a_slow_head_times_out_with_408(void **state)
{
	struct server *s = START("--header-timeout=200ms");
	struct client *c = dial(s->page);
	int64_t from = now_ms();

	(void)state;
	assert_int_equal(ask(c, "GET / HTTP/1.1\r\n", NULL), 408);
	assert_int_equal(hear_end(c), 0);
	assert_true(now_ms() - from >= 190);
	await_sample(s, "http_timeouts_total{phase=\"header\"}", 1);
	await_sum(s, "http_timeouts_total", 1);
	assert_json(server_line(s), "status", "408");
}

static void
a_slow_body_times_out_with_408(void **state)
{
	struct server *s = START("--body-timeout=200ms");
	struct client *c = dial(s->page);

	(void)state;
	assert_int_equal(
	    ask(c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab",
		NULL),
	    408);
	assert_int_equal(hear_end(c), 0);
	await_sample(s, "http_timeouts_total{phase=\"body\"}", 1);
	await_sum(s, "http_timeouts_total", 1);
}

static void
an_idle_connection_is_closed_without_a_word(void **state)
{
	struct server *s = START("--idle-timeout=200ms");
	struct client *c = dial(s->page);

	(void)state;
	assert_int_equal(ask(c, GET("/"), NULL), 200);
	assert_int_equal(hear_end(c), 0);
	await_sample(s, "http_timeouts_total{phase=\"idle\"}", 1);
	await_sum(s, "http_timeouts_total", 1);
	assert_int_equal(server_stop(s), 0);
	assert_int_equal(server_lines(s), 1);
}

static void
who_connects_and_says_nothing_is_closed_too(void **state)
{
	struct server *s =
	    START("--idle-timeout=200ms", "--header-timeout=200ms");
	struct client *c = dial(s->page);

	(void)state;
	assert_int_equal(hear_end(c), 0);
	await_sum(s, "http_timeouts_total", 1);
	await_sum(s, "http_requests_total", 0);
}

static void
the_histogram_can_be_renamed_and_cut_otherwise(void **state)
{
	struct server *s = START(
	    "--latency-metric=app_seconds", "--latency-buckets=0.1,1,2.5");
	const char *text;

	(void)state;
	ask_once(s->page, GET("/"), NULL);
	await_sample(s, "app_seconds_count", 1);
	text = scrape(s);
	check_exposition(text);
	assert_null(strstr(text, LATENCY));
	assert_true(sample(text, "app_seconds_bucket{le=\"0.1\"}") >= 0);
	assert_true(sample(text, "app_seconds_bucket{le=\"1.0\"}") >= 0);
	assert_true(sample(text, "app_seconds_bucket{le=\"2.5\"}") == 1);
	assert_true(sample(text, "app_seconds_bucket{le=\"+Inf\"}") == 1);
	assert_false(sample(text, "app_seconds_bucket{le=\"5.0\"}") >= 0);
}

static void
delayed_answers_fall_into_later_buckets(void **state)
{
	struct server *s = START("--random-delay=60ms-70ms");
	const char *text;

	(void)state;
	ask_once(s->page, GET("/"), NULL);
	await_sample(s, LATENCY "_count", 1);
	text = scrape(s);
	assert_true(sample(text, LATENCY "_bucket{le=\"0.05\"}") == 0);
	assert_true(sample(text, LATENCY "_sum") >= 0.06);
	assert_true(sample(text, LATENCY "_sum") < 5);
}

static void
ready_and_not_draining(void **state)
{
	struct server *s = START_PLAIN();
	const char *text = scrape(s);

	(void)state;
	assert_true(sample(text, "my_webserver_ready") == 1);
	assert_true(sample(text, "my_webserver_draining") == 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_family_is_there_with_its_type),
		TEST(
		    the_histogram_is_the_seeds_and_there_before_the_first_request),
		TEST(the_text_keeps_to_the_formats_grammar),
		TEST(the_root_answers_the_same_as_metrics),
		TEST(name_picks_families),
		TEST(probes_answer_ok),
		TEST(version_is_json_and_agrees_with_build_info),
		TEST(anything_else_is_404_and_other_methods_405),
		TEST(process_values_are_plausible),
		TEST(open_fds_follow_the_connections),
		TEST(under_load_no_scrape_contradicts_itself),
		TEST(requests_are_counted_by_code_and_known_method),
		TEST(connections_are_counted_by_listener),
		TEST(in_flight_counts_requests_not_yet_answered),
		TEST(bytes_are_those_on_the_wire),
		TEST(a_slow_head_times_out_with_408),
		TEST(a_slow_body_times_out_with_408),
		TEST(an_idle_connection_is_closed_without_a_word),
		TEST(who_connects_and_says_nothing_is_closed_too),
		TEST(the_histogram_can_be_renamed_and_cut_otherwise),
		TEST(delayed_answers_fall_into_later_buckets),
		TEST(ready_and_not_draining),
	};

	return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
