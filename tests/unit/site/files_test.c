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
#include <unistd.h>

#include "made.h"
#include "site/files.h"

static struct below root;
static struct arena memory;
static struct files files;
static struct open_file own;

static int
begin(void **state)
{
	struct made *m;

	made_begin(state);
	m = *state;
	memset(&files, 0, sizeof files);
	assert_int_equal(below_begin(&root, m->root, &memory), 0);
	made_file(m, "a", "content of a");
	made_file(m, "sub/b", "content of b");
	return 0;
}

static int
end(void **state)
{
	files_forget(&files);
	below_end(&root);
	arena_free(&memory);
	return made_end(state);
}

static struct identity
identity(const struct made *m, const char *name)
{
	struct stat st;

	assert_int_equal(stat(made_path(m, name), &st), 0);
	return identity_of(&st);
}

static struct open_file *
take(const struct made *m, const char *name)
{
	struct identity id = identity(m, name);

	return files_take(&files, &root, name, &id, &own);
}

static unsigned
open_count(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < FILES_MAX; i++)
		if (files.file[i].open)
			count++;
	return count;
}

static void
kept_open(void **state)
{
	const struct made *m = *state;
	struct open_file *a = take(m, "a"), *b = take(m, "sub/b");
	char got[16];

	assert_non_null(a);
	assert_non_null(b);
	assert_ptr_not_equal(a, b);
	assert_ptr_equal(take(m, "a"), a);
	assert_int_equal(a->users, 2);
	assert_int_equal(pread(b->fd, got, sizeof got, 0), 12);
	assert_memory_equal(got, "content of b", 12);
	assert_true(files_source.intact(a));
	files_source.release(a);
	files_source.release(a);
	files_source.release(b);
	assert_int_equal(open_count(), 2);
	assert_ptr_equal(take(m, "a"), a);
	files_source.release(a);
	files_forget(&files);
	assert_int_equal(open_count(), 0);
}

static void
forgotten_in_use(void **state)
{
	const struct made *m = *state;
	struct open_file *a = take(m, "a"), *again;
	int fd = a->fd;

	assert_ptr_equal(take(m, "a"), a);
	files_forget(&files);
	files_source.release(a);
	assert_int_equal(open_count(), 1);
	assert_true(files_source.intact(a));
	again = take(m, "a");
	assert_ptr_not_equal(again, a);
	assert_int_not_equal(again->fd, fd);
	files_source.release(a);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	assert_int_equal(open_count(), 1);
	files_source.release(again);
}

/* Opened again once; then it is another file than the generation knows. */
static void
replaced(void **state)
{
	const struct made *m = *state;
	struct identity id = identity(m, "a");
	struct open_file *a = take(m, "a");
	char got[16];

	made_file(m, "../a", "another one!");
	assert_int_equal(rename(made_path(m, "../a"), made_path(m, "a")), 0);
	/* what is open is still what it was: no name leads to it */
	assert_true(files_source.intact(a));
	assert_ptr_equal(files_take(&files, &root, "a", &id, &own), a);
	assert_int_equal(pread(a->fd, got, sizeof got, 0), 12);
	assert_memory_equal(got, "content of a", 12);
	files_source.release(a);
	files_source.release(a);
	files_forget(&files);
	assert_null(files_take(&files, &root, "a", &id, &own));
	assert_int_equal(errno, ESTALE);
	assert_int_equal(open_count(), 0);
}

static void
written_to(void **state)
{
	static const struct {
		const char *content;
	} rows[] = { { "CONTENT OF A" }, { "short" },
		{ "longer than it was" } };
	const struct made *m = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct identity id = identity(m, "a");
		struct open_file *a = take(m, "a");

		/* the time may be the same, so soon after */
		made_file(m, "a", rows[i].content);
		assert_int_equal(
		    utimensat(AT_FDCWD, made_path(m, "a"),
			(struct timespec[2]){
			    { .tv_sec = (time_t)i }, { .tv_sec = (time_t)i } },
			0),
		    0);
		assert_false(files_source.intact(a));
		assert_null(files_take(&files, &root, "a", &id, &own));
		assert_int_equal(errno, ESTALE);
		assert_int_equal(open_count(), 1);
		files_source.release(a);
		assert_int_equal(open_count(), 0);
	}
}

static void
gone(void **state)
{
	const struct made *m = *state;
	struct identity id = identity(m, "a");

	made_remove(m, "a");
	assert_null(files_take(&files, &root, "a", &id, &own));
	assert_int_equal(errno, ENOENT);
	made_file(m, "../secret", "secret");
	id = identity(m, "../secret");
	made_link(m, "a", "../secret");
	assert_null(files_take(&files, &root, "a", &id, &own));
	assert_int_equal(errno, EXDEV);
}

/* The one that was used longest ago makes room; those in use stay. */
static void
more_than_fit(void **state)
{
	const struct made *m = *state;
	struct open_file *f[FILES_MAX], *more;
	char name[32], content[32];

	for (unsigned i = 0; i <= FILES_MAX; i++) {
		snprintf(name, sizeof name, "f%u", i);
		made_file(m, name, name);
	}
	for (unsigned i = 0; i < FILES_MAX; i++) {
		snprintf(name, sizeof name, "f%u", i);
		f[i] = take(m, name);
		assert_non_null(f[i]);
	}
	snprintf(name, sizeof name, "f%d", FILES_MAX);
	/* one more is open for its one user alone, if that may be */
	assert_null(take(m, name));
	assert_int_equal(errno, EMFILE);
	files.alone_max = 1;
	more = take(m, name);
	assert_int_equal(files.alone, 1);
	assert_ptr_equal(more, &own);
	assert_true(files_source.intact(more));
	assert_int_equal(
	    pread(more->fd, content, sizeof content, 0), (ssize_t)strlen(name));
	files_source.release(more);
	assert_int_equal(fcntl(more->fd, F_GETFD), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(files.alone, 0);
	for (unsigned i = FILES_MAX; i-- > 0;)
		files_source.release(f[i]);
	assert_ptr_equal(take(m, "f0"), f[0]);
	files_source.release(f[0]);
	more = take(m, name);
	assert_ptr_equal(more, f[1]);
	assert_int_equal(open_count(), FILES_MAX);
	files_source.release(more);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(kept_open),
		TEST(forgotten_in_use),
		TEST(replaced),
		TEST(written_to),
		TEST(gone),
		TEST(more_than_fit),
	};

	return cmocka_run_group_tests_name("site/files", tests, NULL, NULL);
}
