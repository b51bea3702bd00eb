#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../guard.h"
#include "base/block.h"

static void
first_of_several(void **state)
{
	char bytes[BLOCK];

	(void)state;
	for (unsigned set = 0; set < 1U << BLOCK; set++) {
		size_t expected = BLOCK;

		for (size_t i = BLOCK; i-- > 0;) {
			bytes[i] = set >> i & 1 ? '\xff' : '\x7f';
			expected = set >> i & 1 ? i : expected;
		}
		assert_int_equal(
		    block_first((block)(block_at(bytes) == 0xff)), expected);
	}
}

/* Its front in the front half, its end in the other. */
static void
short_ones(void **state)
{
	static const char text[] = "0123456789abcdef";

	(void)state;
	for (size_t len = 8; len <= BLOCK; len++) {
		struct span s = guard_put((struct span){ text, len });
		block bytes = block_of_short(s.at, len);

		assert_memory_equal(&bytes, text, 8);
		assert_memory_equal((char *)&bytes + 8, text + len - 8, 8);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_of_several),
		cmocka_unit_test(short_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
