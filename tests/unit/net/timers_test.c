#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/clock.h"
#include "base/prng.h"
#include "net/timers.h"

enum { IDS = 200 };

static int
set_up(void **state)
{
	struct timers *t = malloc(sizeof *t);

	assert_non_null(t);
	timers_init(t, calloc(1, timers_size(IDS)), IDS);
	assert_non_null(t->entry);
	*state = t;
	return 0;
}

static int
tear_down(void **state)
{
	struct timers *t = *state;

	free(t->entry);
	free(t);
	return 0;
}

static void
empty(void **state)
{
	struct timers *t = *state;
	uint32_t id;

	assert_true(timers_next(t) == CLOCK_NEVER);
	assert_false(timers_pop(t, CLOCK_NEVER, &id));
	timers_set(t, 3, CLOCK_NEVER);
	assert_true(timers_next(t) == CLOCK_NEVER);
}

static void
comes_up_once_at_its_deadline(void **state)
{
	struct timers *t = *state;
	uint32_t id;

	timers_set(t, 7, 100);
	assert_int_equal(timers_next(t), 100);
	assert_false(timers_pop(t, 99, &id));
	assert_true(timers_pop(t, 100, &id));
	assert_int_equal(id, 7);
	assert_false(timers_pop(t, 1000, &id));
	assert_true(timers_next(t) == CLOCK_NEVER);
}

static void
moves(void **state)
{
	struct timers *t = *state;
	uint32_t id;

	timers_set(t, 1, 100);
	timers_set(t, 1, 200); /* later */
	assert_true(timers_next(t) <= 200);
	assert_false(timers_pop(t, 150, &id));
	assert_int_equal(timers_next(t), 200);
	timers_set(t, 1, 50); /* earlier */
	assert_int_equal(timers_next(t), 50);
	assert_true(timers_pop(t, 50, &id));
	assert_false(timers_pop(t, 500, &id));
	timers_set(t, 1, 0); /* 0 is a deadline like any other */
	assert_true(timers_pop(t, 0, &id));
}

static void
clears(void **state)
{
	struct timers *t = *state;
	uint32_t id;

	timers_set(t, 1, 100);
	timers_set(t, 2, 300);
	timers_set(t, 1, CLOCK_NEVER);
	assert_int_equal(timers_next(t), 300);
	timers_set(t, 2, 400);
	timers_set(t, 2, CLOCK_NEVER);
	assert_true(timers_next(t) == CLOCK_NEVER);
	assert_false(timers_pop(t, 1000, &id));
}

static uint64_t
earliest(const uint64_t due[IDS])
{
	uint64_t first = CLOCK_NEVER;

	for (size_t i = 0; i < IDS; i++)
		if (due[i] < first)
			first = due[i];
	return first;
}

static void
pop_all(struct timers *t, uint64_t due[IDS], uint64_t now)
{
	uint32_t id;

	while (timers_pop(t, now, &id)) {
		assert_true(id < IDS);
		assert_true(due[id] <= now);
		assert_true(due[id] == earliest(due));
		due[id] = CLOCK_NEVER;
	}
	assert_true(earliest(due) > now);
}

/* Against an array that is searched from end to end. */
static void
agrees_with_a_plain_array(void **state)
{
	struct timers *t = *state;
	struct prng p = { 42 };
	uint64_t due[IDS], now = 1000;

	for (size_t i = 0; i < IDS; i++)
		due[i] = CLOCK_NEVER;
	for (int step = 0; step < 200000; step++) {
		uint32_t id = (uint32_t)prng_between(&p, 0, IDS - 1);
		uint64_t what = prng_between(&p, 0, 9);

		if (what < 7) {
			due[id] = now - 20 + prng_between(&p, 0, 500);
			timers_set(t, id, due[id]);
		} else if (what < 9) {
			due[id] = CLOCK_NEVER;
			timers_set(t, id, CLOCK_NEVER);
		} else {
			now += prng_between(&p, 0, 30);
			pop_all(t, due, now);
		}
		assert_true(timers_next(t) <= earliest(due));
		if (earliest(due) == CLOCK_NEVER)
			assert_true(timers_next(t) == CLOCK_NEVER);
	}
	pop_all(t, due, now + 1000);
	assert_true(timers_next(t) == CLOCK_NEVER);
}

static void
moving_later_leaves_the_heap_alone(void **state)
{
	struct timers *t = *state;

	for (uint32_t id = 0; id < IDS; id++)
		timers_set(t, id, 1000 - id);
	for (uint32_t id = 0; id < IDS; id++) {
		uint32_t place = t->entry[id].place;

		timers_set(t, id, 2000 + id);
		assert_int_equal(t->entry[id].place, place);
		assert_int_equal(t->heap[place - 1].key, 1000 - id);
	}
}

#define TIMERS_TEST(test) \
	cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TIMERS_TEST(empty),
		TIMERS_TEST(comes_up_once_at_its_deadline),
		TIMERS_TEST(moves),
		TIMERS_TEST(clears),
		TIMERS_TEST(agrees_with_a_plain_array),
		TIMERS_TEST(moving_later_leaves_the_heap_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
