/*
 * The target decoder: the input is taken for a target, behind methods of every
 * kind, for an authority, for something percent-encoded, and for a query.
 */
#include <string.h>

#include "fuzz.h"
#include "http/target.h"
#include "oracle.h"
#include "unit/guard.h"

static const struct {
	struct span name;
	enum method method;
} methods[] = { { SPAN_INIT("GET"), METHOD_GET },
	{ SPAN_INIT("CONNECT"), METHOD_CONNECT },
	{ SPAN_INIT("OPTIONS"), METHOD_OPTIONS },
	{ SPAN_INIT("BREW"), METHOD_UNKNOWN } };

static void
check_span(struct span got, struct span expected)
{
	CHECK(span_eq(got, expected));
	CHECK((got.at == NULL) == (expected.at == NULL));
}

static void
check_target(struct span target, struct span name, enum method method)
{
	struct request req = {
		.method = method, .method_name = name, .target = target
	};
	struct request expected = req;
	unsigned faults = oracle_target(target, name, &expected);
	enum status status = target_parse(&req);

	CHECK(oracle_allows(faults, status));
	if (status)
		return;
	check_span(req.authority, expected.authority);
	check_span(req.path, expected.path);
	check_span(req.query, expected.query);
}

/* %XX as numbers do it: through the value of its text. */
static bool
decode(struct span s, char *to, size_t *len)
{
	static const char hex[] = "0123456789abcdefABCDEF";

	*len = 0;
	for (size_t i = 0; i < s.len; i++) {
		char text[3] = "", *end;

		if (s.at[i] != '%') {
			to[(*len)++] = s.at[i];
			continue;
		}
		if (i + 2 >= s.len || !s.at[i + 1] || !s.at[i + 2] ||
		    !strchr(hex, s.at[i + 1]) || !strchr(hex, s.at[i + 2]))
			return false;
		memcpy(text, s.at + i + 1, 2);
		to[(*len)++] = (char)strtoul(text, &end, 16);
		i += 2;
	}
	return true;
}

static void
check_decode(struct span s)
{
	static char expected[GUARD_ROOM];
	size_t len;
	bool good = decode(s, expected, &len);
	/* what it needs, not a byte more or less; malloc for the sanitizers */
	char *memory = malloc(len + 1);
	struct buf out = buf_over(memory, len);

	CHECK(target_decode(s, &out) == good);
	CHECK(out.len <= len);
	CHECK(memcmp(memory, expected, out.len) == 0);
	CHECK(!good || (out.len == len && !out.overflowed));
	if (len > 0) {
		out = buf_over(memory, len - 1);
		CHECK(!target_decode(s, &out));
		CHECK(out.len <= len - 1);
	}
	free(memory);
}

/* Putting the pairs together again gives the query, but for empty ones. */
static void
check_query(struct span query)
{
	const char *at = query.at, *end = query.at + query.len;
	struct span name, value;

	while (query_next(&query, &name, &value)) {
		while (at < end && *at == '&')
			at++;
		CHECK(name.at == at);
		CHECK(memchr(name.at, '&', name.len) == NULL);
		CHECK(memchr(name.at, '=', name.len) == NULL);
		at += name.len;
		if (value.at != NULL) {
			CHECK(*at == '=' && value.at == at + 1);
			CHECK(!value.len ||
			    memchr(value.at, '&', value.len) == NULL);
			at += 1 + value.len;
		}
		CHECK(name.len > 0 || value.at != NULL);
		CHECK(at == end || *at == '&');
	}
	while (at < end && *at == '&')
		at++;
	CHECK(at == end);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span s = { (const char *)data, size };

	if (size > GUARD_ROOM)
		return 0;
	s = guard_put(s);
	for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
		check_target(s, methods[i].name, methods[i].method);
	CHECK(target_authority(s) == oracle_authority(s));
	check_decode(s);
	check_query(s);
	return 0;
}
