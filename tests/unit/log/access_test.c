#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "json_check.h"
#include "log/access.h"

#define WALL UINT64_C(1795423578966048123)

static char memory[2 * ACCESS_LINE_MAX]; /* no line may use it all */

static struct span
line_of(const struct access_record *r, enum access_format format,
    const char *name_space)
{
	struct access_style style = { .format = format,
		.name_space = span_of(name_space) };
	struct buf b = buf_over(memory, sizeof(memory));

	access_write(&b, r, &style);
	assert_false(b.overflowed);
	assert_true(b.len <= ACCESS_LINE_MAX);
	assert_true(check_line(buf_span(&b)));
	return buf_span(&b);
}

static void
assert_line(
    const struct access_record *r, enum access_format format, const char *want)
{
	struct span got = line_of(r, format, "my_webserver");

	if (!span_eq(got, span_of(want)))
		fail_msg("got  %.*s\nwant %s", (int)got.len, got.at, want);
}

static bool
contains(struct span s, const char *part)
{
	return memmem(s.at, s.len, part, strlen(part)) != NULL;
}

static struct access_record
simple(void)
{
	return (struct access_record){
		.client_ip = SPAN("172.17.0.1"),
		.line = SPAN("GET /?a=1 HTTP/1.1"),
		.method = SPAN("GET"),
		.path = SPAN("/"),
		.query = SPAN("a=1"),
		.protocol = SPAN("HTTP/1.1"),
		.status = 200,
		.bytes = 163,
		.duration = 123000,
		.wall = WALL,
	};
}

static void
test_golden(void **state)
{
	struct access_record r = simple();

	(void)state;
	assert_line(&r, ACCESS_JSON,
	    "{\"timestamp\": \"2026-11-23T08:46:18.966048Z\", "
	    "\"my_webserver\": {\"client_ip\": \"172.17.0.1\", \"message\": "
	    "\"\\\"GET /?a=1 HTTP/1.1\\\" 200 -\", \"method\": \"GET\", "
	    "\"path\": \"/\", \"query\": \"a=1\", \"protocol\": \"HTTP/1.1\", "
	    "\"status\": 200, \"bytes\": 163, "
	    "\"duration_seconds\": 0.000123}}\n");
	r.user_agent = SPAN("curl/8 \"\xff\"");
	r.referer = SPAN("http://a/\xc3\xa9");
	r.request_id = SPAN("id-1");
	r.trace_id = SPAN("0af7651916cd43dd8448eb211c80319c");
	r.path = SPAN("/\xff\x7f");
	r.query = SPAN("\xfe=\n");
	r.line = SPAN("GET /\xff\x7f?\xfe=\n HTTP/1.1");
	r.aborted = true;
	r.duration = UINT64_C(5000000000);
	assert_line(&r, ACCESS_JSON,
	    "{\"timestamp\": \"2026-11-23T08:46:18.966048Z\", "
	    "\"my_webserver\": {\"client_ip\": \"172.17.0.1\", \"message\": "
	    "\"\\\"GET /%FF\\u007f?%FE=\\n HTTP/1.1\\\" 200 -\", "
	    "\"method\": \"GET\", \"path\": \"/%FF\\u007f\", "
	    "\"query\": \"%FE=\\n\", \"protocol\": \"HTTP/1.1\", "
	    "\"status\": 200, \"bytes\": 163, \"duration_seconds\": 5.0, "
	    "\"user_agent\": \"curl/8 \\\"\xef\xbf\xbd\\\"\", "
	    "\"referer\": \"http://a/\xc3\xa9\", \"request_id\": \"id-1\", "
	    "\"trace_id\": \"0af7651916cd43dd8448eb211c80319c\", "
	    "\"aborted\": true}}\n");
}

static void
test_nothing_known(void **state)
{
	struct access_record r = { .status = 499 };

	(void)state;
	assert_line(&r, ACCESS_JSON,
	    "{\"timestamp\": \"1970-01-01T00:00:00.000000Z\", "
	    "\"my_webserver\": {\"message\": \"\\\"\\\" 499 -\", "
	    "\"status\": 499, \"bytes\": 0, \"duration_seconds\": 0.0}}\n");
}

static void
test_seed(void **state)
{
	struct access_record r = simple();

	(void)state;
	setenv("TZ", "UTC0", 1);
	tzset();
	assert_line(&r, ACCESS_SEED,
	    "{\"timestamp\": \"23/Nov/2026 08:46:18\", "
	    "\"my_webserver\": {\"client_ip\": \"172.17.0.1\", \"message\": "
	    "\"\\\"GET /?a=1 HTTP/1.1\\\" 200 -\"}}\n");
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	assert_true(contains(line_of(&r, ACCESS_SEED, "n"),
	    "{\"timestamp\": \"23/Nov/2026 09:46:18\", \"n\": {"));
	r.wall = 0;
	assert_true(contains(line_of(&r, ACCESS_SEED, "n"),
	    "{\"timestamp\": \"01/Jan/1970 01:00:00\", \"n\": {"));
}

/* Every byte in every value that a client writes, in both formats. */
static void
test_every_byte(void **state)
{
	char value[] = "GET /a HTTP/1.1";
	struct span s = { value, sizeof(value) - 1 };
	struct access_record r = { SPAN("::1"), s, s, s, s, s, s, s, s, s,
		.status = 100 };

	(void)state;
	for (int c = 0; c < 256; c++) {
		value[5] = (char)c;
		line_of(&r, ACCESS_JSON, "my_webserver");
		line_of(&r, ACCESS_SEED, "my_webserver");
	}
}

/* The writer goes on where it was, and latches when it has too little room. */
static void
test_appends(void **state)
{
	struct access_style style = { .format = ACCESS_JSON,
		.name_space = SPAN("n") };
	struct access_record r = simple();
	struct buf b = buf_over(memory, sizeof(memory));
	size_t len;

	(void)state;
	access_write(&b, &r, &style);
	len = b.len;
	access_write(&b, &r, &style);
	assert_int_equal(b.len, 2 * len);
	assert_memory_equal(memory, memory + len, len);
	b = buf_over(memory, 100);
	access_write(&b, &r, &style);
	assert_true(b.overflowed);
	assert_int_equal(b.len, 0);
}

/* What is remembered of a second changes nothing but the cost. */
static void
test_remembers_the_second(void **state)
{
	static const uint64_t second = UINT64_C(1000000000);
	const uint64_t moments[] = { 0, 999999, second - 1, second,
		second + 1000, 0, WALL, WALL / second * second, WALL + second };

	(void)state;
	for (size_t i = 0; i < 2 * sizeof moments / sizeof moments[0]; i++) {
		static struct access_style style[2] = {
			{ .format = ACCESS_JSON, .name_space = SPAN_INIT("n") },
			{ .format = ACCESS_SEED, .name_space = SPAN_INIT("n") },
		};
		static char other[ACCESS_LINE_MAX];
		struct buf b = buf_over(other, sizeof other);
		struct access_record r = simple();

		r.wall = moments[i / 2];
		access_write(&b, &r, &style[i % 2]);
		assert_true(span_eq(
		    buf_span(&b), line_of(&r, style[i % 2].format, "n")));
	}
}

enum { LONG = 9000, FIELDS = 9 };

#define NAME_64 \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* Every combination of values that are far too long. */
static void
long_fields(const char *unit)
{
	static char value[LONG], line[LONG + 16];
	struct span s = { value, LONG };
	size_t len = strlen(unit);

	for (size_t i = 0; i < LONG; i++)
		value[i] = unit[i % len];
	len = (size_t)sprintf(line, "GET /");
	memcpy(line + len, value, LONG);
	len += LONG;
	len += (size_t)sprintf(line + len, " HTTP/1.1");
	for (unsigned set = 1; set < 1u << FIELDS; set++) {
		struct access_record r = simple();
		struct span *const fields[FIELDS] = { &r.line, &r.method,
			&r.path, &r.query, &r.protocol, &r.user_agent,
			&r.referer, &r.request_id, &r.trace_id };
		struct span got;

		r.bytes = r.duration = r.wall = UINT64_MAX;
		r.status = 599;
		r.aborted = true;
		for (unsigned i = 0; i < FIELDS; i++)
			if (set & 1u << i)
				*fields[i] = s;
		if (set & 1)
			r.line = (struct span){ line, len };
		got = line_of(&r, ACCESS_JSON, NAME_64);
		assert_true(got.len > ACCESS_LINE_MAX / 2);
		assert_true(contains(got, "\"message\": \"\\\"GET /"));
		assert_true(contains(got, " HTTP/1.1\\\" 599 -\""));
		assert_true(contains(got, "\xe2\x80\xa6"));
	}
}

static void
test_long(void **state)
{
	static const char *const units[] = { "a", "\"", "\x01", "\xff", " ",
		"\xc3\xa9", "\xf0\x9f\x98\x80", "ab\x01\xffz\xe2\x82\xac\\" };

	(void)state;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		long_fields(units[i]);
}

/* Around the cap, byte by byte: whole while it fits, cut from there on. */
static void
test_limit(void **state)
{
	static char line[ACCESS_LINE_MAX], whole[2 * ACCESS_LINE_MAX];
	struct access_record r = simple();
	size_t fixed = line_of(&r, ACCESS_SEED, "n").len - r.line.len;
	size_t most = ACCESS_LINE_MAX - fixed;

	(void)state;
	for (size_t len = most - 20; len < most + 20; len++) {
		struct span got;

		memset(line, 'x', len);
		memcpy(line, "GET /", 5);
		memcpy(line + len - 9, " HTTP/1.1", 9);
		r.line = (struct span){ line, len };
		snprintf(
		    whole, sizeof(whole), "\"%.*s\\\" 200", (int)len, line);
		got = line_of(&r, ACCESS_SEED, "n");
		assert_int_equal(contains(got, whole), len <= most);
		assert_int_equal(got.len == fixed + len, len <= most);
		assert_false(contains(got, "\xe2\x80\xa6GET"));
		if (len > most)
			assert_true(contains(
			    got, "xxx\xe2\x80\xa6 HTTP/1.1\\\" 200 -\"}}\n"));
	}
}

/* A request line that is not one, too long in other places. */
static void
test_long_malformed(void **state)
{
	static const struct {
		const char *before, *after, *want, *end;
	} cases[] = {
		{ "", "", "\"\\\"xxx", "x\xe2\x80\xa6\\\" 400 -\"" },
		{ "", " ", "\"\\\"xxx", "x\xe2\x80\xa6\\\" 400 -\"" },
		{ " ", "", "\"\\\" xxx", "x\xe2\x80\xa6\\\" 400 -\"" },
		{ "GET ", "", "\"\\\"GET xxx", "x\xe2\x80\xa6\\\" 400 -\"" },
		{ "GET ", " ", "\"\\\"GET xxx", "x\xe2\x80\xa6 \\\" 400 -\"" },
		{ "GET  ", " HTTP/1.1", "\"\\\"GET  xxx",
		    "x\xe2\x80\xa6 HTTP/1.1\\\" 400 -\"" },
		{ "", " / HTTP/1.1", "\"\\\"xxx",
		    "x\xe2\x80\xa6 / HTTP/1.1\\\" 400 -\"" },
		{ "GET / ", "", "\"\\\"GET / xxx",
		    "x\xe2\x80\xa6\\\" 400 -\"" },
		{ "GET /a b ", " c HTTP/1.1", "\"\\\"GET /a b xxx",
		    "x\xe2\x80\xa6 HTTP/1.1\\\" 400 -\"" },
	};
	static char line[2 * ACCESS_LINE_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct access_record r = { .status = 400 };
		struct buf b = buf_over(line, sizeof(line));
		struct span got;

		buf_put(&b, span_of(cases[i].before));
		for (size_t n = 0; n < LONG; n++)
			buf_char(&b, 'x');
		buf_put(&b, span_of(cases[i].after));
		r.line = buf_span(&b);
		got = line_of(&r, ACCESS_JSON, "n");
		assert_true(contains(got, cases[i].want));
		assert_true(contains(got, cases[i].end));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_nothing_known),
		cmocka_unit_test(test_seed),
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_remembers_the_second),
		cmocka_unit_test(test_appends),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_long_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
