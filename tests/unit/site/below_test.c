#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "made.h"

/* What the kernel has not, and how often it asks to try again. */
static int no_openat2, no_links, again;

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
	if (number == SYS_openat2 && (no_openat2 || again > 0)) {
		errno = no_openat2 ? no_openat2 : EAGAIN;
		again--;
		return -1;
	}
	return __real_syscall(number, a[0], a[1], a[2], a[3]);
}

ssize_t __real_readlink(const char *path, char *to, size_t size);
ssize_t
__wrap_readlink(const char *path, char *to, size_t size)
{
	if (!no_links)
		return __real_readlink(path, to, size);
	errno = no_links;
	return -1;
}

static int
begin(void **state)
{
	struct made *m;

	no_openat2 = no_links = again = 0;
	made_begin(state);
	m = *state;
	made_file(m, "a/b/c", "content");
	made_file(m, "../secret", "secret");
	made_file(m, "../root2/secret", "secret");
	made_link(m, "inside", "a/b/c");
	made_link(m, "a/up", "../a/b/c");
	made_link(m, "directory", "a/b");
	made_link(m, "outside", "../secret");
	made_link(m, "neighbour", "../root2/secret");
	made_link(m, "absolute", m->root);
	made_link(m, "self", "self");
	made_link(m, "nowhere", "no/where");
	assert_int_equal(mkfifo(made_path(m, "fifo"), 0666), 0);
	return 0;
}

static void
assert_opens(const struct below *b, const char *path)
{
	int fd = below_open(b, path, O_RDONLY);
	char got[16];

	if (fd == -1)
		fail_msg("%s: %s", path, strerror(errno));
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(read(fd, got, sizeof got), 7);
	assert_memory_equal(got, "content", 7);
	close(fd);
}

static void
assert_refuses(const struct below *b, const char *path, int flags, int error)
{
	int fd = below_open(b, path, flags);

	if (fd != -1)
		fail_msg("%s: opened", path);
	if (errno != error)
		fail_msg("%s: %s", path, strerror(errno));
}

/* What is the same whoever checks. */
static void
assert_plain(const struct below *b)
{
	int fd;

	assert_opens(b, "a/b/c");
	assert_refuses(b, "a/b/d", O_RDONLY, ENOENT);
	assert_refuses(b, "a/b/c/d", O_RDONLY, ENOTDIR);
	assert_refuses(b, "a/b/c", O_RDONLY | O_DIRECTORY, ENOTDIR);
	fd = below_open(b, "a/b", O_RDONLY | O_DIRECTORY);
	assert_true(fd != -1);
	close(fd);
	fd = below_open(b, ".", O_RDONLY | O_DIRECTORY);
	assert_true(fd != -1);
	close(fd);
	fd = below_open(b, "a/b/c", O_PATH);
	assert_true(fd != -1);
	close(fd);
	/* nobody writes to it: this must not wait */
	fd = below_open(b, "fifo", O_RDONLY);
	assert_true(fd != -1);
	close(fd);
}

static void
assert_links(const struct below *b, int flags)
{
	assert_refuses(b, "outside", flags, EXDEV);
	assert_refuses(b, "neighbour", flags, EXDEV);
	assert_refuses(b, "self", flags, ELOOP);
	assert_refuses(b, "nowhere", flags, ENOENT);
	assert_opens(b, "inside");
	assert_opens(b, "a/up");
	assert_opens(b, "directory/c");
}

/* Old kernels, and valgrind, do not have it. */
static bool
has_openat2(const char *path)
{
	uint64_t how[3] = { O_PATH | O_CLOEXEC };
	long fd =
	    __real_syscall(SYS_openat2, (long)AT_FDCWD, path, how, sizeof how);

	if (fd != -1)
		close((int)fd);
	return fd != -1;
}

static void
by_the_kernel(void **state)
{
	struct made *m = *state;
	struct arena memory = { NULL };
	struct below b;

	assert_int_equal(below_begin(&b, m->root, &memory), 0);
	assert_int_equal(
	    b.check, has_openat2(m->root) ? BELOW_KERNEL : BELOW_PROC);
	assert_plain(&b);
	assert_links(&b, O_RDONLY);
	assert_links(&b, O_PATH);
	if (b.check == BELOW_KERNEL) {
		assert_refuses(&b, "absolute", O_PATH, EXDEV);
		again = 3;
		assert_opens(&b, "a/b/c");
		again = 1000;
		assert_refuses(&b, "a/b/c", O_RDONLY, EAGAIN);
		again = 0;
	}
	below_end(&b);
	arena_free(&memory);
}

static void
by_proc(void **state)
{
	static const int missing[] = { ENOSYS, EPERM, EINVAL };
	struct made *m = *state;

	for (size_t i = 0; i < sizeof missing / sizeof missing[0]; i++) {
		struct arena memory = { NULL };
		struct below b;

		no_openat2 = missing[i];
		assert_int_equal(below_begin(&b, m->root, &memory), 0);
		assert_int_equal(b.check, BELOW_PROC);
		assert_plain(&b);
		assert_links(&b, O_RDONLY);
		assert_links(&b, O_PATH);
		no_links = EACCES;
		assert_refuses(&b, "a/b/c", O_RDONLY, EACCES);
		no_links = 0;
		below_end(&b);
		arena_free(&memory);
	}
}

static void
by_nobody(void **state)
{
	struct made *m = *state;
	struct arena memory = { NULL };
	char longest[300];
	struct below b;

	no_openat2 = ENOSYS;
	no_links = ENOENT;
	assert_int_equal(below_begin(&b, m->root, &memory), 0);
	assert_int_equal(b.check, BELOW_NONE);
	assert_plain(&b);
	assert_refuses(&b, "outside", O_RDONLY, ELOOP);
	assert_refuses(&b, "inside", O_RDONLY, ELOOP);
	assert_refuses(&b, "directory/c", O_RDONLY, ENOTDIR);
	assert_refuses(&b, "a/no/c", O_RDONLY, ENOENT);
	memset(longest, 'x', sizeof longest);
	longest[sizeof longest - 1] = '\0';
	assert_refuses(&b, longest, O_RDONLY, ENAMETOOLONG);
	below_end(&b);
	arena_free(&memory);
}

static void
no_root(void **state)
{
	struct made *m = *state;
	struct arena memory = { NULL };
	struct below b;

	assert_int_equal(below_begin(&b, made_path(m, "nothing"), &memory), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(below_begin(&b, made_path(m, "a/b/c"), &memory), -1);
	assert_int_equal(errno, ENOTDIR);
	assert_int_equal(below_begin(&b, made_path(m, "fifo"), &memory), -1);
	assert_int_equal(errno, ENOTDIR);
	no_openat2 = EMFILE;
	assert_int_equal(below_begin(&b, m->root, &memory), -1);
	assert_int_equal(errno, EMFILE);
	arena_free(&memory);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(by_the_kernel, begin, made_end),
		cmocka_unit_test_setup_teardown(by_proc, begin, made_end),
		cmocka_unit_test_setup_teardown(by_nobody, begin, made_end),
		cmocka_unit_test_setup_teardown(no_root, begin, made_end),
	};

	return cmocka_run_group_tests_name("site/below", tests, NULL, NULL);
}
