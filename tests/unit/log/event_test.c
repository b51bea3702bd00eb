#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "json_check.h"
#include "log/event.h"

static char memory[1 << 16];

/* What the pipe holds now. */
static struct span
take(int fd)
{
	ssize_t n;
	size_t len = 0;

	while ((n = read(fd, memory + len, sizeof(memory) - len)) > 0)
		len += (size_t)n;
	return (struct span){ memory, len };
}

static struct events
open_pipe(int fds[2])
{
	struct events e;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	events_init(&e, fds[1], SPAN("my_webserver"));
	assert_false(e.text);
	return e;
}

static void
close_pipe(const int fds[2])
{
	close(fds[0]);
	close(fds[1]);
}

static bool
contains(struct span s, const char *part)
{
	return memmem(s.at, s.len, part, strlen(part)) != NULL;
}

static void
write_sample(const struct events *e)
{
	struct event ev;

	event_begin(&ev, e, EVENT_WARNING, "accept failed");
	event_str(&ev, "address", SPAN("[::]:8080\x1b\n\xff"));
	event_u64(&ev, "lost", 3);
	event_seconds(&ev, "drain", UINT64_C(2500000000));
	event_errno(&ev, EMFILE);
	event_end(&ev);
}

static void
test_json(void **state)
{
	static const char want[] =
	    "\", \"my_webserver\": {\"level\": \"warning\", "
	    "\"event\": \"accept failed\", "
	    "\"address\": \"[::]:8080\\u001b\\n\xef\xbf\xbd\", \"lost\": 3, "
	    "\"drain_seconds\": 2.5, \"error\": \"";
	const size_t stamp = strlen("{\"timestamp\": \"2026-11-23T08:46:18.9"
				    "66048Z");
	int fds[2];
	struct events e = open_pipe(fds);
	struct span got;
	struct tm t;
	time_t now = time(NULL);

	(void)state;
	write_sample(&e);
	got = take(fds[0]);
	assert_true(check_line(got));
	assert_true(span_starts(got, SPAN("{\"timestamp\": \"2")));
	assert_true(span_starts(span_from(got, stamp), SPAN(want)));
	assert_true(contains(got, strerror(EMFILE)));
	gmtime_r(&now, &t);
	t.tm_mon = atoi(got.at + strlen("{\"timestamp\": \"2026-")) - 1;
	t.tm_mday = atoi(got.at + strlen("{\"timestamp\": \"2026-11-"));
	t.tm_hour = atoi(got.at + strlen("{\"timestamp\": \"2026-11-23T"));
	t.tm_min = atoi(got.at + strlen("{\"timestamp\": \"2026-11-23T08:"));
	assert_true(labs((long)(timegm(&t) - now)) < 120);
	close_pipe(fds);
}

static void
test_levels(void **state)
{
	int fds[2];
	struct events e = open_pipe(fds);
	struct span got;

	(void)state;
	event_note(&e, EVENT_INFO, "start");
	got = take(fds[0]);
	assert_true(check_line(got));
	assert_true(
	    contains(got, "{\"level\": \"info\", \"event\": \"start\"}}"));
	event_note(&e, EVENT_ERROR, "end");
	got = take(fds[0]);
	assert_true(check_line(got));
	assert_true(
	    contains(got, "{\"level\": \"error\", \"event\": \"end\"}}"));
	close_pipe(fds);
}

static void
test_text(void **state)
{
	int fds[2];
	struct events e = open_pipe(fds);
	struct span got;

	(void)state;
	e.text = true;
	write_sample(&e);
	got = take(fds[0]);
	assert_true(span_starts(got,
	    SPAN("warning: accept failed, address=[::]:8080\\u001b\\n"
		 "\xef\xbf\xbd, lost=3, drain_seconds=2.5, error=")));
	assert_int_equal(got.at[got.len - 1], '\n');
	assert_int_equal(span_find(got, '\n'), got.len - 1);
	event_note(&e, EVENT_INFO, "start");
	assert_true(span_eq(take(fds[0]), SPAN("info: start\n")));
	close_pipe(fds);
}

static void
test_terminal(void **state)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave;
	struct events e;

	(void)state;
	if (master < 0 || grantpt(master) || unlockpt(master))
		skip();
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	if (slave < 0)
		skip();
	events_init(&e, slave, SPAN("n"));
	assert_true(e.text);
	fcntl(master, F_SETFL, O_NONBLOCK);
	event_note(&e, EVENT_INFO, "start");
	assert_true(span_starts(take(master), SPAN("info: start")));
	close(slave);
	close(master);
}

/* Values of any length, one after the other: always one whole line. */
static void
test_long(void **state)
{
	static const char *const units[] = { "a", "\"", "\x01", "\xff",
		"\xf0\x9f\x98\x80" };
	static char value[6000];
	int fds[2];
	struct events e = open_pipe(fds);

	(void)state;
	for (size_t u = 0; u < sizeof(units) / sizeof(units[0]); u++) {
		for (size_t i = 0; i < sizeof(value); i++)
			value[i] = units[u][i % strlen(units[u])];
		for (size_t len = 0; len <= sizeof(value); len += 13) {
			struct event ev;
			struct span got;

			event_begin(&ev, &e, EVENT_INFO, "x");
			event_str(&ev, "first", (struct span){ value, len });
			event_errno(&ev, EMFILE);
			for (int i = 0; i < 12; i++)
				event_str(
				    &ev, "next", (struct span){ value, len });
			for (int i = 0; i < 20; i++)
				event_u64(&ev, "number", UINT64_MAX);
			event_seconds(&ev, "time", UINT64_MAX);
			event_end(&ev);
			got = take(fds[0]);
			assert_true(check_line(got));
			assert_true(got.len <= 4096);
			assert_true(contains(got, strerror(EMFILE)));
		}
	}
	close_pipe(fds);
}

/* A full pipe is not waited for, and takes whole lines alone. */
static void
test_never_blocks(void **state)
{
	int fds[2];
	struct events e = open_pipe(fds);
	struct span rest;
	size_t lines = 0;

	(void)state;
	fcntl(fds[1], F_SETPIPE_SZ, 4096);
	alarm(20);
	for (int i = 0; i < 1000; i++)
		event_note(&e, EVENT_INFO, "again");
	alarm(0);
	rest = take(fds[0]);
	assert_true(rest.len > 0);
	while (rest.len > 0) {
		size_t end = span_find(rest, '\n') + 1;

		assert_true(check_line((struct span){ rest.at, end }));
		rest = span_from(rest, end);
		lines++;
	}
	assert_true(lines < 100);
	event_note(&e, EVENT_INFO, "later");
	assert_true(contains(take(fds[0]), "later"));
	close(fds[0]);
	event_note(&e, EVENT_INFO, "nobody");
	close(fds[1]);
	event_note(&e, EVENT_INFO, "closed");
}

static void
test_file(void **state)
{
	char path[] = "/tmp/event_test.XXXXXX";
	int fd = mkstemp(path);
	struct events e;

	(void)state;
	unlink(path);
	events_init(&e, fd, SPAN("n"));
	event_note(&e, EVENT_INFO, "one");
	event_note(&e, EVENT_INFO, "two");
	lseek(fd, 0, SEEK_SET);
	assert_true(contains(take(fd), "\"two\"}}\n"));
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_terminal),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_never_blocks),
		cmocka_unit_test(test_file),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
