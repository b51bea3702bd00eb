#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "server/pool.h"

enum { BLOCKS = 5, SIZE = 48 };

static void
gives_every_block_once(void **state)
{
	struct pool p;
	char *block[BLOCKS];

	(void)state;
	assert_int_equal(pool_open(&p, SIZE, BLOCKS), 0);
	for (uint32_t i = 0; i < BLOCKS; i++) {
		block[i] = pool_take(&p);
		assert_non_null(block[i]);
		assert_int_equal(pool_index(&p, block[i]), i);
		assert_ptr_equal(pool_block(&p, i), block[i]);
		for (int j = 0; j < SIZE; j++)
			assert_int_equal(block[i][j], 0);
		memset(block[i], 'a' + (int)i, SIZE);
	}
	assert_null(pool_take(&p));
	assert_int_equal(p.used, BLOCKS);
	for (int i = 0; i < BLOCKS; i++)
		for (int j = 0; j < SIZE; j++)
			assert_int_equal(block[i][j], 'a' + i);
}

/* Last in, first out: the warm ones; then those never touched. */
static void
takes_back_and_gives_again(void **state)
{
	struct pool p;
	void *a, *b;

	(void)state;
	assert_int_equal(pool_open(&p, SIZE, BLOCKS), 0);
	a = pool_take(&p);
	b = pool_take(&p);
	pool_give(&p, a);
	pool_give(&p, b);
	assert_int_equal(p.used, 0);
	assert_ptr_equal(pool_take(&p), b);
	assert_ptr_equal(pool_take(&p), a);
	for (int i = 2; i < BLOCKS; i++)
		assert_int_equal(pool_index(&p, pool_take(&p)), i);
	assert_null(pool_take(&p));
	pool_give(&p, a);
	assert_ptr_equal(pool_take(&p), a);
	assert_null(pool_take(&p));
}

/* More than the machine has is only reserved. */
static void
untouched_blocks_cost_nothing(void **state)
{
	const size_t size = (size_t)64 << 10;
	const uint32_t blocks = 100 * 1000;
	unsigned char in[4] = { 9, 9, 9, 9 };
	struct pool p;
	char *block;

	(void)state;
	assert_int_equal(pool_open(&p, size, blocks), 0);
	block = pool_take(&p);
	block[0] = 1;
	assert_int_equal(mincore(p.memory, 4 * 4096, in), 0);
	assert_int_equal(in[0] & 1, 1);
	for (int i = 1; i < 4; i++)
		assert_int_equal(in[i] & 1, 0);
	munmap(p.memory, size * blocks);
}

static void
more_than_there_is_is_an_error(void **state)
{
	struct pool p;

	(void)state;
	assert_int_equal(pool_open(&p, SIZE_MAX / 2, 1), -1);
	assert_int_equal(errno, ENOMEM);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_every_block_once),
		cmocka_unit_test(takes_back_and_gives_again),
		cmocka_unit_test(untouched_blocks_cost_nothing),
		cmocka_unit_test(more_than_there_is_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
