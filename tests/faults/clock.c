/*
 * clock.c - the wall clock is set back while the server runs: the log's time
 * goes on, Date follows the clock, and durations and timers do not notice.
 */
#include "faults/faults.h"

#include "faults/tables.h"

enum { REQUESTS = 50 };

/* Asks REQUESTS times: no line's timestamp is before that of the line before,
 * which is in last, time goes on, and durations are short ones. */
static void
ask_on(struct server *s, struct client *c, char last[64])
{
	char first[64];

	snprintf(first, sizeof first, "%s", last);
	for (int i = 0; i < REQUESTS; i++) {
		const char *line, *timestamp;

		assert_int_equal(ask(c, GET("/"), NULL), 200);
		line = server_line(s);
		timestamp = json_get(line, "timestamp");
		assert_int_equal(strlen(timestamp), 27);
		assert_true(strcmp(last, timestamp) <= 0);
		snprintf(last, 64, "%s", timestamp);
		assert_true(atof(json_get(line, "duration_seconds")) < 5);
	}
	assert_true(strcmp(first, last) < 0);
}

/* Of an answer's Date, which is in GMT. */
static int
hour(struct client *c)
{
	struct response r;
	const char *colon;

	assert_int_equal(ask(c, GET("/"), &r), 200);
	colon = strchr(field(&r, "Date"), ':');
	assert_non_null(colon);
	return atoi(colon - 2);
}

static void
a_clock_set_back_does_no_harm(void **state)
{
	struct spawn how = { .args = ARGS("--idle-timeout=300ms") };
	struct server *s = faults_start(&how);
	struct client *c = dial(s->page);
	char last[64] = "";
	int before = hour(c), back;

	(void)state;
	server_line(s);
	ask_on(s, c, last);
	inject(0,
	    (struct failing){ "clock_gettime", "realtime", 1, FAULT_ALWAYS },
	    FAULT_BACK);
	ask_on(s, c, last);
	back = (before + 24 - hour(c)) % 24;
	server_line(s);
	assert_true(fault_hits(0) > 0);
	/* an hour may have begun between the two */
	assert_in_range(back, 4, 5);
	ask_on(s, c, last);
	assert_int_equal(hear_end(c), 0); /* timers go on as well */
	inject_nothing();
	c = dial(s->page);
	ask_on(s, c, last);
	assert_int_equal(server_stop(s), 0);
}

int
run_clock_tests(void)
{
	const struct CMUnitTest tests[] = {
		FAULTY(a_clock_set_back_does_no_harm),
	};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
