#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <time.h>
#include <unistd.h>

#include "base/num.h"
#include "live.h"

/* What inotify fails with, and after how many watches; the kind of every file
 * system, if it is not what it is; and nanoseconds that have passed unseen. */
static _Atomic int init_error, add_error;
static _Atomic unsigned watches_left;
static _Atomic long kind;
static _Atomic uint64_t passed;

int __real_inotify_init1(int flags);
int __wrap_inotify_init1(int flags);
int
__wrap_inotify_init1(int flags)
{
	errno = init_error;
	return init_error ? -1 : __real_inotify_init1(flags);
}

int __real_inotify_add_watch(int fd, const char *path, uint32_t mask);
int __wrap_inotify_add_watch(int fd, const char *path, uint32_t mask);
int
__wrap_inotify_add_watch(int fd, const char *path, uint32_t mask)
{
	if (add_error && watches_left == 0) {
		errno = add_error;
		return -1;
	}
	watches_left--;
	return __real_inotify_add_watch(fd, path, mask);
}

int __real_fstatfs(int fd, struct statfs *fs);
int __wrap_fstatfs(int fd, struct statfs *fs);
int
__wrap_fstatfs(int fd, struct statfs *fs)
{
	int err = __real_fstatfs(fd, fs);

	if (kind)
		fs->f_type = kind;
	return err;
}

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
int
__wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
	int err = __real_clock_gettime(clock, now);

	if (clock == CLOCK_MONOTONIC) {
		now->tv_sec += (time_t)(passed / NS_PER_SEC);
		now->tv_nsec += (long)(passed % NS_PER_SEC);
		if (now->tv_nsec >= (long)NS_PER_SEC) {
			now->tv_nsec -= (long)NS_PER_SEC;
			now->tv_sec++;
		}
	}
	return err;
}

/* There is no memory. */
static _Atomic bool no_memory;

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *
__wrap_calloc(size_t count, size_t size)
{
	if (!no_memory)
		return __real_calloc(count, size);
	errno = ENOMEM;
	return NULL;
}

static int
begin(void **state)
{
	init_error = add_error = 0;
	kind = 0;
	passed = 0;
	no_memory = false;
	return live_begin(state);
}

/* Changes are served all the same, and it is said once. */
static void
falls_back(struct live *l, int error)
{
	made_file(l->made, "a", "one");
	made_file(l->made, "d/a", "one");
	live_start(l, WATCH_AUTO);
	live_await_warnings(l, 1);
	assert_non_null(strstr(l->warning, "inotify"));
	assert_int_equal(l->warning_error, error);
	made_file(l->made, "d/a", "two");
	live_await(l, "/d/a", "two");
	made_file(l->made, "a", "three");
	live_await(l, "/a", "three");
	live_close(l);
	assert_int_equal(l->warnings, 1);
	assert_int_equal(l->failed, 0);
	assert_int_equal(l->site.watch.mode, WATCH_POLL);
}

static void
no_instances_left(void **state)
{
	init_error = EMFILE;
	falls_back(*state, EMFILE);
}

static void
no_inotify_at_all(void **state)
{
	init_error = ENOSYS;
	falls_back(*state, ENOSYS);
}

static void
no_watches_left(void **state)
{
	watches_left = 1; /* root has one, d has none */
	add_error = ENOSPC;
	falls_back(*state, ENOSPC);
}

/* A directory that is closed to us is no reason. */
static void
closed_directory(void **state)
{
	struct live *l = *state;

	made_file(l->made, "d/a", "one");
	watches_left = 1;
	add_error = EACCES;
	live_start(l, WATCH_AUTO);
	made_file(l->made, "a", "two");
	live_await(l, "/a", "two");
	live_close(l);
	assert_int_equal(l->warnings, 0);
	assert_int_equal(l->site.watch.mode, WATCH_AUTO);
}

/* Others change it, and inotify does not tell: that is nothing to be told. */
static void
remote_file_systems(void **state)
{
	const long kinds[] = { 0x6969, 0xff534d42, (int32_t)0xff534d42,
		0xfe534d42, 0x517b, 0x65735546, 0x01021997, 0x5346414f,
		0x00c36400 };
	struct live *l = *state;
	struct survey s;

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		kind = kinds[i];
		assert_int_equal(survey_take(&s, l->made->root, -1), 0);
		assert_true(s.remote);
	}
	kind = 0x794c7630; /* an overlay */
	assert_int_equal(survey_take(&s, l->made->root, -1), 0);
	assert_false(s.remote);
	kind = 0x6969;
	made_file(l->made, "a", "one");
	live_start(l, WATCH_AUTO);
	made_file(l->made, "a", "two");
	live_await(l, "/a", "two");
	live_close(l);
	assert_int_equal(l->warnings, 0);
	assert_int_equal(l->site.watch.mode, WATCH_POLL);
}

static uint64_t
signature(const struct live *l)
{
	struct survey s;

	assert_int_equal(survey_take(&s, l->made->root, -1), 0);
	assert_int_equal(s.root.error, 0);
	return s.signature;
}

/* Whatever changes; and the same again when nothing does. */
static void
signatures(void **state)
{
	const struct live *l = *state;
	const struct made *m = l->made;
	uint64_t seen[16];
	size_t n = 0;

	seen[n++] = signature(l);
	made_file(m, "a", "one");
	seen[n++] = signature(l);
	made_file(m, "a", "three");
	seen[n++] = signature(l);
	assert_int_equal(rename(made_path(m, "a"), made_path(m, "b")), 0);
	seen[n++] = signature(l);
	made_directory(m, "d");
	seen[n++] = signature(l);
	assert_int_equal(rename(made_path(m, "b"), made_path(m, "d/b")), 0);
	seen[n++] = signature(l);
	made_link(m, "l", "d/b");
	seen[n++] = signature(l);
	made_remove(m, "l");
	made_link(m, "l", "d/a");
	seen[n++] = signature(l);
	made_file(m, ".h/i", "");
	seen[n++] = signature(l);
	assert_int_equal(chmod(made_path(m, "d/b"), 0600), 0);
	seen[n++] = signature(l);
	assert_int_equal(signature(l), seen[n - 1]);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			assert_true(seen[i] != seen[j]);
}

/* Which files and directories are where counts, not only what there is. */
static void
directories_that_change_places(void **state)
{
	const struct live *l = *state;
	const struct made *m = l->made;
	uint64_t before;

	made_directory(m, "d");
	made_directory(m, "e");
	made_file(m, "d/a", "");
	made_file(m, "e/b", "");
	before = signature(l);
	assert_int_equal(rename(made_path(m, "d"), made_path(m, "f")), 0);
	assert_int_equal(rename(made_path(m, "e"), made_path(m, "d")), 0);
	assert_int_equal(rename(made_path(m, "f"), made_path(m, "e")), 0);
	assert_true(signature(l) != before);
}

/* Deeper than a path that inotify takes. */
static void
too_deep_to_watch(void **state)
{
	struct live *l = *state;
	char name[201];

	memset(name, 'd', 200);
	name[200] = '\0';
	assert_int_equal(chdir(l->made->root), 0);
	for (int i = 0; i < 30; i++) {
		assert_int_equal(mkdir(name, 0777), 0);
		assert_int_equal(chdir(name), 0);
	}
	assert_int_equal(chdir("/"), 0);
	made_file(l->made, "a", "one");
	live_start(l, WATCH_AUTO);
	live_await_warnings(l, 1);
	made_file(l->made, "a", "two");
	live_await(l, "/a", "two");
	live_close(l);
	assert_int_equal(l->site.watch.mode, WATCH_POLL);
}

/* Not before its time; and once more when a file's times have moved on. */
static void
looks_again_after_a_change(void **state)
{
	const struct live *l = *state;
	struct watch w;

	watch_open(&w, l->made->root, WATCH_POLL);
	assert_int_equal(watch_renew(&w), 0);
	made_file(l->made, "a", "one");
	assert_false(watch_look(&w));
	passed += NS_PER_SEC;
	assert_true(watch_look(&w));
	assert_true(watch_quiet(&w));
	passed += NS_PER_SEC;
	assert_false(watch_look(&w));
	passed += NS_PER_SEC + NS_PER_MS;
	assert_true(watch_look(&w));
	passed += 10 * NS_PER_SEC;
	assert_false(watch_look(&w));
	watch_close(&w);
}

/* What cannot be looked at may have changed. */
static void
looks_without_memory(void **state)
{
	const struct live *l = *state;
	struct watch w;

	watch_open(&w, l->made->root, WATCH_POLL);
	assert_int_equal(watch_renew(&w), 0);
	passed += NS_PER_SEC;
	no_memory = true;
	assert_true(watch_look(&w));
	no_memory = false;
	passed += NS_PER_SEC;
	assert_true(watch_look(&w));
	watch_close(&w);
	no_memory = true;
	watch_open(&w, l->made->root, WATCH_AUTO);
	assert_int_equal(watch_renew(&w), ENOMEM);
	no_memory = false;
	assert_int_equal(w.mode, WATCH_POLL);
	watch_close(&w);
}

/* Nothing is lost between two sets of watches, and nothing told twice. */
static void
tells_what_came_since(void **state)
{
	const struct live *l = *state;
	struct watch w;

	watch_open(&w, l->made->root, WATCH_AUTO);
	assert_int_equal(watch_renew(&w), 0);
	assert_false(watch_look(&w));
	assert_true(watch_quiet(&w));
	made_file(l->made, "d/a", "one");
	assert_true(watch_look(&w));
	assert_true(watch_quiet(&w));
	assert_int_equal(watch_renew(&w), 0);
	assert_false(watch_look(&w));
	made_file(l->made, "d/a", "two");
	assert_false(watch_quiet(&w));
	assert_false(watch_look(&w));
	assert_int_equal(access(made_path(l->made, "d/a"), R_OK), 0);
	assert_false(watch_look(&w));
	watch_close(&w);
}

#define LIVE(test) cmocka_unit_test_setup_teardown(test, begin, live_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE(no_instances_left),
		LIVE(no_inotify_at_all),
		LIVE(no_watches_left),
		LIVE(closed_directory),
		LIVE(remote_file_systems),
		LIVE(signatures),
		LIVE(directories_that_change_places),
		LIVE(too_deep_to_watch),
		LIVE(looks_again_after_a_change),
		LIVE(looks_without_memory),
		LIVE(tells_what_came_since),
	};

	return cmocka_run_group_tests_name("site/watch", tests, NULL, NULL);
}
