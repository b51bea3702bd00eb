#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/prng.h"
#include "json_check.h"
#include "log/json.h"

enum { NO_LIMIT = 1 << 20 };

/* What one character becomes, the slow way; returns the bytes taken. */
static size_t
expect_one(struct span s, enum json_bad_bytes bad, char *out)
{
	size_t len = check_utf8(s);
	unsigned char c = (unsigned char)s.at[0];
	const char *shorts = "b\bf\fn\nr\rt\t\"\"\\\\";

	if (len == 0) {
		sprintf(
		    out, bad == JSON_PERCENT ? "%%%02X" : "\xef\xbf\xbd", c);
		return 1;
	}
	for (size_t i = 0; len == 1 && shorts[i]; i += 2) {
		if (shorts[i + 1] == (char)c) {
			sprintf(out, "\\%c", shorts[i]);
			return 1;
		}
	}
	if (len == 2 && c == 0xc2 && (unsigned char)s.at[1] < 0xa0) {
		sprintf(out, "\\u00%02x", (unsigned char)s.at[1]);
		return 2;
	}
	if (c < 0x20 || c == 0x7f)
		sprintf(out, "\\u00%02x", c);
	else
		sprintf(out, "%.*s", (int)len, s.at);
	return len;
}

/* The whole of it: all, or the most that leaves room for an ellipsis. */
static bool
expect(struct span s, enum json_bad_bytes bad, size_t max, char *out)
{
	size_t used = 0, keep = 0;

	*out = '\0';
	while (s.len > 0) {
		s = span_from(s, expect_one(s, bad, out + used));
		used += strlen(out + used);
		if (used > max) {
			strcpy(out + keep, "\xe2\x80\xa6");
			return true;
		}
		if (used <= max - 3)
			keep = used;
	}
	return false;
}

/* s in memory of exactly its size, so that a sanitizer sees a read beyond. */
static void
check_limit(struct span s, enum json_bad_bytes bad, size_t max)
{
	static char want[1 << 16], got[1 << 16];
	struct buf b = buf_over(got, sizeof(got));
	char *copy = malloc(s.len + !s.len);
	bool cut;

	memcpy(copy, s.at, s.len);
	cut =
	    json_escape(&b, (struct span){ copy, s.len }, bad, max) == JSON_CUT;
	free(copy);
	assert_int_equal(cut, expect(s, bad, max, want));
	assert_false(b.overflowed);
	assert_int_equal(b.len, strlen(want));
	assert_memory_equal(got, want, b.len);
	assert_true(b.len <= max);
}

static void
check(struct span s)
{
	check_limit(s, JSON_REPLACE, NO_LIMIT);
	check_limit(s, JSON_PERCENT, NO_LIMIT);
}

static void
test_every_byte(void **state)
{
	char s[36];

	(void)state;
	for (size_t len = 1; len <= sizeof(s); len++) {
		for (size_t at = 0; at < len; at++) {
			for (int c = 0; c < 256; c++) {
				memset(s, 'a', len);
				s[at] = (char)c;
				check((struct span){ s, len });
			}
		}
	}
	for (int c = 0; c < 256; c++) {
		memset(s, c, sizeof(s));
		check((struct span){ s, sizeof(s) });
	}
}

static void
test_golden(void **state)
{
	static const struct {
		const char *in, *replace, *percent;
	} cases[] = {
		{ "", "", "" },
		{ "a\"b\\c/", "a\\\"b\\\\c/", "a\\\"b\\\\c/" },
		{ "\b\f\n\r\t", "\\b\\f\\n\\r\\t", "\\b\\f\\n\\r\\t" },
		{ "\x01\x1f\x7f", "\\u0001\\u001f\\u007f",
		    "\\u0001\\u001f\\u007f" },
		{ "\xc2\x80\xc2\x9f\xc2\xa0", "\\u0080\\u009f\xc2\xa0",
		    "\\u0080\\u009f\xc2\xa0" },
		/* A continuation alone; a lead alone; a lead, then ASCII. */
		{ "\x80", "\xef\xbf\xbd", "%80" },
		{ "\xbf", "\xef\xbf\xbd", "%BF" },
		{ "\xc3", "\xef\xbf\xbd", "%C3" },
		{ "\xc3(", "\xef\xbf\xbd(", "%C3(" },
		{ "\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd", "%E2%82" },
		{ "\xe2\x82\"", "\xef\xbf\xbd\xef\xbf\xbd\\\"", "%E2%82\\\"" },
		{ "\xf0\x9f\x98", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd",
		    "%F0%9F%98" },
		/* Overlong. */
		{ "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd", "%C0%AF" },
		{ "\xc1\xbf", "\xef\xbf\xbd\xef\xbf\xbd", "%C1%BF" },
		{ "\xe0\x9f\xbf", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd",
		    "%E0%9F%BF" },
		{ "\xf0\x8f\xbf\xbf",
		    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd",
		    "%F0%8F%BF%BF" },
		/* Surrogates, and their neighbours. */
		{ "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd",
		    "%ED%A0%80" },
		{ "\xed\xbf\xbf", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd",
		    "%ED%BF%BF" },
		{ "\xed\x9f\xbf\xee\x80\x80", "\xed\x9f\xbf\xee\x80\x80",
		    "\xed\x9f\xbf\xee\x80\x80" },
		/* The last code point, the one after it, no lead at all. */
		{ "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf" },
		{ "\xf4\x90\x80\x80",
		    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd",
		    "%F4%90%80%80" },
		{ "\xf5\xfe\xff", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd",
		    "%F5%FE%FF" },
		{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
		    "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
		    "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80" },
	};
	char got[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct span in = span_of(cases[i].in);
		struct buf b = buf_over(got, sizeof(got));

		check(in);
		assert_int_not_equal(
		    json_escape(&b, in, JSON_REPLACE, NO_LIMIT), JSON_CUT);
		assert_true(span_eq(buf_span(&b), span_of(cases[i].replace)));
		b.len = 0;
		assert_int_not_equal(
		    json_escape(&b, in, JSON_PERCENT, NO_LIMIT), JSON_CUT);
		assert_true(span_eq(buf_span(&b), span_of(cases[i].percent)));
	}
}

static void
test_every_character(void **state)
{
	char s[4];

	(void)state;
	for (uint32_t c = 0; c < 0x10ffff + 0x1000; c++) {
		size_t len = 0;

		if (c < 0x80) {
			s[len++] = (char)c;
		} else if (c < 0x800) {
			s[len++] = (char)(0xc0 | c >> 6);
			s[len++] = (char)(0x80 | (c & 63));
		} else if (c < 0x10000) {
			s[len++] = (char)(0xe0 | c >> 12);
			s[len++] = (char)(0x80 | (c >> 6 & 63));
			s[len++] = (char)(0x80 | (c & 63));
		} else {
			s[len++] = (char)(0xf0 | c >> 18);
			s[len++] = (char)(0x80 | (c >> 12 & 63));
			s[len++] = (char)(0x80 | (c >> 6 & 63));
			s[len++] = (char)(0x80 | (c & 63));
		}
		check((struct span){ s, len });
	}
	for (int a = 0xc0; a < 256; a++) {
		for (int b = 0; b < 256; b++) {
			memcpy(s, (char[]){ (char)a, (char)b, '\x80', 'z' }, 4);
			for (size_t len = 2; len <= 4; len++)
				check((struct span){ s, len });
		}
	}
}

static void
test_random(void **state)
{
	static const char alphabet[] = "aaaaaaaaaaaa\"\\\x01\x7f\xc2\x85\xc3"
				       "\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xed";
	struct prng p = { 7 };
	char s[80];

	(void)state;
	for (int round = 0; round < 20000; round++) {
		size_t len = prng_between(&p, 0, sizeof(s));

		for (size_t i = 0; i < len; i++)
			s[i] =
			    alphabet[prng_between(&p, 0, sizeof(alphabet) - 2)];
		check((struct span){ s, len });
		for (int i = 0; i < 4; i++) {
			size_t max = prng_between(&p, 3, 100);

			check_limit((struct span){ s, len }, JSON_REPLACE, max);
			check_limit((struct span){ s, len }, JSON_PERCENT, max);
		}
	}
}

static void
test_every_cut(void **state)
{
	static const char *const cases[] = {
		"abcdefghijklmnopqrstuvwxyz",
		"\x01\x02\x03\x04\x05",
		"\"\"\"\"\"\"\"\\\\\\\\",
		"a\x01-bc\"def\xc3\xa9ghi\xe2\x82\xacjkl\xf0\x9f\x98\x80mno",
		"\xff\xfe\xfd\xfc",
		"\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80",
		"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (size_t max = 3; max < 80; max++) {
			struct span s = span_of(cases[i]);

			check_limit(s, JSON_REPLACE, max);
			check_limit(s, JSON_PERCENT, max);
		}
	}
}

/*
 * Too little memory: nothing is written, and the writer remembers. Room for the
 * whole, or for max, is always enough.
 */
static void
test_no_room(void **state)
{
	static const char s[] = "ab\x01 cd\xff \xe2\x82\xac and the rest";
	char memory[64];

	(void)state;
	for (size_t max = 3; max < 50; max++) {
		struct buf all = buf_over(memory, sizeof(memory));
		bool cut =
		    json_escape(&all, SPAN(s), JSON_PERCENT, max) == JSON_CUT;
		size_t enough = cut ? max : all.len;

		for (size_t room = 0; room < enough + 3; room++) {
			struct buf b = buf_over(memory, room + 1);

			memset(memory, '#', sizeof(memory));
			buf_char(&b, '{');
			json_escape(&b, SPAN(s), JSON_PERCENT, max);
			for (size_t i = b.cap; i < sizeof(memory); i++)
				assert_int_equal(memory[i], '#');
			if (room < all.len || room >= enough)
				assert_int_equal(b.overflowed, room < all.len);
			assert_int_equal(b.len, b.overflowed ? 1 : 1 + all.len);
		}
	}
}

static void
test_members(void **state)
{
	char memory[128];
	struct buf b = buf_over(memory, sizeof(memory));

	(void)state;
	buf_char(&b, '{');
	json_str(&b, SPAN("a"), SPAN("x\ny"), JSON_REPLACE, 100);
	json_u64(&b, SPAN("b"), UINT64_MAX);
	json_key(&b, SPAN("c"));
	buf_char(&b, '{');
	json_u64(&b, SPAN("d"), 0);
	json_str(&b, SPAN("e"), SPAN("0123456789"), JSON_REPLACE, 5);
	buf_put(&b, SPAN("}}\n"));
	assert_true(check_line(buf_span(&b)));
	assert_true(span_eq(buf_span(&b),
	    SPAN("{\"a\": \"x\\ny\", \"b\": 18446744073709551615, "
		 "\"c\": {\"d\": 0, \"e\": \"01\xe2\x80\xa6\"}}\n")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_every_character),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_members),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
