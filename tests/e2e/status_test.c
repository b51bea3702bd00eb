/*
 * status_test.c - the status page in a real browser: its figures are the
 * scrape's, it asks no more than it should, and everybody can use it.
 */
#include "e2e/webdriver.h"

#include <math.h>
#include <signal.h>

#include "blackbox/load.h"

static struct browser browser;

static int
setup(void **state)
{
	browser = (struct browser){ 0 };
	return harness_setup(state);
}

static int
teardown(void **state)
{
	browser_end(&browser);
	return site_teardown(state);
}

#define STATUS_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static const char *
is(const char *expression)
{
	return browser_value(&browser, expression);
}

static double
number_of(const char *expression)
{
	return strtod(is(expression), NULL);
}

/* The figure with all of its digits. */
static double
figure(const char *id)
{
	return number_of(
	    keepf("document.getElementById('%s').dataset.value", id));
}

static const char *
text_of(const char *id)
{
	return is(keepf("document.getElementById('%s').innerText", id));
}

/* Equal within some distance. */
static void
assert_near(double got, double want, double most)
{
	if (!(fabs(got - want) <= most))
		fail_msg("%.17g is not %.17g", got, want);
}

/* How often the page asked, and was answered. */
static long
polls(void)
{
	return (long)number_of("document.body.dataset.polls || 0");
}

static long
answers(void)
{
	return (long)number_of("document.body.dataset.answers || 0");
}

static void
await_true(const char *expression)
{
	browser_await(&browser, expression, "true");
}

static void
await_answers(long more)
{
	await_true(
	    keepf("document.body.dataset.answers >= %ld", answers() + more));
}

static void
await_state(const char *state)
{
	browser_await(&browser, "document.body.dataset.state", state);
}

static void
open_page(struct server *s)
{
	if (!browser.session)
		browser_start(&browser);
	browser_open(&browser, url_of(s->metrics, "/"));
	await_true("document.body.dataset.answers > 0");
	await_state("ready");
}

/* Nothing on the console, where the browser tells of a broken policy, too. */
static void
assert_console_is_empty(void)
{
	assert_string_equal(browser_log(&browser, "browser"), "{\"value\":[]}");
}

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

/* Seven hundred and three requests in a few seconds, all in the page's last
 * ten: what it says of them is what the load saw, and the server counted. */
static void
its_figures_are_those_of_the_scrape(void **state)
{
	struct server *s = START("--random-delay=1ms-20ms");
	struct job job;
	struct outcome o;

	(void)state;
	open_page(s);
	assert_string_equal(text_of("says-rate"), "");
	job = load_start(ARGS("--json", "--rate=300", "--requests=700",
			     "--connections=20", url_of(s->page, "/")),
	    0);
	await_true("document.getElementById('rate').dataset.value > 20");
	o = load_wait(job);
	assert_int_equal(o.code, 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(ask_once(s->page, GET("/none"), NULL), 404);
	await_sample(s, "my_webserver_log_lines_total", 703);
	await_true("['requests', 'lines'].every("
		   "id => document.getElementById(id).dataset.value == 703)");
	await_true("document.getElementById('connections').dataset.value == 0");
	assert_figures(scrape(s));
	/* between the bounds of classic buckets, or in native ones */
	assert_true(figure("p50") > 5e-3 && figure("p50") < 25e-3);
	assert_true(figure("p99") >= figure("p50") && figure("p99") < 60e-3);
	assert_true(figure("p999") >= figure("p99"));
	if (strcmp(is("document.body.dataset.format"), "protobuf") == 0)
		assert_near(
		    figure("p50"), (double)number(o.out, "p50") * 1e-9, 2e-3);
	assert_near(figure("failed"), 0, 0);
	/* and in words, by hand: those seconds are in the table */
	assert_true(
	    number_of("points.reduce((n, p) => n + (p.n[2] || 0), 0)") == 700);
	assert_non_null(strstr(text_of("says-rate"), "Most: "));
	assert_console_is_empty();
	assert_int_equal(server_stop(s), 0);
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

/* Tab walks through it in order, each place can be seen and has a name. */
static void
keys_reach_all_of_it(void **state)
{
	static const char *const order[] = { "Pause",
		"Requests a second, moment by moment", "Requests as a table",
		"Latency, moment by moment", "Latency as a table",
		"What it takes as a table", "Metrics", "Readiness", "Liveness",
		"Version" };
	struct server *s = START_PLAIN();

	(void)state;
	open_page(s);
	for (size_t i = 0; i < COUNT(order); i++) {
		browser_press(&browser, KEY_TAB);
		assert_string_equal(is("document.activeElement.ariaLabel || "
				       "document.activeElement.innerText"),
		    order[i]);
		assert_string_equal(
		    is("getComputedStyle(document.activeElement).outlineStyle"),
		    "solid");
	}
	assert_console_is_empty();
}

static void
focus(const char *selector)
{
	is(keepf("document.querySelector('%s').focus()", selector));
}

static void
pause_and_charts_and_tables_work_by_keys(void **state)
{
	struct server *s = START_PLAIN();
	long before;

	(void)state;
	open_page(s);
	await_answers(2);
	focus("#pause");
	browser_press(&browser, KEY_ENTER);
	await_state("paused");
	assert_string_equal(text_of("pause"), "Resume");
	assert_non_null(strstr(text_of("notice"), "Paused at "));
	before = polls();
	pass_ms(2500);
	assert_int_equal(polls(), before);
	/* the charts can still be read */
	focus("#plot-rate");
	browser_press(&browser, KEY_LEFT);
	assert_non_null(strstr(text_of("says-rate"), ": 0/s"));
	assert_string_equal(
	    is("document.activeElement.getAttribute('aria-valuetext')"),
	    text_of("says-rate"));
	browser_press(&browser, KEY_ESCAPE);
	assert_string_equal(text_of("says-rate"), "");
	focus("#table-rate summary");
	browser_press(&browser, KEY_ENTER);
	await_true("document.querySelectorAll('#table-rate tr').length >= 2");
	assert_non_null(strstr(text_of("table-rate"), "2xx"));
	focus("#pause");
	browser_press(&browser, " ");
	await_state("ready");
	await_answers(2);
	assert_string_equal(text_of("pause"), "Pause");
	assert_console_is_empty();
}

/* To the window with this handle. */
static void
switch_to(const char *handle)
{
	browser_command(
	    &browser, "window", keepf("{\"handle\": \"%s\"}", handle));
}

/* The string of that name in an answer. */
static const char *
string_in(const char *json, const char *name)
{
	const char *sign = keepf("\"%s\":\"", name);
	const char *at = strstr(json, sign);

	assert_non_null(at);
	at += strlen(sign);
	return keepf("%.*s", (int)strcspn(at, "\""), at);
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
	assert_true(most > 300 && most <= 900);
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

/* As on a phone, and as somebody who likes it dark. */
static void
emulate(int width, const char *scheme)
{
	browser_devtools(&browser, "Emulation.setDeviceMetricsOverride",
	    keepf("{\"width\": %d, \"height\": 640, \"deviceScaleFactor\": 2, "
		  "\"mobile\": true}",
		width));
	browser_devtools(&browser, "Emulation.setEmulatedMedia",
	    keepf("{\"features\": [{\"name\": \"prefers-color-scheme\", "
		  "\"value\": \"%s\"}]}",
		scheme));
}

/* The least contrast of what is written, on what it is written on (WCAG 2). */
static double
contrast(void)
{
	return number_of(
	    "(() => { const of = name => getComputedStyle("
	    "document.documentElement).getPropertyValue(name).trim();"
	    "const light = name => { let c = of(name).slice(1);"
	    "if (c.length == 3) c = [...c].map(d => d + d).join('');"
	    "const [r, g, b] = [0, 2, 4].map(i => parseInt(c.slice(i, i + 2), "
	    "16) / 255).map(v => v <= .04045 ? v / 12.92 : "
	    "((v + .055) / 1.055) ** 2.4);"
	    "return .2126 * r + .7152 * g + .0722 * b; };"
	    "return Math.min(...['--ink', '--soft', '--accent', '--c5']"
	    ".flatMap(text => ['--card', '--page'].map(ground => {"
	    "const [a, b] = [light(text), light(ground)].sort((a, b) => b - a);"
	    "return (a + .05) / (b + .05); }))); })()");
}

/* How many pixels of a canvas were painted. */
static double
painted(const char *canvas)
{
	return number_of(keepf(
	    "(() => { const c = document.querySelector('%s');"
	    "const d = c.getContext('2d').getImageData(0, 0, c.width, c.height)"
	    ".data; let n = 0; for (let i = 3; i < d.length; i += 4) "
	    "n += d[i] > 0; return n; })()",
	    canvas));
}

static void
it_fits_a_phone_in_light_and_dark(void **state)
{
	static const char *const schemes[] = { "light", "dark" };
	struct server *s = START_PLAIN();
	const char *light = NULL;

	(void)state;
	browser_start(&browser);
	for (size_t i = 0; i < COUNT(schemes); i++) {
		const char *ground;

		emulate(320, schemes[i]);
		open_page(s);
		LOAD(0, "--requests=500", "--connections=4",
		    url_of(s->page, "/"));
		await_true("document.getElementById('rate').dataset.value > 0");
		is("document.querySelectorAll('details').forEach("
		   "d => d.open = true)");
		await_answers(1);
		assert_string_equal(is("innerWidth"), "320");
		assert_true(
		    number_of("document.documentElement.scrollWidth") <= 320);
		assert_true(contrast() >= 4.5);
		assert_true(painted("#plot-rate canvas") > 3000);
		assert_true(painted("#plot-latency canvas") > 3000);
		assert_true(painted("#plot-memory") > 100);
		/* as sharp as the screen */
		assert_string_equal(
		    is("document.getElementById('plot-memory').width == "
		       "2 * document.getElementById('plot-memory').clientWidth"),
		    "true");
		ground = is("getComputedStyle(document.body).backgroundColor");
		if (light)
			assert_string_not_equal(ground, light);
		light = ground;
		assert_console_is_empty();
	}
}

/* What a screen reader finds there, as the browser computes it. */
static void
assert_element(const char *selector, const char *role, const char *label)
{
	const char *found = browser_command(&browser, "element",
	    keepf(
		"{\"using\": \"css selector\", \"value\": \"%s\"}", selector));
	const char *id =
	    string_in(found, "element-6066-11e4-a52e-4f735466cecf");
	const char *path = keepf("element/%s/computedrole", id);

	assert_string_equal(
	    string_in(browser_command(&browser, path, NULL), "value"), role);
	path = keepf("element/%s/computedlabel", id);
	assert_string_equal(
	    string_in(browser_command(&browser, path, NULL), "value"), label);
}

static void
its_parts_have_roles_and_names(void **state)
{
	static const struct {
		const char *selector, *role, *label;
	} parts[] = {
		{ "header", "banner", "" },
		{ "main", "main", "" },
		{ "footer", "contentinfo", "" },
		{ "nav", "navigation", "Other answers of this port" },
		{ "h1", "heading", "my_webserver" },
		{ "#pause", "button", "Pause" },
		{ "#notice", "status", "" },
		{ "section:nth-of-type(1)", "region", "The last 10 seconds" },
		{ "section:nth-of-type(2)", "region", "Requests a second" },
		{ "section:nth-of-type(3)", "region", "Latency" },
		{ "section:nth-of-type(4)", "region", "What it takes" },
		{ "section:nth-of-type(5)", "region", "Since its start" },
		{ "#plot-rate", "slider",
		    "Requests a second, moment by moment" },
		{ "#plot-latency", "slider", "Latency, moment by moment" },
	};
	struct server *s = START_PLAIN();

	(void)state;
	open_page(s);
	for (size_t i = 0; i < COUNT(parts); i++)
		assert_element(
		    parts[i].selector, parts[i].role, parts[i].label);
	assert_string_equal(is("document.documentElement.lang"), "en");
	assert_string_equal(is("document.querySelectorAll('h1').length"), "1");
	/* a region that speaks by itself is one, and says little */
	assert_string_equal(
	    is("document.querySelectorAll('[aria-live], [role=status], "
	       "[role=alert], output').length"),
	    "1");
}

/*
 * A histogram as MetricFamily of Prometheus' protocol buffers, by hand: 2 in
 * zero's bucket; at schema 1 buckets -1 and 0 with 5 and 3, a gap of two, and
 * bucket 3 with 130; a classic bucket that is not looked at.
 */
static const char family_hex[] = "41"                 /* length */
				 "0a0168"             /* name "h" */
				 "1804"               /* histogram */
				 "223a3a38"           /* metric, histogram */
				 "088c01"             /* count 140 */
				 "110000000000000440" /* sum */
				 "1a0b080111000000000000f03f" /* 1 up to 1.0 */
				 "2802"                       /* schema 1 */
				 "310000000000000030" /* threshold, 2^-255 */
				 "3802"               /* zero count */
				 "620408011002"       /* from -1, two */
				 "620408041001"       /* after 2, one */
				 "6a040a03fe01";      /* 5, -2, 127 */

static const struct {
	const char *expression;
	double want;
} readings[] = {
	{ "h.count", 140 },
	{ "h.schema", 1 },
	{ "h.zero", 2 },
	{ "h.counts.size", 3 },
	{ "h.counts.get(-1)", 5 },
	{ "h.counts.get(0)", 3 },
	{ "h.counts.get(3)", 130 },
	/* joined: two by two, four by four */
	{ "coarser(h, 0).get(0)", 8 },
	{ "coarser(h, 0).get(2)", 130 },
	{ "coarser(h, -1).get(0)", 8 },
	{ "coarser(h, -1).get(1)", 130 },
	/* of an older one with wider buckets */
	{ "between(older, h).length", 2 },
	{ "between(older, h)[0].n", 1 },
	{ "between(older, h)[1].n", 2 },
	{ "between(older, h)[1].low", .5 },
	{ "between(h, h).length", 0 },
	/* even on a logarithmic scale, and even in zero's bucket */
	{ "quantile(between(undefined, h), 75 / 140)", 2.378414230005442 },
	{ "quantile(between(undefined, h), 10 / 140)", 1 },
	{ "quantile(between(undefined, h), 1)", 2.8284271247461903 },
	{ "quantile(between(undefined, h), 1 / 140)", 0x1p-256 },
	{ "quantile([], .5) + 1 || -1", -1 },
	/* classic ones, as text */
	{ "t.count", 5 },
	{ "quantile(between(undefined, t), .5)", 1.5 },
	{ "quantile(between(undefined, t), .99)", 2 },
};

static void
histograms_are_read_to_the_bit(void **state)
{
	struct server *s = START_PLAIN();

	(void)state;
	open_page(s);
	is(keepf("window.h = readProtobuf(Uint8Array.from('%s'"
		 ".match(/../g), x => parseInt(x, 16)).buffer)"
		 ".get('h').histograms[0]",
	    family_hex));
	is("window.older = { ...h, schema: 0, zero: 1, "
	   "counts: new Map([[0, 6], [2, 130]]) }");
	is("window.t = readText(['# TYPE t histogram',"
	   "'t_bucket{le=~1.0~} 1', 't_bucket{le=~2.0~} 4',"
	   "'t_bucket{le=~+Inf~} 5', 't_sum 9', 't_count 5'].join("
	   "String.fromCharCode(10)).replaceAll('~', "
	   "String.fromCharCode(34))).get('t').histograms[0]");
	for (size_t i = 0; i < COUNT(readings); i++) {
		double got = number_of(readings[i].expression);
		double want = readings[i].want;

		if (!(fabs(got - want) <= 1e-12 * fabs(want)))
			fail_msg("%s is %.17g, not %.17g",
			    readings[i].expression, got, want);
	}
	/* longer than it is */
	assert_string_equal(is("(() => { try { readProtobuf(new Uint8Array("
			       "[5, 10, 9, 1]).buffer); return 'read'; } "
			       "catch { return 'refused'; } })()"),
	    "refused");
	assert_console_is_empty();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STATUS_TEST(its_figures_are_those_of_the_scrape),
		STATUS_TEST(nothing_comes_from_elsewhere),
		STATUS_TEST(one_request_at_a_time_and_one_a_second),
		STATUS_TEST(keys_reach_all_of_it),
		STATUS_TEST(pause_and_charts_and_tables_work_by_keys),
		STATUS_TEST(hidden_it_rests),
		STATUS_TEST(a_restart_keeps_its_history),
		STATUS_TEST(draining_is_told),
		STATUS_TEST(it_fits_a_phone_in_light_and_dark),
		STATUS_TEST(its_parts_have_roles_and_names),
		STATUS_TEST(histograms_are_read_to_the_bit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
