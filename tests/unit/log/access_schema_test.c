/*
 * Every line of ecs and gcp against the fields that are published for them:
 * their names, types and words, whatever the client sent.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/prng.h"
#include "log/access.h"
#include "schema.h"

static struct members members;

/* Writes the line, and holds it against the list. */
static struct span
assert_schema(const struct access_record *r, struct access_style *style)
{
	static char memory[ACCESS_LINE_MAX];
	struct buf b = buf_over(memory, sizeof memory);
	const struct known *list = style->format == ACCESS_ECS ? ecs : gcp;

	access_write(&b, r, style);
	assert_false(b.overflowed);
	assert_true(check_line(buf_span(&b)));
	if (!members_read(&members, buf_span(&b)))
		fail_msg("not taken apart: %.*s", (int)b.len, memory);
	for (size_t i = 0; i < members.count; i++) {
		const struct member *m = &members.at[i];
		const struct known *k = find(list, m->name);

		if (!k)
			fail_msg("no such field: %s", m->name);
		if (!fits(m, k))
			fail_msg("%s is not of its type: %.*s", m->name,
			    (int)m->value.len, m->value.at);
	}
	return buf_span(&b);
}

static void
assert_member(const char *name, const char *value)
{
	const struct member *m = members_find(&members, name);

	if (!value) {
		if (m)
			fail_msg("there is %s", name);
		return;
	}
	if (!m)
		fail_msg("no %s", name);
	if (!span_eq(m->value, span_of(value)))
		fail_msg("%s is %.*s", name, (int)m->value.len, m->value.at);
}

static struct access_record
simple(void)
{
	return (struct access_record){
		.client_ip = SPAN("2001:db8::1"),
		.line = SPAN("GET /a?b=1 HTTP/1.1"),
		.method = SPAN("GET"),
		.path = SPAN("/a"),
		.query = SPAN("b=1"),
		.protocol = SPAN("HTTP/1.1"),
		.status = 200,
		.bytes = 163,
		.duration = 123000,
		.wall = UINT64_C(1795423578966048123),
		.response_bytes = 400,
	};
}

/* As a parser gives it: parts of one line. */
static struct access_record
parsed(void)
{
	struct access_record r = simple();

	r.method = (struct span){ r.line.at, 3 };
	r.path = (struct span){ r.line.at + 4, 2 };
	r.query = (struct span){ r.line.at + 7, 3 };
	r.protocol = (struct span){ r.line.at + 11, 8 };
	r.user_agent = SPAN("curl/8");
	r.referer = SPAN("http://a/");
	r.request_id = SPAN("id-1");
	r.trace_id = SPAN("0af7651916cd43dd8448eb211c80319c");
	r.client_port = 4711;
	r.request_bytes = 99;
	return r;
}

static const struct access_field fields[] = {
	{ SPAN_INIT("pod"), SPAN_INIT("web-\"1\"") },
	{ SPAN_INIT("empty"), SPAN_INIT("") },
	{ SPAN_INIT("orchestrator.namespace"), SPAN_INIT("shop") },
};

static struct access_style
style_of(enum access_format format)
{
	static char memory[ACCESS_EXTRA_MAX];
	struct buf extra = buf_over(memory, sizeof memory);
	struct access_style style = {
		.format = format, .name_space = SPAN("shop"), .detailed = true
	};

	access_extra(&extra, &style, SPAN("0.9.0"), fields, 3);
	assert_false(extra.overflowed);
	style.extra = buf_span(&extra);
	return style;
}

static void
test_ecs(void **state)
{
	struct access_style style = style_of(ACCESS_ECS);
	struct access_record r = parsed();

	(void)state;
	assert_schema(&r, &style);
	/* their order is a rule of ecs-logging */
	assert_string_equal(members.at[0].name, "@timestamp");
	assert_string_equal(members.at[1].name, "log.level");
	assert_string_equal(members.at[2].name, "message");
	assert_member("@timestamp", "2026-11-23T08:46:18.966048Z");
	assert_member("log.level", "info");
	assert_member("message", "\\\"GET /a?b=1 HTTP/1.1\\\" 200 -");
	assert_member("ecs.version", "8.11.0");
	assert_member("event.kind", "event");
	assert_member("event.category", "\"web\"");
	assert_member("event.type", "\"access\"");
	assert_member("event.outcome", "success");
	assert_member("event.dataset", "shop.access");
	assert_member("event.duration", "123000");
	assert_member("event.reason", NULL);
	assert_member("service.name", "shop");
	assert_member("service.type", "my_webserver");
	assert_member("service.version", "0.9.0");
	assert_member("labels.pod", "web-\\\"1\\\"");
	assert_member("labels.empty", NULL);
	assert_member("orchestrator.namespace", "shop");
	assert_member("client.address", "2001:db8::1");
	assert_member("client.ip", "2001:db8::1");
	assert_member("client.port", "4711");
	assert_member("http.version", "1.1");
	assert_member("http.request.method", "GET");
	assert_member("http.request.bytes", "99");
	assert_member("http.request.id", "id-1");
	assert_member("http.request.referrer", "http://a/");
	assert_member("http.response.status_code", "200");
	assert_member("http.response.body.bytes", "163");
	assert_member("http.response.bytes", "400");
	assert_member("url.original", "/a?b=1");
	assert_member("url.path", "/a");
	assert_member("url.query", "b=1");
	assert_member("user_agent.original", "curl/8");
	assert_member("trace.id", "0af7651916cd43dd8448eb211c80319c");
}

static void
test_gcp(void **state)
{
	struct access_style style = style_of(ACCESS_GCP);
	struct access_record r = parsed();

	(void)state;
	assert_schema(&r, &style);
	assert_member("time", "2026-11-23T08:46:18.966048Z");
	assert_member("severity", "INFO");
	assert_member("message", "\\\"GET /a?b=1 HTTP/1.1\\\" 200 -");
	assert_member("httpRequest.requestMethod", "GET");
	assert_member("httpRequest.requestUrl", "/a?b=1");
	assert_member("httpRequest.requestSize", "99");
	assert_member("httpRequest.status", "200");
	assert_member("httpRequest.responseSize", "400");
	assert_member("httpRequest.userAgent", "curl/8");
	assert_member("httpRequest.remoteIp", "2001:db8::1");
	assert_member("httpRequest.referer", "http://a/");
	assert_member("httpRequest.latency", "0.000123s");
	assert_member("httpRequest.protocol", "HTTP/1.1");
	assert_member(
	    "logging.googleapis.com/trace", "0af7651916cd43dd8448eb211c80319c");
	assert_member("request_id", "id-1");
	assert_member("logging.googleapis.com/labels.pod", "web-\\\"1\\\"");
	assert_member(
	    "logging.googleapis.com/labels.orchestrator.namespace", "shop");
	assert_member("aborted", NULL);
}

/* What a status makes of a line, and an answer that nobody heard. */
static void
test_outcome(void **state)
{
	static const struct {
		unsigned status;
		bool aborted;
		const char *level, *severity, *outcome, *type;
	} cases[] = {
		{ 204, false, "info", "INFO", "success", "\"access\"" },
		{ 399, false, "info", "INFO", "success", "\"access\"" },
		{ 200, true, "info", "INFO", "failure",
		    "\"access\", \"error\"" },
		{ 400, false, "warn", "WARNING", "failure",
		    "\"access\", \"error\"" },
		{ 499, true, "warn", "WARNING", "failure",
		    "\"access\", \"error\"" },
		{ 500, false, "error", "ERROR", "failure",
		    "\"access\", \"error\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct access_style e = style_of(ACCESS_ECS), g;
		struct access_record r = parsed();
		const char *reason = cases[i].aborted ? "aborted" : NULL;

		r.status = cases[i].status;
		r.aborted = cases[i].aborted;
		assert_schema(&r, &e);
		assert_member("log.level", cases[i].level);
		assert_member("event.outcome", cases[i].outcome);
		assert_member("event.type", cases[i].type);
		assert_member("event.reason", reason);
		g = style_of(ACCESS_GCP);
		assert_schema(&r, &g);
		assert_member("severity", cases[i].severity);
		assert_member("aborted", cases[i].aborted ? "" : NULL);
	}
}

/* As little as can be known. */
static void
test_nothing_known(void **state)
{
	struct access_style e = { .format = ACCESS_ECS,
		.name_space = SPAN("n") },
			    g = { .format = ACCESS_GCP,
				    .name_space = SPAN("n") };
	struct access_record r = { .status = 499 };

	(void)state;
	assert_schema(&r, &e);
	assert_int_equal(members.count, 9);
	assert_schema(&r, &g);
	assert_int_equal(members.count, 6);
	/* with only half a line the path is what there is */
	r.line = SPAN("GET /half");
	r.method = (struct span){ r.line.at, 3 };
	r.path = (struct span){ r.line.at + 4, 5 };
	assert_schema(&r, &e);
	assert_member("url.original", "/half");
	r.line = SPAN("GET /half SPDY");
	r.protocol = SPAN("SPDY");
	assert_schema(&r, &e);
	assert_member("url.original", "/half");
	assert_member("http.version", NULL);
}

/* A random span of random bytes, or of the same one. */
static struct span
any_bytes(struct prng *p, char *memory, size_t most)
{
	size_t len = prng_between(p, 0, 3) ? prng_between(p, 0, 40)
					   : prng_between(p, 0, most);
	bool same = prng_between(p, 0, 2) == 0;
	char c = (char)prng_between(p, 0, 255);

	for (size_t i = 0; i < len; i++)
		memory[i] = same ? c : (char)prng_between(p, 0, 255);
	return (struct span){ memory, len };
}

static void
hostile(struct prng *p, struct access_style *style)
{
	static char memory[16][ACCESS_LINE_MAX];
	struct access_header headers[3];
	struct access_record r = simple();
	struct span *const values[] = { &r.line, &r.method, &r.path, &r.query,
		&r.protocol, &r.user_agent, &r.referer, &r.request_id,
		&r.trace_id };

	for (size_t i = 0; i < 9; i++)
		*values[i] = any_bytes(p, memory[i], ACCESS_LINE_MAX);
	for (size_t i = 0; i < 3; i++) {
		headers[i].key = i < 2 ? SPAN("header_a") : SPAN("header_b");
		headers[i].value = any_bytes(p, memory[9 + i], ACCESS_LINE_MAX);
		headers[i].value.len += headers[i].value.len == 0;
	}
	if (prng_between(p, 0, 1)) { /* as a parser would */
		size_t n = r.line.len;

		r.method = (struct span){ r.line.at, n / 4 };
		r.path = (struct span){ r.line.at + n / 4, n / 4 };
		r.protocol = span_from(r.line, n - n / 4);
	}
	r.headers = headers;
	r.header_count = prng_between(p, 0, 3);
	r.status = (unsigned)prng_between(p, 100, 599);
	r.aborted = prng_between(p, 0, 1);
	r.bytes = r.response_bytes = prng_between(p, 0, UINT64_MAX - 1);
	r.request_bytes = r.duration = prng_between(p, 0, UINT64_MAX - 1);
	assert_schema(&r, style);
}

static void
test_hostile(void **state)
{
	struct prng p = { .state = 4711 };

	(void)state;
	for (int i = 0; i < 3000; i++) {
		struct access_style style =
		    style_of(i % 2 ? ACCESS_ECS : ACCESS_GCP);

		hostile(&p, &style);
	}
}

/* The most of everything at once has room, and ends in an ellipsis. */
static void
most(enum access_format format, const char *unit)
{
	static char value[ACCESS_LINE_MAX], extra_memory[ACCESS_EXTRA_MAX];
	static char keys[ACCESS_HEADERS_MAX][64];
	struct access_header headers[2 * ACCESS_HEADERS_MAX];
	struct access_field all[16];
	struct access_style style = { .format = format,
		.name_space = SPAN("0123456789abcdef0123456789abcdef"
				   "0123456789abcdef0123456789abcdef"),
		.detailed = true };
	struct buf extra = buf_over(extra_memory, sizeof extra_memory);
	struct access_record r = simple();
	struct span s = { value, sizeof value };
	struct span *const values[] = { &r.line, &r.method, &r.path, &r.query,
		&r.protocol, &r.user_agent, &r.referer, &r.request_id,
		&r.trace_id };
	static char names[16][8];

	for (size_t i = 0; i < sizeof value; i++)
		value[i] = unit[i % strlen(unit)];
	for (size_t i = 0; i < 9; i++)
		*values[i] = s;
	/* as much as the configuration lets pass: 2048 bytes */
	for (size_t i = 0; i < 16; i++) {
		snprintf(names[i], sizeof names[i], "f%zu", i);
		all[i].name = span_of(names[i]);
		all[i].value =
		    SPAN("0123456789abcdef0123456789abcdef0123456789abcdef"
			 "0123456789abcdef0123456789abcdef0123456789abcdef000");
	}
	access_extra(&extra, &style, SPAN("0.9.0"), all, 16);
	assert_false(extra.overflowed);
	assert_true(extra.len > 1700);
	style.extra = buf_span(&extra);
	for (size_t i = 0; i < 2 * ACCESS_HEADERS_MAX; i++) {
		snprintf(keys[i / 2], sizeof keys[0], "header_%048zu", i / 2);
		headers[i].key = span_of(keys[i / 2]);
		headers[i].value = s;
	}
	r.client_ip = SPAN("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	r.headers = headers;
	r.header_count = 2 * ACCESS_HEADERS_MAX;
	r.aborted = true;
	r.client_port = 65535;
	r.bytes = r.duration = r.wall = UINT64_MAX;
	r.request_bytes = r.response_bytes = UINT64_MAX;
	if (format == ACCESS_ECS || format == ACCESS_GCP) {
		s = assert_schema(&r, &style);
	} else {
		static char line[ACCESS_LINE_MAX];
		struct buf b = buf_over(line, sizeof line);

		access_write(&b, &r, &style);
		assert_false(b.overflowed);
		s = buf_span(&b);
		assert_true(check_line(s));
	}
	assert_true(s.len > ACCESS_LINE_MAX / 2);
	assert_non_null(memmem(s.at, s.len, "\xe2\x80\xa6\"", 4));
}

static void
test_most(void **state)
{
	static const char *const units[] = { "a", "\"", "\x01", "\xff",
		"\xc3\xa9" };
	static const enum access_format formats[] = { ACCESS_JSON, ACCESS_ECS,
		ACCESS_GCP };

	(void)state;
	for (size_t i = 0; i < 15; i++)
		most(formats[i % 3], units[i / 3]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ecs),
		cmocka_unit_test(test_gcp),
		cmocka_unit_test(test_outcome),
		cmocka_unit_test(test_nothing_known),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
