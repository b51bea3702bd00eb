#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/prng.h"
#include "log/access.h"

static char memory[ACCESS_LINE_MAX];

static struct span
line_of(const struct access_record *r, bool coloured)
{
	struct access_style style = { .format = ACCESS_PRETTY,
		.name_space = SPAN("n"),
		.coloured = coloured };
	struct buf b = buf_over(memory, sizeof memory);

	access_write(&b, r, &style);
	assert_false(b.overflowed);
	return buf_span(&b);
}

static void
assert_line(const struct access_record *r, bool coloured, const char *want)
{
	struct span got = line_of(r, coloured);

	if (!span_eq(got, span_of(want)))
		fail_msg("got  %.*swant %s", (int)got.len, got.at, want);
}

static struct access_record
simple(void)
{
	struct access_record r = {
		.client_ip = SPAN("172.17.0.1"),
		.line = SPAN("GET /?a=1 HTTP/1.1"),
		.status = 200,
		.bytes = 163,
		.duration = 123999,
		.wall = UINT64_C(1795423578966999123),
	};

	r.method = (struct span){ r.line.at, 3 };
	r.path = (struct span){ r.line.at + 4, 1 };
	r.protocol = (struct span){ r.line.at + 10, 8 };
	return r;
}

static int
setup(void **state)
{
	(void)state;
	setenv("TZ", "CET-1", 1);
	tzset();
	return 0;
}

static void
test_columns(void **state)
{
	struct access_record r = simple();

	(void)state;
	assert_line(&r, false,
	    "09:46:18.966 200 GET     /?a=1                            "
	    "     163 B   0.123 ms  172.17.0.1\n");
	r.status = 499;
	r.aborted = true;
	r.bytes = 12345678;
	r.duration = UINT64_C(12345678900);
	r.method = SPAN("OPTIONS");
	r.line = SPAN("OPTIONS * HTTP/1.1");
	r.path = SPAN("*");
	assert_line(&r, false,
	    "09:46:18.966 499 OPTIONS *                                "
	    "12345678 B 12345.678 ms  172.17.0.1 aborted\n");
	/* what is no request */
	r = simple();
	r.line = SPAN("\x16\x03\x01 x");
	r.method = r.path = r.protocol = SPAN("");
	r.status = 400;
	assert_line(&r, false,
	    "09:46:18.966 400         %16%03%01%20x                    "
	    "     163 B   0.123 ms  172.17.0.1\n");
}

static void
test_colours(void **state)
{
	static const struct {
		unsigned status;
		const char *begins;
	} cases[] = {
		{ 204, "09:46:18.966 \x1b[32m204\x1b[0m GET " },
		{ 304, "09:46:18.966 \x1b[36m304\x1b[0m GET " },
		{ 404, "09:46:18.966 \x1b[33m404\x1b[0m GET " },
		{ 503, "09:46:18.966 \x1b[31m503\x1b[0m GET " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct access_record r = simple();

		r.status = cases[i].status;
		assert_true(
		    span_starts(line_of(&r, true), span_of(cases[i].begins)));
	}
}

/* Whatever comes, one line of printable ASCII, and our ellipses. */
static void
assert_printable(struct span s)
{
	assert_int_equal(s.at[s.len - 1], '\n');
	for (size_t i = 0; i + 1 < s.len; i++) {
		if (span_starts(span_from(s, i), SPAN("\xe2\x80\xa6")))
			i += 2;
		else if (s.at[i] < ' ' || s.at[i] > '~')
			fail_msg("byte %02x", (unsigned char)s.at[i]);
	}
}

static void
test_any_byte(void **state)
{
	static char value[2 * ACCESS_LINE_MAX];
	struct prng p = { .state = 1 };

	(void)state;
	for (size_t i = 0; i < 2000; i++) {
		struct span s = { value,
			(size_t)prng_between(&p, 0, i % 5 ? 60 : 16000) };
		struct access_record r = simple();

		for (size_t n = 0; n < s.len; n++)
			value[n] = (char)prng_between(&p, 0, 255);
		r.line = r.method = r.path = s;
		if (i % 3)
			r.method = SPAN("");
		assert_printable(line_of(&r, false));
		if (s.len > 8000)
			assert_true(memmem(memory, sizeof memory,
					"\xe2\x80\xa6", 3) != NULL);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_colours),
		cmocka_unit_test(test_any_byte),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
