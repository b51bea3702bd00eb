#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/num.h"
#include "metrics/process.h"

static void
reads_everything(void **state)
{
	struct process p;

	(void)state;
	process_read(&p);
	assert_true(p.has_stat && p.has_start);
	assert_true(p.has_open_fds && p.has_max_fds);
	assert_true(p.resident > 100 * 1024);
	assert_true(p.resident % (uint64_t)sysconf(_SC_PAGESIZE) == 0);
	assert_true(p.virtual > p.resident);
}

static uint64_t
used(void)
{
	struct rusage usage;
	uint64_t s, us;

	assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
	s = (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec);
	us = (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
	return s * NS_PER_SEC + us * NS_PER_US;
}

/* In agreement with getrusage(2), but for two ticks that are rounded down. */
static void
reads_cpu_time(void **state)
{
	uint64_t slack = 3 * NS_PER_SEC / (uint64_t)sysconf(_SC_CLK_TCK);
	uint64_t before;
	struct process p;

	(void)state;
	while (used() < 100 * NS_PER_MS)
		continue;
	before = used();
	process_read(&p);
	assert_true(p.cpu + slack >= before);
	assert_true(p.cpu <= used() + slack);
}

static void
reads_memory(void **state)
{
	size_t size = 64 << 20;
	struct process before, after;
	volatile char *memory;

	(void)state;
	process_read(&before);
	memory = malloc(size);
	assert_non_null(memory);
	for (size_t i = 0; i < size; i += 4096)
		memory[i] = 1;
	process_read(&after);
	assert_true(after.virtual >= before.virtual + size / 2);
	assert_true(after.resident >= before.resident + size / 2);
	free((void *)memory);
}

/* This test began a moment ago. */
static void
reads_start_time(void **state)
{
	uint64_t now = (uint64_t)time(NULL) * NS_PER_SEC;
	struct process p, again;

	(void)state;
	process_read(&p);
	assert_true(p.start <= now + 2 * NS_PER_SEC);
	assert_true(p.start + 300 * NS_PER_SEC > now);
	process_read(&again);
	assert_true(p.start == again.start);
}

static void
counts_descriptors(void **state)
{
	enum { MORE = 400 }; /* more than one batch of names */
	int fd[MORE];
	struct process before, after;

	(void)state;
	process_read(&before);
	for (size_t i = 0; i < MORE; i++)
		assert_true((fd[i] = dup(STDERR_FILENO)) >= 0);
	process_read(&after);
	assert_int_equal(after.open_fds, before.open_fds + MORE);
	for (size_t i = 0; i < MORE; i++)
		close(fd[i]);
	process_read(&after);
	assert_int_equal(after.open_fds, before.open_fds);
}

/* Exactly those that fcntl(2) finds open. */
static void
counts_no_descriptor_of_its_own(void **state)
{
	struct process p;
	uint64_t open = 0;

	(void)state;
	for (int fd = 0; fd < 1024; fd++)
		open += fcntl(fd, F_GETFD) >= 0;
	process_read(&p);
	assert_int_equal(p.open_fds, open);
}

static void
reads_the_soft_limit_each_time(void **state)
{
	struct rlimit limit, lower;
	struct process p;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	process_read(&p);
	assert_true(p.max_fds == limit.rlim_cur);
	lower = limit;
	lower.rlim_cur = 100;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &lower), 0);
	process_read(&p);
	assert_int_equal(p.max_fds, 100);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* Without a free descriptor nothing of /proc can be opened. */
static void
says_what_could_not_be_read(void **state)
{
	struct rlimit limit, none;
	struct process p;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	process_read(&p);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_false(p.has_stat || p.has_start || p.has_open_fds);
	assert_true(p.has_max_fds);
	assert_int_equal(p.max_fds, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_everything),
		cmocka_unit_test(reads_cpu_time),
		cmocka_unit_test(reads_memory),
		cmocka_unit_test(reads_start_time),
		cmocka_unit_test(counts_descriptors),
		cmocka_unit_test(counts_no_descriptor_of_its_own),
		cmocka_unit_test(reads_the_soft_limit_each_time),
		cmocka_unit_test(says_what_could_not_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
