#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/app.h"

static struct response res;

static void
assert_body(struct span text)
{
	assert_int_equal(res.pieces, 1);
	assert_int_equal(res.piece[0].length, text.len);
	assert_memory_equal(res.piece[0].at, text.at, text.len);
}

/* What a probe reads, before the server is ready, while it is, and when it is
 * on its way to the end. */
static void
ready_follows_the_metrics(void **state)
{
	static const struct {
		unsigned ready, draining;
		enum status status;
		struct span text;
	} rows[] = {
		{ 0, 0, STATUS_UNAVAILABLE, SPAN_INIT("starting") },
		{ 1, 0, STATUS_OK, SPAN_INIT("ok") },
		{ 0, 1, STATUS_UNAVAILABLE, SPAN_INIT("draining") },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct metrics metrics = { 0 };
		struct app app = { .metrics = &metrics };
		struct request req = { 0 };
		char memory[64];

		metric_set(&metrics.ready, rows[i].ready);
		metric_set(&metrics.draining, rows[i].draining);
		response_init(&res, buf_over(memory, sizeof memory), 0);
		health_ready(&app, &req, &res);
		assert_int_equal(res.status, rows[i].status);
		assert_true(res.no_store);
		assert_body(rows[i].text);
		response_init(&res, buf_over(memory, sizeof memory), 0);
		health_live(&app, &req, &res);
		assert_int_equal(res.status, STATUS_OK);
		assert_body(SPAN("ok"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ready_follows_the_metrics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
