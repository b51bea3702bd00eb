#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "made.h"

/* Reads that the loads asked for, and seconds that they take the time to be
 * later than it is. */
static size_t reads;
static time_t later;

ssize_t __real_read(int fd, void *to, size_t size);
ssize_t
__wrap_read(int fd, void *to, size_t size)
{
	reads++;
	return __real_read(fd, to, size);
}

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int
__wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
	int err = __real_clock_gettime(clock, now);

	if (clock == CLOCK_REALTIME)
		now->tv_sec += later;
	return err;
}

static int
begin(void **state)
{
	later = 3600;
	reads = 0;
	return made_begin(state);
}

static void
files_and_directories(void **state)
{
	struct made *m = *state;
	struct generation *g;

	made_file(m, "index.html", "front");
	made_file(m, "a.txt", "a");
	made_file(m, "sub/index.html", "sub's");
	made_file(m, "sub/b.js", "b");
	made_file(m, "none/c", "c");
	g = made_load(m, NULL);
	assert_int_equal(m->notes, 0);
	made_expect(g, "/", "front");
	made_expect(g, "/index.html", "front");
	made_expect(g, "/a.txt", "a");
	made_expect(g, "/sub/", "sub's");
	made_expect(g, "/sub/index.html", "sub's");
	made_expect(g, "/sub/b.js", "b");
	made_expect(g, "/none/c", "c");
	assert_null(generation_find(g, SPAN("/sub"))->plain.file);
	made_expect_nothing(g, "/none/");
	made_expect_nothing(g, "/none");
	made_expect_nothing(g, "/a.txt/");
	made_expect_nothing(g, "");
	made_expect_nothing(g, "a.txt");
	made_expect_nothing(g, "//a.txt");
	made_expect_nothing(g, "/sub//b.js");
	made_expect_nothing(g, "/sub/../a.txt");
	made_expect_nothing(g, "/./a.txt");
	assert_int_equal(generation_files(g), 5);
	assert_int_equal(generation_bytes(g), 13);
	assert_int_equal(generation_number(g), 1);
	assert_int_equal(generation_directories(g), 3);
	assert_string_equal(generation_directory(g, 0), "");
	generation_free(g);
}

static void
what_did_not_change_is_not_read(void **state)
{
	struct made *m = *state;
	struct generation *g, *h, *i;
	size_t before;

	made_file(m, "index.html", "front");
	made_file(m, "a.txt", "a");
	made_sized(m, "large", TREE_SMALL + 1, 1);
	g = made_load(m, NULL);
	assert_true(reads > 0);
	before = reads;
	h = made_load(m, g);
	assert_int_equal(reads, before);
	assert_true(generation_equal(g, h));
	generation_free(g);
	made_file(m, "a.txt", "b");
	i = made_load(m, h);
	assert_true(reads > before);
	assert_true(reads <= before + 2);
	assert_false(generation_equal(h, i));
	made_expect(h, "/a.txt", "a");
	generation_free(h);
	made_expect(i, "/a.txt", "b");
	made_expect(i, "/", "front");
	assert_int_equal(generation_number(i), 3);
	generation_free(i);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    files_and_directories, begin, made_end),
		cmocka_unit_test_setup_teardown(
		    what_did_not_change_is_not_read, begin, made_end),
	};

	return cmocka_run_group_tests_name("site/tree", tests, NULL, NULL);
}
