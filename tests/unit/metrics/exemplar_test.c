#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <string.h>

#include "metrics/exemplar.h"

enum { WRITERS = 3, PUTS = 50000 };

static struct exemplar_slot slot;
static _Atomic unsigned writing;

/* One whose parts all tell of the same number. */
static struct exemplar
made(uint64_t n)
{
	struct exemplar e = { .value = n, .wall = ~n };

	for (size_t i = 0; i < sizeof e.trace_id; i++)
		e.trace_id[i] = "0123456789abcdef"[n >> (i % 8) * 4 & 15];
	return e;
}

static void
assert_whole(const struct exemplar *e)
{
	struct exemplar expected = made(e->value);

	assert_memory_equal(e, &expected, sizeof expected);
}

static void
the_last_one_stays(void **state)
{
	struct exemplar e;

	(void)state;
	memset(&slot, 0, sizeof slot);
	assert_false(exemplar_get(&slot, &e));
	for (uint64_t n = 1; n < 4; n++) {
		struct exemplar put = made(n * 1000003);

		exemplar_put(&slot, &put);
		assert_true(exemplar_get(&slot, &e));
		assert_true(e.value == n * 1000003);
		assert_whole(&e);
	}
}

/* A writer that was interrupted for ever stops nobody. */
static void
a_busy_slot_is_left_alone(void **state)
{
	struct exemplar e = made(1), other = made(2);

	(void)state;
	memset(&slot, 0, sizeof slot);
	exemplar_put(&slot, &e);
	atomic_fetch_add(&slot.sequence, 1);
	exemplar_put(&slot, &other);
	assert_false(exemplar_get(&slot, &e));
	atomic_fetch_add(&slot.sequence, 1);
	assert_true(exemplar_get(&slot, &e));
	assert_true(e.value == 1);
}

static void *
write_many(void *first)
{
	uint64_t n = *(uint64_t *)first;

	for (unsigned i = 0; i < PUTS; i++) {
		struct exemplar e = made(n + i * UINT64_C(2654435761));

		exemplar_put(&slot, &e);
	}
	writing--;
	return NULL;
}

static void
never_torn(void **state)
{
	pthread_t thread[WRITERS];
	uint64_t first[WRITERS];
	struct exemplar e;
	unsigned seen = 0;

	(void)state;
	memset(&slot, 0, sizeof slot);
	e = made(1);
	exemplar_put(&slot, &e);
	writing = WRITERS;
	for (unsigned i = 0; i < WRITERS; i++) {
		first[i] = i * 7919 + 1;
		assert_int_equal(
		    pthread_create(&thread[i], NULL, write_many, &first[i]), 0);
	}
	do {
		if (exemplar_get(&slot, &e)) {
			assert_whole(&e);
			seen++;
		}
	} while (writing > 0);
	for (unsigned i = 0; i < WRITERS; i++)
		pthread_join(thread[i], NULL);
	assert_true(exemplar_get(&slot, &e));
	assert_whole(&e);
	assert_true(seen > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_one_stays),
		cmocka_unit_test(a_busy_slot_is_left_alone),
		cmocka_unit_test(never_torn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
