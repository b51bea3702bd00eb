#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/fields.h"
#include "http/parse.h"
#include "unit/guard.h"

static void
assert_field(struct span *lines, const char *name, const char *value)
{
	struct field f;

	assert_true(fields_next(lines, &f));
	assert_true(span_eq(f.name, span_of(name)));
	assert_true(span_eq(f.value, span_of(value)));
}

static void
test_walk(void **state)
{
	struct span lines = guard_put(
	    SPAN("Host: a\r\nX-Empty:\r\nx:y:z \t\r\nA:\t b c\r\n\r\n"));
	struct field f;

	(void)state;
	assert_field(&lines, "Host", "a");
	assert_field(&lines, "X-Empty", "");
	assert_field(&lines, "x", "y:z");
	assert_field(&lines, "A", "b c");
	assert_false(fields_next(&lines, &f));
}

static void
test_ends(void **state)
{
	static const char *const none[] = { "", "\r\n", "\n", "abc",
		"abc\r\n" };

	(void)state;
	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
		struct span lines = guard_put(span_of(none[i]));
		struct field f;

		assert_false(fields_next(&lines, &f));
	}
}

/* What the parser made of the same head. */
static void
test_as_parsed(void **state)
{
	static struct request req;
	struct span head = SPAN("GET / HTTP/1.1\r\nHost: a\r\n"
				"A:b\r\nA: \"c:d\" \r\nE:\r\n\r\n");
	struct span lines;
	struct field f;

	(void)state;
	assert_int_equal(request_parse(head, &req), 0);
	lines = span_from(head, req.line.len + 2);
	for (unsigned i = 0; i < req.field_count; i++) {
		assert_true(fields_next(&lines, &f));
		assert_true(span_eq(f.name, req.fields[i].name));
		assert_true(span_eq(f.value, req.fields[i].value));
	}
	assert_int_equal(req.field_count, 4);
	assert_false(fields_next(&lines, &f));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_as_parsed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
