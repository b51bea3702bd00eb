/*
 * status_use_test.c - everybody can use the status page: by keys, by a screen
 * reader, on a phone, in the dark; and what it reads it reads right.
 */
#include "e2e/status.h"

#include <math.h>

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
		/* nothing is cut off, either; a table may scroll by itself */
		assert_string_equal(
		    is("[...document.querySelectorAll('body *')].filter("
		       "e => !e.closest('table') && "
		       "e.getBoundingClientRect().right > 320).length"),
		    "0");
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

/* Figures move each second, charts then and when. */
static void
charts_stand_for_who_wants_less_motion(void **state)
{
	struct server *s = START_PLAIN();
	const char *before = "";
	int moves = 0;
	int64_t begin;

	(void)state;
	browser_start(&browser);
	browser_devtools(&browser, "Emulation.setEmulatedMedia",
	    "{\"features\": [{\"name\": \"prefers-reduced-motion\", "
	    "\"value\": \"reduce\"}]}");
	open_page(s);
	await_answers(4);
	begin = now_ms();
	for (int i = 0; i < 4; i++) {
		const char *drawn_at = is("drawn");

		moves += strcmp(drawn_at, before) != 0;
		before = drawn_at;
		await_answers(1);
	}
	assert_true(moves <= 2 + (now_ms() - begin) / 5000);
	/* and are not asleep */
	await_true(keepf("String(drawn) != '%s'", before));
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
		STATUS_TEST(keys_reach_all_of_it),
		STATUS_TEST(pause_and_charts_and_tables_work_by_keys),
		STATUS_TEST(it_fits_a_phone_in_light_and_dark),
		STATUS_TEST(charts_stand_for_who_wants_less_motion),
		STATUS_TEST(its_parts_have_roles_and_names),
		STATUS_TEST(histograms_are_read_to_the_bit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
