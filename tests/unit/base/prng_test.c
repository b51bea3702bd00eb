#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/prng.h"

/* splitmix64's published sequence for the seed 1234567. */
static void
known_sequence(void **state)
{
	struct prng p = { 1234567 };

	(void)state;
	assert_true(prng_next(&p) == UINT64_C(6457827717110365317));
	assert_true(prng_next(&p) == UINT64_C(3203168211198807973));
	assert_true(prng_next(&p) == UINT64_C(9817491932198370423));
	assert_true(prng_next(&p) == UINT64_C(4593380528125082431));
}

static void
between_is_inclusive(void **state)
{
	struct prng p = { 0 };
	unsigned seen[6] = { 0 };

	(void)state;
	for (int i = 0; i < 6000; i++) {
		uint64_t n = prng_between(&p, 10, 15);

		assert_in_range(n, 10, 15);
		seen[n - 10]++;
	}
	for (int i = 0; i < 6; i++)
		assert_in_range(seen[i], 800, 1200);
	assert_int_equal(prng_between(&p, 7, 7), 7);
	assert_true(
	    prng_between(&p, 0, UINT64_MAX) != prng_between(&p, 0, UINT64_MAX));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_sequence),
		cmocka_unit_test(between_is_inclusive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
