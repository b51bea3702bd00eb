#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http/route.h"

struct app {
	int answer;
};

enum { READ = METHOD_GET | METHOD_HEAD };

static const struct app application = { 42 };
static char memory[256];
static struct response res;

static void
first(const struct app *app, const struct request *req, struct response *r)
{
	assert_int_equal(app->answer, 42);
	assert_non_null(req);
	assert_int_equal(r->status, STATUS_OK);
	assert_int_equal(r->body.len, 0);
	response_content(r, SPAN("first"));
}

static void
second(const struct app *app, const struct request *req, struct response *r)
{
	(void)app, (void)req;
	response_content(r, SPAN("second"));
}

static void
endless(const struct app *app, const struct request *req, struct response *r)
{
	(void)app, (void)req;
	while (!r->body.overflowed)
		buf_char(&r->body, 'x');
}

static const struct route few[] = {
	{ "/a", READ, first },
	{ "/a", METHOD_POST, second },
	{ "/b", METHOD_PUT, second },
	{ "/endless", READ, endless },
	{ NULL, 0, NULL },
};
static const struct route any[] = {
	{ "/a", METHOD_POST, first },
	{ NULL, READ, second },
	{ "/b", READ, first },
	{ NULL, 0, NULL },
};

static enum status
ask(const struct route *routes, enum method method, const char *path)
{
	struct request req = { .method = method };

	if (path != NULL)
		req.path = span_of(path);
	response_init(&res, buf_over(memory, sizeof memory), 0);
	route_answer(routes, &application, &req, &res);
	return res.status;
}

static void
assert_body(const char *expected)
{
	assert_int_equal(response_wire(&res), strlen(expected));
	if (res.pieces > 0)
		assert_memory_equal(
		    res.piece[0].at, expected, strlen(expected));
}

static void
the_first_route_of_a_path_answers(void **state)
{
	(void)state;
	assert_int_equal(ask(few, METHOD_GET, "/a"), STATUS_OK);
	assert_body("first");
	assert_int_equal(ask(few, METHOD_PUT, "/b"), STATUS_OK);
	assert_body("second");
	assert_int_equal(ask(any, METHOD_POST, "/a"), STATUS_OK);
	assert_body("first");
	assert_int_equal(ask(any, METHOD_GET, "/b"), STATUS_OK);
	assert_body("second");
	assert_int_equal(ask(any, METHOD_GET, ""), STATUS_OK);
	assert_body("second");
}

static void
the_answer_is_finished(void **state)
{
	(void)state;
	assert_int_equal(ask(few, METHOD_HEAD, "/a"), STATUS_OK);
	assert_body("");
	assert_int_equal(
	    ask(few, METHOD_GET, "/endless"), STATUS_INTERNAL_ERROR);
	assert_int_equal(ask(few, METHOD_HEAD, "/none"), STATUS_NOT_FOUND);
	assert_body("");
}

static void
no_route_is_404_to_who_reads(void **state)
{
	const char *const paths[] = { "/", "/A", "/a/", "/a%20", "a", "",
		NULL };

	(void)state;
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		assert_int_equal(
		    ask(few, METHOD_GET, paths[i]), STATUS_NOT_FOUND);
		assert_int_equal(res.allow, 0);
		assert_true(response_wire(&res) > 0);
	}
	for (unsigned m = METHOD_POST; m <= METHOD_PATCH; m <<= 1) {
		if (m == METHOD_OPTIONS)
			continue;
		assert_int_equal(ask(few, (enum method)m, "/none"),
		    STATUS_METHOD_NOT_ALLOWED);
		assert_int_equal(res.allow, READ | METHOD_OPTIONS);
	}
	assert_int_equal(
	    ask(few, METHOD_CONNECT, NULL), STATUS_METHOD_NOT_ALLOWED);
}

static void
other_methods_are_405(void **state)
{
	(void)state;
	assert_int_equal(
	    ask(few, METHOD_POST, "/a"), STATUS_METHOD_NOT_ALLOWED);
	assert_int_equal(res.allow, READ | METHOD_OPTIONS);
	assert_true(response_wire(&res) > 0);
	assert_int_equal(
	    ask(few, METHOD_HEAD, "/b"), STATUS_METHOD_NOT_ALLOWED);
	assert_int_equal(res.allow, METHOD_PUT | METHOD_OPTIONS);
	assert_body("");
	assert_int_equal(
	    ask(any, METHOD_DELETE, "/c"), STATUS_METHOD_NOT_ALLOWED);
}

static void
options_are_told(void **state)
{
	const struct {
		const struct route *routes;
		const char *path;
		unsigned allow;
	} asked[] = {
		{ few, "/a", READ },
		{ few, "/b", METHOD_PUT },
		{ few, "/none", READ },
		{ few, "*", READ },
		{ any, "*", READ },
		{ any, "/a", METHOD_POST },
	};

	(void)state;
	for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
		assert_int_equal(
		    ask(asked[i].routes, METHOD_OPTIONS, asked[i].path),
		    STATUS_NO_CONTENT);
		assert_int_equal(res.allow, asked[i].allow | METHOD_OPTIONS);
		assert_true(res.no_content);
	}
}

static void
unknown_methods_are_501(void **state)
{
	const char *const paths[] = { "/a", "/b", "/none" };

	(void)state;
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		assert_int_equal(
		    ask(few, METHOD_UNKNOWN, paths[i]), STATUS_NOT_IMPLEMENTED);
		assert_int_equal(
		    ask(any, METHOD_UNKNOWN, paths[i]), STATUS_NOT_IMPLEMENTED);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_route_of_a_path_answers),
		cmocka_unit_test(the_answer_is_finished),
		cmocka_unit_test(no_route_is_404_to_who_reads),
		cmocka_unit_test(other_methods_are_405),
		cmocka_unit_test(options_are_told),
		cmocka_unit_test(unknown_methods_are_501),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
