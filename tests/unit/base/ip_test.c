#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <arpa/inet.h>

#include "base/ip.h"
#include "unit/guard.h"

/* What the text is, written anew; NULL: no address. */
static void
assert_ip(const char *text, const char *want)
{
	char memory[IP_TEXT_MAX];
	struct buf b = buf_over(memory, sizeof memory);
	struct ip ip = { { 42 } };

	if (ip_parse(guard_put(span_of(text)), &ip) != (want != NULL))
		fail_msg("%s: %s an address", text, want ? "not" : "taken for");
	if (!want) {
		assert_int_equal(ip.at[0], 42); /* untouched */
		return;
	}
	ip_write(&b, &ip);
	assert_false(b.overflowed);
	if (!span_eq(buf_span(&b), span_of(want)))
		fail_msg("%s became %.*s", text, (int)b.len, memory);
}

static void
test_ipv4(void **state)
{
	static const char *const bad[] = { "", ".", "1", "1.2.3", "1.2.3.",
		".1.2.3", "1..2.3", "1.2.3.4.", "1.2.3.4.5", "256.0.0.1",
		"1.2.3.256", "01.2.3.4", "1.2.3.00", "0x1.2.3.4", "1.2.3.4 ",
		" 1.2.3.4", "+1.2.3.4", "1.2.3.-4", "1,2,3,4", "1.2.3.4/8",
		"1.2.3.1000", "localhost", "unknown", "_hidden" };

	(void)state;
	assert_ip("0.0.0.0", "0.0.0.0");
	assert_ip("255.255.255.255", "255.255.255.255");
	assert_ip("192.0.2.10", "192.0.2.10");
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_ip(bad[i], NULL);
}

static void
test_ipv6(void **state)
{
	static const char *const bad[] = { ":", ":::", "1:", ":1", "1:2",
		"::1:", ":1::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
		"1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8",
		"12345::", "g::", "::1%1", "fe80::1%eth0", "[::1]", "::1.2.3",
		"::1.2.3.4.5", "1.2.3.4::", "::1.2.3.4:5",
		"1:2:3:4:5:6:7:1.2.3.4", "::256.1.1.1", ":: ", "1:::2", "::-1",
		"::+1", "::0x1",
		"0000:0000:0000:0000:0000:0000:0000:0000:0000:0000" };

	(void)state;
	assert_ip("::", "::");
	assert_ip("::1", "::1");
	assert_ip("1::", "1::");
	assert_ip("2001:DB8:0:0:0:0:0:A", "2001:db8::a");
	assert_ip("2001:0db8::0001:0:0:1", "2001:db8::1:0:0:1");
	assert_ip("1:0:0:2:0:0:0:3", "1:0:0:2::3");
	assert_ip("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8");
	assert_ip("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0");
	assert_ip("1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8");
	assert_ip("::ffff:192.0.2.1", "192.0.2.1");
	assert_ip("::FFFF:c000:201", "192.0.2.1");
	assert_ip("0:0:0:0:0:ffff:1.2.3.4", "1.2.3.4");
	assert_ip("64:ff9b::1.2.3.4", "64:ff9b::102:304");
	assert_ip("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255",
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_ip(bad[i], NULL);
}

/* Whatever two characters stand in an address's place: what inet_pton(3)
 * makes of it. */
static void
test_as_the_libc(void **state)
{
	static const char *const bases[] = { "1.20.0.4", "1:2:3:4:5:6:7:8",
		"a:b::1.2.3.4", "::ffff:0:1", "f::" };

	(void)state;
	for (size_t i = 0; i < sizeof bases / sizeof bases[0]; i++) {
		size_t len = strlen(bases[i]);

		for (size_t at = 0; at + 1 < len; at++)
			for (unsigned n = 0; n < 1u << 16; n++) {
				char text[64];
				uint8_t v4[4], v6[16];
				struct ip ip;
				bool good;

				strcpy(text, bases[i]);
				text[at] = (char)(n >> 8);
				text[at + 1] = (char)n;
				if (!text[at] || !text[at + 1])
					continue;
				good = ip_parse(span_of(text), &ip);
				if (inet_pton(AF_INET, text, v4) == 1) {
					assert_true(good && ip_is_v4(&ip));
					assert_memory_equal(ip.at + 12, v4, 4);
				} else if (inet_pton(AF_INET6, text, v6) == 1) {
					assert_true(good);
					assert_memory_equal(ip.at, v6, 16);
				} else {
					assert_false(good);
				}
			}
	}
}

static bool
holds(const char *list, const char *address)
{
	static struct cidr_set set;
	struct ip ip;

	set.count = 0;
	assert_int_equal(
	    cidr_set_add(&set, guard_put(span_of(list))), CIDR_NONE);
	assert_true(ip_parse(span_of(address), &ip));
	return cidr_set_holds(&set, &ip);
}

static void
test_networks(void **state)
{
	(void)state;
	assert_true(holds("10.0.0.0/8", "10.255.1.2"));
	assert_false(holds("10.0.0.0/8", "11.0.0.0"));
	assert_true(holds("172.16.0.0/12", "172.31.255.255"));
	assert_false(holds("172.16.0.0/12", "172.32.0.0"));
	assert_true(holds("192.0.2.1", "192.0.2.1"));
	assert_false(holds("192.0.2.1", "192.0.2.0"));
	assert_true(holds("192.0.2.0/31", "192.0.2.1"));
	assert_true(holds("0.0.0.0/0", "255.1.2.3"));
	assert_true(holds("10.0.0.0/8", "::ffff:10.1.2.3"));
	assert_true(holds("::ffff:10.0.0.0/104", "10.1.2.3"));
	assert_true(holds("::ffff:0.0.0.0/96", "10.1.2.3"));
	assert_true(holds("fd00::/8", "fdff::1"));
	assert_false(holds("fd00::/8", "fe00::1"));
	assert_true(holds("2001:db8::/33", "2001:db8:7fff::"));
	assert_false(holds("2001:db8::/33", "2001:db8:8000::"));
	assert_true(holds("::1", "::1"));
	assert_false(holds("::1", "::"));
	assert_true(holds("::1/128, 10.0.0.0/8,\tfd00::/8", "fd00::"));
	assert_true(holds("::1/128,10.0.0.0/8", "10.0.0.1"));
}

/* All of IPv6 is not all. */
static void
test_families_are_apart(void **state)
{
	(void)state;
	assert_true(holds("::/0", "2001:db8::1"));
	assert_false(holds("::/0", "10.0.0.1"));
	assert_false(holds("::/95", "10.0.0.1"));
	assert_false(holds("::/80", "10.0.0.1"));
	assert_true(holds("::/80", "::1:0:1"));
	assert_false(holds("0.0.0.0/0", "::"));
	assert_false(holds("0.0.0.0/0", "2001:db8::1"));
}

static void
test_what_is_no_network(void **state)
{
	static const char *const bad[] = { "", ",", "10.0.0.0/8,", ",::1",
		"10.0.0.0/", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/-1",
		"10.0.0.0/8/8", "10.0.0/8", "::/129", "::/0x1", "/8", "*",
		"10.0.0.0 /8", "10.0.0.0/255.0.0.0", "[::1]", "::ffff:1.2.3.4/",
		"10.0.0.0/8 ::1", "localhost", "10.0.0.0/0000" },
				 *const bits[] = { "10.0.0.1/8", "10.1.0.0/8",
					 "192.0.2.1/31", "::1/127", "1::/15",
					 "::ffff:10.0.0.1/104", "::1/0" };
	struct cidr_set set = { .count = 0 };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(cidr_set_add(&set, guard_put(span_of(bad[i]))),
		    CIDR_SYNTAX);
	for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++)
		assert_int_equal(
		    cidr_set_add(&set, span_of(bits[i])), CIDR_BITS);
	assert_int_equal(set.count, 0);
	assert_int_equal(
	    cidr_set_add(&set, SPAN("10.0.0.0/8,10.0.0.1/8")), CIDR_BITS);
	assert_int_equal(set.count, 0);
}

static void
test_a_full_set(void **state)
{
	static struct cidr_set set;

	(void)state;
	for (int i = 0; i < CIDR_SET_MAX - 1; i++)
		assert_int_equal(cidr_set_add(&set, SPAN("::1")), CIDR_NONE);
	assert_int_equal(cidr_set_add(&set, SPAN("::2,::3")), CIDR_MANY);
	assert_int_equal(set.count, CIDR_SET_MAX - 1);
	assert_int_equal(cidr_set_add(&set, SPAN("::2")), CIDR_NONE);
	assert_int_equal(cidr_set_add(&set, SPAN("::3")), CIDR_MANY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ipv4),
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_as_the_libc),
		cmocka_unit_test(test_networks),
		cmocka_unit_test(test_families_are_apart),
		cmocka_unit_test(test_what_is_no_network),
		cmocka_unit_test(test_a_full_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
