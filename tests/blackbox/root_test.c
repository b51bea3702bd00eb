/*
 * root_test.c - what a root is and holds: starts that fail, and what is left
 * out of what is served, and told.
 */
#include "site.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static int
get(struct server *s, const char *path, struct response *r)
{
	return ask_once(
	    s->page, keepf("GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path), r);
}

/* ---- starts that fail ---- */

static void
assert_no_start(const struct run *r, const char *root, int error)
{
	if (r->code != 1 || count_lines(r->err) != 1 || *r->out)
		fail_msg("status %d, saying: %s%s", r->code, r->out, r->err);
	if (!json_check(r->err, strlen(r->err), NULL, 0))
		fail_msg("not JSON: %s", r->err);
	assert_json(r->err, "level", "error");
	assert_json(r->err, "error", strerror(error));
	if (!strstr(r->err, root))
		fail_msg("%s is not in: %s", root, r->err);
}

static void
a_root_that_is_none_is_told_and_ends_it(void **state)
{
	const char *root = root_new(), *file = root_path(root, "file");
	const char *gone = root_path(root, "gone");
	struct run r;

	(void)state;
	root_put(root, "file", "no folder");
	r = RUN("--listen=:0", "--metrics-listen=:0", root_option(gone));
	assert_no_start(&r, gone, ENOENT);
	r = RUN("--listen=:0", "--metrics-listen=:0", root_option(file));
	assert_no_start(&r, file, ENOTDIR);
	assert_int_equal(chmod(root, 0700), 0);
	r = run(&(struct spawn){ .uid = 65534,
	    .args = ARGS(
		"--listen=:0", "--metrics-listen=:0", root_option(root)) });
	assert_no_start(&r, root, EACCES);
}

static void
a_check_opens_the_root(void **state)
{
	const char *root = root_new();
	struct run r;

	(void)state;
	root_put(root, "index.html", "there");
	r = RUN(
	    "--check", "--listen=:0", "--metrics-listen=:0", root_option(root));
	assert_int_equal(r.code, 0);
	r = RUN("--check", "--listen=:0", "--metrics-listen=:0",
	    root_option(root_path(root, "gone")));
	assert_int_equal(r.code, 1);
	if (!strstr(r.out, "/gone") && !strstr(r.err, "/gone"))
		fail_msg("says %s%s", r.out, r.err);
}

/* ---- what is left out, and said ---- */

static void
a_root_without_index_serves_the_rest(void **state)
{
	const char *root = root_new();
	struct server *s;
	struct response r;

	(void)state;
	root_put(root, "other.txt", "there");
	s = start_root(root);
	assert_int_equal(get(s, "/", NULL), 404);
	assert_int_equal(get(s, "/other.txt", &r), 200);
	assert_string_equal(r.body, "there");
	assert_int_equal(probe(s, "/readyz"), 200);
	server_says(s, "index.html");
}

static void
links_out_of_the_root_are_left_out(void **state)
{
	const char *outside = root_new(), *root = root_new();
	const char *secret = keepf("%s/secret.txt", outside);
	struct server *s;
	struct response r;

	(void)state;
	root_put(outside, "secret.txt", "secret");
	root_put(root, "index.html", "home");
	root_put(root, "folder/page.html", "page");
	root_link(root, "absolute.txt", secret);
	root_link(root, "relative.txt",
	    keepf("../%s/secret.txt", strrchr(outside, '/') + 1));
	root_link(
	    root, "by-way-of-proc.txt", keepf("/proc/self/root%s", secret));
	root_link(root, "outside", outside);
	root_link(root, "nowhere.txt", "gone.txt");
	root_link(root, "itself", "itself");
	root_link(root, "inside.html", "folder/page.html");
	root_link(root, "folder/up.html", "../index.html");
	root_link(root, "second", "folder");
	s = start_root(root);
	assert_int_equal(get(s, "/absolute.txt", NULL), 404);
	assert_int_equal(get(s, "/relative.txt", NULL), 404);
	assert_int_equal(get(s, "/by-way-of-proc.txt", NULL), 404);
	assert_int_equal(get(s, "/outside/secret.txt", NULL), 404);
	assert_int_equal(get(s, "/nowhere.txt", NULL), 404);
	assert_int_equal(get(s, "/itself", NULL), 404);
	server_says(s, "absolute.txt");
	server_says(s, "relative.txt");
	assert_int_equal(get(s, "/inside.html", &r), 200);
	assert_string_equal(r.body, "page");
	assert_int_equal(get(s, "/folder/up.html", &r), 200);
	assert_string_equal(r.body, "home");
	assert_int_equal(get(s, "/second/page.html", &r), 200);
	assert_string_equal(r.body, "page");
}

static void
a_loop_of_folders_ends(void **state)
{
	const char *root = root_new();
	struct server *s;

	(void)state;
	root_put(root, "a/b/page.html", "page");
	root_link(root, "a/b/again", "..");
	root_link(root, "a/b/home", "../..");
	root_link(root, "a/b/here", ".");
	s = start_root(root);
	assert_int_equal(get(s, "/a/b/page.html", NULL), 200);
	server_says(s, "again");
	assert_true(sample(scrape(s), "my_webserver_content_files") < 20);
}

static void
what_is_no_file_is_left_out(void **state)
{
	const char *root = root_new();
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct server *s;

	(void)state;
	root_put(root, "index.html", "home");
	/* opened as files are, this one would wait for somebody to write */
	assert_int_equal(mkfifo(root_path(root, "pipe"), 0644), 0);
	snprintf(name.sun_path, sizeof name.sun_path, "%s/socket", root);
	assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof name), 0);
	root_link(root, "link", "pipe");
	s = start_root(root);
	assert_int_equal(get(s, "/", NULL), 200);
	assert_int_equal(get(s, "/pipe", NULL), 404);
	assert_int_equal(get(s, "/socket", NULL), 404);
	assert_int_equal(get(s, "/link", NULL), 404);
	assert_true(sample(scrape(s), "my_webserver_content_files") == 1);
}

static void
a_name_that_is_not_utf8_is_served_and_told(void **state)
{
	const char *root = root_new();
	struct server *s;
	struct response r;

	(void)state;
	root_put(root, "caf\xe9.txt", "latin");
	root_put(root, "a\nb.txt", "two lines");
	s = start_root(root);
	assert_int_equal(get(s, "/caf%E9.txt", &r), 200);
	assert_string_equal(r.body, "latin");
	assert_int_equal(get(s, "/a%0Ab.txt", &r), 200);
	assert_string_equal(r.body, "two lines");
	server_says(s, "UTF-8");
	for (char *line = s->err_text.at; *line; line = strchr(line, '\n') + 1)
		if (!json_check(line, strcspn(line, "\n"), NULL, 0))
			fail_msg("not JSON: %s", line);
}

static void
warnings_are_told_by_number_when_they_are_many(void **state)
{
	const char *root = root_new();
	struct server *s;

	(void)state;
	root_put(root, "index.html", "home");
	for (int i = 0; i < 200; i++)
		root_link(root, keepf("link%d", i), "/etc/hostname");
	s = start_root(root);
	server_pull(s);
	assert_in_range(count_lines(s->err_text.at), 2, 12);
	server_says(s, "192");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SITE_TEST(a_root_that_is_none_is_told_and_ends_it),
		SITE_TEST(a_check_opens_the_root),
		SITE_TEST(a_root_without_index_serves_the_rest),
		SITE_TEST(links_out_of_the_root_are_left_out),
		SITE_TEST(a_loop_of_folders_ends),
		SITE_TEST(what_is_no_file_is_left_out),
		SITE_TEST(a_name_that_is_not_utf8_is_served_and_told),
		SITE_TEST(warnings_are_told_by_number_when_they_are_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
