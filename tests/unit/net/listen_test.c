#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <unistd.h>

#include "net/listen.h"

static void
assert_text(void (*write)(struct buf *, const struct address *),
    const struct address *a, const char *expected)
{
	char memory[ADDRESS_TEXT_MAX];
	struct buf b = buf_over(memory, sizeof memory);

	write(&b, a);
	assert_false(b.overflowed);
	if (!span_eq(buf_span(&b), span_of(expected)))
		fail_msg("%.*s is not %s", (int)b.len, b.at, expected);
}

static struct address
parsed(const char *text)
{
	struct address a = { 0 };

	if (!address_parse(span_of(text), &a))
		fail_msg("%s is refused", text);
	return a;
}

static void
parses(void **state)
{
	const struct {
		const char *text, *written;
		bool dual;
	} rows[] = {
		{ ":8080", "[::]:8080", true },
		{ "[::]:8080", "[::]:8080", true },
		{ "[0:0:0:0:0:0:0:0]:8080", "[::]:8080", true },
		{ ":0", "[::]:0", true },
		{ "0.0.0.0:65535", "0.0.0.0:65535", false },
		{ "127.0.0.1:8080", "127.0.0.1:8080", false },
		{ "localhost:1", "127.0.0.1:1", false },
		{ "LocalHost:1", "127.0.0.1:1", false },
		{ "[::1]:8080", "[::1]:8080", false },
		{ "[2001:DB8::0:1]:80", "[2001:db8::1]:80", false },
		{ "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
		    "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct address a = parsed(rows[i].text);

		assert_text(address_write, &a, rows[i].written);
		assert_int_equal(a.dual, rows[i].dual);
	}
}

static void
refuses(void **state)
{
	const char *wrong[] = { "", ":", "8080", "localhost",
		"localhost:", ":65536", ":-1", ":+1", ": 80", ":80 ", ":080",
		":http", ":99999999999999999999", "example.com:80", "*:80",
		"1.2.3:80", "1.2.3.4.5:80", "1.2.3.256:80", "01.2.3.4:80",
		"0x7f.0.0.1:80", " 127.0.0.1:80", "127.0.0.1 :80", "[]:80",
		"[:80", "]:80", "[::1]", "[::1]80", "[::1:80", "::1:80",
		"[::1]]:80", "[[::1]]:80", "[::1%lo]:80", "[fe80::1%1]:80",
		"[1.2.3.4]:80", "[:::]:80", "[1::2::3]:80", "[12345::]:80",
		"::8080", "localhost.:80", "http://localhost:80",
		"[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]:80" };
	struct address a = parsed("127.0.0.1:9");

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		if (address_parse(span_of(wrong[i]), &a))
			fail_msg("%s is taken", wrong[i]);
	assert_false(address_parse(SPAN("127.0.0.1\0:80"), &a));
	assert_false(address_parse((struct span){ NULL, 0 }, &a));
	assert_text(address_write, &a, "127.0.0.1:9"); /* untouched */
}

static void
writes_hosts(void **state)
{
	struct address a = parsed("[::1]:8080");

	(void)state;
	assert_text(address_host, &a, "::1");
	assert_int_equal(address_port(&a), 8080);
	a.sock.v6.sin6_scope_id = 1;
	inet_pton(AF_INET6, "fe80::1", &a.sock.v6.sin6_addr);
	assert_text(address_host, &a, "fe80::1");
	inet_pton(AF_INET6, "::ffff:192.0.2.1", &a.sock.v6.sin6_addr);
	assert_text(address_host, &a, "192.0.2.1");
	assert_text(address_write, &a, "192.0.2.1:8080");
	a = parsed("192.0.2.1:80");
	assert_text(address_host, &a, "192.0.2.1");
	assert_int_equal(address_port(&a), 80);
}

static int
option(int fd, int level, int name)
{
	int value = -1;
	socklen_t size = sizeof value;

	assert_int_equal(getsockopt(fd, level, name, &value, &size), 0);
	return value;
}

static int
connect_to(const char *host, const struct address *listener)
{
	char text[ADDRESS_TEXT_MAX];
	struct buf b = buf_over(text, sizeof text - 1);
	struct address a;
	int fd;

	buf_put(&b, span_of(host));
	buf_char(&b, ':');
	buf_u64(&b, address_port(listener));
	assert_true(address_parse(buf_span(&b), &a));
	fd = socket(a.sock.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, &a.sock.any, sizeof a.sock) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Accepts what was connected from host, which has to be its peer's name. */
static void
exchange(
    int listener, const struct address *a, const char *host, const char *name)
{
	struct pollfd poller = { listener, POLLIN, 0 };
	struct address peer;
	int client = connect_to(host, a);
	int fd;

	assert_true(client >= 0);
	assert_int_equal(poll(&poller, 1, 1000), 1);
	fd = listen_accept(listener, &peer);
	assert_true(fd >= 0);
	assert_text(address_host, &peer, name);
	assert_true(address_port(&peer) > 0);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_true(option(fd, IPPROTO_TCP, TCP_NODELAY) > 0);
	close(fd);
	close(client);
}

static void
listens_on_ipv4(void **state)
{
	struct address a = parsed("127.0.0.1:0"), peer;
	int fd = listen_open(&a);

	(void)state;
	assert_true(fd >= 0);
	assert_true(address_port(&a) > 0);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(listen_accept(fd, &peer), -1);
	assert_int_equal(errno, EAGAIN);
	exchange(fd, &a, "127.0.0.1", "127.0.0.1");
	close(fd);
}

/* An IPv6 socket on such an address could be had only without V6ONLY. */
static void
a_mapped_address_is_ipv4(void **state)
{
	struct address a = parsed("[::ffff:127.0.0.1]:0");
	int fd = listen_open(&a);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(a.sock.any.sa_family, AF_INET);
	exchange(fd, &a, "127.0.0.1", "127.0.0.1");
	exchange(fd, &a, "[::ffff:127.0.0.1]", "127.0.0.1");
	close(fd);
	a = parsed("[::FFFF:0:0]:65535");
	assert_text(address_write, &a, "0.0.0.0:65535");
	assert_int_equal(a.sock.any.sa_family, AF_INET);
	assert_false(a.dual);
}

static bool
has_ipv6(void)
{
	struct address a = parsed("[::1]:0");
	int fd = listen_open(&a);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void
listens_on_both(void **state)
{
	struct address a = parsed(":0");
	int fd = listen_open(&a);

	(void)state;
	assert_true(fd >= 0);
	assert_true(address_port(&a) > 0);
	exchange(fd, &a, "127.0.0.1", "127.0.0.1");
	if (has_ipv6())
		exchange(fd, &a, "[::1]", "::1");
	else
		assert_text(address_host, &a, "0.0.0.0");
	close(fd);
}

static void
a_single_ipv6_address_takes_no_ipv4(void **state)
{
	struct address a = parsed("[::1]:0");
	int fd = listen_open(&a);

	(void)state;
	if (fd < 0)
		skip();
	assert_int_equal(option(fd, IPPROTO_IPV6, IPV6_V6ONLY), 1);
	exchange(fd, &a, "[::1]", "::1");
	assert_int_equal(connect_to("127.0.0.1", &a), -1);
	close(fd);
}

/* A second listener on a port is refused, whatever form its address has. */
static void
binds_exclusively(void **state)
{
	const char *forms[] = { "127.0.0.1:", "0.0.0.0:", ":" };
	struct address a = parsed("0.0.0.0:0");
	int fd = listen_open(&a);

	(void)state;
	assert_true(fd >= 0);
	for (size_t i = 0; i < 3; i++) {
		char text[ADDRESS_TEXT_MAX];
		struct buf b = buf_over(text, sizeof text);
		struct address second;

		buf_put(&b, span_of(forms[i]));
		buf_u64(&b, address_port(&a));
		assert_true(address_parse(buf_span(&b), &second));
		assert_int_equal(listen_open(&second), -1);
		assert_int_equal(errno, EADDRINUSE);
	}
	close(fd);
	fd = listen_open(&a);
	assert_true(fd >= 0); /* free again at once */
	close(fd);
}

static void
a_foreign_address_is_an_error(void **state)
{
	struct address a = parsed("192.0.2.1:0");

	(void)state;
	assert_int_equal(listen_open(&a), -1);
	assert_int_equal(errno, EADDRNOTAVAIL);
}

/* Reset before it was accepted: still taken, or passed over; never an error. */
static void
a_dead_connection_does_no_harm(void **state)
{
	struct linger hard = { 1, 0 };
	struct address a = parsed("127.0.0.1:0"), peer;
	int fd = listen_open(&a);
	int client = connect_to("127.0.0.1", &a);
	int got;

	(void)state;
	assert_true(fd >= 0 && client >= 0);
	setsockopt(client, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
	close(client);
	got = listen_accept(fd, &peer);
	if (got < 0)
		assert_int_equal(errno, EAGAIN);
	else
		close(got);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses),
		cmocka_unit_test(refuses),
		cmocka_unit_test(writes_hosts),
		cmocka_unit_test(listens_on_ipv4),
		cmocka_unit_test(a_mapped_address_is_ipv4),
		cmocka_unit_test(listens_on_both),
		cmocka_unit_test(a_single_ipv6_address_takes_no_ipv4),
		cmocka_unit_test(binds_exclusively),
		cmocka_unit_test(a_foreign_address_is_an_error),
		cmocka_unit_test(a_dead_connection_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
