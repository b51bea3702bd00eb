/*
 * start.c - the way up: what starting needs, fails; then it ends with one event
 * that says what and why, and status 1. What it can do without, may fail.
 */
#include "faults/faults.h"

#include <errno.h>

#include "faults/tables.h"

/* says NULL: it serves. Each call from the first to the calls-th fails alone;
 * calls 0: all of them fail. */
struct row {
	const char *call, *detail;
	unsigned calls;
	const int *only, *but;
	const char *says;
};

static const struct row rows[] = {
	{ "socket", NULL, 2, NULL, NULL, "cannot listen" },
	{ "setsockopt", NULL, 4, NULL, NULL, "cannot listen" },
	{ "bind", NULL, 2, NULL, NULL, "cannot listen" },
	{ "listen", NULL, 2, NULL, NULL, "cannot listen" },
	{ "getsockname", NULL, 2, NULL, NULL, "cannot listen" },
	{ "sigprocmask", NULL, 1, NULL, NULL, "cannot take signals" },
	{ "signal", NULL, 2, NULL, NULL, "cannot take signals" },
	{ "signalfd", NULL, 1, NULL, NULL, "cannot take signals" },
	{ "epoll_create1", NULL, 1, NULL, NULL, "cannot start" },
	{ "epoll_ctl", "ADD", 3, NULL, NULL, "cannot start" },
	{ "mmap", NULL, 10, EFFECTS(ENOMEM), NULL, "cannot start" },
	{ "mmap", NULL, 1, NULL, NULL, "cannot start" },
	/* a pipe is then polled; nobody else's need has to be asked for */
	{ "fstat", NULL, 1, NULL, NULL, NULL },
	{ "isatty", NULL, 1, NULL, NULL, NULL },
	{ "open", "/proc/self/fd/1", 1, NULL, NULL, NULL },
	{ "open", "/dev/null", 1, NULL, NULL, NULL },
	{ "close", NULL, 1, NULL, NULL, NULL },
	/* a clock is chance enough */
	{ "getrandom", NULL, 1, NULL, NULL, NULL },
	{ "getrandom", NULL, 1, EFFECTS(FAULT_HALF), NULL, NULL },
	{ "getrlimit", NULL, 0, NULL, NULL, NULL },
	{ "setrlimit", NULL, 1, NULL, NULL, NULL },
	/* advice, which kernels without huge pages do not take */
	{ "madvise", NULL, 10, EFFECTS(EINVAL), NULL, NULL },
	{ "madvise", NULL, 0, NULL, NULL, NULL },
};

static void
assert_ends(struct failing what, int effect, const char *says)
{
	const char *name = describe(what, effect);
	struct run r;
	const char *error;

	inject(0, what, effect);
	r = faults_run(&(struct spawn){ .args = ARGS("--listen=127.0.0.1:0",
					    "--metrics-listen=127.0.0.1:0") });
	if (fault_hits(0) != 1)
		fail_msg("%s: not called", name);
	if (r.code != 1 || count_lines(r.err) != 1 || *r.out)
		fail_msg("%s: status %d, %s%s", name, r.code, r.out, r.err);
	if (!json_check(r.err, strlen(r.err), NULL, 0))
		fail_msg("%s: not JSON: %s", name, r.err);
	assert_json(r.err, "level", "error");
	assert_json(r.err, "event", says);
	error = json_get(r.err, "error");
	if (!error || strcmp(error, strerror(effect)) != 0)
		fail_msg("%s: says %s", name, r.err);
	if (strcmp(says, "cannot listen") == 0)
		assert_json(r.err, "address", "127.0.0.1:0");
}

static void
assert_serves(struct failing what, int effect)
{
	const char *name = describe(what, effect);
	struct server *s;
	char *line;

	inject(0, what, effect);
	s = faults_start(
	    &(struct spawn){ .args = ARGS("--max-connections=100") });
	if (fault_hits(0) == 0)
		fail_msg("%s: not called", name);
	assert_int_equal(ask_once(s->page, GET("/"), NULL), 200);
	assert_int_equal(probe(s, "/readyz"), 200);
	line = server_line(s);
	assert_json(line, "status", "200");
	if (server_stop(s) != 0)
		fail_msg("%s: status %d", name, s->code);
	if (count_lines(s->err_text.at) != 3)
		fail_msg("%s: says %s", name, s->err_text.at);
}

static void
run_row(const struct row *row)
{
	const int *e = row_effects(row->call, row->only, row->but);

	for (; *e; e++)
		for (unsigned i = 0; i < row->calls + (row->calls == 0); i++) {
			struct failing what = { row->call, row->detail, i + 1,
				row->calls ? 1 : FAULT_ALWAYS };

			if (row->says)
				assert_ends(what, *e, row->says);
			else
				assert_serves(what, *e);
		}
}

static void
what_starting_needs_ends_it_with_a_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].says)
			run_row(&rows[i]);
}

static void
what_starting_can_do_without_is_done_without(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (!rows[i].says)
			run_row(&rows[i]);
}

/* So that a further call does not stay untested. */
static void
starting_makes_the_calls_of_the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct server *s;

		if (row->calls < 1 || !row->says || row->only)
			continue;
		if (strcmp(row->call, "mmap") == 0)
			continue; /* in the row before */
		inject(0, (struct failing){ row->call, row->detail, 0, 0 },
		    FAULT_COUNT);
		s = faults_start(&(struct spawn){ 0 });
		if (fault_calls(0) != row->calls)
			fail_msg("%s is called %u times, not %u", row->call,
			    fault_calls(0), row->calls);
		assert_int_equal(server_stop(s), 0);
	}
}

/* Where /dev/null is missing, too, descriptors 0 to 2 have to be open. */
static void
without_standard_streams_it_does_not_start(void **state)
{
	const int *e = row_effects("fcntl", NULL, NULL);

	(void)state;
	for (; *e; e++)
		for (unsigned i = 1; i <= 3; i++) {
			struct run r;

			inject(0, (struct failing){ "open", "/dev/null", 0, 0 },
			    ENOENT);
			inject(1, (struct failing){ "fcntl", NULL, i, 0 }, *e);
			r = faults_run(&(struct spawn){ 0 });
			assert_int_equal(fault_hits(1), 1);
			assert_int_equal(r.code, 1);
			assert_string_equal(r.err,
			    "my_webserver: descriptors 0 to 2 are not open, "
			    "and there is no /dev/null\n");
		}
	inject_nothing();
}

/* A real limit: too few descriptors for a single client. */
static void
too_few_descriptors_do_not_suffice(void **state)
{
	struct run r = faults_run(&(struct spawn){ .nofile = 12,
	    .args =
		ARGS("--listen=127.0.0.1:0", "--metrics-listen=127.0.0.1:0") });

	(void)state;
	assert_int_equal(r.code, 1);
	assert_int_equal(count_lines(r.err), 1);
	assert_json(
	    r.err, "event", "cannot start: limit on open files too low");
	assert_json(r.err, "limit", "12");
}

/* mmap's error, not that of the advice about memory that was to be had. */
static void
the_error_told_is_the_one_that_mattered(void **state)
{
	(void)state;
	inject(1, (struct failing){ "madvise", NULL, 1, FAULT_ALWAYS }, EINVAL);
	for (unsigned i = 1; i <= 10; i++)
		assert_ends((struct failing){ "mmap", NULL, i, 0 }, ENOMEM,
		    "cannot start");
	inject_nothing();
}

int
run_start_tests(void)
{
	const struct CMUnitTest tests[] = {
		FAULTY(starting_makes_the_calls_of_the_table),
		FAULTY(what_starting_needs_ends_it_with_a_reason),
		FAULTY(what_starting_can_do_without_is_done_without),
		FAULTY(without_standard_streams_it_does_not_start),
		FAULTY(too_few_descriptors_do_not_suffice),
		FAULTY(the_error_told_is_the_one_that_mattered),
	};

	return cmocka_run_group_tests_name("start", tests, NULL, NULL);
}
