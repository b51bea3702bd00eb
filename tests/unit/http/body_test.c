#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../guard.h"
#include "http/body.h"

enum { WIRE_MAX = 4 * BODY_MAX };

/* What became of a body. */
struct end {
	enum status status;
	bool done;
	size_t used;
	uint64_t content;
};

static struct body
begun(enum framing framing, uint64_t length)
{
	struct request req = { .framing = framing, .content_length = length };
	struct body b;

	assert_int_equal(body_begin(&b, &req), STATUS_NONE);
	return b;
}

/* Feeds bytes in pieces of at most step, the first one being first long. */
static struct end
feed(struct body b, struct span bytes, size_t first, size_t step)
{
	struct end end = { 0 };
	size_t n = first;

	do {
		struct span piece = span_from(bytes, end.used);
		size_t used = 0;

		piece.len = n < piece.len ? n : piece.len;
		end.status = body_feed(&b, guard_put(piece), &used);
		assert_true(used <= piece.len);
		end.used += used;
		if (!end.status && !b.done)
			assert_int_equal(used, piece.len);
		n = step;
	} while (!end.status && !b.done && end.used < bytes.len);
	end.done = b.done;
	end.content = b.content;
	return end;
}

static void
assert_same(struct end a, struct end b)
{
	assert_int_equal(a.status, b.status);
	assert_int_equal(a.done, b.done);
	assert_int_equal(a.used, b.used);
	assert_int_equal(a.content, b.content);
}

/* What becomes of a chunked body, the same at every split. */
static struct end
chunked(const char *text)
{
	struct body b = begun(FRAMING_CHUNKED, 0);
	struct span bytes = span_of(text);
	struct end end = feed(b, bytes, bytes.len, bytes.len);

	for (size_t cut = 1; cut < bytes.len; cut++)
		assert_same(end, feed(b, bytes, cut, bytes.len));
	assert_same(end, feed(b, bytes, 1, 1));
	return end;
}

static void
no_body_is_done_at_once(void **state)
{
	struct body b = begun(FRAMING_NONE, 0);
	size_t used = 7;

	(void)state;
	assert_true(b.done);
	assert_int_equal(body_feed(&b, SPAN("GET"), &used), STATUS_NONE);
	assert_int_equal(used, 0);
	b = begun(FRAMING_LENGTH, 0);
	assert_true(b.done);
	assert_int_equal(body_feed(&b, SPAN("GET"), &used), STATUS_NONE);
	assert_int_equal(used, 0);
}

static void
a_length_is_kept(void **state)
{
	struct body b = begun(FRAMING_LENGTH, 5);
	struct request req = { .framing = FRAMING_LENGTH };
	struct span bytes = SPAN("12345GET");
	struct end end;

	(void)state;
	for (size_t cut = 1; cut <= bytes.len; cut++) {
		end = feed(b, bytes, cut, bytes.len);
		assert_int_equal(end.status, STATUS_NONE);
		assert_true(end.done);
		assert_int_equal(end.used, 5);
		assert_int_equal(end.content, 5);
	}
	end = feed(b, SPAN("1234"), 1, 1);
	assert_false(end.done);
	req.content_length = BODY_MAX;
	assert_int_equal(body_begin(&b, &req), STATUS_NONE);
	req.content_length = BODY_MAX + 1;
	assert_int_equal(body_begin(&b, &req), STATUS_CONTENT_TOO_LARGE);
	req.content_length = UINT64_MAX;
	assert_int_equal(body_begin(&b, &req), STATUS_CONTENT_TOO_LARGE);
}

static void
chunks_that_are_clean(void **state)
{
	const struct {
		const char *text;
		uint64_t content;
	} good[] = {
		{ "0\r\n\r\n", 0 },
		{ "000\r\n\r\n", 0 },
		{ "5\r\n12345\r\n0\r\n\r\n", 5 },
		{ "1\r\n\n\r\n2\r\n\r\n\r\n0\r\n\r\n", 3 },
		{ "a\r\n0123456789\r\n00B\r\n0123456789a\r\n0\r\n\r\n", 21 },
		{ "1;a\r\n1\r\n0;b=\"c;d\"\r\n\r\n", 1 },
		{ "1 \t;\ta = \"\xff\"\r\n1\r\n0\r\n\r\n", 1 },
		{ "1;a=b ;c;d=\"\\\"\t\\\\\"\t; e =f\r\n1\r\n0\r\n\r\n", 1 },
		{ "1;0=0\r\n1\r\n0;a=\"\";b\r\n\r\n", 1 },
		{ "0\r\nA: b\r\n\r\n", 0 },
		{ "0\r\nA:\r\nx-y:\tc d\xff \r\nContent-Length: 9\r\n\r\n", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		char more[128];
		struct end end = chunked(good[i].text);

		assert_int_equal(end.status, STATUS_NONE);
		assert_true(end.done);
		assert_int_equal(end.used, strlen(good[i].text));
		assert_int_equal(end.content, good[i].content);
		/* the next request is left alone */
		strcpy(more, good[i].text);
		strcat(more, "GET / HTTP/1.1\r\n\r\n");
		assert_same(end, chunked(more));
	}
}

static void
chunks_that_are_not_clean(void **state)
{
	const char *const bad[] = {
		"\r\n",
		"g",
		"-1",
		"+1",
		" 1",
		"0x1",
		";a\r\n",
		"1\n",
		"1\r\r",
		"1\rX",
		"1 \r\n",
		"1 a",
		"1\t\r",
		"1;a\n",
		"1;a\rb",
		"1;\x01",
		"1;\x7f",
		"1a;b\r\r",
		"1;\r",
		"1;;",
		"1; ;",
		"1;=",
		"1;\"a\"",
		"1;a=\r",
		"1;a= ;",
		"1;a==",
		"1;a b",
		"1;a \r",
		"1;a=b \r",
		"1;a=b =",
		"1;a=b/",
		"1;[",
		"1;a=\"\r",
		"1;a=\"\\\r",
		"1;a=\"\x7f",
		"1;a=\"\"b",
		"1;a=\"\"\"",
		"1;a=\"\" \r",
		"1\r\n12",
		"1\r\n1\n",
		"1\r\n1\rX",
		"1\r\n1\r\n\r\n",
		"0\r\n\n",
		"0\r\n\rX",
		"0\r\n:\r\n",
		"0\r\n a: b\r\n",
		"0\r\na b: c\r\n",
		"0\r\na : c\r\n",
		"0\r\na\r\n",
		"0\r\na: b\n",
		"0\r\na: b\rc",
		"0\r\na: \x01",
		"0\r\na: b\r\n c\r\n",
		"0\r\n\xff: b\r\n",
		"0\n\r\n",
		"0\r\n\x7f",
	};
	const char *whole = "1;a\r\n1\r\n0\r\nA: b\r\n\r\n";

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct end end = chunked(bad[i]);

		assert_int_equal(end.status, STATUS_BAD_REQUEST);
		assert_false(end.done);
	}
	for (size_t n = 1; n < strlen(whole); n++) {
		struct end end = feed(
		    begun(FRAMING_CHUNKED, 0), (struct span){ whole, n }, n, n);

		assert_int_equal(end.status, STATUS_NONE);
		assert_false(end.done);
	}
}

static char memory[WIRE_MAX + 64];

/* What becomes of len bytes of memory, in pieces of several sizes. */
static struct end
chunked_memory(size_t len)
{
	struct body b = begun(FRAMING_CHUNKED, 0);
	struct span bytes = { memory, len };
	struct end end = feed(b, bytes, len, len);

	assert_same(end, feed(b, bytes, 1, 1));
	assert_same(end, feed(b, bytes, 3, 4096));
	return end;
}

static void
content_may_have_body_max_bytes(void **state)
{
	size_t n = 7 + BODY_MAX;

	(void)state;
	memset(memory, 'x', sizeof memory);
	memcpy(memory, "10000\r\n", 7);
	memcpy(memory + n, "\r\n0\r\n\r\n", 7);
	assert_true(chunked_memory(n + 7).done);
	memcpy(memory + n, "\r\n1\r\n", 5);
	assert_int_equal(
	    chunked_memory(n + 5).status, STATUS_CONTENT_TOO_LARGE);
	assert_int_equal(chunked("10001").status, STATUS_CONTENT_TOO_LARGE);
	assert_int_equal(chunked("ffffffffffffffffffffffff\r\n").status,
	    STATUS_CONTENT_TOO_LARGE);
	assert_int_equal(chunked("100000000000000000000001\r\n").status,
	    STATUS_CONTENT_TOO_LARGE);
}

static void
the_wire_may_have_four_times_that(void **state)
{
	size_t n = WIRE_MAX - 4;

	(void)state;
	memset(memory, '0', sizeof memory);
	memcpy(memory + n, "\r\n\r\n", 4);
	assert_true(chunked_memory(WIRE_MAX).done);
	assert_int_equal(chunked_memory(WIRE_MAX).used, WIRE_MAX);
	memset(memory, '0', sizeof memory);
	memcpy(memory + n + 1, "\r\n\r\n", 4);
	assert_int_equal(
	    chunked_memory(WIRE_MAX + 1).status, STATUS_CONTENT_TOO_LARGE);
	assert_int_equal(chunked_memory(WIRE_MAX).status, STATUS_NONE);
	/* also within a chunk */
	memcpy(memory + WIRE_MAX - 8, "8\r\n12345678", 11);
	assert_int_equal(
	    chunked_memory(WIRE_MAX + 3).status, STATUS_CONTENT_TOO_LARGE);
	assert_int_equal(chunked_memory(WIRE_MAX + 3).used, WIRE_MAX);
}

static void
trailers_have_the_limits_of_a_head(void **state)
{
	size_t n = 3;

	(void)state;
	memcpy(memory, "0\r\n", 3);
	for (int i = 0; i <= FIELDS_MAX; i++) {
		memcpy(memory + n, "a:\r\n\r\n", 6);
		assert_int_equal(feed(begun(FRAMING_CHUNKED, 0),
				     (struct span){ memory, n + 6 }, n, 1)
				     .status,
		    i < FIELDS_MAX ? STATUS_NONE : STATUS_FIELDS_TOO_LARGE);
		n += 4;
	}
	for (size_t over = 0; over < 2; over++) {
		memset(memory + 3, 'a', HEAD_MAX);
		memcpy(memory + 4, ":", 1);
		memcpy(memory + 3 + HEAD_MAX - 1 + over, "\r\n\r\n", 4);
		assert_int_equal(
		    chunked_memory(3 + HEAD_MAX - 1 + over + 4).status,
		    over ? STATUS_FIELDS_TOO_LARGE : STATUS_NONE);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_body_is_done_at_once),
		cmocka_unit_test(a_length_is_kept),
		cmocka_unit_test(chunks_that_are_clean),
		cmocka_unit_test(chunks_that_are_not_clean),
		cmocka_unit_test(content_may_have_body_max_bytes),
		cmocka_unit_test(the_wire_may_have_four_times_that),
		cmocka_unit_test(trailers_have_the_limits_of_a_head),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
