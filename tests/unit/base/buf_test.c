#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>

#include "../guard.h"
#include "base/buf.h"

static char memory[64];

static void
assert_holds(const struct buf *b, const char *text)
{
	assert_true(span_eq(buf_span(b), span_of(text)));
}

static void
appends(void **state)
{
	struct buf b = buf_over(memory, sizeof memory);

	(void)state;
	assert_int_equal(buf_room(&b), sizeof memory);
	buf_put(&b, SPAN("a"));
	buf_put(&b, (struct span){ NULL, 0 });
	buf_char(&b, 'b');
	buf_u64(&b, 0);
	buf_char(&b, ' ');
	buf_u64(&b, UINT64_MAX);
	assert_holds(&b, "ab0 18446744073709551615");
	assert_false(b.overflowed);
}

static void
numbers(void **state)
{
	struct buf b = buf_over(memory, sizeof memory);

	(void)state;
	buf_digits(&b, 7, 2);
	buf_char(&b, ' ');
	buf_digits(&b, 123, 3);
	buf_char(&b, ' ');
	buf_digits(&b, UINT32_MAX, 10);
	buf_char(&b, ' ');
	buf_digits(&b, 1, 11);
	buf_char(&b, ' ');
	buf_hex(&b, 0xabcdef, 4);
	buf_char(&b, ' ');
	buf_hex(&b, UINT64_MAX, 16);
	assert_holds(&b, "07 123 4294967295 00000000001 cdef ffffffffffffffff");
}

/* Against printf(3), around every power of ten. */
static void
numbers_of_every_length(void **state)
{
	uint64_t power = 1;

	(void)state;
	for (int digits = 1; digits <= 20; digits++, power *= 10) {
		uint64_t near[] = { power - 1, power, power + 1,
			power * 7 / 3 };

		for (size_t i = 0; i < sizeof near / sizeof near[0]; i++) {
			struct buf b = buf_over(memory, sizeof memory);
			char expected[64];

			buf_u64(&b, near[i]);
			buf_char(&b, ' ');
			buf_digits(&b, (uint32_t)near[i], 10);
			snprintf(expected, sizeof expected,
			    "%" PRIu64 " %010" PRIu32, near[i],
			    (uint32_t)near[i]);
			assert_holds(&b, expected);
		}
	}
}

/* All of them, but of those with nine digits one in 389: every three digits
 * with many others. */
static void
numbers_with_leading_zeros(void **state)
{
	static const struct {
		unsigned digits;
		uint32_t end, step;
	} all[] = { { 3, 1000, 1 }, { 6, 1000000, 1 }, { 9, 1000000000, 389 },
		{ 9, 1000, 1 } };

	(void)state;
	for (size_t w = 0; w < sizeof all / sizeof all[0]; w++) {
		for (uint32_t i = 0; i < all[w].end; i += all[w].step) {
			struct buf b = buf_over(memory, sizeof memory);
			uint32_t n = all[w].end - 1 - i, rest = n;
			char expected[16] = { 0 };

			for (unsigned at = all[w].digits; at-- > 0; rest /= 10)
				expected[at] = (char)('0' + rest % 10);
			buf_digits(&b, n, all[w].digits);
			assert_holds(&b, expected);
		}
	}
}

/* Nothing but the bytes, wherever they are in a register. */
static void
copies_of_every_length(void **state)
{
	char from[256], to[258];

	(void)state;
	for (size_t i = 0; i < sizeof from; i++)
		from[i] = (char)(i + 1);
	for (size_t n = 0; n <= sizeof from; n++) {
		memset(to, '\0', sizeof to);
		buf_copy(to + 1, guard_put((struct span){ from, n }).at, n);
		assert_memory_equal(to + 1, from, n);
		assert_int_equal(to[0], '\0');
		assert_int_equal(to[n + 1], '\0');
	}
}

/* All or nothing, and what overflowed stays known. */
static void
overflows(void **state)
{
	struct buf b = buf_over(memory, 4);

	(void)state;
	buf_put(&b, SPAN("abc"));
	buf_put(&b, SPAN("de"));
	assert_true(b.overflowed);
	assert_holds(&b, "abc");
	buf_char(&b, 'd');
	assert_holds(&b, "abcd");
	assert_true(b.overflowed);

	b = buf_over(memory, 4);
	buf_u64(&b, 12345);
	assert_true(b.overflowed);
	assert_holds(&b, "");
	b = buf_over(memory, 4);
	buf_digits(&b, 1, 5);
	assert_true(b.overflowed);
	assert_holds(&b, "");
	b = buf_over(memory, 4);
	buf_hex(&b, 0x12345, 5);
	assert_true(b.overflowed);
	assert_holds(&b, "");
	b = buf_over(memory, 0);
	buf_char(&b, 'x');
	assert_true(b.overflowed);
	assert_holds(&b, "");
}

static void
fills_to_the_last_byte(void **state)
{
	struct buf b = buf_over(memory, 4);

	(void)state;
	buf_put(&b, SPAN("abcd"));
	assert_false(b.overflowed);
	assert_int_equal(buf_room(&b), 0);
	b = buf_over(memory, 4);
	buf_hex(&b, 0x1234, 4);
	assert_false(b.overflowed);
	assert_holds(&b, "1234");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(appends),
		cmocka_unit_test(numbers),
		cmocka_unit_test(numbers_of_every_length),
		cmocka_unit_test(numbers_with_leading_zeros),
		cmocka_unit_test(copies_of_every_length),
		cmocka_unit_test(overflows),
		cmocka_unit_test(fills_to_the_last_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
