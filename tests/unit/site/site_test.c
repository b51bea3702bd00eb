#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "live.h"

static void
append(const struct live *l, const char *name, const char *text)
{
	int fd = open(made_path(l->made, name), O_WRONLY | O_APPEND);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
}

static void
move(const char *from, const char *to)
{
	assert_int_equal(rename(from, to), 0);
}

/* What is noticed both ways. */
static void
changes(struct live *l, enum watch_mode mode)
{
	const struct made *m = l->made;
	int fd;

	made_file(m, "a", "first");
	made_file(m, "b", "to go");
	live_start(l, mode);
	assert_true(live_has(site_current(&l->site), "/a", "first"));
	/* written to, and not closed; in place; at its end */
	fd = open(made_path(m, "a"), O_WRONLY);
	assert_int_equal(pwrite(fd, "FIRST", 5, 0), 5);
	live_await(l, "/a", "FIRST");
	close(fd);
	append(l, "a", ", more");
	live_await(l, "/a", "FIRST, more");
	made_remove(m, "b");
	live_await(l, "/b", NULL);
	/* a directory, and what comes into it later */
	made_directory(m, "d");
	live_await(l, "/d", NULL);
	made_file(m, "d/e/f", "deep");
	live_await(l, "/d/e/f", "deep");
	made_file(m, "d/e/f", "deeper");
	live_await(l, "/d/e/f", "deeper");
	move(made_path(m, "d/e"), made_path(m, "e"));
	live_await(l, "/e/f", "deeper");
	assert_true(live_has(site_current(&l->site), "/d/e/f", NULL));
	made_file(m, "e/f", "elsewhere");
	live_await(l, "/e/f", "elsewhere");
	/* replaced by renaming */
	made_file(m, ".new", "new");
	move(made_path(m, ".new"), made_path(m, "a"));
	live_await(l, "/a", "new");
	/* behind a link, in a directory that is hidden */
	made_file(m, ".h/x", "hidden");
	made_link(m, "x", ".h/x");
	live_await(l, "/x", "hidden");
	made_file(m, ".h/x", "not quite");
	live_await(l, "/x", "not quite");
	assert_int_equal(l->failed, 0);
}

static void
changes_are_noticed(void **state)
{
	changes(*state, WATCH_AUTO);
	live_close(*state);
	assert_int_equal(((struct live *)*state)->site.watch.mode, WATCH_AUTO);
}

static void
changes_are_looked_for(void **state)
{
	changes(*state, WATCH_POLL);
}

static void
volume(struct live *l, enum watch_mode mode)
{
	uint64_t number;

	volume_make(l->made, 1);
	live_start(l, mode);
	assert_true(live_has(site_current(&l->site), "/a", "a1"));
	for (unsigned v = 2; v <= 4; v++) {
		char a[16], b[16];

		snprintf(a, sizeof a, "a%u", v);
		snprintf(b, sizeof b, "b%u", v);
		volume_swap(l->made, v);
		number = live_await(l, "/a", a);
		assert_true(live_has(site_current(&l->site), "/b", b));
		assert_int_equal(number, v);
	}
}

static void
volumes_are_swapped(void **state)
{
	volume(*state, WATCH_AUTO);
}

static void
volumes_are_swapped_unwatched(void **state)
{
	volume(*state, WATCH_POLL);
}

/* The directory that is served is replaced by another. */
static void
root_moves(struct live *l, enum watch_mode mode)
{
	const struct made *m = l->made;
	char old[128];

	snprintf(old, sizeof old, "%s/old", m->base);
	made_file(m, "a", "one");
	live_start(l, mode);
	move(m->root, old);
	/* gone: what there was is served on */
	live_await_failed(l, 1);
	assert_true(live_has(site_current(&l->site), "/a", "one"));
	assert_int_equal(l->failed_error, ENOENT);
	assert_int_equal(l->loaded, 1);
	assert_int_equal(mkdir(m->root, 0777), 0);
	made_file(m, "a", "two");
	live_await(l, "/a", "two");
	/* it is the new one that is watched from now on */
	made_file(m, "a", "three");
	live_await(l, "/a", "three");
	/* not a directory; and the first one again */
	made_remove(m, "a");
	assert_int_equal(rmdir(m->root), 0);
	assert_int_equal(symlink("/dev/null", m->root), 0);
	live_await_failed(l, 2);
	assert_int_equal(unlink(m->root), 0);
	move(old, m->root);
	live_await(l, "/a", "one");
}

static void
root_is_replaced(void **state)
{
	root_moves(*state, WATCH_AUTO);
}

static void
root_is_replaced_unwatched(void **state)
{
	root_moves(*state, WATCH_POLL);
}

/* Root is a symbolic link, which is exchanged as a whole. */
static void
link_moves(struct live *l, enum watch_mode mode)
{
	struct made *m = l->made;
	char link[128], next[128];

	snprintf(link, sizeof link, "%s/link", m->base);
	snprintf(next, sizeof next, "%s/next", m->base);
	made_file(m, "1/a", "one");
	made_file(m, "2/a", "two");
	assert_int_equal(symlink("root/1", link), 0);
	m->options.root = link;
	live_start(l, mode);
	assert_true(live_has(site_current(&l->site), "/a", "one"));
	/* once it watches: it is not the load before that sees it */
	made_file(m, "1/b", "watched");
	live_await(l, "/b", "watched");
	assert_int_equal(symlink("root/2", next), 0);
	move(next, link);
	live_await(l, "/a", "two");
	assert_int_equal(l->failed, 0);
	made_file(m, "2/a", "two again");
	live_await(l, "/a", "two again");
}

static void
link_to_root_is_replaced(void **state)
{
	link_moves(*state, WATCH_AUTO);
}

static void
link_to_root_is_replaced_unwatched(void **state)
{
	link_moves(*state, WATCH_POLL);
}

/* What a directory's watch does not tell: a file has another name elsewhere. */
static void
written_by_another_name(void **state)
{
	struct live *l = *state;
	char other[128];
	FILE *f;

	snprintf(other, sizeof other, "%s/other", l->made->base);
	made_file(l->made, "a", "one");
	assert_int_equal(link(made_path(l->made, "a"), other), 0);
	live_start(l, WATCH_AUTO);
	/* once before and once after the loader was awake */
	made_file(l->made, "b", "b");
	live_await(l, "/b", "b");
	f = fopen(other, "w");
	assert_non_null(f);
	fputs("two", f);
	assert_int_equal(fclose(f), 0);
	live_await(l, "/a", "two");
}

#define LIVE(test) cmocka_unit_test_setup_teardown(test, live_begin, live_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE(changes_are_noticed),
		LIVE(changes_are_looked_for),
		LIVE(volumes_are_swapped),
		LIVE(volumes_are_swapped_unwatched),
		LIVE(root_is_replaced),
		LIVE(root_is_replaced_unwatched),
		LIVE(link_to_root_is_replaced),
		LIVE(link_to_root_is_replaced_unwatched),
		LIVE(written_by_another_name),
	};

	return cmocka_run_group_tests_name("site/site", tests, NULL, NULL);
}
