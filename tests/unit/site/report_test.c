#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/num.h"
#include "site/report.h"

static uint64_t now; /* ns */
static struct site_note told[16];
static size_t count;
static struct report report;

int
__wrap_clock_gettime(clockid_t clock, struct timespec *time)
{
	(void)clock;
	time->tv_sec = (time_t)(now / NS_PER_SEC);
	time->tv_nsec = (long)(now % NS_PER_SEC);
	return 0;
}

static void
keep(void *context, const struct site_note *note)
{
	assert_ptr_equal(context, &count);
	assert_in_range(count, 0, 15);
	told[count++] = *note;
}

static const struct tree_options options = {
	.root = "/srv",
	.tell = keep,
	.context = &count,
};

static int
begin(void **state)
{
	(void)state;
	count = 0;
	now = 5 * NS_PER_SEC;
	report_begin(&report, &options, false);
	return 0;
}

static void
progress(void **state)
{
	(void)state;
	report.files = 7;
	report.bytes = 70;
	now += NS_PER_SEC - 1;
	report_progress(&report);
	assert_int_equal(count, 0);
	now += 1;
	report_progress(&report);
	report_progress(&report);
	assert_int_equal(count, 1);
	assert_int_equal(told[0].kind, SITE_PROGRESS);
	assert_int_equal(told[0].files, 7);
	assert_int_equal(told[0].bytes, 70);
	assert_int_equal(told[0].duration, NS_PER_SEC);
	now += 3 * NS_PER_SEC;
	report_progress(&report);
	assert_int_equal(count, 2);
	now += NS_PER_SEC / 2;
	report_progress(&report);
	assert_int_equal(count, 2);
}

static void
warnings(void **state)
{
	(void)state;
	report_warnings(&report);
	assert_int_equal(count, 0);
	for (int i = 0; i < TREE_WARNINGS_MAX; i++)
		report_warn(&report, "what", SPAN("/path"), i);
	report_warnings(&report);
	assert_int_equal(count, TREE_WARNINGS_MAX);
	for (int i = 0; i < TREE_WARNINGS_MAX; i++) {
		assert_int_equal(told[i].kind, SITE_WARNING);
		assert_int_equal(told[i].error, i);
		assert_int_equal(told[i].files, 0);
		assert_string_equal(told[i].what, "what");
		assert_true(span_eq(told[i].path, SPAN("/path")));
	}
	count = 0;
	report_warn(&report, "what", SPAN("/path"), 0);
	report_warn(&report, "what", SPAN("/path"), 0);
	report_warnings(&report);
	assert_int_equal(count, TREE_WARNINGS_MAX + 1);
	assert_int_equal(told[TREE_WARNINGS_MAX].files, 2);
	report_again(&report);
	count = 0;
	report_warnings(&report);
	assert_int_equal(count, 0);
}

static uint64_t
sum_of(const char *what, const char *path, int error)
{
	struct report r;

	report_begin(&r, &options, false);
	report_warn(&r, what, span_of(path), error);
	return r.sum;
}

/* Whatever their order; and other warnings have another sum. */
static void
sums(void **state)
{
	struct report r;

	(void)state;
	report_warn(&report, "a", SPAN("/x"), 1);
	report_warn(&report, "b", SPAN("/y"), 2);
	report_begin(&r, &options, false);
	report_warn(&r, "b", SPAN("/y"), 2);
	report_warn(&r, "a", SPAN("/x"), 1);
	assert_int_equal(r.sum, report.sum);
	assert_int_not_equal(sum_of("a", "/x", 1), sum_of("b", "/x", 1));
	assert_int_not_equal(sum_of("a", "/x", 1), sum_of("a", "/y", 1));
	assert_int_not_equal(sum_of("a", "/x", 1), sum_of("a", "/x", 2));
}

static void
failure(void **state)
{
	(void)state;
	now += 9;
	report_failed(&report, "no good", ENOTDIR);
	assert_int_equal(count, 1);
	assert_int_equal(told[0].kind, SITE_FAILED);
	assert_int_equal(told[0].error, ENOTDIR);
	assert_int_equal(told[0].duration, 9);
	assert_string_equal(told[0].what, "no good");
	assert_true(span_eq(told[0].path, SPAN("/srv")));
}

static void
what_is_fatal(void **state)
{
	static const int always[] = { EMFILE, ENFILE, ENOMEM };
	static const int again[] = { EIO, ESTALE, ETIMEDOUT };
	static const int never[] = { 0, EACCES, ENOENT, ELOOP, EXDEV };
	struct report later;

	(void)state;
	report_begin(&later, &options, true);
	for (size_t i = 0; i < 3; i++) {
		assert_true(report_is_fatal(&report, always[i]));
		assert_true(report_is_fatal(&later, always[i]));
		assert_false(report_is_fatal(&report, again[i]));
		assert_true(report_is_fatal(&later, again[i]));
	}
	for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
		assert_false(report_is_fatal(&report, never[i]));
		assert_false(report_is_fatal(&later, never[i]));
	}
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(progress),
		TEST(warnings),
		TEST(sums),
		TEST(failure),
		TEST(what_is_fatal),
	};

	return cmocka_run_group_tests_name("site/report", tests, NULL, NULL);
}
