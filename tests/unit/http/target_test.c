#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../guard.h"
#include "http/target.h"

static struct request req;

static void
assert_span(struct span s, const char *expected)
{
	if (expected == NULL) {
		assert_null(s.at);
		return;
	}
	assert_int_equal(s.len, strlen(expected));
	assert_memory_equal(s.at, expected, s.len);
}

static enum status
target(enum method method, const char *text)
{
	memset(&req, 0, sizeof req);
	req.method = method;
	req.target = guard_put(span_of(text));
	return target_parse(&req);
}

static void
assert_target(enum method method, const char *text, const char *authority,
    const char *path, const char *query)
{
	assert_int_equal(target(method, text), STATUS_NONE);
	assert_span(req.authority, authority);
	assert_span(req.path, path);
	assert_span(req.query, query);
}

static void
targets_of_all_forms(void **state)
{
	(void)state;
	assert_target(METHOD_GET, "/", NULL, "/", NULL);
	assert_target(METHOD_UNKNOWN, "/a", NULL, "/a", NULL);
	assert_target(METHOD_GET, "//a/../b", NULL, "//a/../b", NULL);
	assert_target(METHOD_GET, "/a?", NULL, "/a", "");
	assert_target(METHOD_GET, "/a?b?c=%", NULL, "/a", "b?c=%");
	assert_target(
	    METHOD_GET, "/%00%fF\"<>|{}", NULL, "/%00%fF\"<>|{}", NULL);
	assert_target(METHOD_GET, "http://a", "a", "/", NULL);
	assert_target(METHOD_GET, "hTTp://a/", "a", "/", NULL);
	assert_target(METHOD_GET, "https://[::1]:8/b?c", "[::1]:8", "/b", "c");
	assert_target(METHOD_GET, "http://a?b/c", "a", "/", "b/c");
	assert_target(METHOD_OPTIONS, "http://a", "a", "*", NULL);
	assert_target(METHOD_OPTIONS, "http://a?b", "a", "/", "b");
	assert_target(METHOD_OPTIONS, "http://a/", "a", "/", NULL);
	assert_target(METHOD_OPTIONS, "*", NULL, "*", NULL);
	assert_target(METHOD_OPTIONS, "/b", NULL, "/b", NULL);
	assert_target(METHOD_CONNECT, "a:1", "a:1", NULL, NULL);
	assert_target(METHOD_CONNECT, "[::1]:443", "[::1]:443", NULL, NULL);
}

static void
targets_that_are_none(void **state)
{
	const char *const bad[] = { "", "a", "*", "**", "/a b", "/a\t", "/a#b",
		"/?#", "/a\x7f", "/a\xff", "/?\xff", "/?a b", "/%", "/%1",
		"/%1g", "/%g1", "/a%?b", "/%2?0", "a:1", "http:", "http:/",
		"http://", "http:///a", "http://?a", "http://:80/",
		"http://u@a/", "http://u:p@a/", "http://a:b/", "http://a b/",
		"http://a/%", "http://a/#", "http://a?#", "ftp://a/",
		"httpss://a/", "://a/", "http//a", "?a", "http:a",
		"http://[::1/", "http://[/]" };
	const char *const connect[] = { "a", "a:", "/", "*", ":1", "u@a:1",
		"a:1/", "http://a:1", "[::1]", "[::1]:", "a:65536", "a:b", "" };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(
		    target(METHOD_GET, bad[i]), STATUS_BAD_REQUEST);
	for (size_t i = 0; i < sizeof connect / sizeof connect[0]; i++)
		assert_int_equal(
		    target(METHOD_CONNECT, connect[i]), STATUS_BAD_REQUEST);
	assert_int_equal(target(METHOD_UNKNOWN, "*"), STATUS_BAD_REQUEST);
	/* the log still has a path */
	assert_int_equal(target(METHOD_GET, "/%?a b"), STATUS_BAD_REQUEST);
	assert_span(req.path, "/%");
	assert_span(req.query, "a b");
}

static void
authorities(void **state)
{
	const char *const good[] = { "a", "example.org", "a:80", "a:", "a:0",
		"a:65535", "a:00080", "127.0.0.1", "127.0.0.1:8080", "[::]",
		"[::1]:80", "[1:2:3:4:5:6:7:8]", "[::ffff:1.2.3.4]",
		"[FE80::aB]", "a_b", "a%41", "-._~!$&'()*+,;=", "a.",
		"host-1.example.org", "host-1.example.org:80", "host_1.example",
		"host%41.example.org:1" };
	const char *const bad[] = { "", ":", ":80", "a:65536", "a:8a", "a:-1",
		"a:99999999999999999999999", "a b", "a/", "a?", "a#", "a@b",
		"u:p@b", "a:80:80", "::1", "[]", "[", "]", "[::1", "::1]",
		"[::1]a", "[::1]]", "[a]", "[1.2.3.4]", "[1::2::3]",
		"[1:2:3:4:5:6:7:8:9]", "[12345::]", "[fe80::1%25eth0]",
		"[fe80::1%eth0]", "[v1.a]", "[::1 ]", "a%4", "a%", "a%zz",
		"a\\b", "a\"", "<a>", "a\xc3\xa4", "a\x7f", "a\t", "[::1]x:80",
		"host-1.example.org/", "host-1.example:8a", "host@example.org",
		"host-1.example.org%4",
		"[0000:0000:0000:0000:0000:ffff:0255.255.255.255]",
		"[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]" };

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		assert_true(target_authority(guard_put(span_of(good[i]))));
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(target_authority(guard_put(span_of(bad[i]))));
	assert_false(target_authority(guard_put(SPAN("a\0b"))));
	assert_false(target_authority(guard_put(SPAN("[::1\0]"))));
	assert_false(target_authority((struct span){ NULL, 0 }));
}

static void
escapes_are_decoded(void **state)
{
	const char *const bad[] = { "%", "%1", "a%", "a%4", "%4g", "%g4",
		"%%41", "%-1", "% 1", "%+1" };
	char memory[16];
	struct buf out = buf_over(memory, sizeof memory);

	(void)state;
	assert_true(target_decode(guard_put(SPAN("a%41+%2f%2F%00%fF")), &out));
	assert_true(span_eq(buf_span(&out), SPAN("aA+//\0\xff")));
	assert_true(target_decode((struct span){ NULL, 0 }, &out));
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		out = buf_over(memory, sizeof memory);
		assert_false(target_decode(guard_put(span_of(bad[i])), &out));
	}
	out = buf_over(memory, 3);
	assert_true(target_decode(SPAN("%41%42%43"), &out));
	assert_false(target_decode(SPAN("a"), &out));
}

static void
queries_are_pairs(void **state)
{
	struct span query, name, value;

	(void)state;
	query = guard_put(SPAN("&a=1&&b=c=d&e&=f&g=&"));
	assert_true(query_next(&query, &name, &value));
	assert_span(name, "a");
	assert_span(value, "1");
	assert_true(query_next(&query, &name, &value));
	assert_span(name, "b");
	assert_span(value, "c=d");
	assert_true(query_next(&query, &name, &value));
	assert_span(name, "e");
	assert_int_equal(value.len, 0);
	assert_true(query_next(&query, &name, &value));
	assert_span(name, "");
	assert_span(value, "f");
	assert_true(query_next(&query, &name, &value));
	assert_span(name, "g");
	assert_span(value, "");
	assert_false(query_next(&query, &name, &value));
	assert_false(query_next(&query, &name, &value));
	query = (struct span){ NULL, 0 };
	assert_false(query_next(&query, &name, &value));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(targets_of_all_forms),
		cmocka_unit_test(targets_that_are_none),
		cmocka_unit_test(authorities),
		cmocka_unit_test(escapes_are_decoded),
		cmocka_unit_test(queries_are_pairs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
