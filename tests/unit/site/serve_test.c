#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http/parse.h"
#include "made.h"
#include "site/serve.h"

enum { NOW = 1800000000 };

static struct generation *g;
static struct files files;
static struct request req;
static struct response res;
static char head[HEAD_MAX], lent[8192];

static int
begin(void **state)
{
	struct made *m;

	made_begin(state);
	m = *state;
	memset(&files, 0, sizeof files);
	made_file(m, "index.html", "<p>front");
	made_file(m, "a b/index.html", "<p>sub");
	made_file(m, "a b/c.txt", "c");
	made_file(m, "back\\slash/index.html", "<p>sub");
	made_sized(m, "large", TREE_SMALL + 1, 0);
	return 0;
}

static int
end(void **state)
{
	response_release(&res);
	files_forget(&files);
	assert_int_equal(generation_users(g), 0);
	generation_free(g);
	g = NULL;
	return made_end(state);
}

static bool
ask_lending(
    const char *method, const char *target, const char *fields, size_t room)
{
	int n = snprintf(head, sizeof head,
	    "%s %s HTTP/1.1\r\nHost: a\r\n%s\r\n", method, target, fields);
	bool good;

	response_release(&res);
	assert_in_range(n, 1, sizeof head - 1);
	assert_int_equal(
	    request_parse((struct span){ head, (size_t)n }, &req), STATUS_NONE);
	response_init(&res, buf_over(lent, room), NOW);
	good = serve_answer(g, &files, &req, &res);
	response_finish(&res, &req);
	return good;
}

static void
ask_with(const char *target, const char *fields)
{
	assert_true(ask_lending("GET", target, fields, sizeof lent));
}

static void
ask(const char *target)
{
	ask_with(target, "");
}

/* The body, from wherever it comes. */
static size_t
body(char *to, size_t room)
{
	size_t len = 0;

	for (unsigned i = 0; i < res.pieces; i++) {
		const struct piece *p = &res.piece[i];

		assert_true(p->length <= room - len);
		if (p->at)
			memcpy(to + len, p->at, p->length);
		else
			assert_int_equal(
			    pread(p->fd, to + len, p->length, (off_t)p->offset),
			    p->length);
		len += p->length;
	}
	return len;
}

static void
assert_answer(enum status status, const char *content)
{
	static char got[2 * TREE_SMALL];

	assert_int_equal(res.status, status);
	assert_int_equal(body(got, sizeof got), strlen(content));
	assert_memory_equal(got, content, strlen(content));
}

static void
from_memory(void **state)
{
	g = made_load(*state, NULL);
	ask("/");
	assert_answer(STATUS_OK, "<p>front");
	assert_int_equal(res.body.len, 0);
	assert_int_equal(generation_users(g), 1);
	response_release(&res);
	assert_int_equal(generation_users(g), 0);
	ask("/?query");
	assert_answer(STATUS_OK, "<p>front");
	ask("/a%20b/");
	assert_answer(STATUS_OK, "<p>sub");
	ask("/a%20b/c.txt");
	assert_answer(STATUS_OK, "c");
	assert_true(ask_lending("HEAD", "/", "", sizeof lent));
	assert_answer(STATUS_OK, "");
	assert_int_equal(res.length, 8);
	assert_int_equal(generation_users(g), 1);
	ask_with("/", "Range: bytes=3-4\r\n");
	assert_answer(STATUS_PARTIAL_CONTENT, "fr");
}

static void
from_disk(void **state)
{
	static char got[2 * TREE_SMALL];

	g = made_load(*state, NULL);
	ask("/large");
	assert_int_equal(res.status, STATUS_OK);
	assert_non_null(res.entity);
	assert_int_equal(res.entity->length, TREE_SMALL + 1);
	assert_int_equal(res.entity->etag.len, 34);
	assert_int_equal(body(got, sizeof got), TREE_SMALL + 1);
	assert_true(res.source->intact(res.owner));
	assert_int_equal(generation_users(g), 0);
	ask_with("/large", "Range: bytes=-5\r\n");
	assert_int_equal(res.status, STATUS_PARTIAL_CONTENT);
	assert_int_equal(res.piece[0].offset, TREE_SMALL - 4);
	assert_true(ask_lending("HEAD", "/large", "", sizeof lent));
	assert_int_equal(res.length, TREE_SMALL + 1);
}

/* Content that is not held, since there is no memory for it. */
static void
small_from_disk(void **state)
{
	struct made *m = *state;

	made_file(m, "empty", "");
	m->options.memory_limit = 0;
	g = made_load(m, NULL);
	ask("/");
	assert_answer(STATUS_OK, "<p>front");
	assert_null(res.piece[0].at);
	ask("/empty");
	assert_answer(STATUS_OK, "");
	assert_int_equal(res.length, 0);
	ask_with("/empty", "Range: bytes=0-\r\n");
	assert_int_equal(res.status, STATUS_RANGE_NOT_SATISFIABLE);
	assert_true(span_eq(res.content_range, SPAN("bytes */0")));
}

static void
file_is_another_one(void **state)
{
	struct made *m = *state;

	g = made_load(m, NULL);
	made_sized(m, "large", TREE_SMALL + 2, 1);
	assert_false(ask_lending("GET", "/large", "", sizeof lent));
	assert_int_equal(res.status, STATUS_UNAVAILABLE);
	assert_int_equal(res.retry_after, 1);
	assert_null(res.source);
	made_remove(m, "large");
	assert_false(ask_lending("GET", "/large", "", sizeof lent));
	assert_int_equal(res.status, STATUS_UNAVAILABLE);
}

static void
too_little_room(void **state)
{
	g = made_load(*state, NULL);
	for (size_t room = 0; room < 1400; room += 7) {
		assert_true(ask_lending("GET", "/large", "", room));
		assert_true(res.status == STATUS_INTERNAL_ERROR ||
		    res.status == STATUS_OK);
	}
	assert_int_equal(res.status, STATUS_OK);
}

static void
assert_redirect(const char *target, const char *location)
{
	ask(target);
	assert_int_equal(res.status, STATUS_PERMANENT_REDIRECT);
	if (!span_eq(res.location, span_of(location)))
		fail_msg("%s: to %.*s", target, (int)res.location.len,
		    res.location.at);
}

static void
redirects(void **state)
{
	g = made_load(*state, NULL);
	assert_redirect("/a%20b", "/a%20b/");
	assert_redirect("/%61%20b", "/a%20b/");
	assert_redirect("/a%20b?", "/a%20b/?");
	assert_redirect("/a%20b?x=%41&y=//z", "/a%20b/?x=%41&y=//z");
	assert_redirect("/back\\slash", "/back%5Cslash/");
	assert_redirect("http://other.example/a%20b", "/a%20b/");
	assert_true(ask_lending("GET", "/a%20b?xxxxxxxxxxxxx", "", 16));
	assert_int_equal(res.status, STATUS_URI_TOO_LONG);
	ask("//a%20b");
	assert_int_equal(res.status, STATUS_NOT_FOUND);
	ask("//other.example/..");
	assert_int_equal(res.status, STATUS_NOT_FOUND);
}

static void
not_found(void **state)
{
	struct made *m = *state;

	g = made_load(m, NULL);
	ask("/nothing");
	assert_int_equal(res.status, STATUS_NOT_FOUND);
	assert_true(span_eq(res.type, SPAN("text/html; charset=utf-8")));
	assert_null(res.entity);
	assert_null(res.source);
}

static void
the_sites_own_404(void **state)
{
	struct made *m = *state;

	made_file(m, "404.html", "<p>ours");
	g = made_load(m, NULL);
	ask("/nothing");
	assert_answer(STATUS_NOT_FOUND, "<p>ours");
	ask_with("/nothing", "Range: bytes=0-0\r\nIf-None-Match: *\r\n");
	assert_answer(STATUS_NOT_FOUND, "<p>ours");
	ask("/404.html");
	assert_answer(STATUS_OK, "<p>ours");
}

static void
fallback(void **state)
{
	struct made *m = *state;

	m->options.fallback = SPAN("index.html");
	made_file(m, "404.html", "<p>ours");
	g = made_load(m, NULL);
	ask("/users/42");
	assert_answer(STATUS_OK, "<p>front");
	ask("/users/42/?q");
	assert_answer(STATUS_OK, "<p>front");
	ask("/users/42.png");
	assert_answer(STATUS_NOT_FOUND, "<p>ours");
	ask("/.git/config");
	assert_answer(STATUS_NOT_FOUND, "<p>ours");
	ask("//users");
	assert_answer(STATUS_NOT_FOUND, "<p>ours");
	ask("/a%20b/c.txt");
	assert_answer(STATUS_OK, "c");
}

static void
assert_coding(const char *accept, const char *content)
{
	char field[128] = "";

	if (accept)
		snprintf(
		    field, sizeof field, "Accept-Encoding: %s\r\n", accept);
	ask_with("/a.js", field);
	assert_answer(STATUS_OK, content);
}

static void
codings(void **state)
{
	struct made *m = *state;

	made_file(m, "a.js", "plain");
	made_file(m, "a.js.br", "brotli");
	made_file(m, "a.js.gz", "gz");
	made_file(m, "a.js.zst", "zst");
	g = made_load(m, NULL);
	assert_coding(NULL, "plain");
	assert_coding("", "plain");
	assert_coding("identity", "plain");
	assert_coding("deflate", "plain");
	assert_coding("br", "brotli");
	assert_coding("gzip, br", "gz");
	assert_coding("gzip, br, zstd", "gz");
	assert_coding("zstd, br", "zst");
	assert_coding("gzip;q=0.5, br", "brotli");
	assert_coding("gzip;q=0.5, br;q=0.6, zstd;q=0.599", "brotli");
	assert_coding("*", "gz");
	assert_coding("*, gzip;q=0", "zst");
	/* of the same weight, any is better than none */
	assert_coding("identity, br", "brotli");
	assert_coding("identity, br;q=0.9", "plain");
	assert_coding("br;q=0", "plain");
	/* there is nothing that is wanted: what there is */
	assert_coding("*;q=0", "plain");
	assert_coding("identity;q=0, deflate", "plain");
	assert_coding("identity;q=0, br;q=0.001", "brotli");
	/* of a file without others it is not asked */
	ask_with("/index.html", "Accept-Encoding: br\r\n");
	assert_answer(STATUS_OK, "<p>front");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(from_memory),
		TEST(from_disk),
		TEST(small_from_disk),
		TEST(file_is_another_one),
		TEST(too_little_room),
		TEST(redirects),
		TEST(not_found),
		TEST(the_sites_own_404),
		TEST(fallback),
		TEST(codings),
	};

	return cmocka_run_group_tests_name("site/serve", tests, NULL, NULL);
}
