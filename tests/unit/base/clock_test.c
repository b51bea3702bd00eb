#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/num.h"

static const uint64_t noon = UINT64_C(1764000000) * NS_PER_SEC;

static void
follows_the_wall_clock(void **state)
{
	struct clock c = { 0 };

	(void)state;
	clock_set(&c, 5, noon);
	assert_true(c.now == 5 && c.wall == noon);
	assert_true(c.date == 1764000000);
	/* set ahead: believed at once */
	clock_set(&c, 6, noon + 3600 * NS_PER_SEC);
	assert_true(c.wall == noon + 3600 * NS_PER_SEC);
	assert_true(c.date == 1764003600);
}

/* Set back by ten seconds: at half speed until that is made up. */
static void
never_runs_backwards(void **state)
{
	struct clock c = { 0 };
	uint64_t before;

	(void)state;
	clock_set(&c, 0, noon);
	for (uint64_t s = 1; s <= 30; s++) {
		uint64_t told = noon + s * NS_PER_SEC - 10 * NS_PER_SEC;

		before = c.wall;
		clock_set(&c, s * NS_PER_SEC, told);
		assert_true(c.wall >= before);
		assert_true(c.date == (int64_t)(told / NS_PER_SEC));
		if (s < 19)
			assert_true(c.wall == noon + s * NS_PER_SEC / 2);
		else
			assert_true(c.wall == told);
	}
	before = c.wall;
	clock_set(&c, c.now, c.wall - 1);
	assert_true(c.wall == before);
}

/* Between ticks time goes on; a tick that finds it set back cannot undo it. */
static void
tells_between_ticks(void **state)
{
	struct clock c = { 0 };

	(void)state;
	clock_set(&c, 100, noon);
	assert_true(clock_tell(&c, 100) == noon);
	assert_true(clock_tell(&c, 150) == noon + 50);
	clock_set(&c, 160, noon - 1);
	assert_true(clock_tell(&c, 160) == noon + 50);
	assert_true(clock_tell(&c, 190) == noon + 60);
}

static void
ticks(void **state)
{
	struct clock c = { 0 };
	uint64_t before = clock_monotonic();

	(void)state;
	clock_tick(&c);
	assert_true(c.now >= before && c.now <= clock_monotonic());
	assert_true(c.wall > noon);
	assert_true(c.date == (int64_t)(c.wall / NS_PER_SEC));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_the_wall_clock),
		cmocka_unit_test(never_runs_backwards),
		cmocka_unit_test(tells_between_ticks),
		cmocka_unit_test(ticks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
