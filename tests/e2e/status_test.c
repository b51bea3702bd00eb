/*
 * status_test.c - the status page in a real browser: its figures are the
 * scrape's, it asks no more than it should, and goes on when servers come and
 * go.
 */
#include "e2e/status.h"

#include <math.h>
#include <signal.h>

/* Figures that a scrape has under the same name. */
static const struct {
	const char *id, *series;
} figures[] = {
	{ "requests", "http_requests_total" },
	{ "received", "http_request_bytes_total" },
	{ "sent", "http_response_bytes_total" },
	{ "aborted", "http_requests_aborted_total" },
	{ "lines", "my_webserver_log_lines_total" },
	{ "dropped", "my_webserver_log_lines_dropped_total" },
	{ "timeouts", "http_timeouts_total" },
	{ "inflight", "http_requests_in_flight" },
	{ "flying", "http_requests_in_flight" },
	{ "started", "process_start_time_seconds" },
};

/* And one series each, 0 where there is none yet. */
static const struct {
	const char *id, *series;
} series_figures[] = {
	{ "connections", "http_connections{listener=\"page\"}" },
	{ "accepted", "http_connections_accepted_total{listener=\"page\"}" },
	{ "rate2", "http_requests_total{code=\"200\",method=\"GET\"}" },
	{ "rate4", "http_requests_total{code=\"404\",method=\"GET\"}" },
};

static void
assert_figures(const char *text)
{
	for (size_t i = 0; i < COUNT(figures); i++) {
		double want = sample_sum(text, figures[i].series);

		if (isnan(want))
			want = sample(text, figures[i].series);
		if (fabs(figure(figures[i].id) - want) > 1e-6 * want)
			fail_msg("%s is %.17g, not %.17g", figures[i].id,
			    figure(figures[i].id), want);
	}
	for (size_t i = 0; i < COUNT(series_figures); i++) {
		double want = sample(text, series_figures[i].series);

		assert_near(
		    figure(series_figures[i].id), isnan(want) ? 0 : want, 0);
	}
	assert_non_null(
	    strstr(text, keepf("version=\"%s\"", text_of("version"))));
	assert_non_null(
	    strstr(text, keepf("revision=\"%s\"", text_of("revision"))));
	assert_true(figure("memory") > 100e3 && figure("cpu") >= 0);
}

static int
ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The log has each request's time, to the nanosecond. */
static double *
logged_times(struct server *s, size_t count)
{
	double *times = keep(count * sizeof *times);

	server_pull(s);
	for (size_t i = 0; i < count; i++)
		times[i] =
		    strtod(json_get(server_line(s), "duration_seconds"), NULL);
	qsort(times, count, sizeof *times, ascending);
	return times;
}

/* All that the page has seen, in the bucket of what was logged; and the figure
 * is what the last ten seconds of it say. */
static void
assert_quantile(const char *id, double q, const double *times, size_t count)
{
	double want = times[(size_t)ceil(q * (double)count) - 1];
	double got = number_of(
	    keepf("quantile(together(points.map(p => p.buckets)), %g)", q));
	double wide = exp2(1. / 8);

	if (!(got < want * wide && got > want / wide))
		fail_msg("%s of all is %g, not %g", id, got, want);
	await_true(keepf("String(quantile(over(10, points.at(-1).at).buckets, "
			 "%g)) == document.getElementById('%s').dataset.value",
	    q, id));
}

/* Seven hundred and three requests in a few seconds, all in the page's last
 * ten: what it says of them is what the server counted, and logged. */
static void
its_figures_are_those_of_the_scrape(void **state)
{
	struct server *s = START("--random-delay=1ms-20ms");
	struct job job;
	double *times;

	(void)state;
	open_page(s);
	assert_string_equal(text_of("says-rate"), "");
	job = load_start(ARGS("--json", "--rate=300", "--requests=700",
			     "--connections=20", url_of(s->page, "/")),
	    0);
	await_true("document.getElementById('rate').dataset.value > 20");
	assert_int_equal(load_wait(job).code, 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(ask_once(s->page, GET("/none"), NULL), 404);
	await_sample(s, "my_webserver_log_lines_total", 703);
	await_true("['requests', 'lines'].every("
		   "id => document.getElementById(id).dataset.value == 703)");
	await_true("document.getElementById('connections').dataset.value == 0");
	assert_figures(scrape(s));
	assert_string_equal(is("document.body.dataset.format"), "protobuf");
	times = logged_times(s, 703);
	assert_quantile("p50", .5, times, 703);
	assert_quantile("p99", .99, times, 703);
	assert_quantile("p999", .999, times, 703);
	assert_near(figure("failed"), 0, 0);
	/* and in words, by hand: those seconds are in the table */
	assert_true(
	    number_of("points.reduce((n, p) => n + (p.n[2] || 0), 0)") == 700);
	assert_non_null(strstr(text_of("says-rate"), "Most: "));
	assert_console_is_empty();
	assert_int_equal(server_stop(s), 0);
}

/* A server that knows nothing of protocol buffers will do. */
static void
text_does_as_well(void **state)
{
	struct server *s = START_PLAIN();

	(void)state;
	open_page(s);
	assert_string_equal(is("document.body.dataset.format"), "protobuf");
	is("window.fetch = (old => (what, how) => old(what, "
	   "{ ...how, headers: { Accept: 'text/plain' } }))(fetch)");
	browser_await(&browser, "document.body.dataset.format", "text");
	LOAD(0, "--requests=300", "--connections=4", url_of(s->page, "/"));
	await_sample(s, "my_webserver_log_lines_total", 300);
	await_true("document.getElementById('lines').dataset.value == 300");
	await_true("document.getElementById('connections').dataset.value == 0");
	assert_figures(scrape(s));
	/* all in the first of the classic buckets */
	assert_near(
	    number_of("quantile(together(points.map(p => p.buckets)), .5)"),
	    2.5e-3, 1e-4);
	assert_console_is_empty();
}

static void
nothing_comes_from_elsewhere(void **state)
{
	struct server *s = START_PLAIN();
	const char *log, *base = url_of(s->metrics, "/");
	size_t asked = 0;

	(void)state;
	open_page(s);
	await_answers(2);
	log = browser_log(&browser, "performance");
	for (const char *at = log;
	     (at = strstr(at, "\"method\":\"Network.requestWillBeSent\""));
	     at++) {
		const char *url = strstr(at, "\"url\":\"");

		assert_non_null(url);
		url += strlen("\"url\":\"");
		if (strncmp(url, "data:", 5) != 0 &&
		    strncmp(url, base, strlen(base)) != 0)
			fail_msg("asks for %.60s", url);
		asked++;
	}
	assert_true(asked >= 3);
	/* not even if somebody got a script into it */
	is("document.body.append(Object.assign(document.createElement('img'), "
	   "{ src: 'http://127.0.0.1:9/x.png' }))");
	await_true("performance.now() > 0");
	for (int64_t end = now_ms() + WAIT_MS;
	     !strstr(browser_log(&browser, "browser"),
		 "violates the following Content Security Policy");) {
		assert_true(now_ms() < end);
		pass_ms(50);
	}
}

/* A server that does not answer is not asked again meanwhile. */
static void
one_request_at_a_time_and_one_a_second(void **state)
{
	struct server *s = START_PLAIN();
	int64_t begin;
	long before;

	(void)state;
	open_page(s);
	await_answers(1);
	begin = now_ms();
	await_answers(3);
	assert_true(now_ms() - begin >= 2000);
	before = polls();
	server_signal(s, SIGSTOP);
	pass_ms(3000);
	assert_true(polls() <= before + 1);
	server_signal(s, SIGCONT);
	await_answers(2);
	await_state("ready");
	assert_console_is_empty();
}

/* To the window with this handle. */
static void
switch_to(const char *handle)
{
	browser_command(
	    &browser, "window", keepf("{\"handle\": \"%s\"}", handle));
}

/* Behind another tab it stops, and what came meanwhile is a hole in its charts,
 * and no spike. */
static void
hidden_it_rests(void **state)
{
	struct server *s = START_PLAIN();
	const char *mine, *other;

	(void)state;
	open_page(s);
	await_answers(2);
	is("window.seen = []");
	is("document.addEventListener('visibilitychange', () => "
	   "seen.push(document.visibilityState, document.body.dataset.polls))");
	mine = string_in(browser_command(&browser, "window", NULL), "value");
	other = string_in(
	    browser_command(&browser, "window/new", "{\"type\": \"tab\"}"),
	    "handle");
	switch_to(other);
	LOAD(0, "--requests=2000", "--connections=4", url_of(s->page, "/"));
	pass_ms(3000);
	switch_to(mine);
	await_state("ready");
	await_answers(2);
	/* hidden, visible: and asked nothing in between */
	assert_string_equal(is("seen.length"), "4");
	assert_string_equal(is("seen[0]"), "hidden");
	assert_string_equal(is("seen[2]"), "visible");
	assert_string_equal(is("seen[3]"), is("seen[1]"));
	assert_near(figure("requests"), 2000, 0);
	assert_near(
	    number_of("Math.max(...points.map(p => p.rate || 0))"), 0, 0);
	assert_true(number_of("Math.max(...points.map((p, i) => "
			      "i ? p.at - points[i - 1].at : 0))") >= 3000);
	assert_console_is_empty();
}

/* A server that ends, and another that begins at the same place. */
static void
a_restart_keeps_its_history(void **state)
{
	const char *at = keepf("--metrics-listen=127.0.0.1:%u", free_port());
	struct server *s = START(at);
	double before, most;

	(void)state;
	open_page(s);
	await_answers(1);
	LOAD(0, "--requests=900", "--connections=4", url_of(s->page, "/"));
	await_true("document.getElementById('requests').dataset.value == 900");
	most = number_of("Math.max(...points.map(p => p.rate || 0))");
	assert_true(most > 0 && most < 2000);
	before = number_of("points.length");
	assert_int_equal(server_stop(s), 0);
	await_state("away");
	assert_non_null(strstr(text_of("notice"), "Not reachable since "));
	assert_string_equal(is("document.getElementById('notice').role || "
			       "document.getElementById('notice')"
			       ".getAttribute('role')"),
	    "status");
	assert_true(number_of("points.length") >= before);
	s = START(at);
	LOAD(0, "--requests=40", "--connections=4", url_of(s->page, "/"));
	await_sample(s, "my_webserver_log_lines_total", 40);
	await_state("ready");
	await_answers(2);
	assert_string_equal(is("restarts.length"), "1");
	assert_non_null(strstr(text_of("notice"), "Restarted at "));
	assert_true(number_of("points.length") >= before + 2);
	assert_figures(scrape(s));
	/* from the new zero, not from the old height, and nothing twice */
	assert_near(
	    number_of("points.reduce((n, p) => n + (p.n[2] || 0), 0)"), 940, 0);
	assert_near(
	    number_of("Math.max(...points.map(p => p.rate || 0))"), most, 0);
	assert_true(
	    number_of("Math.min(...points.map(p => p.rate || 0))") >= 0);
}

static void
draining_is_told(void **state)
{
	struct server *s = START("--random-delay=4s-4s", "--drain-timeout=6s");
	struct client *c;

	(void)state;
	open_page(s);
	c = dial(s->page);
	tell(c, GET("/"));
	await_true("document.getElementById('inflight').dataset.value == 1");
	server_signal(s, SIGTERM);
	await_state("draining");
	assert_string_equal(text_of("state"), "Draining");
	assert_int_equal(server_wait(s), 0);
	await_state("away");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STATUS_TEST(its_figures_are_those_of_the_scrape),
		STATUS_TEST(text_does_as_well),
		STATUS_TEST(nothing_comes_from_elsewhere),
		STATUS_TEST(one_request_at_a_time_and_one_a_second),
		STATUS_TEST(hidden_it_rests),
		STATUS_TEST(a_restart_keeps_its_history),
		STATUS_TEST(draining_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
