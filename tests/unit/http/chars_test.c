#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte_is_where_the_grammar_puts_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
