#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "site/table.h"
#include "unit/guard.h"

enum { NAMES = 5000 };

static bool full;

void *__real_calloc(size_t count, size_t size);
void *
__wrap_calloc(size_t count, size_t size)
{
	if (!full)
		return __real_calloc(count, size);
	errno = ENOMEM;
	return NULL;
}

static struct span
name(char memory[32], unsigned i)
{
	int n = snprintf(memory, 32, "/d%u/file-%u", i % 7, i);

	return (struct span){ memory, (size_t)n };
}

static void
all_are_found(void **state)
{
	static char text[NAMES][32];
	struct table t;

	(void)state;
	assert_int_equal(table_begin(&t, NAMES, 1), 0);
	for (unsigned i = 0; i < NAMES; i++) {
		struct entry *e = table_add(&t, name(text[i], i));

		assert_ptr_equal(e, &t.entry[i]);
		assert_null(table_add(&t, name(text[i], i)));
	}
	assert_int_equal(t.count, NAMES);
	for (unsigned i = 0; i < NAMES; i++) {
		struct span path = name(text[0], i);

		/* what is asked is not where it was */
		path = guard_put(path);
		assert_ptr_equal(table_get(&t, path), &t.entry[i]);
		assert_ptr_equal(table_find(&t, path), &t.entry[i]);
	}
	for (unsigned i = NAMES; i < 2 * NAMES; i++)
		assert_null(table_find(&t, guard_put(name(text[0], i))));
	table_end(&t);
}

/* Places whose hash is the same, as far as it is used. */
static void
same_place(void **state)
{
	struct table t;

	(void)state;
	assert_int_equal(table_begin(&t, 3, 1), 0);
	assert_non_null(table_add(&t, SPAN("/a")));
	assert_non_null(table_add(&t, SPAN("/b")));
	for (size_t i = 0; i <= t.mask; i++)
		t.place[i].next = t.place[i].next == 2 ? 0 : t.place[i].next;
	/* b's place is right behind a's, with a's tag */
	for (size_t i = 0; i <= t.mask; i++)
		if (t.place[i].next == 1) {
			t.place[(i + 1) & t.mask] =
			    (struct place){ .tag = t.place[i].tag, .next = 2 };
			break;
		}
	t.entry[0].path = SPAN("/c");
	t.entry[1].path = SPAN("/a");
	assert_ptr_equal(table_get(&t, SPAN("/a")), &t.entry[1]);
	table_end(&t);
}

static void
escapes(void **state)
{
	struct table t;

	(void)state;
	assert_int_equal(table_begin(&t, 4, 1), 0);
	table_add(&t, SPAN("/a b"));
	table_add(&t, SPAN("/%41"));
	assert_non_null(table_find(&t, SPAN("/a%20b")));
	assert_non_null(table_find(&t, SPAN("/%61%20%62")));
	assert_null(table_find(&t, SPAN("/A")));
	assert_null(table_find(&t, SPAN("/%41")));
	assert_non_null(table_find(&t, SPAN("/%2541")));
	assert_null(table_find(&t, SPAN("%2fa%20b")));
	assert_null(table_find(&t, SPAN("/a%20b%")));
	table_end(&t);
}

static void
empty(void **state)
{
	struct table t;

	(void)state;
	assert_int_equal(table_begin(&t, 0, 0), 0);
	assert_null(table_find(&t, SPAN("/")));
	assert_null(table_find(&t, SPAN("")));
	table_end(&t);
	full = true;
	assert_int_equal(table_begin(&t, 0, 0), -1);
	full = false;
	assert_int_equal(errno, ENOMEM);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_are_found),
		cmocka_unit_test(same_place),
		cmocka_unit_test(escapes),
		cmocka_unit_test(empty),
	};

	return cmocka_run_group_tests_name("site/table", tests, NULL, NULL);
}
