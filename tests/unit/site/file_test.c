#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "site/file.h"

static const struct stat st = {
	.st_dev = 1,
	.st_ino = 2,
	.st_nlink = 1,
	.st_size = 3,
	.st_mtim = { 4, 5 },
	.st_ctim = { 6, 7 },
};

/* st with one part changed. */
static struct stat
other(unsigned part)
{
	struct stat s = st;

	switch (part) {
	case 0:
		s.st_dev++;
		break;
	case 1:
		s.st_ino++;
		break;
	case 2:
		s.st_size++;
		break;
	case 3:
		s.st_mtim.tv_sec++;
		break;
	case 4:
		s.st_mtim.tv_nsec++;
		break;
	case 5:
		s.st_ctim.tv_sec++;
		break;
	case 6:
		s.st_ctim.tv_nsec++;
		break;
	default:
		break;
	}
	return s;
}

enum { PARTS = 7, OF_CONTENT = 5 };

static void
every_part_counts(void **state)
{
	struct identity id = identity_of(&st);

	(void)state;
	for (unsigned i = 0; i <= PARTS; i++) {
		struct stat s = other(i);
		struct identity changed = identity_of(&s);

		assert_int_equal(identity_equal(&id, &changed), i == PARTS);
		assert_int_equal(identity_intact(&id, &s), i == PARTS);
	}
}

/* Without a name, its inode may change: its content cannot, by name. */
static void
without_a_name(void **state)
{
	struct identity id = identity_of(&st);

	(void)state;
	for (unsigned i = 0; i <= PARTS; i++) {
		struct stat s = other(i);

		s.st_nlink = 0;
		assert_int_equal(identity_intact(&id, &s), i >= OF_CONTENT);
	}
}

static void
shared(void **state)
{
	struct identity id = identity_of(&st);
	struct file *f = file_new(&id, 3);

	(void)state;
	assert_non_null(f);
	memcpy(f->bytes, "abc", 3);
	assert_ptr_equal(file_take(f), f);
	file_drop(f);
	assert_memory_equal(f->bytes, "abc", 3);
	assert_true(identity_equal(&f->id, &id));
	assert_false(f->held);
	assert_false(f->fresh);
	file_drop(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_part_counts),
		cmocka_unit_test(without_a_name),
		cmocka_unit_test(shared),
	};

	return cmocka_run_group_tests_name("site/file", tests, NULL, NULL);
}
