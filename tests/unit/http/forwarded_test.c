#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "http/forwarded.h"
#include "http/request.h"
#include "unit/guard.h"

static struct cidr_set trusted;

/* 10.0.0.0/8 and fd00::/8 are proxies. */
static int
setup(void **state)
{
	(void)state;
	return cidr_set_add(&trusted, SPAN("10.0.0.0/8,fd00::/8")) != CIDR_NONE;
}

static void
assert_client(const char *peer, const char *lines, const char *want)
{
	char memory[IP_TEXT_MAX];
	struct buf b = buf_over(memory, sizeof memory);
	struct ip from, client;

	assert_true(ip_parse(span_of(peer), &from));
	client = forwarded_client(guard_put(span_of(lines)), from, &trusted);
	ip_write(&b, &client);
	if (!span_eq(buf_span(&b), span_of(want)))
		fail_msg("%s, %s: %.*s, not %s", peer, lines, (int)b.len,
		    memory, want);
}

/* From a proxy at 10.0.0.1, with this list. */
static void
assert_list(const char *list, const char *want)
{
	char lines[4096];

	snprintf(lines, sizeof lines,
	    "Host: a\r\nX-Forwarded-For: %s\r\nAccept: */*\r\n\r\n", list);
	assert_client("10.0.0.1", lines, want);
	assert_client("192.0.2.99", lines, "192.0.2.99");
}

static void
test_from_the_right(void **state)
{
	(void)state;
	assert_list("192.0.2.1", "192.0.2.1");
	assert_list("203.0.113.7, 192.0.2.1", "192.0.2.1");
	assert_list("192.0.2.1, 10.0.0.2", "192.0.2.1");
	assert_list("192.0.2.1,10.0.0.3,10.0.0.2", "192.0.2.1");
	assert_list("192.0.2.1, fd00::1, 10.0.0.2", "192.0.2.1");
	/* what was sent along by a client is not believed */
	assert_list("10.9.9.9, 192.0.2.1, 10.0.0.2", "192.0.2.1");
	assert_list("127.0.0.1, ::1, 192.0.2.1", "192.0.2.1");
	/* all are proxies: the first of them began */
	assert_list("10.0.0.3, 10.0.0.2", "10.0.0.3");
}

static void
test_nothing_to_hear(void **state)
{
	(void)state;
	assert_client("10.0.0.1", "", "10.0.0.1");
	assert_client("10.0.0.1", "Host: a\r\n\r\n", "10.0.0.1");
	assert_client("10.0.0.1", "X-Forwarded: 192.0.2.1\r\n\r\n", "10.0.0.1");
	assert_list("", "10.0.0.1");
	assert_list(" , ,, ", "10.0.0.1");
}

static void
test_forms(void **state)
{
	(void)state;
	assert_list("192.0.2.1:8080", "192.0.2.1");
	assert_list("2001:DB8::0001", "2001:db8::1");
	assert_list("[2001:db8::1]", "2001:db8::1");
	assert_list("[2001:db8::1]:65535", "2001:db8::1");
	assert_list("::ffff:192.0.2.1", "192.0.2.1");
	assert_list("[::ffff:c000:201]:1", "192.0.2.1");
	assert_list("192.0.2.1, ::ffff:10.0.0.2", "192.0.2.1");
	assert_list("192.0.2.1, 10.0.0.2:443, [fd00::2]:443", "192.0.2.1");
	assert_list(",192.0.2.1,, 10.0.0.2 ,", "192.0.2.1");
	assert_list("\t192.0.2.1 \t", "192.0.2.1");
}

/* The last one that was believed stands. */
static void
test_garbage(void **state)
{
	static const char *const garbage[] = { "unknown", "_hidden", "-",
		"192.0.2.1.", "192.0.2.1:", "192.0.2.1:x", "192.0.2.1:65536",
		"192.0.2.1:80:80", "192.0.2.256", "[192.0.2.1]", "[::1", "::1]",
		"[]", "[", "[::1]x", "[::1]:", "[::1]:123456", "[::1]:-1",
		"fe80::1%eth0", "for=192.0.2.1", "\"[::1]\"",
		"192.0.2.1;192.0.2.2", "192.0.2.1 192.0.2.2", "1.2.3", "\x01",
		"\xff\xff", "2001:db8::1:2:3:4:5:6:7:8", "localhost",
		"192.0.2.0/24" };

	(void)state;
	for (size_t i = 0; i < sizeof garbage / sizeof garbage[0]; i++) {
		char list[128];

		assert_list(garbage[i], "10.0.0.1");
		snprintf(list, sizeof list, "192.0.2.1, %s", garbage[i]);
		assert_list(list, "10.0.0.1");
		snprintf(
		    list, sizeof list, "192.0.2.1, %s, 10.0.0.7", garbage[i]);
		assert_list(list, "10.0.0.7");
		snprintf(list, sizeof list, "%s, 192.0.2.1", garbage[i]);
		assert_list(list, "192.0.2.1");
	}
}

static void
test_several_fields_are_one_list(void **state)
{
	(void)state;
	assert_client("10.0.0.1",
	    "X-Forwarded-For: 203.0.113.1\r\nHost: a\r\n"
	    "x-forwarded-FOR: 192.0.2.1, 10.0.0.3\r\n"
	    "X-Forwarded-For: 10.0.0.2\r\n\r\n",
	    "192.0.2.1");
	assert_client("10.0.0.1",
	    "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For:\r\n\r\n",
	    "192.0.2.1");
	assert_client("10.0.0.1",
	    "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: ?\r\n\r\n",
	    "10.0.0.1");
}

/* A list without end costs no more than one of this length. */
static void
test_bounded(void **state)
{
	char list[2048] = "192.0.2.1";

	(void)state;
	for (int i = 0; i < FORWARDED_HOPS_MAX - 1; i++)
		strcat(list, ", 10.0.0.2");
	assert_list(list, "192.0.2.1");
	strcat(list, ", 10.0.0.2");
	assert_list(list, "10.0.0.2");
}

static void
test_most_lines(void **state)
{
	static char lines[64 * 1024];

	(void)state;
	for (int i = 0; i < 2 * FIELDS_MAX; i++)
		strcat(lines, "X-Forwarded-For: ,\r\n");
	assert_client("10.0.0.1", lines, "10.0.0.1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_from_the_right),
		cmocka_unit_test(test_nothing_to_hear),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_several_fields_are_one_list),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_most_lines),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
