#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http/entity.h"

static char memory[ENTITY_FIELDS_MAX];

static void
assert_text(struct span s, const char *text)
{
	assert_int_equal(s.len, strlen(text));
	assert_memory_equal(s.at, text, s.len);
}

static void
all_facts_stand_in_order(void **state)
{
	struct buf b = buf_over(memory, sizeof memory);
	struct entity_facts f = {
		.type = SPAN("text/css; charset=utf-8"),
		.encoding = SPAN("br"),
		.cache_control = SPAN("max-age=60"),
		.etag = SPAN("\"abc\""),
		.modified = 784111777,
		.length = 1234567890123,
		.vary = true,
		.nosniff = true,
	};
	struct entity e;

	(void)state;
	buf_put(&b, SPAN("before"));
	entity_write(&e, &b, &f);
	assert_false(b.overflowed);
	assert_text(e.fields,
	    "Content-Length: 1234567890123\r\n"
	    "Content-Type: text/css; charset=utf-8\r\n"
	    "Content-Encoding: br\r\n"
	    "X-Content-Type-Options: nosniff\r\n"
	    "Vary: Accept-Encoding\r\n"
	    "Cache-Control: max-age=60\r\n"
	    "ETag: \"abc\"\r\n"
	    "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
	    "Accept-Ranges: bytes\r\n");
	assert_true(span_starts(
	    span_from(e.fields, e.type_at), SPAN("Content-Type: text")));
	assert_true(span_starts(
	    span_from(e.fields, e.about_at), SPAN("Content-Encoding: ")));
	assert_true(
	    span_starts(span_from(e.fields, e.cache_at), SPAN("Vary: ")));
	assert_text(e.etag, "\"abc\"");
	assert_text(e.type, "text/css; charset=utf-8");
	assert_true(e.modified == 784111777);
	assert_true(e.length == 1234567890123);
}

static void
what_is_not_known_is_left_out(void **state)
{
	struct buf b = buf_over(memory, sizeof memory);
	struct entity_facts f = { .type = SPAN("a/b"), .modified = -1 };
	struct entity e;

	(void)state;
	entity_write(&e, &b, &f);
	assert_text(e.fields,
	    "Content-Length: 0\r\nContent-Type: a/b\r\n"
	    "Accept-Ranges: bytes\r\n");
	assert_int_equal(e.about_at, e.cache_at);
	assert_int_equal(e.etag.len, 0);
}

static void
the_longest_fields_fit(void **state)
{
	static char type[128], cache[256];
	struct buf b = buf_over(memory, sizeof memory);
	struct entity_facts f = {
		.type = { type, sizeof type },
		.encoding = SPAN("gzip"),
		.cache_control = { cache, sizeof cache },
		.etag = SPAN("\"0123456789abcdef0123456789abcdef\""),
		.modified = INT64_C(253402300799),
		.length = UINT64_MAX,
		.vary = true,
		.nosniff = true,
	};
	struct entity e;

	(void)state;
	memset(type, 't', sizeof type);
	memset(cache, 'c', sizeof cache);
	entity_write(&e, &b, &f);
	assert_false(b.overflowed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_facts_stand_in_order),
		cmocka_unit_test(what_is_not_known_is_left_out),
		cmocka_unit_test(the_longest_fields_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
