#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "net/signals.h"

static void
tells_of_the_three(void **state)
{
	const int numbers[] = { SIGTERM, SIGINT, SIGHUP };
	int fd = signals_open();
	struct pollfd poller = { fd, POLLIN, 0 };

	(void)state;
	assert_true(fd >= 0);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(signals_read(fd), 0);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(kill(getpid(), numbers[i]), 0);
		assert_int_equal(poll(&poller, 1, 1000), 1);
		assert_int_equal(signals_read(fd), numbers[i]);
		assert_int_equal(signals_read(fd), 0);
	}
	close(fd);
}

static void
a_broken_pipe_does_not_kill(void **state)
{
	int fd = signals_open();
	int ends[2];

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	assert_int_equal(write(ends[1], "x", 1), -1);
	assert_int_equal(signals_read(fd), 0);
	close(ends[1]);
	close(fd);
}

static void
a_file_at_its_limit_does_not_kill(void **state)
{
	int fd = signals_open();

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(raise(SIGXFSZ), 0);
	assert_int_equal(signals_read(fd), 0);
	close(fd);
}

/* As under nohup(1), and as for PID 1: ignored, and yet read. */
static void
ignored_ones_are_read_too(void **state)
{
	int fd;

	(void)state;
	signal(SIGHUP, SIG_IGN);
	fd = signals_open();
	assert_int_equal(kill(getpid(), SIGHUP), 0);
	assert_int_equal(signals_read(fd), SIGHUP);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_of_the_three),
		cmocka_unit_test(a_broken_pipe_does_not_kill),
		cmocka_unit_test(a_file_at_its_limit_does_not_kill),
		cmocka_unit_test(ignored_ones_are_read_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
