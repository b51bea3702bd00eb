#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "site/path.h"
#include "unit/guard.h"

/* At every length, in every place, and in no place. */
static void
escapes_are_seen(void **state)
{
	char text[64];

	(void)state;
	for (size_t len = 0; len < sizeof text; len++) {
		bool escapes = true;

		/* the neighbours of '%', and bytes above 0x7f */
		for (size_t i = 0; i < len; i++)
			text[i] = "$&\xa5\x24"[i % 4];
		path_hash(1, guard_put((struct span){ text, len }), &escapes);
		assert_false(escapes);
		for (size_t i = 0; i < len; i++) {
			char kept = text[i];

			text[i] = '%';
			escapes = false;
			path_hash(
			    1, guard_put((struct span){ text, len }), &escapes);
			if (!escapes)
				fail_msg("%zu of %zu", i, len);
			text[i] = kept;
		}
	}
}

static uint64_t
hash(const char *text, size_t len)
{
	bool escapes;

	return path_hash(7, guard_put((struct span){ text, len }), &escapes);
}

/* Each byte and the length count; the value is the text's alone. */
static void
every_byte_counts(void **state)
{
	char text[40];

	(void)state;
	memset(text, 'a', sizeof text);
	for (size_t len = 1; len <= sizeof text; len++) {
		uint64_t one = hash(text, len);

		assert_true(hash(text, len - 1) != one);
		for (size_t i = 0; i < len; i++) {
			text[i] = 'b';
			assert_true(hash(text, len) != one);
			text[i] = 'a';
			assert_true(hash(text, len) == one);
		}
	}
}

/* Names as sites have them fill the lowest bits evenly. */
static void
it_spreads(void **state)
{
	enum { PLACES = 1024, NAMES = 8 * PLACES };
	unsigned count[PLACES] = { 0 }, most = 0;

	(void)state;
	for (unsigned i = 0; i < NAMES; i++) {
		char name[64];
		int n = snprintf(name, sizeof name, "/assets/chunk-%u.js", i);
		unsigned *c = &count[hash(name, (size_t)n) % PLACES];

		if (++*c > most)
			most = *c;
	}
	/* of 8192 in 1024 places one has more than 30 once in 10^6 times */
	assert_in_range(most, 8, 30);
}

static void
assert_decoded(const char *path, const char *expected)
{
	char memory[256];
	struct buf b = buf_over(memory, sizeof memory);
	bool good = path_decode(guard_put(span_of(path)), &b);

	if (good != (expected != NULL))
		fail_msg("%s: %s", path, good ? "decoded" : "refused");
	if (good && !span_eq(buf_span(&b), span_of(expected)))
		fail_msg("%s: %.*s", path, (int)b.len, b.at);
}

static void
decoded(void **state)
{
	char memory[4];
	struct buf small = buf_over(memory, sizeof memory);

	(void)state;
	assert_decoded("", "");
	assert_decoded("/a/b", "/a/b");
	assert_decoded("/a%20b", "/a b");
	assert_decoded("/%C3%a9", "/\xc3\xa9");
	assert_decoded("/%25", "/%");
	assert_decoded("/%2541", "/%41");
	assert_decoded("/a+b", "/a+b");
	assert_decoded("/%2e%2E/", "/../");
	assert_decoded("/%5c", "/\\");
	assert_decoded("/%c0%af", "/\xc0\xaf");
	assert_decoded("%41%42", "AB");
	assert_decoded("/a%2fb", NULL);
	assert_decoded("/a%2Fb", NULL);
	assert_decoded("/%00", NULL);
	assert_decoded("/%", NULL);
	assert_decoded("/%4", NULL);
	assert_decoded("/%4g", NULL);
	assert_decoded("/%%41", NULL);
	assert_true(path_decode(SPAN("%41bcd"), &small));
	assert_false(path_decode(SPAN("e"), &small));
}

static void
encoded(void **state)
{
	char memory[1024];
	struct buf b = buf_over(memory, sizeof memory);

	(void)state;
	path_encode(&b,
	    guard_put(SPAN("/a b/%/?#\\\"<>^`{|}\xc3\xa9\x7f\x01[]"
			   "/-._~!$&'()*+,;=:@/Az09")));
	assert_int_equal(b.overflowed, false);
	assert_true(span_eq(buf_span(&b),
	    SPAN("/a%20b/%25/%3F%23%5C%22%3C%3E%5E%60%7B%7C%7D%C3%A9%7F%01%5B%"
		 "5D/-._~!$&'()*+,;=:@/Az09")));
}

/* What is encoded comes back, whatever it was. */
static void
encoded_and_decoded(void **state)
{
	char all[256], there[1024], back[256];
	struct buf e = buf_over(there, sizeof there);
	struct buf d = buf_over(back, sizeof back);

	(void)state;
	for (int i = 1; i < 256; i++)
		all[i - 1] = (char)i;
	path_encode(&e, (struct span){ all, 255 });
	assert_true(path_decode(buf_span(&e), &d));
	assert_int_equal(d.len, 255);
	assert_memory_equal(back, all, 255);
}

static void
pages(void **state)
{
	static const char *const yes[] = { "/", "/a", "/app/users/42", "/app/",
		"/a%20b", "/v1.2/about", "/%C3%A9" };
	static const char *const no[] = { "", "a", "*", "/a.js", "/a/b.css",
		"//a", "/a//b", "//", "/./a", "/a/../b", "/..", "/.", "/.git/x",
		"/a%2Ejs", "/%2e%2e/a", "/a%2Fb", "/%00", "/a/.well-known/x",
		"/.env" };
	char longest[8192];

	(void)state;
	for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
		if (!path_is_page(guard_put(span_of(yes[i]))))
			fail_msg("%s is a page", yes[i]);
	for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
		if (path_is_page(guard_put(span_of(no[i]))))
			fail_msg("%s is no page", no[i]);
	memset(longest, 'a', sizeof longest);
	longest[0] = '/';
	assert_false(path_is_page((struct span){ longest, sizeof longest }));
}

static void
utf8(void **state)
{
	static const char *const yes[] = { "", "abc", "\xc3\xa9",
		"\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xed\x9f\xbf",
		"\xee\x80\x80", "\xf4\x8f\xbf\xbf", "\xe0\xa0\x80", "\xc2\x80",
		"a\xc3\xa9z" };
	static const char *const no[] = { "\x80", "\xc3", "\xc0\xaf",
		"\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
		"\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xe2\x82",
		"\xe2\x82z", "\xc3(", "\xf0\x9f\x98", "abc\xe9" };

	(void)state;
	for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
		if (!path_is_utf8(guard_put(span_of(yes[i]))))
			fail_msg("yes, %zu", i);
	for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
		if (path_is_utf8(guard_put(span_of(no[i]))))
			fail_msg("no, %zu", i);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escapes_are_seen),
		cmocka_unit_test(every_byte_counts),
		cmocka_unit_test(it_spreads),
		cmocka_unit_test(decoded),
		cmocka_unit_test(encoded),
		cmocka_unit_test(encoded_and_decoded),
		cmocka_unit_test(pages),
		cmocka_unit_test(utf8),
	};

	return cmocka_run_group_tests_name("site/path", tests, NULL, NULL);
}
