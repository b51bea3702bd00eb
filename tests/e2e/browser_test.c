/*
 * browser_test.c - a real browser on a real site: everything arrives, as what
 * it is, and is asked for again only as far as it must be.
 */
#include "e2e/webdriver.h"

#include <math.h>

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

#define BROWSER_TEST(name) \
	cmocka_unit_test_setup_teardown(name, setup, teardown)

/* What the page is made of. coded: there is a smaller form of it. */
static const struct asset {
	const char *path, *type;
	bool coded;
} assets[] = {
	{ "/", "text/html", true },
	{ "/css/site.css", "text/css", true },
	{ "/js/site.js", "text/javascript", true },
	{ "/js/checks.mjs", "text/javascript", false },
	{ "/js/add.mjs", "text/javascript", false },
	{ "/img/logo.svg", "image/svg+xml", false },
	{ "/img/dot.png", "image/png", false },
	{ "/data/facts.json", "application/json", true },
	{ "/wasm/add.wasm", "application/wasm", false },
	{ "/site.webmanifest", "application/manifest+json", false },
};

/* All of them, but for the manifest: see assert_requests. */
enum { REQUESTS = COUNT(assets) - 1 };

/* The browser's account of an answer for this URL: the JSON of it. */
static const char *
account_of(const char *log, const char *url)
{
	static const char sign[] = "\"method\":\"Network.responseReceived\"";
	const char *wanted = keepf("\"url\":\"%s\"", url);

	for (const char *at = log; (at = strstr(at, sign));) {
		const char *end = strstr(at + 1, "\"method\":\"");
		const char *one =
		    keepf("%.*s", (int)(end ? end - at : (long)strlen(at)), at);

		if (strstr(one, wanted))
			return one;
		at++;
	}
	fail_msg("no answer for %s in the browser's account", url);
	return NULL;
}

static void
assert_page_is_good(void)
{
	browser_await(&browser,
	    "document.documentElement.dataset.site !== undefined", "true");
	if (strcmp(browser_value(
		       &browser, "document.documentElement.dataset.site"),
		"good") != 0)
		fail_msg("the page says: %s",
		    browser_value(
			&browser, "document.querySelector('table').innerText"));
}

/* Nothing on the console: no error, no warning, no word. */
static void
assert_console_is_empty(void)
{
	assert_string_equal(browser_log(&browser, "browser"), "{\"value\":[]}");
}

static const char *
url_of(const struct server *s, const char *path)
{
	return keepf("http://127.0.0.1:%u%s", s->page, path);
}

/* Each request since the last time was answered with this status. Those that
 * had to be made are as many as said, and for different paths. */
static void
assert_requests(struct server *s, const char *status, size_t least)
{
	const char *paths = " ";
	size_t count = 0;

	await_sample(s, "http_requests_in_flight", 0);
	server_pull(s);
	while (s->out_at < s->out_text.len) {
		const char *line = server_line(s);
		const char *path = json_get(line, "path");

		/* what a browser asks for when it likes, or twice */
		if (strcmp(path, "/favicon.ico") == 0 ||
		    strcmp(path, "/site.webmanifest") == 0)
			continue;
		assert_json(line, "status", status);
		if (strstr(paths, keepf(" %s ", path)))
			fail_msg("%s was asked for twice", path);
		paths = keepf("%s%s ", paths, path);
		count++;
	}
	if (count < least)
		fail_msg("%zu requests, not %zu:%s", count, least, paths);
}

static void
all_of_a_page_arrives_as_what_it_is(void **state)
{
	struct server *s = START("--root=tests/site");
	const char *log;

	(void)state;
	browser_start(&browser);
	browser_open(&browser, url_of(s, "/"));
	assert_page_is_good();
	assert_console_is_empty();
	log = browser_log(&browser, "performance");
	for (size_t i = 0; i < COUNT(assets); i++) {
		const struct asset *a = &assets[i];
		const char *account = account_of(log, url_of(s, a->path));

		if (!strstr(account, "\"status\":200,") ||
		    !strstr(account, keepf("\"mimeType\":\"%s\"", a->type)) ||
		    !strstr(account, "\"ETag\":\"") ||
		    !strstr(account, "\"X-Content-Type-Options\":\"nosniff\""))
			fail_msg("%s: %s", a->path, account);
		if (!strstr(account, "\"Content-Encoding\":\"") == a->coded)
			fail_msg(
			    "%s is coded, or is not: %s", a->path, account);
	}
	assert_requests(s, "200", REQUESTS);
	/* again: what is still fresh is not asked for */
	browser_reload(&browser);
	assert_page_is_good();
	assert_console_is_empty();
	assert_requests(s, "304", 1);
	assert_int_equal(server_stop(s), 0);
}

static void
a_reload_of_all_is_answered_with_304(void **state)
{
	struct server *s =
	    START("--root=tests/site", "--cache-control=*=no-cache");

	(void)state;
	browser_start(&browser);
	browser_open(&browser, url_of(s, "/"));
	assert_page_is_good();
	assert_requests(s, "200", REQUESTS);
	for (int i = 0; i < 3; i++) {
		browser_reload(&browser);
		assert_page_is_good();
		assert_console_is_empty();
		assert_requests(s, "304", REQUESTS);
	}
	assert_int_equal(server_stop(s), 0);
}

static void
a_swapped_volume_is_seen_at_the_next_look(void **state)
{
	static const char *const names[] = { "index.html", NULL };
	struct volume v = { root_new(), names, 200 };
	struct server *s;

	(void)state;
	volume_swap(&v, 1);
	s = start_root(v.root);
	browser_start(&browser);
	browser_open(&browser, url_of(s, "/"));
	browser_await(
	    &browser, "document.body.innerText.substr(0, 12)", "generation 1");
	assert_requests(s, "200", 1);
	browser_reload(&browser);
	assert_requests(s, "304", 1);
	volume_swap(&v, 2);
	await_sample(s, "my_webserver_content_generation", 2);
	browser_reload(&browser);
	browser_await(
	    &browser, "document.body.innerText.substr(0, 12)", "generation 2");
	assert_requests(s, "200", 1);
	browser_reload(&browser);
	assert_requests(s, "304", 1);
}

static void
an_application_finds_its_page_under_any_name(void **state)
{
	struct server *s = START("--root=tests/site", "--fallback=index.html");

	(void)state;
	browser_start(&browser);
	browser_open(&browser, url_of(s, "/some/where/inside?it=1"));
	assert_page_is_good();
	assert_console_is_empty();
	assert_requests(s, "200", REQUESTS);
}

static void
what_is_missing_is_the_sites_own_page(void **state)
{
	struct server *s = START("--root=tests/site");

	(void)state;
	browser_start(&browser);
	browser_open(&browser, url_of(s, "/no/such/page"));
	assert_string_equal(
	    browser_value(&browser, "document.title"), "Nothing here");
	/* and a folder is found without its slash, links in it still right */
	browser_open(&browser, url_of(s, "/about"));
	assert_string_equal(
	    browser_value(&browser, "location.pathname"), "/about/");
	browser_await(&browser,
	    "getComputedStyle(document.documentElement)"
	    ".getPropertyValue('--arrived').trim()",
	    "yes");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BROWSER_TEST(all_of_a_page_arrives_as_what_it_is),
		BROWSER_TEST(a_reload_of_all_is_answered_with_304),
		BROWSER_TEST(a_swapped_volume_is_seen_at_the_next_look),
		BROWSER_TEST(an_application_finds_its_page_under_any_name),
		BROWSER_TEST(what_is_missing_is_the_sites_own_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
