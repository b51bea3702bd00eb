/*
 * reload_test.c - content that changes while it is served: volumes swapped
 * under load, reloads on a signal and by themselves, files that change while
 * they are sent.
 */
#include "site.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define GENERATION "my_webserver_content_generation"
#define FAILURES   "my_webserver_content_reload_failures_total"

/* Waits until so many more loads were served. */
static void
await_generation(struct server *s, double number)
{
	int64_t end = now_ms() + WAIT_MS;

	while (sample(scrape(s), GENERATION) < number) {
		if (now_ms() > end)
			fail_msg("no generation %g, saying: %s", number,
			    s->err_text.at);
		pass_ms(5);
	}
}

/* Those of scrapes before may not be closed yet, and a load closes one for a
 * moment: the second fewest of many. */
static double
fewest_descriptors(struct server *s)
{
	double fewest = INFINITY, second = INFINITY;

	for (int i = 0; i < 10; i++) {
		double now = sample(scrape(s), "process_open_fds");

		if (now < fewest) {
			second = fewest;
			fewest = now;
		} else if (now < second) {
			second = now;
		}
		pass_ms(5);
	}
	return second;
}

/* ---- swaps ---- */

enum { SWAPS = 100, CLIENTS = 8, SWAP_MS = 12, REST_MS = 150, REST_EVERY = 5 };

static const char *const volume_names[] = { "index.html", "a.css", "b.js",
	"c.json", NULL };

/* In a process of its own: SWAPS new generations, one after the other. Tells
 * the server of every other one, unless its number is 0. */
static pid_t
start_writer(const struct volume *v, pid_t server)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (unsigned i = 2; i <= SWAPS + 1; i++) {
			volume_swap(v, i);
			if (server && i % 2)
				kill(server, SIGHUP);
			/* quick ones, and time to take one in */
			pass_ms(i % REST_EVERY ? SWAP_MS : REST_MS);
		}
		_exit(0);
	}
	assert_true(pid > 0);
	return pid;
}

/* One exchange: what is asked for is one file of one generation, has the tag of
 * its bytes, and is not older than what was seen before. */
static void
check_file(
    struct client *c, const struct volume *v, const char *name, unsigned *seen)
{
	struct response r;
	char tag[TAG_MAX], *bytes;
	unsigned number = 0;
	int status =
	    ask(c, keepf("GET /%s HTTP/1.1\r\nHost: a\r\n\r\n", name), &r);

	if (status != 200)
		fail_msg("%s: %d", name, status);
	assert_field(&r, "ETag", tag_of(r.body, r.body_len, tag));
	assert_int_equal(sscanf(r.body, "generation %u ", &number), 1);
	bytes = volume_bytes(v, name, number);
	if (r.body_len != v->size || memcmp(bytes, r.body, v->size) != 0)
		fail_msg(
		    "%s is not that of one generation: %.40s...", name, r.body);
	free(bytes);
	if (number < *seen)
		fail_msg("%s of generation %u after %u: two are mixed", name,
		    number, *seen);
	*seen = number;
}

static void
a_volume_swapped_under_load_is_never_a_mix(void **state)
{
	struct volume v = { root_new(), volume_names, 3000 };
	struct client *clients[CLIENTS];
	struct server *s;
	unsigned seen = 0, turns = 0, first = 0, kinds = 0;
	double before;
	pid_t writer;
	int status;

	(void)state;
	volume_swap(&v, 1);
	s = start_root(v.root);
	await_generation(s, 1);
	before = fewest_descriptors(s);
	for (int i = 0; i < CLIENTS; i++)
		clients[i] = dial(s->page);
	writer = start_writer(&v, s->pid);
	while (waitpid(writer, &status, WNOHANG) == 0) {
		unsigned was = seen;

		check_file(clients[turns % CLIENTS], &v,
		    volume_names[turns / CLIENTS % 4], &seen);
		turns++;
		kinds += seen != was;
		first = first ? first : seen;
		if (turns % 64 == 0)
			server_pull(s);
	}
	assert_int_equal(status, 0);
	for (int64_t end = now_ms() + WAIT_MS; seen != SWAPS + 1;) {
		assert_true(now_ms() < end);
		check_file(clients[0], &v, "a.css", &seen);
	}
	/* there was something to be mixed, and a load to be seen by */
	assert_int_equal(first, 1);
	assert_true(kinds >= 2);
	assert_true(turns > 200);
	for (int i = 0; i < CLIENTS; i++)
		hang_up(clients[i]);
	await_sample(s, "http_connections{listener=\"page\"}", 0);
	/* Nothing of what was before is kept open. A load may have ended after
	 * the last request: a probe takes it over. */
	for (int64_t end = now_ms() + WAIT_MS;
	     sample(scrape(s), "process_open_fds") > before; pass_ms(5)) {
		assert_true(now_ms() < end);
		assert_int_equal(probe(s, "/readyz"), 200);
	}
	assert_true(sample(scrape(s), FAILURES) == 0);
	assert_int_equal(server_stop(s), 0);
	server_check_lines(s);
}

/* Whole answers are of one generation, and never an older one than before. How
 * many were not there, for the moment. */
static unsigned
swap_large(size_t size)
{
	static const char *const names[] = { "large.bin", "other.bin", NULL };
	struct volume v = { root_new(), names, size };
	unsigned seen = 0, failed = 0, turns = 0;
	char *got = keep(v.size + 1);
	struct server *s;
	pid_t writer;
	int status;

	volume_swap(&v, 1);
	s = start_root(v.root);
	writer = start_writer(&v, 0);
	while (waitpid(writer, &status, WNOHANG) == 0 || seen != SWAPS + 1) {
		const char *name = names[turns++ % 2];
		struct client *c = dial(s->page);
		struct download d;
		char tag[TAG_MAX], *bytes;
		unsigned number = 0;

		assert_true(turns < 1000000);
		download_begin(
		    &d, c, keepf("GET /%s HTTP/1.1\r\nHost: a\r\n\r\n", name));
		download_take(&d, got, v.size);
		hang_up(c);
		if (d.r.status == 503) {
			assert_non_null(field(&d.r, "Retry-After"));
			failed++;
			continue;
		}
		assert_int_equal(d.r.status, 200);
		assert_int_equal(d.length, v.size);
		if (d.got < d.length)
			continue; /* cut, which is allowed */
		assert_int_equal(sscanf(got, "generation %u ", &number), 1);
		bytes = volume_bytes(&v, name, number);
		assert_memory_equal(got, bytes, v.size);
		free(bytes);
		assert_field(&d.r, "ETag", tag_of(got, v.size, tag));
		assert_true(number >= seen);
		seen = number;
		if (turns % 16 == 0)
			server_pull(s);
	}
	assert_true(turns > failed + 50);
	return failed;
}

/* A volume holds 1 MiB at most, and its old folder goes at once. */
static void
large_files_of_a_swapped_volume_are_always_there(void **state)
{
	(void)state;
	assert_int_equal(swap_large(150000), 0);
}

/* What is too large to be held is of its own generation, or 503. */
static void
huge_files_of_a_swapped_volume_are_right_or_not_there(void **state)
{
	(void)state;
	swap_large(1200000);
}

/* ---- reloads ---- */

static void
changes_are_served_within_a_second(void **state)
{
	const char *root = root_new();
	const int64_t second = WAIT_MS / 10;
	struct server *s;

	(void)state;
	root_put(root, "index.html", "one");
	root_put(root, "deep/er/page.html", "one");
	s = start_root(root);
	root_replace(root, "index.html", "another file");
	assert_true(await_text(s, "/", "another file") <= second);
	root_put(root, "index.html", "written over");
	assert_true(await_text(s, "/", "written over") <= second);
	root_put(root, "deep/er/page.html", "two");
	assert_true(await_text(s, "/deep/er/page.html", "two") <= second);
	root_put(root, "new.html", "new");
	assert_true(await_text(s, "/new.html", "new") <= second);
	root_put(root, "a/new/folder/page.html", "new");
	assert_true(await_text(s, "/a/new/folder/page.html", "new") <= second);
	/* and what happens in that is seen, too */
	root_put(root, "a/new/folder/page.html", "newer");
	assert_true(
	    await_text(s, "/a/new/folder/page.html", "newer") <= second);
	root_link(root, "link.html", "new.html");
	assert_true(await_text(s, "/link.html", "new") <= second);
	assert_int_equal(
	    rename(root_path(root, "a/new"), root_path(root, "moved")), 0);
	assert_true(
	    await_text(s, "/moved/folder/page.html", "newer") <= second);
	root_put(root, "404.html", "gone");
	root_remove(root, "moved");
	for (int64_t end = now_ms() + second;
	     ask_once(s->page, GET("/moved/folder/page.html"), NULL) != 404;)
		assert_true(now_ms() < end);
}

static void
a_signal_reloads_and_nothing_else_does_with_watch_off(void **state)
{
	const char *root = root_new();
	struct server *s;
	struct response r;

	(void)state;
	root_put(root, "index.html", "one");
	s = START(root_option(root), "--watch=off");
	root_replace(root, "index.html", "two");
	pass_ms(300);
	assert_int_equal(ask_once(s->page, GET("/"), &r), 200);
	assert_string_equal(r.body, "one");
	assert_true(sample(scrape(s), GENERATION) == 1);
	server_signal(s, SIGHUP);
	await_text(s, "/", "two");
	await_generation(s, 2);
	server_says(s, "\"event\": \"content loaded\"");
	assert_int_equal(server_stop(s), 0);
}

/* Each generation has a descriptor: the old one's goes though nobody asks for
 * the page, since a probe comes by. */
static void
old_content_goes_without_a_request(void **state)
{
	const char *root = root_new();
	int64_t end = now_ms() + WAIT_MS;
	struct server *s;
	double before;

	(void)state;
	root_put(root, "index.html", "one");
	s = START(root_option(root), "--watch=off");
	before = fewest_descriptors(s);
	server_signal(s, SIGHUP);
	await_generation(s, 2);
	do {
		if (now_ms() > end)
			fail_msg("the old generation stays");
		assert_int_equal(probe(s, "/readyz"), 200);
	} while (fewest_descriptors(s) > before);
	assert_int_equal(server_stop(s), 0);
}

static void
many_signals_at_once_do_no_harm(void **state)
{
	const char *root = root_new();
	struct server *s;

	(void)state;
	root_put(root, "index.html", "0");
	s = START(root_option(root), "--watch=off");
	for (int i = 1; i <= 200; i++) {
		if (i % 20 == 0)
			root_replace(root, "index.html", keepf("%d", i));
		server_signal(s, SIGHUP);
	}
	await_text(s, "/", "200");
	assert_true(sample(scrape(s), FAILURES) == 0);
	assert_int_equal(server_stop(s), 0);
}

static void
a_load_that_fails_keeps_what_was(void **state)
{
	const char *root = root_new(), *site = keepf("%s/site", root);
	const char *gone = keepf("%s/gone", root);
	struct server *s;
	struct response r;

	(void)state;
	root_put(root, "site/index.html", "one");
	s = START(root_option(site), "--watch=off");
	assert_int_equal(rename(site, gone), 0);
	server_signal(s, SIGHUP);
	server_says(s, "\"event\": \"reload failed\"");
	server_says(s, site);
	server_says(s, strerror(ENOENT));
	await_sample(s, FAILURES, 1);
	assert_int_equal(ask_once(s->page, GET("/"), &r), 200);
	assert_string_equal(r.body, "one");
	assert_true(sample(scrape(s), GENERATION) == 1);
	assert_int_equal(probe(s, "/readyz"), 200);
	root_put(root, "gone/index.html", "two");
	assert_int_equal(rename(gone, site), 0);
	server_signal(s, SIGHUP);
	await_text(s, "/", "two");
	await_sample(s, FAILURES, 1);
	assert_int_equal(server_stop(s), 0);
}

/* What a directory is mounted over, as deployments by hand do it. */
static void
a_root_that_is_a_link_follows_it(void **state)
{
	const char *root = root_new(), *now = keepf("%s/now", root);
	struct server *s;

	(void)state;
	root_put(root, "v1/index.html", "one");
	root_put(root, "v2/index.html", "two");
	root_link(root, "now", "v1");
	s = START(root_option(now), "--watch=off");
	await_text(s, "/", "one");
	root_link(root, "next", "v2");
	assert_int_equal(rename(root_path(root, "next"), now), 0);
	server_signal(s, SIGHUP);
	await_text(s, "/", "two");
}

static void
a_reload_without_a_change_keeps_all(void **state)
{
	const char *root = root_new();
	struct response before, after;
	struct server *s;

	(void)state;
	root_put(root, "index.html", "one");
	root_write(root, "large", pattern(100000, 1), 100000);
	s = START(root_option(root), "--watch=off");
	assert_int_equal(ask_once(s->page, GET("/"), &before), 200);
	for (int i = 0; i < 5; i++) {
		server_signal(s, SIGHUP);
		pass_ms(20);
	}
	assert_int_equal(ask_once(s->page, GET("/"), &after), 200);
	assert_string_equal(field(&before, "ETag"), field(&after, "ETag"));
	assert_string_equal(
	    field(&before, "Last-Modified"), field(&after, "Last-Modified"));
	assert_true(sample(scrape(s), FAILURES) == 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SITE_TEST(a_volume_swapped_under_load_is_never_a_mix),
		SITE_TEST(large_files_of_a_swapped_volume_are_always_there),
		SITE_TEST(
		    huge_files_of_a_swapped_volume_are_right_or_not_there),
		SITE_TEST(changes_are_served_within_a_second),
		SITE_TEST(
		    a_signal_reloads_and_nothing_else_does_with_watch_off),
		SITE_TEST(old_content_goes_without_a_request),
		SITE_TEST(many_signals_at_once_do_no_harm),
		SITE_TEST(a_load_that_fails_keeps_what_was),
		SITE_TEST(a_root_that_is_a_link_follows_it),
		SITE_TEST(a_reload_without_a_change_keeps_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
