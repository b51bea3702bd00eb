/*
 * content.c - a site whose files cannot be had: a load that fails ends a start
 * with a reason and leaves a running server with what it had; what can be done
 * without is; a file that stops while it is sent ends its connection.
 */
#include "blackbox/site.h"
#include "faults/faults.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>

#include "faults/tables.h"

#define SITE_FAULTY(name) \
	cmocka_unit_test_setup_teardown(name, faults_setup, site_teardown)

/* None of them makes more calls of a kind in a load. */
enum { MOST = 200, LARGE = 300000 };

/* What a load calls, and how it is made to fail in every place. */
static const struct row {
	const char *call;
	const int *effects;
} rows[] = {
	{ "open", EFFECTS(ENOENT, EMFILE) },
	{ "openat", EFFECTS(EACCES, ENFILE) },
	{ "readlink", EFFECTS(ENOENT) },
	{ "openat2", EFFECTS(ENOSYS, EAGAIN, EINTR, EMFILE) },
	{ "fstat", EFFECTS(EOVERFLOW, ENOMEM) },
	{ "fstatat", EFFECTS(EACCES, ENOMEM) },
	{ "fdopendir", EFFECTS(ENOMEM, ENOTDIR) },
	{ "readdir", EFFECTS(EBADF) },
	{ "closedir", EFFECTS(EBADF) },
	{ "close", EFFECTS(EIO) },
	{ "read", EFFECTS(EIO, EINTR, FAULT_END, FAULT_SHORT) },
	{ "malloc", EFFECTS(ENOMEM) },
	{ "calloc", EFFECTS(ENOMEM) },
	{ "reallocarray", EFFECTS(ENOMEM) },
};

/* With links, folders, variants, and a file that stays on the disk. */
static const char *
make_root(void)
{
	const char *root = root_new();

	root_put(root, "index.html", "home");
	root_put(root, "folder/page.html", "page");
	root_put(root, "folder/page.html.gz", "no page");
	root_put(root, ".inside/linked.txt", "linked");
	root_link(root, "linked.txt", ".inside/linked.txt");
	root_link(root, "linked", "folder");
	root_write(root, "large", pattern(LARGE, 1), LARGE);
	return root;
}

static int
get(struct server *s, const char *path, struct response *r)
{
	return ask_once(
	    s->page, keepf("GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path), r);
}

/* How often an event was told so far. */
static unsigned
told(struct server *s, const char *event)
{
	const char *sign = keepf("\"event\": \"%s\"", event), *at;
	unsigned n = 0;

	server_pull(s);
	for (at = s->err_text.at; (at = strstr(at, sign)); at++)
		n++;
	return n;
}

/* Calls that are made where there is no openat2: sees to that. */
static void
without_openat2(const char *call)
{
	if (strcmp(call, "openat") == 0 || strcmp(call, "readlink") == 0)
		inject(1, (struct failing){ "openat2", NULL, 1, FAULT_ALWAYS },
		    ENOSYS);
}

/* ---- starts ---- */

/* Starts it and waits until it serves, true, or has ended. */
static bool
start_somehow(const char *root, struct server **s)
{
	int64_t end = now_ms() + WAIT_MS;

	*s = faults_start(&(struct spawn){ .bare = true,
	    .args = ARGS("--listen=127.0.0.1:0", "--metrics-listen=127.0.0.1:0",
		root_option(root)) });
	while (told(*s, "listening") == 0) {
		struct pollfd p = { (*s)->err, POLLIN, 0 };

		if ((*s)->err < 0)
			return false;
		assert_true(now_ms() < end);
		poll(&p, 1, 100);
	}
	return true;
}

static uint16_t
page_port(struct server *s)
{
	const char *line = strstr(s->err_text.at, "\"event\": \"listening\"");

	while (line > s->err_text.at && line[-1] != '\n')
		line--;
	line = keepf("%.*s", (int)strcspn(line, "\n"), line);
	return (uint16_t)atoi(strrchr(json_get(line, "listen"), ':') + 1);
}

/* All that is there is right. What is not there was told of, but for what was
 * gone before it was looked at. */
static void
assert_right_or_told(struct server *s, const char *name, bool gone)
{
	static const struct {
		const char *path, *text;
	} files[] = {
		{ "/", "home" },
		{ "/folder/page.html", "page" },
		{ "/linked.txt", "linked" },
		{ "/linked/page.html", "page" },
	};

	for (size_t i = 0; i < COUNT(files); i++) {
		struct response r;
		int status = get(s, files[i].path, &r);

		/* with nothing left, there is the demo page */
		if ((status == 404 || (i == 0 && strcmp(r.body, page) == 0)) &&
		    (gone || told(s, "content warning") > 0))
			continue;
		if (status != 200 || strcmp(r.body, files[i].text) != 0)
			fail_msg("%s: %s is %d: %s, and it said %s", name,
			    files[i].path, status, r.body, s->err_text.at);
	}
}

/* True if the call was made. */
static bool
start_with(const char *root, struct failing what, int effect)
{
	const char *name = describe(what, effect), *line;
	struct server *s;
	bool hit;

	inject(0, what, effect);
	without_openat2(what.call);
	if (start_somehow(root, &s)) {
		hit = fault_hits(0) > 0;
		s->page = page_port(s);
		inject_nothing();
		assert_right_or_told(s, name,
		    effect == ENOENT && strcmp(what.call, "fstatat") == 0);
		/* at once, without its courtesies */
		server_signal(s, SIGTERM);
		server_signal(s, SIGINT);
		if (server_wait(s) != 0 && s->code != 128 + SIGINT &&
		    s->code != 128 + SIGTERM)
			fail_msg("%s: status %d", name, s->code);
		return hit;
	}
	hit = fault_hits(0) > 0;
	assert_true(hit);
	if (server_wait(s) != 1 || s->out_text.len > 0)
		fail_msg("%s: status %d, %s", name, s->code, s->out_text.at);
	/* a load may warn before it fails */
	line = strstr(s->err_text.at, "\"level\": \"error\"");
	if (!line || !strstr(line, strerror(effect)))
		fail_msg("%s: says %s", name, s->err_text.at);
	return true;
}

static void
a_start_without_a_call_tells_why_or_serves(void **state)
{
	const char *root = make_root();

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (const int *e = rows[i].effects; *e; e++) {
			unsigned n = 1;

			while (n < MOST &&
			    start_with(root,
				(struct failing){ rows[i].call, NULL, n, 1 },
				*e))
				n++;
			if (n == 1 || n == MOST)
				fail_msg("%s: %u calls", rows[i].call, n - 1);
		}
	inject_nothing();
}

/* Every error, where the call is made first, and for good. */
static void
every_error_of_a_load_is_told_or_done_without(void **state)
{
	static const char *const calls[] = { "openat", "openat2", "fstatat",
		"fdopendir", "readdir", "closedir", "malloc", "calloc",
		"reallocarray", "eventfd", "pthread_create" };
	const char *root = make_root();

	(void)state;
	for (size_t i = 0; i < COUNT(calls); i++)
		for (const int *e = row_effects(calls[i], NULL, NULL); *e; e++)
			for (unsigned count = 1; count;
			     count = count == 1 ? FAULT_ALWAYS : 0)
				if (!start_with(root,
					(struct failing){
					    calls[i], NULL, 1, count },
					*e))
					fail_msg("%s: not called", calls[i]);
	inject_nothing();
}

/* Where there is no openat2, and then no /proc either. */
static void
without_openat2_links_are_checked_another_way(void **state)
{
	const int *e = row_effects("readlink", NULL, NULL);
	const char *root = make_root();
	struct server *s;
	struct response r;

	(void)state;
	root_link(root, "outside.txt", "/etc/hostname");
	inject(0, (struct failing){ "openat2", NULL, 1, FAULT_ALWAYS }, ENOSYS);
	s = faults_start(&(struct spawn){ .args = ARGS(root_option(root)) });
	assert_int_equal(get(s, "/linked.txt", &r), 200);
	assert_string_equal(r.body, "linked");
	assert_int_equal(get(s, "/linked/page.html", NULL), 200);
	assert_int_equal(get(s, "/outside.txt", NULL), 404);
	server_says(s, "outside.txt");
	assert_int_equal(server_stop(s), 0);
	for (; *e; e++) {
		inject(1, (struct failing){ "readlink", NULL, 1, FAULT_ALWAYS },
		    *e);
		s = faults_start(
		    &(struct spawn){ .args = ARGS(root_option(root)) });
		assert_true(fault_hits(1) > 0);
		assert_int_equal(get(s, "/", NULL), 200);
		assert_int_equal(get(s, "/folder/page.html", NULL), 200);
		assert_int_equal(get(s, "/linked.txt", NULL), 404);
		assert_int_equal(get(s, "/outside.txt", NULL), 404);
		server_says(s, "linked.txt");
		assert_int_equal(server_stop(s), 0);
	}
	inject_nothing();
}

/* ---- reloads ---- */

/* A load of a new index under way with a call that fails: it is served, or what
 * was before. True if the call was made. */
static bool
reload_with(struct server *s, const char *root, struct failing what, int effect,
    unsigned *number)
{
	const char *name = describe(what, effect), *text;
	unsigned before = told(s, "content loaded") + told(s, "reload failed");
	int64_t end = now_ms() + WAIT_MS;
	struct response old, r;
	bool hit;
	int status;

	get(s, "/", &old);
	text = keepf("%u", ++*number);
	root_replace(root, "index.html", text);
	inject(0, what, effect);
	without_openat2(what.call);
	server_signal(s, SIGHUP);
	while (told(s, "content loaded") + told(s, "reload failed") == before) {
		if (now_ms() > end)
			fail_msg(
			    "%s: no load, saying %s", name, s->err_text.at);
		pass_ms(1);
	}
	hit = fault_hits(0) > 0;
	inject_nothing();
	status = get(s, "/", &r);
	if (!(status == 200 &&
		(strcmp(r.body, text) == 0 || strcmp(r.body, old.body) == 0)) &&
	    !(status == 404 && told(s, "content warning") > 0))
		fail_msg("%s: %d %s", name, status, r.body);
	return hit;
}

static void
a_reload_without_a_call_keeps_what_was(void **state)
{
	const char *root = make_root();
	struct server *s = faults_start(
	    &(struct spawn){ .args = ARGS(root_option(root), "--watch=off") });
	unsigned number = 0, before;
	int64_t end;

	(void)state;
	before = descriptors(s);
	for (size_t i = 0; i < COUNT(rows); i++) {
		unsigned n = 1;

		while (n < MOST &&
		    reload_with(s, root,
			(struct failing){ rows[i].call, NULL, n, 1 },
			rows[i].effects[0], &number))
			n++;
		if (n == MOST)
			fail_msg("%s: %u calls", rows[i].call, n);
		server_signal(s, SIGHUP);
		await_text(s, "/", keepf("%u", number));
	}
	assert_true(sample(scrape(s),
			"my_webserver_content_reload_failures_total") > 0);
	for (end = now_ms() + WAIT_MS; descriptors(s) > before; pass_ms(5))
		assert_true(now_ms() < end);
	assert_int_equal(server_stop(s), 0);
}

/* What only makes it quicker or quieter to notice a change: without it, it is
 * noticed all the same. */
static void
without_watches_it_looks(void **state)
{
	static const char *const calls[] = { "inotify_init1",
		"inotify_add_watch", "fstatfs", "stat", "setpriority",
		"pthread_setschedparam", "realloc" };
	const char *root = make_root();
	unsigned number = 0;

	(void)state;
	for (int i = 0; i < 100; i++) /* more than there is room for at first */
		root_folder(root, keepf("%0100d", i));
	for (size_t i = 0; i < COUNT(calls); i++)
		for (const int *e = row_effects(calls[i], NULL, NULL); *e;
		     e++) {
			struct server *s;
			char *text = keepf("%u", ++number);

			inject(0,
			    (struct failing){ calls[i], NULL, 1, FAULT_ALWAYS },
			    *e);
			s = faults_start(
			    &(struct spawn){ .args = ARGS(root_option(root)) });
			await_calls(0, 1);
			root_replace(root, "index.html", text);
			await_text(s, "/", text);
			assert_int_equal(server_stop(s), 0);
		}
	inject_nothing();
}

/* ---- a file on its way ---- */

static void
a_file_that_cannot_be_sent_ends_its_connection(void **state)
{
	static const int some[] = { EAGAIN, EINTR, FAULT_SHORT, FAULT_HALF, 0 };
	const int *e = row_effects("sendfile", NULL, NULL);
	const char *root = make_root();
	struct server *s =
	    faults_start(&(struct spawn){ .args = ARGS(root_option(root)) });
	char *got = keep(LARGE);

	(void)state;
	for (int round = 0; round < 2; round++, e = some)
		for (; *e; e++)
			for (unsigned n = 1; n <= 2; n++) {
				struct client *c = dial(s->page);
				bool goes_on =
				    *e < 0 || *e == EAGAIN || *e == EINTR;
				struct download d;
				char *line;

				inject(0,
				    (struct failing){ "sendfile", NULL, n, 1 },
				    *e);
				download_begin(&d, c, GET("/large"));
				download_take(&d, got, LARGE);
				assert_int_equal(fault_hits(0), 1);
				if ((d.got == LARGE) != goes_on)
					fail_msg("%s: %llu bytes",
					    describe(
						(struct failing){
						    "sendfile", NULL, n, 1 },
						*e),
					    (unsigned long long)d.got);
				assert_memory_equal(
				    got, pattern(LARGE, 1), d.got);
				hang_up(c);
				line = server_line(s);
				if (goes_on)
					assert_null(json_get(line, "aborted"));
				else
					assert_json(line, "aborted", "true");
			}
	inject_nothing();
	assert_int_equal(get(s, "/", NULL), 200);
	assert_int_equal(server_stop(s), 0);
}

int
run_content_tests(void)
{
	const struct CMUnitTest tests[] = {
		SITE_FAULTY(a_start_without_a_call_tells_why_or_serves),
		SITE_FAULTY(every_error_of_a_load_is_told_or_done_without),
		SITE_FAULTY(without_openat2_links_are_checked_another_way),
		SITE_FAULTY(a_reload_without_a_call_keeps_what_was),
		SITE_FAULTY(without_watches_it_looks),
		SITE_FAULTY(a_file_that_cannot_be_sent_ends_its_connection),
	};

	return cmocka_run_group_tests_name("content", tests, NULL, NULL);
}
