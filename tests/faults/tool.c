/*
 * tool.c - what is asked once: probe, --check, and the process metrics of a
 * scrape.
 */
#include "faults/faults.h"

#include <errno.h>

#include "faults/tables.h"

#define PASSES EFFECTS(EAGAIN, EINTR)

enum why { ANSWERED, ERROR, LATE };

static const struct row {
	const char *call, *detail;
	unsigned from;
	const int *only, *but;
	enum why then;
} probe_rows[] = {
	{ "socket", NULL, 1, NULL, NULL, ERROR },
	{ "connect", NULL, 1, NULL, EFFECTS(EINPROGRESS, EINTR), ERROR },
	{ "connect", NULL, 1, EFFECTS(EINPROGRESS, EINTR), NULL, ANSWERED },
	{ "getsockopt", NULL, 1, NULL, NULL, ERROR },
	{ "poll", "stdout", 1, EFFECTS(EINTR), NULL, ANSWERED },
	{ "poll", "stdout", 1, NULL, EFFECTS(EINTR), ERROR },
	{ "send", NULL, 1, EFFECTS(EAGAIN, EINTR, FAULT_SHORT), NULL,
	    ANSWERED },
	{ "send", NULL, 1, NULL, EFFECTS(EAGAIN, EINTR, EPIPE, ECONNRESET),
	    ERROR },
	/* it may have answered before it left: that is waited for */
	{ "send", NULL, 1, EFFECTS(EPIPE, ECONNRESET), NULL, LATE },
	{ "recv", NULL, 1, EFFECTS(EAGAIN, EINTR, FAULT_SHORT), NULL,
	    ANSWERED },
	{ "recv", NULL, 1, NULL, PASSES, ERROR },
	/* the status is known by then */
	{ "recv", NULL, 2, NULL, NULL, ANSWERED },
	{ "close", NULL, 2, NULL, NULL, ANSWERED },
};

/* As a part of a sentence. */
static const char *
lower(const char *text)
{
	char *copy = keepf("%s", text);

	if (copy[0] >= 'A' && copy[0] <= 'Z' && copy[1] >= 'a')
		copy[0] = (char)(copy[0] + ('a' - 'A'));
	return copy;
}

static void
run_probe(struct server *s, const struct row *row, int effect)
{
	const char *url = keepf("http://127.0.0.1:%u/readyz", s->metrics);
	struct failing what = { row->call, row->detail, row->from, 1 };
	const char *name = describe(what, effect), *says = "";
	struct run r;

	/* a connection that is there at once asks no further */
	if (strcmp(row->call, "getsockopt") == 0)
		inject(
		    1, (struct failing){ "connect", NULL, 0, 0 }, EINPROGRESS);
	inject(0, what, effect);
	r = faults_run(&(struct spawn){
	    .args = ARGS(row->then == LATE ? "--probe-timeout=50ms"
					   : "--probe-timeout=9s",
		"probe", url) });
	if (fault_hits(0) != 1)
		fail_msg("%s: failed %u times", name, fault_hits(0));
	inject_nothing();
	if (row->then == ERROR)
		says = keepf(
		    "my_webserver: %s: %s\n", url, lower(strerror(effect)));
	if (row->then == LATE)
		says = keepf("my_webserver: %s: no answer within 50ms\n", url);
	if (r.code != (row->then != ANSWERED) || strcmp(r.err, says) != 0)
		fail_msg("%s: status %d, %s", name, r.code, r.err);
}

static void
probing(void **state)
{
	struct server *s = START_PLAIN();

	(void)state;
	for (size_t i = 0; i < COUNT(probe_rows); i++) {
		const struct row *row = &probe_rows[i];
		const int *e = row_effects(row->call, row->only, row->but);

		for (; *e; e++)
			run_probe(s, row, *e);
	}
	assert_int_equal(server_stop(s), 0);
}

static struct run
check(void)
{
	return faults_run(
	    &(struct spawn){ .args = ARGS("--check", "--listen=127.0.0.1:0",
				 "--metrics-listen=127.0.0.1:0") });
}

static void
checking(void **state)
{
	static const char *const calls[] = { "socket", "setsockopt", "bind",
		"listen", "getsockname" };

	(void)state;
	for (size_t i = 0; i < COUNT(calls); i++) {
		const int *e = row_effects(calls[i], NULL, NULL);

		for (; *e; e++) {
			struct run r;

			inject(0, (struct failing){ calls[i], NULL, 0, 0 }, *e);
			r = check();
			assert_int_equal(r.code, 1);
			assert_string_equal(r.err, "");
			assert_string_equal(r.out,
			    keepf("my_webserver: cannot listen on 127.0.0.1:0: "
				  "%s\n",
				strerror(*e)));
		}
	}
	inject_nothing();
}

/* The status tells it, even if standard output does not. */
static void
checking_on_a_bad_standard_output(void **state)
{
	const char *good = "my_webserver: configuration is good\n";
	const int *e = row_effects("write", NULL, EFFECTS(EINTR));
	const int less[] = { EINTR, FAULT_SHORT, FAULT_HALF };
	struct run r;

	(void)state;
	for (; *e; e++) {
		inject(0, (struct failing){ "write", "stdout", 0, 0 }, *e);
		r = check();
		assert_int_equal(fault_hits(0), 1);
		assert_int_equal(r.code, 0);
		assert_string_equal(r.out, "");
	}
	for (size_t i = 0; i < COUNT(less); i++) {
		inject(0, (struct failing){ "write", "stdout", 0, 0 }, less[i]);
		r = check();
		assert_int_equal(fault_hits(0), 1);
		assert_int_equal(r.code, 0);
		assert_string_equal(r.out, good);
	}
	inject_nothing();
}

#define CPU     "process_cpu_seconds_total"
#define VIRTUAL "process_virtual_memory_bytes"
#define BEGAN   "process_start_time_seconds"
#define FDS     "process_open_fds"
#define MAX     "process_max_fds"

/* What cannot be read is left out, and nothing else is. */
static const struct left_out {
	const char *call, *detail;
	unsigned from;
	const int *only;
	const char *without[4];
} left_out[] = {
	{ "open", "/proc/self/stat", 1, NULL, { CPU, VIRTUAL, BEGAN } },
	{ "open", "/proc/self/statm", 1, NULL, { NULL } },
	{ "open", "/proc/stat", 1, NULL, { BEGAN } },
	{ "open", "/proc/self/fd", 1, NULL, { FDS } },
	{ "read", NULL, 1, NULL, { CPU, VIRTUAL, BEGAN } },
	{ "read", NULL, 1, EFFECTS(FAULT_END, FAULT_SHORT),
	    { CPU, VIRTUAL, BEGAN } },
	{ "read", NULL, 2, NULL, { NULL } },
	{ "read", NULL, 3, NULL, { BEGAN } },
	{ "read", NULL, 3, EFFECTS(FAULT_END), { BEGAN } },
	{ "getdents64", NULL, 1, NULL, { FDS } },
	{ "getdents64", NULL, 2, NULL, { FDS } },
	{ "getrlimit", NULL, 1, NULL, { MAX } },
	{ "close", NULL, 1, NULL, { NULL } },
};

static void
scrape_without(struct server *s, const struct left_out *row, int effect)
{
	static const char *const all[] = { CPU, VIRTUAL, BEGAN, FDS, MAX };
	struct failing what = { row->call, row->detail, row->from, 1 };
	const char *name = describe(what, effect), *text;

	inject(0, what, effect);
	text = scrape(s);
	if (fault_hits(0) != 1)
		fail_msg("%s: failed %u times", name, fault_hits(0));
	inject_nothing();
	for (size_t i = 0; i < COUNT(all); i++) {
		bool there = strstr(text, all[i]) != NULL, out = false;

		for (size_t j = 0; row->without[j]; j++)
			out |= strcmp(row->without[j], all[i]) == 0;
		if (there == out)
			fail_msg("%s: %s is %sthere", name, all[i],
			    there ? "" : "not ");
	}
	assert_non_null(strstr(text, "my_webserver_build_info"));
}

static void
scraping(void **state)
{
	struct server *s = faults_start(&(struct spawn){ 0 });
	unsigned before = descriptors(s);

	(void)state;
	for (size_t i = 0; i < COUNT(left_out); i++) {
		const int *e =
		    row_effects(left_out[i].call, left_out[i].only, NULL);

		for (; *e; e++)
			scrape_without(s, &left_out[i], *e);
	}
	assert_sound(s, 4, before);
	assert_int_equal(server_stop(s), 0);
}

int
run_tool_tests(void)
{
	const struct CMUnitTest tests[] = {
		FAULTY(probing),
		FAULTY(checking),
		FAULTY(checking_on_a_bad_standard_output),
		FAULTY(scraping),
	};

	return cmocka_run_group_tests_name("tool", tests, NULL, NULL);
}
