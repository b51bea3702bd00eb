#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http/parse.h"
#include "live.h"

/* Loads that ended so far, by whatever they were caused. */
static _Atomic unsigned loads;

/* So many loads to come find that files come and go all the time. */
static _Atomic unsigned busy_loads;
static const char *busy_file;

struct generation *__real_generation_load(
    const struct tree_options *o, struct generation *const *held, size_t count);
struct generation *__wrap_generation_load(
    const struct tree_options *o, struct generation *const *held, size_t count);
struct generation *
__wrap_generation_load(
    const struct tree_options *o, struct generation *const *held, size_t count)
{
	struct generation *g = __real_generation_load(o, held, count);

	loads++;
	if (count > 0 && busy_loads > 0)
		busy_loads--;
	return g;
}

struct dirent *__real_readdir(DIR *dir);
struct dirent *__wrap_readdir(DIR *dir);
struct dirent *
__wrap_readdir(DIR *dir)
{
	struct dirent *entry = __real_readdir(dir);

	if (busy_loads > 0 && !entry) {
		close(creat(busy_file, 0666));
		unlink(busy_file);
	}
	return entry;
}

/* Too many files are open in the system. */
static _Atomic bool refused;

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int
__wrap_open(const char *path, int flags, ...)
{
	if (refused) {
		errno = ENFILE;
		return -1;
	}
	return __real_open(path, flags, 0666);
}

/* What it takes to start cannot be had. */
static int eventfd_error, thread_error;

int __real_eventfd(unsigned count, int flags);
int __wrap_eventfd(unsigned count, int flags);
int
__wrap_eventfd(unsigned count, int flags)
{
	errno = eventfd_error;
	return eventfd_error ? -1 : __real_eventfd(count, flags);
}

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
    void *(*run)(void *), void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
    void *(*run)(void *), void *argument);
int
__wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
    void *(*run)(void *), void *argument)
{
	return thread_error
	    ? thread_error
	    : __real_pthread_create(thread, attr, run, argument);
}

static int
begin(void **state)
{
	loads = 0;
	busy_loads = 0;
	refused = false;
	eventfd_error = thread_error = 0;
	return live_begin(state);
}

static void
await_loads(unsigned least)
{
	struct patience p = patience("loads");

	while (loads < least)
		patience_wait(&p);
}

/* Each time; but what comes at once is one. */
static void
reload_makes_a_generation(void **state)
{
	struct live *l = *state;

	made_file(l->made, "a", "one");
	live_start(l, WATCH_OFF);
	assert_int_equal(l->loaded, 1);
	assert_int_equal(l->number, 1);
	for (int i = 0; i < 100; i++)
		site_reload(&l->site);
	live_await_loaded(l, 2);
	assert_int_equal(generation_number(site_current(&l->site)), 2);
	assert_true(live_has(site_current(&l->site), "/a", "one"));
	made_file(l->made, "a", "two");
	site_reload(&l->site);
	assert_int_equal(live_await(l, "/a", "two"), 3);
	live_close(l);
	assert_int_equal(loads, 3);
	assert_int_equal(l->loaded, 3);
	assert_int_equal(l->failed, 0);
}

/* One for what changed before there was a watch, and one for each change; they
 * are no generations unless another answer comes from them. */
static void
no_change_is_no_generation(void **state)
{
	struct live *l = *state;

	made_file(l->made, "a", "one");
	made_sized(l->made, "large", TREE_SMALL + 1, 1);
	live_start(l, WATCH_AUTO);
	await_loads(2);
	assert_int_equal(chmod(made_path(l->made, "a"), 0600), 0);
	await_loads(3);
	made_file(l->made, ".hidden", "");
	await_loads(4);
	/* the file would not be taken for the one that was loaded */
	assert_int_equal(chmod(made_path(l->made, "large"), 0600), 0);
	live_await_loaded(l, 2);
	live_close(l);
	assert_int_equal(l->number, 2);
	assert_int_equal(l->loaded, 2);
}

/* Nothing changes when it is over: it is tried again all the same, and that it
 * is over is told. */
static void
a_failure_passes(void **state)
{
	struct live *l = *state;

	made_file(l->made, "a", "one");
	live_start(l, WATCH_AUTO);
	await_loads(2);
	refused = true;
	site_reload(&l->site);
	live_await_failed(l, 1);
	assert_int_equal(l->failed_error, ENFILE);
	assert_true(live_has(site_current(&l->site), "/a", "one"));
	live_await_failed(l, 2);
	assert_int_equal(l->loaded, 1);
	refused = false;
	live_await_loaded(l, 2);
	assert_int_equal(generation_number(site_current(&l->site)), 2);
}

/* The next free descriptor: a leak moves it. */
static int
next_descriptor(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

/* Neither a site nor anything left of it; and one without a loader is served,
 * and ends, all the same. */
static void
what_starting_takes_cannot_be_had(void **state)
{
	struct live *l = *state;
	int before = next_descriptor();

	made_file(l->made, "a", "one");
	eventfd_error = EMFILE;
	assert_int_equal(site_open(&l->site, &l->made->options), -1);
	assert_int_equal(errno, EMFILE);
	eventfd_error = 0;
	assert_int_equal(site_open(&l->site, &l->made->options), 0);
	thread_error = EAGAIN;
	assert_int_equal(site_start(&l->site, WATCH_AUTO), -1);
	assert_int_equal(errno, EAGAIN);
	assert_true(live_has(site_current(&l->site), "/a", "one"));
	site_close(&l->site);
	assert_int_equal(next_descriptor(), before);
}

static void
no_site_without_root(void **state)
{
	struct live *l = *state;
	int before = next_descriptor();

	made_remove(l->made, "index.html");
	assert_int_equal(rmdir(l->made->root), 0);
	assert_int_equal(site_open(&l->site, &l->made->options), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(l->failed, 1);
	assert_int_equal(l->loaded, 0);
	assert_int_equal(next_descriptor(), before);
}

/* The status that path is answered with. */
static enum status
answer(struct live *l, const char *path)
{
	static char head[256], lent[8192];
	struct request req;
	struct response res;
	enum status status;
	int n = snprintf(
	    head, sizeof head, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path);

	assert_int_equal(
	    request_parse((struct span){ head, (size_t)n }, &req), STATUS_NONE);
	response_init(&res, buf_over(lent, sizeof lent), 1800000000);
	site_answer(&l->site, &req, &res);
	response_finish(&res, &req);
	status = res.status;
	response_release(&res);
	return status;
}

/* A file on the disk that is not the one that is known any more is loaded anew,
 * though nobody watches; but once, however often it is asked for. */
static void
a_file_written_to_is_noticed_by_who_asks(void **state)
{
	struct live *l = *state;
	struct patience p = patience("the large file");

	made_sized(l->made, "large", TREE_SMALL + 1, 1);
	live_start(l, WATCH_OFF);
	assert_int_equal(answer(l, "/large"), STATUS_OK);
	assert_int_equal(answer(l, "/none"), STATUS_NOT_FOUND);
	made_sized(l->made, "large", TREE_SMALL + 2, 2);
	assert_int_equal(answer(l, "/large"), STATUS_UNAVAILABLE);
	while (answer(l, "/large") != STATUS_OK)
		patience_wait(&p);
	assert_int_equal(generation_number(site_current(&l->site)), 2);
	live_close(l);
	assert_int_equal(loads, 2);
}

static unsigned
loads_of_a_reload(struct live *l, unsigned busy)
{
	made_file(l->made, "a", "one");
	busy_file = made_path(l->made, ".busy");
	live_start(l, WATCH_OFF);
	busy_loads = busy;
	site_reload(&l->site);
	live_await_loaded(l, 2);
	live_close(l);
	busy_loads = 0;
	assert_int_equal(l->number, 2);
	assert_int_equal(l->failed, 0);
	return loads - 1;
}

/* What may be a mix of before and after is not served, */
static void
mixes_are_not_served(void **state)
{
	assert_int_equal(loads_of_a_reload(*state, 9), 10);
}

/* but whoever never rests does not keep all that is new away. */
static void
restless_directory(void **state)
{
	assert_in_range(loads_of_a_reload(*state, UINT_MAX), 2, 100);
}

static uint64_t
held(struct live *l)
{
	return generation_held(site_current(&l->site));
}

/* All is replaced while an answer is on its way: there is no room for both, but
 * when that has been sent. */
static void
room_is_made_use_of(void **state)
{
	struct live *l = *state;
	struct patience p = patience("what could not be held");
	struct generation *first;

	made_remove(l->made, "index.html");
	made_sized(l->made, "a", 10000, 1);
	l->made->options.memory_limit = 15000;
	live_start(l, WATCH_OFF);
	first = site_current(&l->site);
	assert_in_range(held(l), 10000, 15000);
	generation_take(first);
	made_sized(l->made, "a", 10000, 2);
	site_reload(&l->site);
	live_await_loaded(l, 2);
	assert_int_equal(held(l), 0);
	assert_int_equal(answer(l, "/a"), STATUS_OK);
	generation_drop(first);
	while (held(l) == 0)
		patience_wait(&p);
	assert_in_range(held(l), 10000, 15000);
	live_close(l);
	assert_int_equal(loads, 3);
	assert_int_equal(l->loaded, 3);
}

/* An answer on its way holds its generation; no more than so many. */
static void
slow_clients_hold_loads_up(void **state)
{
	struct live *l = *state;
	struct generation *held[SITE_HELD_MAX];
	char content[16];

	made_file(l->made, "a", "0");
	live_start(l, WATCH_OFF);
	for (unsigned i = 0; i < SITE_HELD_MAX; i++) {
		snprintf(content, sizeof content, "%u", i);
		made_file(l->made, "a", content);
		if (i > 0)
			site_reload(&l->site);
		live_await(l, "/a", content);
		held[i] = site_current(&l->site);
		generation_take(held[i]);
	}
	assert_int_equal(loads, SITE_HELD_MAX);
	site_reload(&l->site);
	live_await_warnings(l, 1);
	assert_int_equal(loads, SITE_HELD_MAX);
	for (unsigned i = 0; i < SITE_HELD_MAX; i++) {
		snprintf(content, sizeof content, "%u", i);
		assert_true(live_has(held[i], "/a", content));
	}
	generation_drop(held[3]);
	live_await_loaded(l, SITE_HELD_MAX + 1);
	for (unsigned i = 0; i < SITE_HELD_MAX; i++)
		if (i != 3)
			generation_drop(held[i]);
	made_file(l->made, "a", "last");
	site_reload(&l->site);
	live_await(l, "/a", "last");
	live_close(l);
	assert_int_equal(l->warnings, 1);
}

/* What was not taken over is replaced: it takes no room. */
static void
nobody_asks(void **state)
{
	struct live *l = *state;

	made_file(l->made, "a", "one");
	live_start(l, WATCH_OFF);
	for (unsigned i = 2; i <= 2 * SITE_HELD_MAX; i++) {
		site_reload(&l->site);
		await_loads(i);
	}
	assert_int_equal(generation_number(l->site.current), 1);
	live_await_loaded(l, 2 * SITE_HELD_MAX);
	live_close(l);
	assert_int_equal(l->warnings, 0);
	assert_int_equal(l->number, 2 * SITE_HELD_MAX);
}

/* Signals are for the loop's thread. */
static void
takes_no_signals(void **state)
{
	struct live *l = *state;
	char line[256];
	unsigned long long blocked = 0;
	char path[64];
	FILE *f;

	live_start(l, WATCH_OFF);
	site_reload(&l->site);
	live_await_loaded(l, 2);
	snprintf(path, sizeof path, "/proc/self/task/%d/status", l->loader);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof line, f))
		sscanf(line, "SigBlk: %llx", &blocked);
	fclose(f);
	assert_true(blocked & (1ull << (SIGTERM - 1)));
	assert_true(blocked & (1ull << (SIGINT - 1)));
	assert_true(blocked & (1ull << (SIGHUP - 1)));
}

#define LIVE(test) cmocka_unit_test_setup_teardown(test, begin, live_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE(reload_makes_a_generation),
		LIVE(no_change_is_no_generation),
		LIVE(a_failure_passes),
		LIVE(what_starting_takes_cannot_be_had),
		LIVE(no_site_without_root),
		LIVE(a_file_written_to_is_noticed_by_who_asks),
		LIVE(mixes_are_not_served),
		LIVE(restless_directory),
		LIVE(room_is_made_use_of),
		LIVE(slow_clients_hold_loads_up),
		LIVE(nobody_asks),
		LIVE(takes_no_signals),
	};

	return cmocka_run_group_tests_name("site/loader", tests, NULL, NULL);
}
