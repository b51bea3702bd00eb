#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../guard.h"
#include "http/chars.h"

#define DIGITS  "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

static bool
among(const char *set, int c)
{
	return c != 0 && strchr(set, c) != NULL;
}

static void
every_byte_is_where_the_grammar_puts_it(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		bool visible = c > 0x20 && c < 0x7f;

		assert_int_equal(chars_has(CHARS_TOKEN, (char)c),
		    among("!#$%&'*+-.^_`|~" DIGITS LETTERS, c));
		assert_int_equal(chars_has(CHARS_FIELD, (char)c),
		    visible || c == ' ' || c == '\t' || c >= 0x80);
		assert_int_equal(
		    chars_has(CHARS_URI, (char)c), visible && c != '#');
		assert_int_equal(chars_has(CHARS_NAME, (char)c),
		    among("-._~!$&'()*+,;=" DIGITS LETTERS, c));
		assert_int_equal(chars_has(CHARS_HEX, (char)c),
		    among(DIGITS "abcdefABCDEF", c));
	}
}

/* One byte at each place of a name of each length. */
static void
usual_bytes_are_passed_over(void **state)
{
	char name[2 * BLOCK + 8];

	(void)state;
	memset(name, 'x', sizeof name);
	for (size_t i = 0; i < 256 * sizeof name * sizeof name; i++) {
		size_t len = i / sizeof name % sizeof name;
		size_t at = i % sizeof name, expected = len;
		int c = (int)(i / sizeof name / sizeof name);

		if (len >= BLOCK)
			expected = len / BLOCK * BLOCK;
		else if (len < BLOCK / 2)
			expected = 0;
		if (at < expected && !among("-." DIGITS LETTERS, c))
			expected = at;
		name[at] = (char)c;
		if (chars_usual(guard_put((struct span){ name, len })) !=
		    expected)
			fail_msg("%d at %zu of %zu", c, at, len);
		name[at] = 'x';
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte_is_where_the_grammar_puts_it),
		cmocka_unit_test(usual_bytes_are_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
