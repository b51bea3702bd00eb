#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "load/repeat.h"
#include "unit/guard.h"

static const char *const samples[] = {
	"HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 5\r\n\r\nhello",
	"HTTP/1.1 200 OK\r\nDate: y\r\nContent-Length: 5\r\n\r\nhello",
	"HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 50\r\n\r\nhello",
	"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 204 No\r\n\r\n",
	"HTTP/1.0 404 No\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno",
	"HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
};

enum { SAMPLES = sizeof samples / sizeof samples[0] };

/* What answer_feed says to text, with r and without, must be the same. */
static void
compare(struct repeat *r, struct span text, bool head)
{
	struct span in = guard_put(text), other = in;
	struct answer known, read;
	enum answer_result result;

	answer_begin(&known, head);
	answer_begin(&read, head);
	result = repeat_feed(r, &known, &in);
	assert_int_equal(result, answer_feed(&read, &other));
	assert_ptr_equal(in.at, other.at);
	assert_int_equal(in.len, other.len);
	assert_int_equal(answer_left(&known), answer_left(&read));
	assert_int_equal(answer_untouched(&known), answer_untouched(&read));
	if (result == ANSWER_DONE) {
		assert_int_equal(known.status, read.status);
		assert_int_equal(known.body, read.body);
		assert_int_equal(known.close, read.close);
	}
}

/* Each behind each, to GET and to HEAD. */
static void
one_after_another(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4 * SAMPLES * SAMPLES; i++) {
		struct repeat r = { .len = 0 };
		struct span first = span_of(samples[i / 4 % SAMPLES]);
		struct span second = span_of(samples[i / 4 / SAMPLES]);

		compare(&r, first, i & 1);
		compare(&r, second, i & 2);
		compare(&r, second, i & 2);
	}
}

static void
what_is_known_is_not_read_again(void **state)
{
	struct repeat r = { .len = 0 };
	struct span in = span_of(samples[0]);
	struct answer a;

	(void)state;
	compare(&r, in, false);
	assert_int_equal(r.len, in.len - 5);
	r.after.status = 299; /* which no reading would find */
	answer_begin(&a, false);
	assert_int_equal(repeat_feed(&r, &a, &in), ANSWER_DONE);
	assert_int_equal(a.status, 299);
}

/* Cut short, or with one byte changed, it is not what was known. */
static void
nearly_the_same_is_read(void **state)
{
	char text[256];

	(void)state;
	for (unsigned i = 0; i < SAMPLES; i++) {
		struct span sample = span_of(samples[i]);

		for (size_t at = 0; at < sample.len; at++) {
			struct repeat r = { .len = 0 };

			compare(&r, sample, false);
			compare(&r, (struct span){ sample.at, at }, false);
			memcpy(text, sample.at, sample.len);
			text[at] ^= 1;
			compare(&r, (struct span){ text, sample.len }, false);
		}
	}
}

static void
a_head_too_long_to_keep(void **state)
{
	static char text[2 * REPEAT_MAX];
	struct repeat r = { .len = 0 };
	size_t len = REPEAT_MAX;

	(void)state;
	memset(text, 'x', sizeof text);
	memcpy(text, "HTTP/1.1 204 No\r\nX: ", 20);
	memcpy(text + len - 4, "\r\n\r\n", 4);
	compare(&r, (struct span){ text, len }, false);
	assert_int_equal(r.len, len);
	memcpy(text + len - 4, "xxxxx\r\n\r\n", 9);
	compare(&r, (struct span){ text, len + 5 }, false);
	assert_int_equal(r.len, len);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_after_another),
		cmocka_unit_test(what_is_known_is_not_read_again),
		cmocka_unit_test(nearly_the_same_is_read),
		cmocka_unit_test(a_head_too_long_to_keep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
