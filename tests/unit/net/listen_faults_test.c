#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "net/listen.h"

/* Errors that accept4(2) has still to give, the last one first. */
static int injected[128];
static size_t left;

int fake_accept4(int fd, void *addr, void *size, int flags) __asm__("accept4");

int
fake_accept4(int fd, void *addr, void *size, int flags)
{
	if (left > 0) {
		errno = injected[--left];
		return -1;
	}
	return (int)syscall(SYS_accept4, fd, addr, size, flags);
}

/* What creating an IPv6 socket fails with, or binding one. */
static int v6_socket_error, v6_bind_error;

int fake_socket(int family, int type, int protocol) __asm__("socket");
int
fake_bind(int fd, const struct sockaddr *addr, socklen_t size) __asm__("bind");

int
fake_socket(int family, int type, int protocol)
{
	if (family == AF_INET6 && v6_socket_error != 0) {
		errno = v6_socket_error;
		return -1;
	}
	return (int)syscall(SYS_socket, family, type, protocol);
}

int
fake_bind(int fd, const struct sockaddr *addr, socklen_t size)
{
	if (addr->sa_family == AF_INET6 && v6_bind_error != 0) {
		errno = v6_bind_error;
		return -1;
	}
	return (int)syscall(SYS_bind, fd, addr, size);
}

static void
assert_falls_back(void)
{
	struct address dual, single;
	int fd;

	assert_true(address_parse(SPAN(":0"), &dual));
	fd = listen_open(&dual);
	assert_true(fd >= 0);
	assert_int_equal(dual.sock.any.sa_family, AF_INET);
	assert_true(dual.sock.v4.sin_addr.s_addr == 0);
	assert_true(address_port(&dual) > 0);
	assert_false(dual.dual);
	close(fd);
	/* what was asked for by name is not replaced */
	assert_true(address_parse(SPAN("[::1]:0"), &single));
	assert_int_equal(listen_open(&single), -1);
}

static void
listens_on_ipv4_where_ipv6_is_off(void **state)
{
	(void)state;
	v6_socket_error = EAFNOSUPPORT;
	assert_falls_back();
	v6_socket_error = 0;
	v6_bind_error = EADDRNOTAVAIL;
	assert_falls_back();
	v6_bind_error = 0;
}

/* A taken port must not lead to half a listener; and nothing leaks. */
static void
other_errors_are_final(void **state)
{
	struct address a;
	int before = dup(0), after;

	(void)state;
	close(before);
	assert_true(address_parse(SPAN(":0"), &a));
	v6_bind_error = EADDRINUSE;
	assert_int_equal(listen_open(&a), -1);
	assert_int_equal(errno, EADDRINUSE);
	v6_bind_error = 0;
	after = dup(0);
	close(after);
	assert_int_equal(after, before);
}

static void
passes_dead_connections_over(void **state)
{
	const int errors[] = { EINTR, ECONNABORTED, ENETDOWN, EPROTO,
		ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH, EOPNOTSUPP,
		ENETUNREACH };
	struct address a = { 0 }, peer;
	int fd, client, got;

	(void)state;
	assert_true(address_parse(SPAN("127.0.0.1:0"), &a));
	fd = listen_open(&a);
	client = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(client, &a.sock.any, sizeof a.sock.v4), 0);
	for (left = 0; left < sizeof errors / sizeof errors[0]; left++)
		injected[left] = errors[left];
	got = listen_accept(fd, &peer);
	assert_true(got >= 0);
	assert_int_equal(left, 0);
	close(got);
	close(client);
	close(fd);
}

static void
hands_other_errors_on(void **state)
{
	const int errors[] = { EAGAIN, EMFILE, ENFILE, ENOBUFS, ENOMEM };
	struct address peer;

	(void)state;
	for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
		injected[0] = errors[i];
		left = 1;
		assert_int_equal(listen_accept(-1, &peer), -1);
		assert_int_equal(errno, errors[i]);
	}
}

static void
gives_up_in_the_end(void **state)
{
	struct address peer;

	(void)state;
	for (left = 0; left < sizeof injected / sizeof injected[0]; left++)
		injected[left] = ECONNABORTED;
	assert_int_equal(listen_accept(-1, &peer), -1);
	assert_int_equal(errno, EAGAIN);
	assert_true(left > 0);
	left = 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(listens_on_ipv4_where_ipv6_is_off),
		cmocka_unit_test(other_errors_are_final),
		cmocka_unit_test(passes_dead_connections_over),
		cmocka_unit_test(hands_other_errors_on),
		cmocka_unit_test(gives_up_in_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
