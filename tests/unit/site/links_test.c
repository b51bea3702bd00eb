/* Symbolic links, and what else is not a plain file in a plain directory. */
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
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "made.h"

/* What is done once, as soon as a load has looked at so many entries. */
static struct {
	int after;
	void (*act)(const struct made *m);
	const struct made *made;
} meanwhile;

static int no_openat2, no_links;

int __real_fstatat(int dir, const char *path, struct stat *st, int flags);
int
__wrap_fstatat(int dir, const char *path, struct stat *st, int flags)
{
	if (meanwhile.act && meanwhile.after-- == 0) {
		meanwhile.act(meanwhile.made);
		meanwhile.act = NULL;
	}
	return __real_fstatat(dir, path, st, flags);
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
		errno = no_openat2;
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

/* Long after the files were written. */
int __real_clock_gettime(clockid_t clock, struct timespec *now);
int
__wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
	int err = __real_clock_gettime(clock, now);

	if (clock == CLOCK_REALTIME)
		now->tv_sec += 3600;
	return err;
}

static int
begin(void **state)
{
	struct made *m;

	no_openat2 = no_links = 0;
	meanwhile.act = NULL;
	made_begin(state);
	m = *state;
	made_file(m, "index.html", "front");
	return 0;
}

static void
assert_warned(const struct made *m, const char *path, const char *what)
{
	const struct made_note *note = made_noted(m, SITE_WARNING, path);

	if (!note)
		fail_msg("%s: no warning", path);
	if (!strstr(note->what, what))
		fail_msg("%s: %s", path, note->what);
}

static void
inside_and_outside(void **state)
{
	struct made *m = *state;
	struct generation *g;

	made_file(m, "a/b.txt", "b");
	made_file(m, "../secret", "secret");
	made_link(m, "file", "a/b.txt");
	made_link(m, "a/back", "../index.html");
	made_link(m, "directory", "a");
	made_link(m, "outside", "../secret");
	made_link(m, "absolute", "/etc/passwd");
	made_link(m, "nothing", "no/such");
	made_link(m, "circle", "circle");
	g = made_load(m, NULL);
	made_expect(g, "/file", "b");
	made_expect(g, "/a/back", "front");
	made_expect(g, "/directory/b.txt", "b");
	made_expect(g, "/directory/back", "front");
	made_expect_nothing(g, "/outside");
	made_expect_nothing(g, "/absolute");
	made_expect_nothing(g, "/nothing");
	made_expect_nothing(g, "/circle");
	assert_warned(m, "/outside", "out of root");
	assert_warned(m, "/absolute", "out of root");
	assert_warned(m, "/nothing", "to nothing");
	assert_warned(m, "/circle", "circle");
	assert_int_equal(m->notes, 4);
	assert_int_equal(generation_directories(g), 3);
	generation_free(g);
}

static void
without_openat2(void **state)
{
	struct made *m = *state;
	struct generation *g;

	no_openat2 = ENOSYS;
	inside_and_outside(state);
	/* nor /proc */
	no_links = EACCES;
	g = made_load(m, NULL);
	made_expect(g, "/", "front");
	made_expect(g, "/a/b.txt", "b");
	made_expect_nothing(g, "/file");
	made_expect_nothing(g, "/directory/b.txt");
	made_expect_nothing(g, "/outside");
	assert_warned(m, "/file", "cannot be checked");
	generation_free(g);
}

/* One that leads to its own directory, and two that lead to each other's. */
static void
directory_loops(void **state)
{
	struct made *m = *state;
	struct generation *g;

	made_file(m, "a/x", "x");
	made_file(m, "b/y", "y");
	made_link(m, "a/self", ".");
	made_link(m, "a/root", "..");
	made_link(m, "a/b", "../b");
	made_link(m, "b/a", "../a");
	g = made_load(m, NULL);
	made_expect(g, "/a/x", "x");
	made_expect(g, "/a/b/y", "y");
	made_expect(g, "/b/a/x", "x");
	made_expect_nothing(g, "/a/self/x");
	made_expect_nothing(g, "/a/root/index.html");
	made_expect_nothing(g, "/a/b/a/x");
	assert_warned(m, "/a/self", "contains itself");
	assert_warned(m, "/a/root", "contains itself");
	assert_warned(m, "/a/b/a", "contains itself");
	generation_free(g);
}

static void
too_deep(void **state)
{
	struct made *m = *state;
	char path[4 * (TREE_DEPTH_MAX + 2)];
	struct generation *g;
	size_t len = 0;

	for (int i = 0; i < TREE_DEPTH_MAX; i++)
		len += (size_t)snprintf(path + len, sizeof path - len, "d/");
	strcpy(path + len, "f");
	made_file(m, path, "deep");
	strcpy(path + len, "d/f");
	made_file(m, path, "too deep");
	g = made_load(m, NULL);
	strcpy(path + len, "f");
	memmove(path + 1, path, strlen(path) + 1);
	path[0] = '/';
	made_expect(g, path, "deep");
	path[len + 1] = 'd';
	assert_warned(m, path, "too deep");
	assert_int_equal(m->notes, 1);
	generation_free(g);
}

/* A path that could not be opened is left out, without harm to others. */
static void
path_too_long(void **state)
{
	struct made *m = *state;
	int at = open(m->root, O_RDONLY | O_DIRECTORY);
	char name[256];
	struct generation *g;

	memset(name, 'n', 255);
	name[255] = '\0';
	for (int i = 0; i < 20; i++) {
		int next;

		assert_int_equal(mkdirat(at, name, 0777), 0);
		next = openat(at, name, O_RDONLY | O_DIRECTORY);
		assert_true(next != -1);
		close(at);
		at = next;
	}
	close(at);
	made_file(m, "z", "z");
	g = made_load(m, NULL);
	made_expect(g, "/z", "z");
	assert_int_equal(m->notes, 1);
	assert_int_equal(m->note[0].error, ENAMETOOLONG);
	/* where /proc is asked, the path from there counts */
	assert_in_range(generation_directories(g), 16, 17);
	generation_free(g);
}

static void
neither_file_nor_directory(void **state)
{
	struct made *m = *state;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct generation *g;

	assert_int_equal(mkfifo(made_path(m, "fifo"), 0666), 0);
	assert_true(fd != -1);
	assert_in_range(snprintf(address.sun_path, sizeof address.sun_path,
			    "%s/socket", m->root),
	    1, sizeof address.sun_path - 1);
	assert_int_equal(
	    bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	made_link(m, "link", "fifo");
	g = made_load(m, NULL);
	made_expect(g, "/", "front");
	made_expect_nothing(g, "/fifo");
	made_expect_nothing(g, "/link");
	made_expect_nothing(g, "/socket");
	assert_warned(m, "/fifo", "neither");
	assert_warned(m, "/link", "neither");
	assert_warned(m, "/socket", "neither");
	generation_free(g);
	close(fd);
}

/* As kubelet lays out a volume. */
static void
mount_config_map(const struct made *m, const char *version)
{
	char path[64];

	snprintf(path, sizeof path, "..2026_%s/page.html", version);
	made_file(m, path, version);
	snprintf(path, sizeof path, "..2026_%s/other.txt", version);
	made_file(m, path, version);
	snprintf(path, sizeof path, "..2026_%s", version);
	made_link(m, "..data_tmp", path);
	assert_int_equal(
	    rename(made_path(m, "..data_tmp"), made_path(m, "..data")), 0);
}

static void
config_map(void **state)
{
	struct made *m = *state;
	struct generation *g, *h;

	mount_config_map(m, "one");
	made_link(m, "page.html", "..data/page.html");
	made_link(m, "other.txt", "..data/other.txt");
	g = made_load(m, NULL);
	assert_int_equal(m->notes, 0);
	assert_int_equal(generation_files(g), 3);
	assert_int_equal(generation_directories(g), 1);
	made_expect(g, "/page.html", "one");
	made_expect_nothing(g, "/..data/page.html");
	made_expect_nothing(g, "/..2026_one/page.html");
	made_expect_nothing(g, "/%2e%2edata/page.html");
	made_expect_nothing(g, "/..data");
	mount_config_map(m, "two");
	h = made_load(m, g);
	made_expect(g, "/page.html", "one");
	generation_free(g);
	made_expect(h, "/page.html", "two");
	made_expect(h, "/other.txt", "two");
	generation_free(h);
}

static void
swap_now(const struct made *m)
{
	mount_config_map(m, "two");
}

/* Whenever it is swapped in the midst of a load, what comes of it is not a mix
 * of both. */
static void
config_map_swapped_meanwhile(void **state)
{
	struct made *m = *state;
	bool seen[2] = { false };

	mount_config_map(m, "one");
	made_link(m, "page.html", "..data/page.html");
	made_link(m, "other.txt", "..data/other.txt");
	for (int after = 0; after < 16; after++) {
		struct generation *old, *g;
		const struct entry *page, *other;

		assert_int_equal(unlink(made_path(m, "..data")), 0);
		made_link(m, "..data", "..2026_one");
		old = made_load(m, NULL);
		meanwhile.after = after;
		meanwhile.made = m;
		meanwhile.act = swap_now;
		g = made_load(m, old);
		page = generation_find(g, SPAN("/page.html"));
		other = generation_find(g, SPAN("/other.txt"));
		assert_non_null(page);
		assert_non_null(other);
		assert_memory_equal(
		    page->plain.file->bytes, other->plain.file->bytes, 3);
		seen[page->plain.file->bytes[0] == 't'] = true;
		generation_free(g);
		generation_free(old);
	}
	assert_true(seen[1]);
	meanwhile.act = NULL;
}

static void
root_through_a_link(void **state)
{
	struct made *m = *state;
	char link[128];
	struct generation *g, *h;

	made_file(m, "../new/index.html", "new");
	made_link(m, "../current", "root");
	snprintf(link, sizeof link, "%s/current", m->base);
	m->options.root = link;
	g = made_load(m, NULL);
	made_expect(g, "/", "front");
	assert_int_equal(unlink(link), 0);
	made_link(m, "../current", "new");
	h = made_load(m, g);
	made_expect(g, "/", "front");
	made_expect(h, "/", "new");
	generation_free(g);
	generation_free(h);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, made_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(inside_and_outside),
		TEST(without_openat2),
		TEST(directory_loops),
		TEST(too_deep),
		TEST(path_too_long),
		TEST(neither_file_nor_directory),
		TEST(config_map),
		TEST(config_map_swapped_meanwhile),
		TEST(root_through_a_link),
	};

	return cmocka_run_group_tests_name("site/links", tests, NULL, NULL);
}
