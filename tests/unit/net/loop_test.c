#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/num.h"
#include "net/loop.h"

struct fixture {
	struct loop loop;
	int end[2]; /* of a socketpair */
	struct loop_event event[LOOP_BATCH];
};

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;

	assert_non_null(f);
	assert_int_equal(loop_open(&f->loop), 0);
	assert_int_equal(socketpair(AF_UNIX, type, 0, f->end), 0);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	close(f->loop.fd);
	close(f->end[0]);
	close(f->end[1]);
	free(f);
	return 0;
}

static int
poll_now(struct fixture *f)
{
	return loop_wait(&f->loop, f->event, 0, 0);
}

static void
reports_what_is_asked_for(void **state)
{
	struct fixture *f = *state;
	uint64_t tag = UINT64_C(0xfedcba9876543210);

	assert_int_equal(loop_watch(&f->loop, f->end[0], tag, LOOP_READ), 0);
	assert_int_equal(poll_now(f), 0);
	assert_int_equal(write(f->end[1], "x", 1), 1);
	assert_int_equal(poll_now(f), 1);
	assert_true(f->event[0].tag == tag);
	assert_int_equal(f->event[0].ready, LOOP_READ);
	assert_int_equal(poll_now(f), 1); /* level-triggered */

	loop_change(&f->loop, f->end[0], 5, LOOP_READ | LOOP_WRITE);
	assert_int_equal(poll_now(f), 1);
	assert_int_equal(f->event[0].tag, 5);
	assert_int_equal(f->event[0].ready, LOOP_READ | LOOP_WRITE);
	loop_change(&f->loop, f->end[0], 5, LOOP_NOTHING);
	assert_int_equal(poll_now(f), 0);
	loop_change(&f->loop, f->end[0], 5, LOOP_WRITE);
	assert_int_equal(poll_now(f), 1);
	assert_int_equal(f->event[0].ready, LOOP_WRITE);
	loop_forget(&f->loop, f->end[0]);
	assert_int_equal(poll_now(f), 0);
}

static void
a_half_close_is_readable(void **state)
{
	struct fixture *f = *state;

	loop_watch(&f->loop, f->end[0], 1, LOOP_READ);
	shutdown(f->end[1], SHUT_WR);
	assert_int_equal(poll_now(f), 1);
	assert_int_equal(f->event[0].ready, LOOP_READ);
	loop_change(&f->loop, f->end[0], 1, LOOP_NOTHING);
	assert_int_equal(poll_now(f), 0);
}

static void
a_hang_up_is_always_reported(void **state)
{
	struct fixture *f = *state;

	loop_watch(&f->loop, f->end[0], 1, LOOP_NOTHING);
	assert_int_equal(poll_now(f), 0);
	close(f->end[1]);
	assert_int_equal(poll_now(f), 1);
	assert_int_equal(f->event[0].ready, LOOP_BROKEN);
	loop_change(&f->loop, f->end[0], 1, LOOP_READ);
	assert_int_equal(poll_now(f), 1);
	assert_int_equal(f->event[0].ready, LOOP_READ | LOOP_BROKEN);
}

static void
errors_have_errno(void **state)
{
	struct fixture *f = *state;
	char name[] = "/tmp/loop_testXXXXXX";
	int file = mkstemp(name);

	assert_true(file >= 0);
	unlink(name);
	assert_int_equal(loop_watch(&f->loop, file, 1, LOOP_WRITE), -1);
	assert_int_equal(errno, EPERM);
	close(file);
	assert_int_equal(loop_change(&f->loop, f->end[0], 1, LOOP_READ), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(loop_forget(&f->loop, f->end[0]), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(
	    loop_wait(&(struct loop){ f->end[0] }, f->event, 0, 0), -1);
	assert_int_equal(errno, EINVAL);
}

static void
never_wakes_before_the_deadline(void **state)
{
	struct fixture *f = *state;
	const uint64_t waits[] = { 0, 1, NS_PER_MS - 1, NS_PER_MS,
		NS_PER_MS + 1, 7 * NS_PER_MS + 1234 };

	for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++) {
		uint64_t now = clock_monotonic();
		uint64_t deadline = now + waits[i];

		assert_int_equal(
		    loop_wait(&f->loop, f->event, now, deadline), 0);
		assert_true(clock_monotonic() >= deadline);
	}
	/* one in the past is not waited for */
	assert_int_equal(loop_wait(&f->loop, f->event, 10, 5), 0);
}

static void
on_alarm(int number)
{
	(void)number;
}

/* With no deadline only a signal ends it, or far ahead of a far one. */
static void
a_signal_ends_the_wait(void **state)
{
	struct fixture *f = *state;
	const struct sigaction action = { .sa_handler = on_alarm };
	const uint64_t deadlines[] = { CLOCK_NEVER, CLOCK_NEVER - 1 };

	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	for (size_t i = 0; i < 2; i++) {
		uint64_t before = clock_monotonic();

		ualarm(20000, 0);
		assert_int_equal(
		    loop_wait(&f->loop, f->event, before, deadlines[i]), 0);
		assert_true(clock_monotonic() - before >= 19 * NS_PER_MS);
	}
}

static void
a_batch_is_bounded(void **state)
{
	struct fixture *f = *state;
	int copies[LOOP_BATCH + 10];
	size_t n = sizeof copies / sizeof copies[0];

	for (size_t i = 0; i < n; i++) {
		copies[i] = dup(f->end[0]);
		assert_true(copies[i] >= 0);
		assert_int_equal(
		    loop_watch(&f->loop, copies[i], i, LOOP_WRITE), 0);
	}
	assert_int_equal(poll_now(f), LOOP_BATCH);
	for (size_t i = 0; i < n; i++) {
		loop_forget(&f->loop, copies[i]);
		close(copies[i]);
	}
	assert_int_equal(poll_now(f), 0);
}

static void
closes_on_exec(void **state)
{
	struct fixture *f = *state;

	assert_true(fcntl(f->loop.fd, F_GETFD) & FD_CLOEXEC);
}

#define LOOP_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		LOOP_TEST(reports_what_is_asked_for),
		LOOP_TEST(a_half_close_is_readable),
		LOOP_TEST(a_hang_up_is_always_reported),
		LOOP_TEST(errors_have_errno),
		LOOP_TEST(never_wakes_before_the_deadline),
		LOOP_TEST(a_signal_ends_the_wait),
		LOOP_TEST(a_batch_is_bounded),
		LOOP_TEST(closes_on_exec),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
