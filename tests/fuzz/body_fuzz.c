/*
 * Body framing: two bytes of the input say how the body is framed and how it is
 * cut into reads, the rest is the body. It ends, or fails, as the oracle says,
 * and at the same byte however it is cut.
 */
#include <string.h>

#include "base/buf.h"
#include "fuzz.h"
#include "http/body.h"
#include "oracle.h"
#include "unit/guard.h"

enum { EVERY_SPLIT = 96, REPEATED = 64 };

struct end {
	enum status status;
	bool done;
	size_t used;
	uint64_t content;
};

/* Feeds bytes in pieces of at most step, the first one being first long. */
static struct end
feed(struct body b, struct span bytes, size_t first, size_t step)
{
	struct end end = { 0 };
	size_t n = first;

	do {
		struct span piece = span_from(bytes, end.used);
		size_t used = SIZE_MAX;

		piece.len = n < piece.len ? n : piece.len;
		end.status = body_feed(&b, guard_put(piece), &used);
		CHECK(used <= piece.len);
		end.used += used;
		/* what is not wanted is left for the next request alone */
		if (!end.status && !b.done)
			CHECK(used == piece.len);
		n = step;
	} while (!end.status && !b.done && end.used < bytes.len);
	end.done = b.done;
	end.content = b.content;
	CHECK(!end.done || !end.status);
	CHECK(b.content <= BODY_MAX && b.content <= end.used);
	return end;
}

static void
check_same(struct end a, struct end b)
{
	CHECK(a.status == b.status);
	CHECK(a.done == b.done);
	CHECK(a.used == b.used);
	CHECK(a.content == b.content);
}

static void
check_body(const struct request *req, struct span bytes, size_t step)
{
	struct oracle_body expected = oracle_body(req, bytes);
	struct body b;
	enum status status;
	struct end end;

	memset(&b, 0xa5, sizeof b);
	status = body_begin(&b, req);
	if (status) {
		CHECK(oracle_allows(expected.faults, status));
		return;
	}
	end = feed(b, bytes, bytes.len, bytes.len);
	CHECK(oracle_allows(expected.faults, end.status));
	CHECK(end.done == expected.done);
	CHECK(end.used == expected.used);
	CHECK(!end.done || end.content == expected.content);
	check_same(end, feed(b, bytes, step, step));
	check_same(end, feed(b, bytes, step, bytes.len));
	if (bytes.len <= EVERY_SPLIT) {
		for (size_t cut = 0; cut <= bytes.len; cut++)
			check_same(end, feed(b, bytes, cut, bytes.len));
		check_same(end, feed(b, bytes, 1, 1));
	}
}

/* The bytes that make the interesting lengths: around the limit as well. */
static uint64_t
length_of(uint8_t c)
{
	static const uint64_t special[] = { BODY_MAX - 1, BODY_MAX,
		BODY_MAX + 1, UINT32_MAX, UINT64_MAX };

	if (c >= 0x80 && c - 0x80 < (int)(sizeof special / sizeof special[0]))
		return special[c - 0x80];
	return c;
}

/* The same over and over, beyond what a body may take on the wire. */
static struct span
repeated(struct span s)
{
	static char memory[5 * BODY_MAX];
	struct buf b = buf_over(memory, sizeof memory);

	while (s.len > 0 && !b.overflowed)
		buf_put(&b, s);
	return buf_span(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct request req = { .version = 11 };
	struct span bytes;
	size_t step;

	if (size < 2)
		return 0;
	bytes = (struct span){ (const char *)data + 2, size - 2 };
	/* 'c': chunked, 'C': and again and again; 'n': none; else a length */
	if (data[0] == 'c' || data[0] == 'C') {
		req.framing = FRAMING_CHUNKED;
	} else if (data[0] != 'n') {
		req.framing = FRAMING_LENGTH;
		req.content_length = length_of(data[0]);
	}
	step = data[1] < 0x80 ? data[1] + 1u : (data[1] - 0x7fu) * 512u;
	if (data[0] == 'C' && size < REPEATED)
		bytes = repeated(bytes);
	check_body(&req, bytes, step);
	return 0;
}
