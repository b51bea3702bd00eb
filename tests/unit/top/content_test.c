#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "content.h"
#include "unit/log/json_check.h"

static int fds[2];
static struct events events;
static struct metrics metrics;
static struct content content = { &events, &metrics };
static char memory[1 << 16];

static int
set_up(void **state)
{
	(void)state;
	memset(&metrics, 0, sizeof metrics);
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	events_init(&events, fds[1], SPAN("my_webserver"));
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	close(fds[0]);
	close(fds[1]);
	return 0;
}

/* What was said: one line, or nothing. */
static struct span
said(void)
{
	ssize_t n = read(fds[0], memory, sizeof memory - 1);
	struct span line = { memory, n > 0 ? (size_t)n : 0 };

	memory[line.len] = '\0';
	if (line.len > 0)
		assert_true(check_line(line));
	return line;
}

/* A line that ends in these members. */
static void
assert_said(const char *members)
{
	struct span line = said(), end = span_of(members);

	if (line.len < end.len ||
	    !span_eq(span_from(line, line.len - end.len), end))
		fail_msg("got %.*s for %s", (int)line.len, line.at, members);
}

static void
load(uint64_t generation, uint64_t files, uint64_t bytes)
{
	content_tell(&content,
	    &(struct site_note){ .kind = SITE_LOADED,
		.files = files,
		.bytes = bytes,
		.generation = generation,
		.duration = 1500 * NS_PER_MS });
}

static void
assert_metrics(uint64_t files, uint64_t bytes, uint64_t generation)
{
	assert_int_equal(metric_get(&metrics.content_files), files);
	assert_int_equal(metric_get(&metrics.content_bytes), bytes);
	assert_int_equal(metric_get(&metrics.content_generation), generation);
}

static void
the_first_load_is_told_with_listening(void **state)
{
	struct event ev;

	(void)state;
	event_begin(&ev, &events, EVENT_INFO, "listening");
	content_listening(&ev, &metrics);
	event_end(&ev);
	assert_said("\"event\": \"listening\"}}\n");
	load(1, 3, 4096);
	assert_int_equal(said().len, 0);
	assert_metrics(3, 4096, 1);
	event_begin(&ev, &events, EVENT_INFO, "listening");
	content_listening(&ev, &metrics);
	event_end(&ev);
	assert_said("\"event\": \"listening\", \"files\": 3, "
		    "\"bytes\": 4096}}\n");
}

/* An empty directory is content, too. */
static void
nothing_loaded_is_told(void **state)
{
	struct event ev;

	(void)state;
	load(1, 0, 0);
	event_begin(&ev, &events, EVENT_INFO, "listening");
	content_listening(&ev, &metrics);
	event_end(&ev);
	assert_said("\"listening\", \"files\": 0, \"bytes\": 0}}\n");
}

static void
later_loads_are_events(void **state)
{
	(void)state;
	load(1, 3, 4096);
	load(2, 4, 5000);
	assert_said("{\"level\": \"info\", \"event\": \"content loaded\", "
		    "\"generation\": 2, \"files\": 4, \"bytes\": 5000, "
		    "\"duration_seconds\": 1.5}}\n");
	assert_metrics(4, 5000, 2);
	assert_int_equal(metric_get(&metrics.content_failures), 0);
}

static void
failures(void **state)
{
	struct site_note note = { .kind = SITE_FAILED,
		.what = "cannot open root",
		.path = SPAN("/srv") };

	(void)state;
	content_tell(&content, &note);
	assert_said("{\"level\": \"error\", \"event\": \"cannot load "
		    "content\", \"reason\": \"cannot open root\", \"path\": "
		    "\"/srv\"}}\n");
	assert_int_equal(metric_get(&metrics.content_failures), 0);
	load(1, 3, 4096);
	note.error = ENOMEM;
	content_tell(&content, &note);
	assert_true(strstr(said().at,
			"{\"level\": \"error\", \"event\": "
			"\"reload failed\", \"reason\": "
			"\"cannot open root\", \"path\": "
			"\"/srv\", \"error\": \"") != NULL);
	assert_true(strstr(memory, strerror(ENOMEM)) != NULL);
	assert_int_equal(metric_get(&metrics.content_failures), 1);
	assert_metrics(3, 4096, 1);
}

static void
warnings(void **state)
{
	(void)state;
	content_tell(&content,
	    &(struct site_note){ .kind = SITE_WARNING,
		.what = "symbolic link out of root: left out",
		.path = SPAN("a/\xff\n\"b") });
	assert_said("{\"level\": \"warning\", \"event\": \"content warning\", "
		    "\"reason\": \"symbolic link out of root: left out\", "
		    "\"path\": \"a/\xef\xbf\xbd\\n\\\"b\"}}\n");
	content_tell(&content,
	    &(struct site_note){
		.kind = SITE_WARNING, .what = "more warnings", .files = 12 });
	assert_said("\"reason\": \"more warnings\", \"more\": 12}}\n");
	assert_metrics(0, 0, 0);
}

static void
progress_is_told(void **state)
{
	(void)state;
	content_tell(&content,
	    &(struct site_note){ .kind = SITE_PROGRESS,
		.files = 100,
		.bytes = UINT64_C(5) << 30,
		.duration = NS_PER_SEC });
	assert_said("{\"level\": \"info\", \"event\": \"loading\", "
		    "\"files\": 100, \"bytes\": 5368709120, "
		    "\"duration_seconds\": 1.0}}\n");
	assert_metrics(0, 0, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    the_first_load_is_told_with_listening, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    nothing_loaded_is_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    later_loads_are_events, set_up, tear_down),
		cmocka_unit_test_setup_teardown(failures, set_up, tear_down),
		cmocka_unit_test_setup_teardown(warnings, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    progress_is_told, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
