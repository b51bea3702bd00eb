#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "site/arena.h"

static bool full;

void *__real_malloc(size_t size);
void *
__wrap_malloc(size_t size)
{
	if (!full)
		return __real_malloc(size);
	errno = ENOMEM;
	return NULL;
}

static void
what_is_taken_is_apart(void **state)
{
	struct arena a = { NULL };
	char *taken[1000];

	(void)state;
	for (size_t i = 0; i < 1000; i++) {
		taken[i] = arena_take(&a, i + 1, 1);
		assert_non_null(taken[i]);
		memset(taken[i], (int)(i % 251), i + 1);
	}
	for (size_t i = 0; i < 1000; i++)
		for (size_t j = 0; j <= i; j++)
			if (taken[i][j] != (char)(i % 251))
				fail_msg("%zu was written over at %zu", i, j);
	arena_free(&a);
	assert_null(a.last);
}

static void
it_is_aligned(void **state)
{
	struct arena a = { NULL };

	(void)state;
	for (size_t align = 1; align <= _Alignof(max_align_t); align *= 2) {
		assert_non_null(arena_take(&a, 1, 1));
		assert_int_equal(
		    (uintptr_t)arena_take(&a, 24, align) % align, 0);
	}
	arena_free(&a);
}

static void
more_than_a_chunk(void **state)
{
	struct arena a = { NULL };
	size_t size = 3 << 20;
	char *large = arena_take(&a, size, 1), *small = arena_take(&a, 1, 1);

	(void)state;
	assert_non_null(large);
	assert_non_null(small);
	memset(large, 'x', size);
	*small = 'y';
	arena_free(&a);
}

static void
what_was_trimmed_is_taken_again(void **state)
{
	struct arena a = { NULL };
	char *first = arena_take(&a, 100, 1);

	(void)state;
	assert_non_null(first);
	arena_trim(&a, 60);
	assert_ptr_equal(arena_take(&a, 10, 1), first + 40);
	arena_free(&a);
}

static void
no_memory(void **state)
{
	struct arena a = { NULL };
	void *got;

	(void)state;
	full = true;
	got = arena_take(&a, 1, 1);
	full = false;
	assert_null(got);
	assert_int_equal(errno, ENOMEM);
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_taken_is_apart),
		cmocka_unit_test(it_is_aligned),
		cmocka_unit_test(more_than_a_chunk),
		cmocka_unit_test(what_was_trimmed_is_taken_again),
		cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests_name("site/arena", tests, NULL, NULL);
}
