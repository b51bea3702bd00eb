#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "json_check.h"
#include "log/access.h"

static void
assert_extra(enum access_format format, const struct access_field *fields,
    size_t count, const char *want)
{
	char memory[ACCESS_EXTRA_MAX];
	struct buf b = buf_over(memory, sizeof memory);
	struct access_style style = { .format = format,
		.name_space = SPAN("n") };

	access_extra(&b, &style, SPAN("1.0"), fields, count);
	assert_false(b.overflowed);
	if (!span_eq(buf_span(&b), span_of(want)))
		fail_msg("got %.*s", (int)b.len, memory);
}

#define ECS                                                          \
	", \"ecs.version\": \"8.11.0\", \"event.kind\": \"event\", " \
	"\"event.category\": [\"web\"], \"event.dataset\": "         \
	"\"n.access\", \"service.name\": \"n\", \"service.type\": "  \
	"\"my_webserver\", \"service.version\": \"1.0\""

/* Where each format has them. */
static void
test_fields(void **state)
{
	static const struct access_field some[] = {
		{ SPAN_INIT("empty"), SPAN_INIT("") },
		{ SPAN_INIT("pod"), SPAN_INIT("a\"\x01\xff") },
		{ SPAN_INIT("k.b"), SPAN_INIT("c") },
	};

	(void)state;
	assert_extra(ACCESS_JSON, some, 3,
	    ", \"pod\": \"a\\\"\\u0001\xef\xbf\xbd\", \"k.b\": \"c\"");
	assert_extra(ACCESS_ECS, some, 3,
	    ECS ", \"labels.pod\": \"a\\\"\\u0001\xef\xbf\xbd\", "
		"\"k.b\": \"c\"");
	assert_extra(ACCESS_GCP, some, 3,
	    ", \"logging.googleapis.com/labels\": "
	    "{\"pod\": \"a\\\"\\u0001\xef\xbf\xbd\", \"k.b\": \"c\"}");
	assert_extra(ACCESS_SEED, some, 3, "");
	assert_extra(ACCESS_PRETTY, some, 3, "");
}

static void
test_no_fields(void **state)
{
	static const struct access_field empty[] = { { SPAN_INIT("e"),
	    SPAN_INIT("") } };

	(void)state;
	assert_extra(ACCESS_JSON, NULL, 0, "");
	assert_extra(ACCESS_GCP, NULL, 0, "");
	assert_extra(ACCESS_JSON, empty, 1, "");
	assert_extra(ACCESS_GCP, empty, 1, "");
	assert_extra(ACCESS_ECS, empty, 1, ECS);
}

static void
test_too_much(void **state)
{
	static char value[ACCESS_EXTRA_MAX], memory[2 * ACCESS_EXTRA_MAX];
	struct access_field field = { SPAN("a"), { value, sizeof value } };
	struct access_style style = { .format = ACCESS_JSON };
	struct buf b = buf_over(memory, sizeof memory);

	(void)state;
	memset(value, 'x', sizeof value);
	access_extra(&b, &style, SPAN(""), &field, 1);
	assert_true(b.overflowed);
	assert_int_equal(b.len, 0);
}

static struct span
line_of(enum access_format format, const struct access_header *headers,
    size_t count)
{
	static char memory[ACCESS_LINE_MAX];
	struct buf b = buf_over(memory, sizeof memory);
	struct access_style style = { .format = format,
		.name_space = SPAN("n"),
		.detailed = true,
		.extra = SPAN(", \"pod\": \"p\"") };
	struct access_record r = { .status = 200,
		.aborted = true,
		.headers = headers,
		.header_count = count };

	access_write(&b, &r, &style);
	assert_false(b.overflowed);
	assert_true(format == ACCESS_PRETTY || check_line(buf_span(&b)));
	return buf_span(&b);
}

static bool
ends(struct span s, const char *with)
{
	size_t n = strlen(with);

	return s.len >= n && span_eq(span_from(s, s.len - n), span_of(with));
}

static void
test_headers(void **state)
{
	static const struct access_header some[] = {
		{ SPAN_INIT("header_a"), SPAN_INIT("x\"\xff") },
		{ SPAN_INIT("header_a"), SPAN_INIT("y\x1b") },
		{ SPAN_INIT("header_b"), SPAN_INIT("z") },
	};
	static char value[2 * ACCESS_HEADER_MAX];
	const struct access_header large = { SPAN("header_l"),
		{ value, sizeof value } };
	struct span line;

	(void)state;
	assert_true(ends(line_of(ACCESS_JSON, some, 3),
	    ", \"aborted\": true, "
	    "\"header_a\": \"x\\\"\xef\xbf\xbd, y\\u001b\", "
	    "\"header_b\": \"z\", \"pod\": \"p\"}}\n"));
	assert_true(ends(line_of(ACCESS_JSON, some, 0),
	    ", \"aborted\": true, \"pod\": \"p\"}}\n"));
	assert_true(ends(line_of(ACCESS_ECS, some, 3),
	    ", \"labels.header_a\": \"x\\\"\xef\xbf\xbd, y\\u001b\", "
	    "\"labels.header_b\": \"z\"}\n"));
	assert_true(ends(line_of(ACCESS_GCP, some, 3),
	    ", \"header_b\": \"z\", \"pod\": \"p\"}\n"));
	assert_true(ends(line_of(ACCESS_SEED, some, 3), " 200 -\"}}\n"));
	memset(value, 'v', sizeof value);
	line = line_of(ACCESS_JSON, &large, 1);
	assert_in_range(line.len, ACCESS_HEADER_MAX, ACCESS_HEADER_MAX + 200);
	assert_true(ends(line, "v\xe2\x80\xa6\", \"pod\": \"p\"}}\n"));
}

static void
test_header_keys(void **state)
{
	static const char *const cases[][2] = {
		{ "Host", "header_host" },
		{ "X-Forwarded-Proto", "header_x_forwarded_proto" },
		{ "a.B!9~", "header_a_b_9_" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char memory[64];
		struct buf b = buf_over(memory, sizeof memory);

		access_header_key(&b, span_of(cases[i][0]));
		assert_true(span_eq(buf_span(&b), span_of(cases[i][1])));
	}
}

static void
test_names_taken(void **state)
{
	static const char *const taken[] = { "timestamp", "client_ip", "status",
		"message", "status.code", "user_agent", "user_agent.original",
		"http", "http.request.method", "http.request.x", "event",
		"event.dataset", "level", "log.level", "log", "labels",
		"labels.x", "service.name", "service", "time", "stream", "_p",
		"flag", "time.zone", "header_x", "severity", "httpRequest" },
				 *const free[] = { "pod", "namespace", "node",
					 "kubernetes.pod.name", "timestamps",
					 "statu", "service.environment",
					 "service.node.name",
					 "orchestrator.namespace", "header",
					 "t", "cloud.region", "host.name",
					 "logs" };

	(void)state;
	for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
		if (!access_name_taken(span_of(taken[i])))
			fail_msg("free: %s", taken[i]);
	for (size_t i = 0; i < sizeof free / sizeof free[0]; i++)
		if (access_name_taken(span_of(free[i])))
			fail_msg("taken: %s", free[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_no_fields),
		cmocka_unit_test(test_too_much),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_header_keys),
		cmocka_unit_test(test_names_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
