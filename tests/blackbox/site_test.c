/*
 * site_test.c - a directory as it is served: types, tags, bytes of files of
 * every size, from memory and from disk, and what is told of that.
 */
#include "site.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

static int
get(struct server *s, const char *path, struct response *r)
{
	return ask_once(
	    s->page, keepf("GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path), r);
}

/* ---- content ---- */

static void
each_kind_of_file_has_its_type_and_its_tag(void **state)
{
	static const struct {
		const char *name, *type;
	} files[] = {
		{ "a.html", "text/html; charset=utf-8" },
		{ "a.htm", "text/html; charset=utf-8" },
		{ "a.css", "text/css; charset=utf-8" },
		{ "a.js", "text/javascript; charset=utf-8" },
		{ "a.mjs", "text/javascript; charset=utf-8" },
		{ "a.txt", "text/plain; charset=utf-8" },
		{ "a.md", "text/markdown; charset=utf-8" },
		{ "a.csv", "text/csv; charset=utf-8" },
		{ "a.json", "application/json" },
		{ "a.map", "application/json" },
		{ "a.webmanifest", "application/manifest+json" },
		{ "a.wasm", "application/wasm" },
		{ "a.xml", "application/xml" },
		{ "a.pdf", "application/pdf" },
		{ "a.zip", "application/zip" },
		{ "a.svg", "image/svg+xml" },
		{ "a.png", "image/png" },
		{ "a.jpg", "image/jpeg" },
		{ "a.jpeg", "image/jpeg" },
		{ "a.gif", "image/gif" },
		{ "a.webp", "image/webp" },
		{ "a.avif", "image/avif" },
		{ "a.woff", "font/woff" },
		{ "a.woff2", "font/woff2" },
		{ "a.ttf", "font/ttf" },
		{ "a.otf", "font/otf" },
		{ "a.mp4", "video/mp4" },
		{ "a.webm", "video/webm" },
		{ "a.mp3", "audio/mpeg" },
		{ "a", "application/octet-stream" },
		{ "a.b.C.PNG", "image/png" },
	};
	const char *root = root_new();
	struct server *s;

	(void)state;
	for (size_t i = 0; i < COUNT(files); i++)
		root_put(root, files[i].name, files[i].name);
	s = start_root(root);
	for (size_t i = 0; i < COUNT(files); i++) {
		struct response r;
		char tag[TAG_MAX];

		assert_int_equal(get(s, keepf("/%s", files[i].name), &r), 200);
		assert_string_equal(r.body, files[i].name);
		assert_field(&r, "Content-Type", files[i].type);
		assert_field(&r, "X-Content-Type-Options", "nosniff");
		assert_field(&r, "ETag",
		    tag_of(files[i].name, strlen(files[i].name), tag));
	}
}

/* Around the sizes at which files are treated in another way. */
static void
files_of_every_size_are_whole(void **state)
{
	static const size_t sizes[] = { 0, 1, 7, 8, 9, 4095, 4096, 8191, 8192,
		8193, 65535, 65536, 65537, 131072, 262143, 262144, 262145,
		524289, 3000000 };
	const char *root = root_new();
	struct server *s;
	struct client *c;

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++)
		root_write(root, keepf("%zu", sizes[i]),
		    pattern(sizes[i], (unsigned)i), sizes[i]);
	s = start_root(root);
	c = dial(s->page);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		const void *bytes = pattern(sizes[i], (unsigned)i);
		char *got = keep(sizes[i] + 1);
		struct download d;
		char tag[TAG_MAX];

		assert_int_equal(
		    download_begin(&d, c,
			keepf(
			    "GET /%zu HTTP/1.1\r\nHost: a\r\n\r\n", sizes[i])),
		    200);
		assert_int_equal(d.length, sizes[i]);
		assert_int_equal(
		    download_take(&d, got, sizes[i] + 1), sizes[i]);
		assert_memory_equal(got, bytes, sizes[i]);
		assert_field(&d.r, "ETag", tag_of(bytes, sizes[i], tag));
	}
}

/* Pipelined, several at a time on the wire, from memory and from files. */
static void
large_and_small_files_come_in_order(void **state)
{
	static const size_t sizes[] = { 400000, 3, 70000, 0, 900000, 1000 };
	const char *root = root_new();
	struct server *s;
	struct client *c;
	struct download d;
	char *requests = keepf("%s", "");

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		root_write(root, keepf("%zu", i),
		    pattern(sizes[i], (unsigned)i), sizes[i]);
		requests = keepf(
		    "%sGET /%zu HTTP/1.1\r\nHost: a\r\n\r\n", requests, i);
	}
	s = start_root(root);
	c = dial(s->page);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		char *got = keep(sizes[i] + 1);

		assert_int_equal(
		    download_begin(&d, c, i == 0 ? requests : ""), 200);
		assert_int_equal(
		    download_take(&d, got, sizes[i] + 1), sizes[i]);
		assert_memory_equal(
		    got, pattern(sizes[i], (unsigned)i), sizes[i]);
	}
}

static void
replicas_agree_on_tags(void **state)
{
	static const struct timespec old[2] = { { 784111777, 0 },
		{ 784111777, 0 } };
	const char *roots[2] = { root_new(), root_new() };
	struct response r[2];
	const char *tag;

	(void)state;
	for (int i = 0; i < 2; i++) {
		root_put(roots[i], "index.html", "the same");
		root_put(
		    roots[i], "large", keepf("%0*d", 100000, 0)); /* of zeros */
	}
	assert_int_equal(
	    utimensat(AT_FDCWD, root_path(roots[0], "index.html"), old, 0), 0);
	for (int i = 0; i < 2; i++) {
		struct server *s = start_root(roots[i]);

		assert_int_equal(get(s, "/", &r[i]), 200);
		assert_int_equal(server_stop(s), 0);
	}
	assert_field(&r[0], "Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT");
	assert_string_not_equal(
	    field(&r[0], "Last-Modified"), field(&r[1], "Last-Modified"));
	tag = field(&r[0], "ETag");
	assert_field(&r[1], "ETag", tag);
	/* after a restart, what a browser has kept is still good */
	assert_int_equal(
	    ask_once(start_root(roots[1])->page,
		keepf("GET / HTTP/1.1\r\nHost: a\r\nIf-None-Match: %s\r\n\r\n",
		    tag),
		NULL),
	    304);
}

/* ---- what is said ---- */

static void
the_start_says_how_much_there_is(void **state)
{
	const char *root = root_new(), *text, *line;
	struct server *s;

	(void)state;
	root_put(root, "index.html", "12345");
	root_put(root, "a/b.txt", "1234567890");
	root_put(root, ".hidden", "1");
	s = start_root(root);
	line = strstr(s->err_text.at, "\"event\": \"listening\"");
	assert_non_null(line);
	assert_int_equal(count_lines(s->err_text.at), 1);
	assert_true(strlen(s->err_text.at) <= 300);
	assert_json(s->err_text.at, "files", "2");
	assert_json(s->err_text.at, "bytes", "15");
	text = scrape(s);
	assert_true(sample(text, "my_webserver_content_files") == 2);
	assert_true(sample(text, "my_webserver_content_bytes") == 15);
	assert_true(sample(text, "my_webserver_content_generation") == 1);
	assert_true(
	    sample(text, "my_webserver_content_reload_failures_total") == 0);
}

static void
without_a_root_there_are_no_content_families(void **state)
{
	struct server *s = START_PLAIN();

	(void)state;
	assert_null(strstr(scrape(s), "my_webserver_content"));
	assert_null(strstr(s->err_text.at, "\"files\""));
}

static void
a_line_tells_the_bytes_that_were_sent(void **state)
{
	static const struct {
		const char *request;
		int status;
		const char *bytes; /* in the line; NULL: not there, or 0 */
	} rows[] = {
		{ GET("/large"), 200, "100000" },
		{ "HEAD /large HTTP/1.1\r\nHost: a\r\n\r\n", 200, NULL },
		{ "GET /large HTTP/1.1\r\nHost: a\r\nRange: bytes=5-9\r\n\r\n",
		    206, "5" },
		{ "GET /large HTTP/1.1\r\nHost: a\r\nIf-None-Match: *\r\n\r\n",
		    304, NULL },
		{ GET("/small"), 200, "5" },
	};
	const char *root = root_new();
	struct server *s;

	(void)state;
	root_put(root, "small", "small");
	root_write(root, "large", pattern(100000, 1), 100000);
	s = start_root(root);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct client *c = dial(s->page);
		struct download d;
		const char *line, *bytes;

		assert_int_equal(
		    download_begin(&d, c, rows[i].request), rows[i].status);
		download_take(&d, NULL, 1000000);
		assert_int_equal(d.got, d.length);
		line = server_line(s);
		assert_json(line, "status", keepf("%d", rows[i].status));
		bytes = json_get(line, "bytes");
		if (rows[i].bytes)
			assert_string_equal(bytes, rows[i].bytes);
		else if (bytes)
			assert_string_equal(bytes, "0");
		assert_null(json_get(line, "aborted"));
	}
	await_sum(s, "http_requests_total", COUNT(rows));
	assert_true(
	    sample(scrape(s), "http_response_bytes_total") > 100000 + 10);
}

/* ---- much of it ---- */

static void
a_file_of_five_gigabytes_has_ranges_at_its_end(void **state)
{
	const uint64_t size = UINT64_C(5) << 30;
	const char *root = root_new();
	struct server *s;
	struct response r;
	int fd;

	(void)state;
	root_put(root, "index.html", "home");
	fd = open(
	    root_path(root, "large"), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, "the end", 7, (off_t)size - 7), 7);
	close(fd);
	s = start_root(root);
	assert_int_equal(
	    ask_once(s->page, "HEAD /large HTTP/1.1\r\nHost: a\r\n\r\n", &r),
	    200);
	assert_field(&r, "Content-Length", "5368709120");
	assert_true(field(&r, "ETag")[0] == '"');
	assert_int_equal(
	    ask_once(s->page,
		"GET /large HTTP/1.1\r\nHost: a\r\nRange: bytes=-7\r\n\r\n",
		&r),
	    206);
	assert_string_equal(r.body, "the end");
	assert_field(
	    &r, "Content-Range", "bytes 5368709113-5368709119/5368709120");
	assert_int_equal(ask_once(s->page,
			     "GET /large HTTP/1.1\r\nHost: a\r\n"
			     "Range: bytes=4294967296-4294967299, -3\r\n\r\n",
			     &r),
	    206);
	assert_int_equal(ask_once(s->page,
			     "GET /large HTTP/1.1\r\nHost: a\r\n"
			     "Range: bytes=5368709120-\r\n\r\n",
			     &r),
	    416);
	assert_field(&r, "Content-Range", "bytes */5368709120");
	assert_true(
	    sample(scrape(s), "my_webserver_content_bytes") == size + 4);
}

static void
little_memory_serves_the_same(void **state)
{
	static const char *const limits[] = { "0", "1", "3KiB", "1MiB" };
	const char *root = root_new();

	(void)state;
	for (int i = 0; i < 40; i++)
		root_write(root, keepf("d%d/%d.css", i % 3, i),
		    pattern((size_t)i * 100, (unsigned)i), (size_t)i * 100);
	for (size_t k = 0; k < COUNT(limits); k++) {
		struct server *s = START(
		    root_option(root), keepf("--memory-limit=%s", limits[k]));
		struct client *c = dial(s->page);

		for (int i = 0; i < 40; i++) {
			size_t n = (size_t)i * 100;
			char got[4096];
			struct download d;
			char tag[TAG_MAX];

			download_begin(&d, c,
			    keepf("GET /d%d/%d.css HTTP/1.1\r\nHost: a\r\n\r\n",
				i % 3, i));
			assert_int_equal(d.r.status, 200);
			assert_int_equal(download_take(&d, got, n + 1), n);
			assert_memory_equal(got, pattern(n, (unsigned)i), n);
			assert_field(&d.r, "ETag",
			    tag_of(pattern(n, (unsigned)i), n, tag));
			assert_field(
			    &d.r, "Content-Type", "text/css; charset=utf-8");
		}
		assert_int_equal(server_stop(s), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SITE_TEST(each_kind_of_file_has_its_type_and_its_tag),
		SITE_TEST(files_of_every_size_are_whole),
		SITE_TEST(large_and_small_files_come_in_order),
		SITE_TEST(replicas_agree_on_tags),
		SITE_TEST(the_start_says_how_much_there_is),
		SITE_TEST(without_a_root_there_are_no_content_families),
		SITE_TEST(a_line_tells_the_bytes_that_were_sent),
		SITE_TEST(a_file_of_five_gigabytes_has_ranges_at_its_end),
		SITE_TEST(little_memory_serves_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
