#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>

struct kept {
	struct kept *next;
	max_align_t memory[];
};

static struct kept *kept;
int harness_first_fd;

/* A number from the environment. */
static int
setting(const char *name, int otherwise)
{
	const char *value = getenv(name);

	return value && *value ? atoi(value) : otherwise;
}

int
wait_ms(void)
{
	return setting("MY_WEBSERVER_WAIT_MS", 10000);
}

bool
emulated(void)
{
	return setting("MY_WEBSERVER_EMULATED", 0) != 0;
}

unsigned
tool_descriptors(void)
{
	return (unsigned)setting("MY_WEBSERVER_FDS", 0);
}

unsigned long
most_descriptors(void)
{
	struct rlimit files;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
	return files.rlim_max - tool_descriptors();
}

int
harness_setup(void **state)
{
	struct rlimit files;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	harness_first_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return harness_first_fd < 0;
}

int
harness_teardown(void **state)
{
	bool ended;

	(void)state;
	ended = servers_end();
	while (kept) {
		struct kept *next = kept->next;

		free(kept);
		kept = next;
	}
	syscall(SYS_close_range, harness_first_fd, ~0U, 0);
	return !ended;
}

void *
keep(size_t size)
{
	struct kept *k = calloc(1, sizeof *k + size);

	assert_non_null(k);
	k->next = kept;
	kept = k;
	return k->memory;
}

char *
keepf(const char *format, ...)
{
	va_list args;
	char *text, *copy;
	int n;

	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	assert_true(n >= 0);
	copy = keep((size_t)n + 1);
	memcpy(copy, text, (size_t)n);
	free(text);
	return copy;
}

int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void
pass_ms(int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	while (nanosleep(&t, &t) < 0 && errno == EINTR)
		;
}

void
await_fd(int fd, short events, const char *what)
{
	struct pollfd p = { fd, events, 0 };
	int n;

	while ((n = poll(&p, 1, WAIT_MS)) < 0 && errno == EINTR)
		;
	if (n == 0)
		fail_msg("%s: nothing within %d ms", what, WAIT_MS);
}
