#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "net/listen.h"
#include "unit/half_open.h"

enum { WAIT_MS = 10000 };

/* Every way in which a segment comes to a listening socket. */
static struct way {
	const char *listen, *call;
	int listener, early, half, late;
	struct address to;
} ways[] = {
	{ .listen = "127.0.0.1:0", .call = "127.0.0.1" },
	{ .listen = ":0", .call = "127.0.0.1" },
	{ .listen = ":0", .call = "[::1]" },
	{ .listen = "[::1]:0", .call = "[::1]" },
};

enum { WAYS = sizeof ways / sizeof ways[0] };

static int
call(const struct way *w, bool deaf)
{
	int fd = call_begin(&w->to.sock.any, sizeof w->to.sock, deaf);

	assert_true(fd >= 0);
	return fd;
}

static void
await_readable(int fd)
{
	struct pollfd p = { fd, POLLIN, 0 };

	assert_int_equal(poll(&p, 1, WAIT_MS), 1);
}

static void
open_way(struct way *w)
{
	char text[ADDRESS_TEXT_MAX];
	struct buf b = buf_over(text, sizeof text);
	struct address a;

	assert_true(address_parse(span_of(w->listen), &a));
	w->listener = listen_open(&a);
	assert_true(w->listener >= 0);
	buf_put(&b, span_of(w->call));
	buf_char(&b, ':');
	buf_u64(&b, address_port(&a));
	assert_true(address_parse(buf_span(&b), &w->to));
}

/* Next in the queue is this client, and all that it sends arrives. */
static void
assert_taken(const struct way *w, int client)
{
	static const char sent[5000] = "whole";
	static char got[sizeof sent];
	struct address a, peer;
	socklen_t size = sizeof a.sock;
	int fd = listen_accept(w->listener, &peer);
	size_t n = 0;

	assert_true(fd >= 0);
	assert_int_equal(getsockname(client, &a.sock.any, &size), 0);
	assert_int_equal(address_port(&a), address_port(&peer));
	assert_int_equal(send(client, sent, sizeof sent, 0), sizeof sent);
	while (n < sizeof sent) {
		ssize_t now;

		await_readable(fd);
		now = recv(fd, got + n, sizeof got - n, 0);
		assert_true(now > 0);
		n += (size_t)now;
	}
	assert_memory_equal(got, sent, sizeof sent);
	close(fd);
	close(client);
}

static void
assert_none_queued(const struct way *w)
{
	struct address peer;

	assert_int_equal(listen_accept(w->listener, &peer), -1);
	assert_int_equal(errno, EAGAIN);
}

/* How often it has called again. */
static unsigned
calls_again(int fd)
{
	struct tcp_info info;
	socklen_t size = sizeof info;

	assert_int_equal(
	    getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size), 0);
	return info.tcpi_retransmits;
}

static void
begin(struct way *w)
{
	open_way(w);
	w->early = call(w, false);
	assert_int_equal(call_result(w->early, WAIT_MS), 0);
	w->half = call(w, true);
	listen_stop(w->listener);
	w->late = call(w, false);
	assert_taken(w, w->early);
	assert_none_queued(w); /* nor the half, of course */
	assert_int_equal(call_hear(w->half), 0);
}

static void
finish(struct way *w)
{
	await_readable(w->listener);
	assert_int_equal(call_result(w->half, 0), 0);
	assert_taken(w, w->half);
	for (int i = 0; calls_again(w->late) == 0; i++) {
		assert_true(i < WAIT_MS);
		usleep(1000);
	}
	assert_int_equal(call_result(w->late, 0), EINPROGRESS);
	assert_none_queued(w);
	close(w->listener);
}

/* All ways at once: there are seconds to wait. */
static void
what_has_begun_is_finished_and_nothing_else_begins(void **state)
{
	size_t n = 0;

	(void)state;
	for (; n < WAYS; n++) {
		/* no IPv6 here: then IPv4 is all there is */
		if (n >= 2 && access("/proc/net/if_inet6", F_OK) < 0)
			break;
		begin(&ways[n]);
	}
	for (size_t i = 0; i < n; i++)
		finish(&ways[i]);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(
		    call_result(ways[i].late, WAIT_MS), ECONNREFUSED);
		close(ways[i].late);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    what_has_begun_is_finished_and_nothing_else_begins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
