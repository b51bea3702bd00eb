#include "http/precond.h"

#include "unit/http/asked.h"

#define BEFORE "Sun, 06 Nov 1994 08:49:36 GMT"
#define WHEN   "Sun, 06 Nov 1994 08:49:37 GMT"
#define AFTER  "Sun, 06 Nov 1994 08:49:38 GMT"

enum { MODIFIED = 784111777, NOW = MODIFIED + 100 };

static struct entity
entity_of(const char *tag, int64_t modified)
{
	return (struct entity){ .etag = span_of(tag), .modified = modified };
}

static enum status
check(const char *lines)
{
	struct entity e = entity_of("\"a,b\\\"", MODIFIED);

	return precond_check(asked(lines), &e, NOW);
}

struct row {
	const char *lines;
	enum status status;
};

static void
check_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (check(rows[i].lines) != rows[i].status)
			fail_msg("%s", rows[i].lines);
}
#define CHECK_ROWS(rows) check_rows(rows, sizeof(rows) / sizeof(rows)[0])

#define TAG              "\"a,b\\\""

/* RFC 9110, 13.1.1: strong comparison. */
static void
if_match(void **state)
{
	static const struct row rows[] = {
		{ "", STATUS_NONE },
		{ "If-Catch: \"x\"\r\n", STATUS_NONE },
		{ "If-Match: *\r\n", STATUS_NONE },
		{ "If-Match: \"\xe9\"\t,\t" TAG "\t\r\n", STATUS_NONE },
		{ "If-Match: " TAG "\r\n", STATUS_NONE },
		{ "if-match:" TAG "\r\n", STATUS_NONE },
		{ "If-Match: \"x\", , W/\"y\" ," TAG "\r\n", STATUS_NONE },
		{ "If-Match: \"x\"\r\nIf-Match: " TAG "\r\n", STATUS_NONE },
		{ "If-Match: W/" TAG "\r\n", STATUS_PRECONDITION_FAILED },
		{ "If-Match: \"x\"\r\n", STATUS_PRECONDITION_FAILED },
		{ "If-Match: \"A,B\\\"\r\n", STATUS_PRECONDITION_FAILED },
		{ "If-Match: \"\"\r\n", STATUS_PRECONDITION_FAILED },
		{ "If-Match:\r\n", STATUS_PRECONDITION_FAILED },
		{ "If-Match: a,b\r\n", STATUS_PRECONDITION_FAILED },
		{ "If-Match: " TAG "x\r\n", STATUS_PRECONDITION_FAILED },
		{ "If-Match: \"a,b\\\r\n", STATUS_PRECONDITION_FAILED },
		{ "If-Match: w/" TAG "\r\n", STATUS_PRECONDITION_FAILED },
		{ "If-Match: " TAG ", W/\r\n", STATUS_PRECONDITION_FAILED },
		{ "If-Match: " TAG ", W/x\r\n", STATUS_PRECONDITION_FAILED },
		{ "If-Match: " TAG ", \"\r\n", STATUS_PRECONDITION_FAILED },
		{ "If-Match: \"x y\", " TAG "\r\n",
		    STATUS_PRECONDITION_FAILED },
		/* malformed behind the tag: in the same line, in another */
		{ "If-Match: " TAG ", x\r\n", STATUS_PRECONDITION_FAILED },
		{ "If-Match: " TAG " \"x\"\r\n", STATUS_PRECONDITION_FAILED },
		{ "If-Match: " TAG "\r\nIf-Match: x\r\n",
		    STATUS_PRECONDITION_FAILED },
		{ "If-Match: *, " TAG "\r\n", STATUS_PRECONDITION_FAILED },
		{ "If-Match: *\r\nIf-Match: " TAG "\r\n",
		    STATUS_PRECONDITION_FAILED },
	};

	(void)state;
	CHECK_ROWS(rows);
}

/* 13.1.2: weak comparison. */
static void
if_none_match(void **state)
{
	static const struct row rows[] = {
		{ "If-None-Match: *\r\n", STATUS_NOT_MODIFIED },
		{ "If-None-Match: " TAG "\r\n", STATUS_NOT_MODIFIED },
		{ "If-None-Match: W/" TAG "\r\n", STATUS_NOT_MODIFIED },
		{ "If-None-Match: \"x\", W/" TAG ", \"y\"\r\n",
		    STATUS_NOT_MODIFIED },
		{ "If-None-Match: \"x\"\r\nIf-None-Match: " TAG "\r\n",
		    STATUS_NOT_MODIFIED },
		{ "If-None-Match: \"x\"\r\n", STATUS_NONE },
		{ "If-None-Match:\r\n", STATUS_NONE },
		{ "If-None-Match: nothing\r\n", STATUS_NONE },
		{ "If-None-Match: " TAG ", nothing\r\n", STATUS_NONE },
		{ "If-None-Match: *\r\nIf-None-Match: *\r\n", STATUS_NONE },
		{ "If-None-Match: " TAG " , ,\r\nIf-None-Match:\r\n",
		    STATUS_NOT_MODIFIED },
	};

	(void)state;
	CHECK_ROWS(rows);
}

/* 13.1.3 and 13.1.4: a field that is no date is not there. */
static void
dates(void **state)
{
	static const struct row rows[] = {
		{ "If-Modified-Since: " BEFORE "\r\n", STATUS_NONE },
		{ "If-Modified-Since: " WHEN "\r\n", STATUS_NOT_MODIFIED },
		{ "If-Modified-Since: " AFTER "\r\n", STATUS_NOT_MODIFIED },
		{ "If-Modified-Since: Sunday, 06-Nov-94 08:49:37 GMT\r\n",
		    STATUS_NOT_MODIFIED },
		{ "If-Modified-Since: yesterday\r\n", STATUS_NONE },
		{ "If-Modified-Since:\r\n", STATUS_NONE },
		{ "If-Modified-Since: " WHEN "\r\nIf-Modified-Since: " WHEN
		  "\r\n",
		    STATUS_NONE },
		{ "If-Unmodified-Since: " BEFORE "\r\n",
		    STATUS_PRECONDITION_FAILED },
		{ "If-Unmodified-Since: " WHEN "\r\n", STATUS_NONE },
		{ "If-Unmodified-Since: " AFTER "\r\n", STATUS_NONE },
		{ "If-Unmodified-Since: yesterday\r\n", STATUS_NONE },
		{ "If-Unmodified-Since: Fri, 01 Jan 1960 00:00:00 GMT\r\n",
		    STATUS_PRECONDITION_FAILED },
	};

	(void)state;
	CHECK_ROWS(rows);
}

/* 13.2.2 */
static void
precedence(void **state)
{
	static const struct row rows[] = {
		{ "If-Match: " TAG "\r\nIf-Unmodified-Since: " BEFORE "\r\n",
		    STATUS_NONE },
		{ "If-Unmodified-Since: " AFTER "\r\nIf-Match: \"x\"\r\n",
		    STATUS_PRECONDITION_FAILED },
		{ "If-None-Match: \"x\"\r\nIf-Modified-Since: " AFTER "\r\n",
		    STATUS_NONE },
		{ "If-Modified-Since: " BEFORE "\r\nIf-None-Match: " TAG "\r\n",
		    STATUS_NOT_MODIFIED },
		{ "If-None-Match: " TAG "\r\nIf-Match: \"x\"\r\n",
		    STATUS_PRECONDITION_FAILED },
		{ "If-None-Match: " TAG "\r\nIf-Match: " TAG "\r\n",
		    STATUS_NOT_MODIFIED },
		{ "If-Unmodified-Since: " BEFORE "\r\nIf-None-Match: *\r\n",
		    STATUS_PRECONDITION_FAILED },
		{ "If-Unmodified-Since: " WHEN "\r\nIf-Modified-Since: " WHEN
		  "\r\n",
		    STATUS_NOT_MODIFIED },
	};

	(void)state;
	CHECK_ROWS(rows);
}

static void
without_validators(void **state)
{
	struct entity e = entity_of("", -1);

	(void)state;
	assert_int_equal(
	    precond_check(asked("If-Match: *\r\n"), &e, NOW), STATUS_NONE);
	assert_int_equal(precond_check(asked("If-Match: \"x\"\r\n"), &e, NOW),
	    STATUS_PRECONDITION_FAILED);
	assert_int_equal(
	    precond_check(asked("If-Modified-Since: " AFTER "\r\n"), &e, NOW),
	    STATUS_NONE);
	assert_int_equal(
	    precond_check(
		asked("If-Unmodified-Since: " BEFORE "\r\n"), &e, NOW),
	    STATUS_NONE);
	assert_false(
	    precond_if_range(asked("If-Range: " WHEN "\r\n"), &e, NOW));
	assert_false(precond_if_range(asked("If-Range:\r\n"), &e, NOW));
}

/* 13.1.5: strong comparison alone, and of dates only equality. */
static void
if_range(void **state)
{
	static const struct {
		const char *lines;
		bool counts;
	} rows[] = {
		{ "", true },
		{ "If-Wings: \"x\"\r\n", true },
		{ "If-Range: " TAG "\r\n", true },
		{ "If-Range: W/" TAG "\r\n", false },
		{ "If-Range: \"x\"\r\n", false },
		{ "If-Range: *\r\n", false },
		{ "If-Range:\r\n", false },
		{ "If-Range: " TAG ", \"x\"\r\n", false },
		{ "If-Range: ," TAG "\r\n", false },
		{ "If-Range: " WHEN "\r\n", true },
		{ "If-Range: " BEFORE "\r\n", false },
		{ "If-Range: " AFTER "\r\n", false },
		{ "If-Range: Sun Nov  6 08:49:37 1994\r\n", true },
		{ "If-Range: " TAG "\r\nIf-Range: " TAG "\r\n", false },
	};
	struct entity e = entity_of(TAG, MODIFIED);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (precond_if_range(asked(rows[i].lines), &e, NOW) !=
		    rows[i].counts)
			fail_msg("%s", rows[i].lines);
	/* the second of the change may have seen two versions */
	assert_false(
	    precond_if_range(asked("If-Range: " WHEN "\r\n"), &e, MODIFIED));
	assert_true(precond_if_range(
	    asked("If-Range: " WHEN "\r\n"), &e, MODIFIED + 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(if_match),
		cmocka_unit_test(if_none_match),
		cmocka_unit_test(dates),
		cmocka_unit_test(precedence),
		cmocka_unit_test(without_validators),
		cmocka_unit_test(if_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
