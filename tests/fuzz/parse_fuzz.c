/*
 * The request parser: an input is what a client sends. Heads are found the same
 * however they are cut, and judged and understood as the oracle does.
 */
#include <string.h>

#include "fuzz.h"
#include "http/parse.h"
#include "oracle.h"
#include "unit/guard.h"

enum { EVERY_SPLIT = 96, EVERY_BYTE = 1024 };

/* Where a span may point. */
static void
check_inside(struct span s, struct span outer)
{
	if (s.at == NULL || s.len == 0)
		return;
	CHECK(s.at >= outer.at && s.at + s.len <= outer.at + outer.len);
}

static void
check_spans(const struct request *req, struct span head)
{
	check_inside(req->line, head);
	check_inside(req->method_name, req->line);
	check_inside(req->target, req->line);
	check_inside(req->protocol, req->line);
	check_inside(req->authority, head);
	if (!span_eq(req->path, SPAN("/")) && !span_eq(req->path, SPAN("*")))
		check_inside(req->path, req->target);
	check_inside(req->query, req->target);
	CHECK(req->field_count <= FIELDS_MAX);
	for (unsigned i = 0; i < req->field_count; i++) {
		check_inside(req->fields[i].name, head);
		check_inside(req->fields[i].value, head);
	}
}

static void
check_same_span(struct span a, struct span b)
{
	CHECK(span_eq(a, b));
	CHECK((a.at == NULL) == (b.at == NULL));
}

static void
check_same(const struct request *a, const struct request *b)
{
	CHECK(span_eq(a->line, b->line));
	CHECK(span_eq(a->method_name, b->method_name));
	CHECK(span_eq(a->target, b->target));
	CHECK(span_eq(a->protocol, b->protocol));
	CHECK(a->version == b->version);
	check_same_span(a->authority, b->authority);
	check_same_span(a->path, b->path);
	check_same_span(a->query, b->query);
	CHECK(a->framing == b->framing);
	CHECK(a->content_length == b->content_length);
	CHECK(a->keep_alive == b->keep_alive);
	CHECK(a->expect_continue == b->expect_continue);
	CHECK(a->field_count == b->field_count);
	for (unsigned i = 0; i < a->field_count; i++) {
		CHECK(span_eq(a->fields[i].name, b->fields[i].name));
		CHECK(span_eq(a->fields[i].value, b->fields[i].value));
	}
}

/* As a connection does it: each look begins where the last one ended, with one
 * more piece; pieces are step bytes, the first one first. */
static enum head_find
find(struct span bytes, size_t first, size_t step, size_t *length)
{
	size_t scanned = 0, n = first;

	for (;;) {
		struct span piece = { bytes.at, n < bytes.len ? n : bytes.len };
		size_t before = scanned;
		enum head_find found =
		    head_find(guard_put(piece), &scanned, length);

		CHECK(scanned >= before && scanned <= piece.len);
		if (found != HEAD_PARTIAL || piece.len == bytes.len)
			return found;
		n += step;
	}
}

static void
check_find(struct span bytes, enum head_find whole, size_t length)
{
	size_t every = bytes.len <= EVERY_SPLIT ? 1 : 1 + bytes.len / 16;
	size_t got = 0;

	for (size_t cut = 1; cut < bytes.len; cut += every) {
		CHECK(find(bytes, cut, bytes.len, &got) == whole);
		CHECK(whole != HEAD_WHOLE || got == length);
	}
	if (bytes.len > EVERY_BYTE)
		return;
	CHECK(find(bytes, 0, 1, &got) == whole);
	CHECK(whole != HEAD_WHOLE || got == length);
}

static void
check_parse(struct span head)
{
	static struct request req, expected;
	struct span guarded = guard_put(head);
	unsigned faults = oracle_head(guarded, &expected);
	enum status status;

	memset(&req, 0xa5, sizeof req);
	status = request_parse(guarded, &req);
	CHECK(oracle_allows(faults, status));
	check_spans(&req, guarded);
	if (status == STATUS_NONE)
		check_same(&req, &expected);
}

static void
check_salvage(struct span bytes)
{
	static struct request req;
	struct span guarded = guard_put(bytes);
	enum status status;

	memset(&req, 0xa5, sizeof req);
	status = request_salvage(guarded, &req);
	check_spans(&req, guarded);
	CHECK(status ==
	    (req.target.len > TARGET_MAX ? STATUS_URI_TOO_LONG
					 : STATUS_FIELDS_TOO_LARGE));
	CHECK(memchr(req.line.at, '\n', req.line.len) == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span bytes = { (const char *)data, size };
	size_t skip = head_skip(guard_put(bytes)), length = 0, expected = 0;
	enum oracle_found oracle;
	enum head_find found;

	CHECK(skip <= size && skip % 2 == 0);
	for (size_t i = 0; i < skip; i++)
		CHECK(bytes.at[i] == (i % 2 ? '\n' : '\r'));
	bytes = span_from(bytes, skip);
	CHECK(!span_starts(bytes, SPAN("\r\n")));
	found = find(bytes, bytes.len, 1, &length);
	oracle = oracle_find(bytes, &expected);
	CHECK((found == HEAD_PARTIAL) == (oracle == ORACLE_PARTIAL));
	CHECK((found == HEAD_BAD) == (oracle == ORACLE_BAD));
	CHECK((found == HEAD_LARGE) == (oracle == ORACLE_LARGE));
	check_find(bytes, found, length);
	if (found == HEAD_WHOLE) {
		CHECK(length == expected);
		check_parse((struct span){ bytes.at, length });
	}
	if (bytes.len > 0)
		check_salvage(bytes);
	return 0;
}
