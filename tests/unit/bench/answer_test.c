#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "load/answer.h"
#include "unit/guard.h"

/* What is left behind an answer, and must not be touched. */
#define REST "HTTP/1.1 2"

struct sample {
	const char *text;
	unsigned status;
	uint64_t body;
	bool close;
	bool head; /* the request was HEAD */
};

static const struct sample good[] = {
	{ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, 5, 0, 0 },
	{ "HTTP/1.1 200 \r\nContent-Length:0\r\n\r\n", 200, 0, 0, 0 },
	{ "HTTP/1.1 404 Not Found\r\nDate: x\r\ncONTENT-lENGTH: \t3 \t\r\n"
	  "X: \r\n\r\n\r\n\n",
	    404, 3, 0, 0 },
	{ "HTTP/1.1 200 caf\303\251\r\nX-Y: \303\251 \"a\"\r\n"
	  "Content-Length: 1\r\n\r\nx",
	    200, 1, 0, 0 },
	{ "HTTP/1.1 204 No Content\r\n\r\n", 204, 0, 0, 0 },
	{ "HTTP/1.1 304 Not Modified\r\nContent-Length: 900\r\n\r\n", 304, 0, 0,
	    0 },
	{ "HTTP/1.1 304 Not Modified\r\n\r\n", 304, 0, 0, 0 },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n", 200, 0, 0, 1 },
	{ "HTTP/1.1 200 OK\r\n\r\n", 200, 0, 0, 1 },
	{ "HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\n", 404, 0, 0, 1 },
	{ "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: a\r\n\r\n"
	  "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab",
	    200, 2, 0, 0 },
	{ "HTTP/1.1 103 Early\r\nConnection: close\r\n\r\n"
	  "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n",
	    200, 0, 0, 1 },
	{ "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx",
	    200, 1, 1, 0 },
	{ "HTTP/1.1 200 OK\r\nConnection: keep-alive , CLOSE\r\n"
	  "Content-Length: 1\r\n\r\nx",
	    200, 1, 1, 0 },
	{ "HTTP/1.1 200 OK\r\nConnection: closed, x-close\r\n"
	  "Content-Length: 1\r\n\r\nx",
	    200, 1, 0, 0 },
	{ "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, 1, 1, 0 },
	{ "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n"
	  "Content-Length: 1\r\n\r\nx",
	    200, 1, 0, 0 },
	{ "HTTP/1.1 200 OK\r\nA-Field-Name-That-Is-Longer-Than-Any-Known: 1\r\n"
	  "Content-Length-And-More-Than-Twenty: 7\r\n"
	  "Content-Length: 1\r\n\r\nx",
	    200, 1, 0, 0 },
	{ "HTTP/1.1 599 !\r\nContent-Length: 000000000000000000000002\r\n\r\n"
	  "xy",
	    599, 2, 0, 0 },
};

static const char *const bad[] = {
	"HTTP/1.2",
	"HTTP/2",
	"h",
	" ",
	"\r",
	"HTTP/1.1  ",
	"HTTP/1.1 20 ",
	"HTTP/1.1 2000",
	"HTTP/1.1 200\r",
	"HTTP/1.1 099 ",
	"HTTP/1.1 600 ",
	"HTTP/1.1 101 ",
	"HTTP/1.1 200 OK\n",
	"HTTP/1.1 200 O\001",
	"HTTP/1.1 200 OK\r\r",
	"HTTP/1.1 200 OK\r\n\n",
	"HTTP/1.1 200 OK\r\nA: b\n",
	"HTTP/1.1 200 OK\r\nA: b\rc",
	"HTTP/1.1 200 OK\r\nA: \177",
	"HTTP/1.1 200 OK\r\nA ",
	"HTTP/1.1 200 OK\r\n:",
	"HTTP/1.1 200 OK\r\nA\r",
	"HTTP/1.1 200 OK\r\nA: b\r\n ",
	"HTTP/1.1 200 OK\r\nA: b\r\n\t",
	"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r_",
	"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length:",
	"HTTP/1.1 200 OK\r\nContent-Length: 1,",
	"HTTP/1.1 200 OK\r\nContent-Length: 1 1",
	"HTTP/1.1 200 OK\r\nContent-Length: -",
	"HTTP/1.1 200 OK\r\nContent-Length: +",
	"HTTP/1.1 200 OK\r\nContent-Length: 0x",
	"HTTP/1.1 200 OK\r\nContent-Length: \r",
	"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551616",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding:",
	"HTTP/1.1 200 OK\r\nContent-Length: 1\r\ntransfer-encoding:",
	"HTTP/1.1 200 OK\r\n\r\n",
	"HTTP/1.1 204 No\r\nContent-Length: 1\r\n\r\n",
	"HTTP/1.1 100 Continue\r\nContent-Length: 1\r\n\r\n",
};

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* Feeds text in pieces of at most size bytes, each against the guard. */
static enum answer_result
feed(struct answer *a, struct span *text, size_t size)
{
	while (text->len > 0) {
		size_t n = size < text->len ? size : text->len;
		struct span in = guard_put((struct span){ text->at, n });
		enum answer_result result = answer_feed(a, &in);

		*text = span_from(*text, n - in.len);
		if (result != ANSWER_MORE)
			return result;
		assert_int_equal(in.len, 0);
	}
	return ANSWER_MORE;
}

static void
assert_good(const struct sample *s, const struct answer *a,
    enum answer_result result, struct span rest)
{
	if (result != ANSWER_DONE || a->status != s->status ||
	    a->body != s->body || a->close != s->close ||
	    !span_eq(rest, SPAN(REST)))
		fail_msg("%s: %d %u %llu %d, %zu left", s->text, result,
		    a->status, (unsigned long long)a->body, a->close, rest.len);
}

/* At once, byte by byte, and in two pieces cut at every byte. */
static void
good_ones_however_they_come(void **state)
{
	char text[1024];

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct span all = { text,
			(size_t)snprintf(
			    text, sizeof text, "%s" REST, good[i].text) };

		for (size_t size = 1; size <= all.len; size++) {
			struct span rest = all;
			struct answer a;
			enum answer_result result;

			answer_begin(&a, good[i].head);
			assert_true(answer_untouched(&a));
			result = feed(&a, &rest, size);
			assert_false(answer_untouched(&a));
			assert_good(&good[i], &a, result, rest);
		}
		for (size_t cut = 1; cut < all.len - strlen(REST); cut++) {
			struct span first = { text, cut };
			struct span rest = span_from(all, cut);
			struct answer a;

			answer_begin(&a, good[i].head);
			assert_int_equal(feed(&a, &first, cut), ANSWER_MORE);
			assert_good(
			    &good[i], &a, feed(&a, &rest, rest.len), rest);
		}
	}
}

/* The last byte of each is the one that is wrong, and not one before. */
static void
bad_ones_are_seen_at_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		for (size_t size = 1; size <= strlen(bad[i]); size++) {
			struct span text = span_of(bad[i]);
			struct span last = span_from(text, text.len - 1);
			struct answer a;

			text.len--;
			answer_begin(&a, false);
			if (feed(&a, &text, size) != ANSWER_MORE ||
			    feed(&a, &last, 1) != ANSWER_ODD)
				fail_msg("%s: by %zu", bad[i], size);
			assert_non_null(a.why);
		}
}

static void
odd_stays_odd(void **state)
{
	struct span first = SPAN("HTTP/1.1 9");
	struct span more = SPAN("HTTP/1.1 204 No\r\n\r\n");
	struct answer a;

	(void)state;
	answer_begin(&a, false);
	assert_int_equal(feed(&a, &first, 100), ANSWER_MORE);
	assert_int_equal(feed(&a, &more, 100), ANSWER_ODD);
	more = SPAN("HTTP/1.1 204 No\r\n\r\n");
	assert_int_equal(answer_feed(&a, &more), ANSWER_ODD);
}

static void
interrupted_anywhere_is_not_complete(void **state)
{
	struct span whole = span_of(good[0].text);

	(void)state;
	for (size_t n = 0; n < whole.len; n++) {
		struct span in = { whole.at, n };
		struct answer a;

		answer_begin(&a, false);
		assert_int_equal(answer_feed(&a, &in), ANSWER_MORE);
		assert_int_equal(answer_untouched(&a), n == 0);
	}
}

static void
every_byte_that_no_field_may_hold(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		char text[] = "HTTP/1.1 204 No\r\nA: ._\r\n\r\n";
		bool fine = c == '\t' || (c >= ' ' && c != 0x7f);
		struct span in = { text, sizeof text - 1 };
		struct answer a;

		text[20] = (char)c;
		answer_begin(&a, false);
		assert_int_equal(
		    answer_feed(&a, &in), fine ? ANSWER_DONE : ANSWER_ODD);
	}
}

static void
endless_heads_end(void **state)
{
	struct span line =
	    SPAN("X: 0123456789012345678901234567890123456789\r\n");
	struct span begin = SPAN("HTTP/1.1 200 OK\r\n");
	enum answer_result result = ANSWER_MORE;
	size_t fed = 0;
	struct answer a;

	(void)state;
	answer_begin(&a, false);
	assert_int_equal(answer_feed(&a, &begin), ANSWER_MORE);
	while (result == ANSWER_MORE && fed < 2 * ANSWER_HEAD_MAX) {
		struct span in = line;

		result = answer_feed(&a, &in);
		fed += line.len;
	}
	assert_int_equal(result, ANSWER_ODD);
	assert_in_range(
	    fed, ANSWER_HEAD_MAX - line.len, ANSWER_HEAD_MAX + line.len);
}

static void
large_bodies_are_counted(void **state)
{
	static char memory[100000];
	struct span head =
	    SPAN("HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n");
	struct answer a;

	(void)state;
	answer_begin(&a, false);
	assert_int_equal(answer_feed(&a, &head), ANSWER_MORE);
	for (size_t i = 1; i <= 100000; i++) {
		struct span in = { memory, sizeof memory };

		assert_int_equal(answer_feed(&a, &in),
		    i < 100000 ? ANSWER_MORE : ANSWER_DONE);
	}
	assert_true(a.body == UINT64_C(10000000000));
}

/* What the kernel drops counts as what was read. */
static void
bodies_may_be_skipped(void **state)
{
	struct span in =
	    SPAN("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab");
	struct span end = SPAN("j" REST);
	struct answer a;

	(void)state;
	answer_begin(&a, false);
	assert_true(answer_left(&a) == 0);
	assert_int_equal(answer_feed(&a, &in), ANSWER_MORE);
	assert_true(answer_left(&a) == 8);
	assert_int_equal(answer_skip(&a, 7), ANSWER_MORE);
	assert_true(answer_left(&a) == 1);
	assert_int_equal(answer_feed(&a, &end), ANSWER_DONE);
	assert_true(span_eq(end, SPAN(REST)));
	assert_true(a.body == 10);

	in = SPAN("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n");
	answer_begin(&a, false);
	assert_int_equal(answer_feed(&a, &in), ANSWER_MORE);
	assert_int_equal(answer_skip(&a, 3), ANSWER_DONE);
	assert_true(answer_left(&a) == 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_ones_however_they_come),
		cmocka_unit_test(bad_ones_are_seen_at_once),
		cmocka_unit_test(odd_stays_odd),
		cmocka_unit_test(interrupted_anywhere_is_not_complete),
		cmocka_unit_test(every_byte_that_no_field_may_hold),
		cmocka_unit_test(endless_heads_end),
		cmocka_unit_test(large_bodies_are_counted),
		cmocka_unit_test(bodies_may_be_skipped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
