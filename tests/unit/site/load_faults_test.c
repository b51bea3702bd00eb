/* What a load asks of the system fails, call by call: it comes to nothing and
 * leaves nothing behind, or to all there is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "made.h"

static struct {
	bool on;
	unsigned left; /* calls that go well before one fails */
	unsigned failed;
	int error;
} fault;

static bool
fails(void)
{
	if (!fault.on || fault.left-- > 0)
		return false;
	fault.on = false;
	fault.failed++;
	errno = fault.error;
	return true;
}

static bool of_memory, of_files, of_looks, no_openat2;

void *__real_malloc(size_t size);
void *
__wrap_malloc(size_t size)
{
	return of_memory && fails() ? NULL : __real_malloc(size);
}

/* Its chunks are so large that few calls ask for one. */
void *__real_arena_take(struct arena *a, size_t size, size_t align);
void *
__wrap_arena_take(struct arena *a, size_t size, size_t align)
{
	return of_memory && fails() ? NULL : __real_arena_take(a, size, align);
}

void *__real_calloc(size_t count, size_t size);
void *
__wrap_calloc(size_t count, size_t size)
{
	return of_memory && fails() ? NULL : __real_calloc(count, size);
}

void *__real_reallocarray(void *old, size_t count, size_t size);
void *
__wrap_reallocarray(void *old, size_t count, size_t size)
{
	return of_memory && fails() ? NULL
				    : __real_reallocarray(old, count, size);
}

DIR *__real_fdopendir(int fd);
DIR *
__wrap_fdopendir(int fd)
{
	return of_memory && fails() ? NULL : __real_fdopendir(fd);
}

int __real_open(const char *path, int flags, ...);
int
__wrap_open(const char *path, int flags, ...)
{
	return of_files && fails() ? -1 : __real_open(path, flags);
}

int __real_openat(int dir, const char *path, int flags, ...);
int
__wrap_openat(int dir, const char *path, int flags, ...)
{
	return of_files && fails() ? -1 : __real_openat(dir, path, flags);
}

ssize_t __real_readlink(const char *path, char *to, size_t size);
ssize_t
__wrap_readlink(const char *path, char *to, size_t size)
{
	return of_looks && fails() ? -1 : __real_readlink(path, to, size);
}

long __real_syscall(long number, ...);
long
__wrap_syscall(long number, ...)
{
	long a[4];
	va_list arguments;

	va_start(arguments, number);
	for (int i = 0; i < 4; i++)
		a[i] = va_arg(arguments, long);
	va_end(arguments);
	if (number == SYS_openat2 && no_openat2) {
		errno = ENOSYS;
		return -1;
	}
	if (of_files && number == SYS_openat2 && fails())
		return -1;
	return __real_syscall(number, a[0], a[1], a[2], a[3]);
}

int __real_fstatat(int dir, const char *path, struct stat *st, int flags);
int
__wrap_fstatat(int dir, const char *path, struct stat *st, int flags)
{
	return of_looks && fails() ? -1 : __real_fstatat(dir, path, st, flags);
}

int __real_fstat(int fd, struct stat *st);
int
__wrap_fstat(int fd, struct stat *st)
{
	return of_looks && fails() ? -1 : __real_fstat(fd, st);
}

struct dirent *__real_readdir(DIR *dir);
struct dirent *
__wrap_readdir(DIR *dir)
{
	return of_looks && fails() ? NULL : __real_readdir(dir);
}

static int
begin(void **state)
{
	struct made *m;

	made_begin(state);
	m = *state;
	memset(&fault, 0, sizeof fault);
	of_memory = of_files = of_looks = no_openat2 = false;
	made_file(m, "index.html", "front");
	made_file(m, "index.html.gz", "gz");
	made_file(m, "a/index.html", "a");
	made_file(m, "a/b/c", "c");
	made_sized(m, "large", TREE_SMALL + 1, 0);
	made_link(m, "link", "a/b/c");
	assert_null(rules_add(&m->rules, SPAN("/=first")));
	return 0;
}

static unsigned
open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

/* Loads again and again, with old, while the first call fails, the second, and
 * so on. Returns how many loads failed. */
static unsigned
sweep(struct made *m, struct generation *old, int error)
{
	unsigned before = open_files(), nothing = 0;

	for (unsigned i = 0;; i++) {
		struct generation *g;
		int said;

		assert_true(i < 10000);
		fault.failed = 0;
		fault.error = error;
		fault.left = i;
		fault.on = true;
		m->notes = 0;
		g = generation_load(&m->options, &old, old ? 1 : 0);
		said = errno;
		fault.on = false;
		if (g) {
			if (fault.failed == 0)
				made_expect(g, "/a/b/c", "c");
			generation_free(g);
		} else {
			nothing++;
			assert_int_equal(said, error);
			assert_int_equal(m->notes, 1);
			assert_int_equal(m->note[0].kind, SITE_FAILED);
			assert_int_equal(m->note[0].error, error);
		}
		assert_int_equal(open_files(), before);
		if (fault.failed == 0)
			return nothing;
	}
}

static void
sweep_both(struct made *m, int error, unsigned least)
{
	struct generation *old = made_load(m, NULL);

	assert_true(sweep(m, NULL, error) >= least);
	assert_true(sweep(m, old, error) > 0);
	made_expect(old, "/", "front");
	generation_free(old);
}

static void
no_memory(void **state)
{
	of_memory = true;
	sweep_both(*state, ENOMEM, 40);
}

static void
too_many_files(void **state)
{
	of_files = true;
	/* root, the check, 3 directories, a link, 6 files */
	sweep_both(*state, EMFILE, 12);
	sweep_both(*state, ENFILE, 12);
	no_openat2 = true;
	sweep_both(*state, EMFILE, 20);
}

/* Anything else costs what it hits alone, unless that is root. */
static void
what_cannot_be_looked_at(void **state)
{
	static const int errors[] = { EACCES, EIO, ENOENT, ELOOP, ESTALE };
	struct made *m = *state;

	for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
		of_files = true;
		assert_in_range(sweep(m, NULL, errors[i]), 1, 3);
		of_files = false;
		of_looks = true;
		assert_in_range(sweep(m, NULL, errors[i]), 1, 12);
		no_openat2 = true;
		assert_in_range(sweep(m, NULL, errors[i]), 1, 12);
		of_looks = no_openat2 = false;
	}
}

/* If the disk fails, what was loaded before is better than what is left. */
static void
disk_fails_later(void **state)
{
	static const int errors[] = { EIO, ESTALE, ETIMEDOUT };
	struct made *m = *state;
	struct generation *old = made_load(m, NULL);

	for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
		of_files = true;
		/* all but the check, which has another one behind it */
		assert_true(sweep(m, old, errors[i]) >= 11);
		of_files = false;
	}
	of_files = true;
	assert_in_range(sweep(m, old, EACCES), 1, 3);
	generation_free(old);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, made_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(no_memory),
		TEST(too_many_files),
		TEST(what_cannot_be_looked_at),
		TEST(disk_fails_later),
	};

	return cmocka_run_group_tests_name(
	    "site/load_faults", tests, NULL, NULL);
}
