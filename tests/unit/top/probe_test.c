#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/num.h"
#include "probe.h"

/* What a little server does with its one connection. */
typedef void (*behaviour)(int fd, const char *text);

struct server {
	struct address address;
	pid_t pid;
};

static char why_memory[PROBE_REASON_MAX];
static struct buf why;
static char url_memory[128];

/* Reads a whole request head and passes on what is in it. */
static size_t
read_head(int fd, char *memory, size_t size)
{
	size_t len = 0;

	while (len < size - 1) {
		ssize_t n = read(fd, memory + len, size - 1 - len);

		if (n <= 0)
			break;
		len += (size_t)n;
		memory[len] = '\0';
		if (strstr(memory, "\r\n\r\n"))
			break;
	}
	return len;
}

static void
answer(int fd, const char *text)
{
	char head[8192];

	read_head(fd, head, sizeof head);
	if (write(fd, text, strlen(text)) < 0)
		_exit(1);
}

static void
answer_bytewise(int fd, const char *text)
{
	char head[8192];

	read_head(fd, head, sizeof head);
	for (; *text; text++) {
		if (write(fd, text, 1) < 0)
			return;
		usleep(1000);
	}
}

/* Answers 200 if the request is text, else 500. */
static void
compare(int fd, const char *text)
{
	static const char good[] = "HTTP/1.1 200 OK\r\n\r\n";
	static const char bad[] = "HTTP/1.1 500 Other\r\n\r\n";
	char head[8192];
	size_t len = read_head(fd, head, sizeof head);
	bool same = len == strlen(text) && memcmp(head, text, len) == 0;

	if (write(fd, same ? good : bad, strlen(same ? good : bad)) < 0)
		_exit(1);
}

/* Says nothing, and holds the connection. */
static void
stall(int fd, const char *text)
{
	char byte;

	if (text && write(fd, text, strlen(text)) < 0)
		return;
	while (read(fd, &byte, 1) > 0)
		;
	pause();
}

/* Says text, again and again. */
static void
repeat(int fd, const char *text)
{
	while (write(fd, text, strlen(text)) > 0)
		;
}

/* Says text, then x and x and x. */
static void
answer_endlessly(int fd, const char *text)
{
	answer(fd, text);
	repeat(fd, "xxxxxxxxxxxxxxxx");
}

static void
trickle(int fd, const char *text)
{
	while (write(fd, text, 1) > 0)
		usleep(20000);
}

static struct server
start(const char *address, behaviour serve, const char *text)
{
	struct server s = { .pid = -1 };
	int fd;

	assert_true(address_parse(span_of(address), &s.address));
	fd = listen_open(&s.address);
	assert_true(fd >= 0);
	s.pid = fork();
	if (s.pid == 0) {
		struct sockaddr_storage peer;
		socklen_t size = sizeof peer;
		fd_set set;

		signal(SIGPIPE, SIG_IGN);
		alarm(20);
		FD_ZERO(&set);
		FD_SET(fd, &set);
		select(fd + 1, &set, NULL, NULL, NULL);
		fd = accept(fd, (struct sockaddr *)&peer, &size);
		serve(fd, text);
		close(fd);
		_exit(0);
	}
	close(fd);
	return s;
}

static void
stop(struct server *s)
{
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
}

/* http:// and the address and path, in memory good until the next call. */
static struct span
url_of(const struct server *s, const char *path)
{
	struct buf url = buf_over(url_memory, sizeof url_memory);

	buf_put(&url, SPAN("http://"));
	address_write(&url, &s->address);
	buf_put(&url, span_of(path));
	return buf_span(&url);
}

static int
probe(struct span url, const struct address *metrics, uint64_t timeout)
{
	static const struct address none;

	why = buf_over(why_memory, sizeof why_memory);
	return probe_run(url, metrics ? metrics : &none, timeout, &why);
}

static int
probe_text(const char *url)
{
	return probe(span_of(url), NULL, NS_PER_SEC);
}

/* The reason without "<url>: ". */
static void
assert_reason(const char *expected)
{
	struct span got = buf_span(&why);

	assert_false(why.overflowed);
	if (got.len < strlen(expected) ||
	    memcmp(got.at + got.len - strlen(expected), expected,
		strlen(expected)) != 0)
		fail_msg(
		    "got \"%.*s\" for \"%s\"", (int)got.len, got.at, expected);
}

/* One connection to a server that does this; returns what the probe did. */
static int
probe_server(behaviour serve, const char *text, uint64_t timeout)
{
	struct server s = start("127.0.0.1:0", serve, text);
	int result = probe(url_of(&s, "/"), NULL, timeout);

	stop(&s);
	return result;
}

static void
test_good_answers(void **state)
{
	static const char *const good[] = { "HTTP/1.1 200 OK\r\n\r\n",
		"HTTP/1.0 204 No Content\r\nX: y\r\n\r\n", "HTTP/1.1 299 \r\n",
		"HTTP/1.1 200\r\n", "HTTP/1.1 200\n" };

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		assert_int_equal(
		    probe_server(answer, good[i], 5 * NS_PER_SEC), 0);
		assert_int_equal(why.len, 0);
	}
	assert_int_equal(
	    probe_server(answer_bytewise, good[0], 5 * NS_PER_SEC), 0);
}

static void
test_other_answers(void **state)
{
	static const struct {
		const char *text, *reason;
	} other[] = {
		{ "HTTP/1.1 503 Service Unavailable\r\n\r\n",
		    ": answered 503" },
		{ "HTTP/1.1 301 Moved\r\n\r\n", ": answered 301" },
		{ "HTTP/1.1 199 X\r\n\r\n", ": answered 199" },
		{ "HTTP/1.1 300 X\r\n\r\n", ": answered 300" },
		{ "", ": closed without an answer" },
		{ "HTTP/1.1 200 OK", ": the answer broke off" },
		{ "HTTP/1", ": the answer broke off" },
		{ "HTTP/2.0 200 OK\r\n\r\n", ": the answer is not HTTP/1.x" },
		{ "SSH-2.0-OpenSSH_9\r\n", ": the answer is not HTTP/1.x" },
		{ "HTTP/1.1 20 OK\r\n\r\n", ": the answer is not HTTP/1.x" },
		{ "HTTP/1.1 2000 OK\r\n\r\n", ": the answer is not HTTP/1.x" },
		{ "HTTP/1.1 2x0 OK\r\n\r\n", ": the answer is not HTTP/1.x" },
		{ "HTTP/1.1  200 OK\r\n\r\n", ": the answer is not HTTP/1.x" },
		{ "HTTP/1.1\r\n200 OK\r\n", ": the answer is not HTTP/1.x" },
		{ "HTTP/1.1 200OK\r\n", ": the answer is not HTTP/1.x" },
		{ "HTTP/1.1 2\n", ": the answer is not HTTP/1.x" },
		{ "http/1.1 200 OK\r\n", ": the answer is not HTTP/1.x" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
		assert_int_equal(
		    probe_server(answer, other[i].text, 5 * NS_PER_SEC), 1);
		assert_reason(other[i].reason);
	}
}

static void
test_slow_and_endless_servers(void **state)
{
	static char line[8192] = "HTTP/1.1 200 ";
	uint64_t begin = clock_monotonic();

	(void)state;
	assert_int_equal(probe_server(stall, NULL, 150 * NS_PER_MS), 1);
	assert_reason(": no answer within 150ms");
	assert_int_equal(
	    probe_server(stall, "HTTP/1.1 200 OK", 150 * NS_PER_MS), 1);
	assert_reason(": no answer within 150ms");
	assert_int_equal(probe_server(trickle, "H", 150 * NS_PER_MS), 1);
	assert_true(clock_monotonic() - begin >= 300 * NS_PER_MS);

	begin = clock_monotonic();
	memset(line + 13, 'x', sizeof line - 14);
	assert_int_equal(probe_server(answer, line, 10 * NS_PER_SEC), 1);
	assert_reason(": the answer is not HTTP/1.x");
	assert_int_equal(probe_server(repeat, "yes", 10 * NS_PER_SEC), 1);
	assert_reason(": the answer is not HTTP/1.x");
	assert_int_equal(probe_server(answer_endlessly,
			     "HTTP/1.1 200 OK\r\n\r\n", 10 * NS_PER_SEC),
	    0);
	assert_int_equal(
	    probe_server(stall, "HTTP/1.1 200 OK\r\n\r\n", 10 * NS_PER_SEC), 0);
	assert_true(clock_monotonic() - begin < 5 * NS_PER_SEC);
}

static void
test_request(void **state)
{
	static const struct {
		const char *path, *line;
	} given[] = {
		{ "", "GET / HTTP/1.1" },
		{ "/a/b?c=%20d", "GET /a/b?c=%20d HTTP/1.1" },
		{ "?q#part", "GET /?q HTTP/1.1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof given / sizeof given[0]; i++) {
		char text[512], host[ADDRESS_TEXT_MAX];
		struct buf name = buf_over(host, sizeof host);
		struct server s = start("127.0.0.1:0", answer, "");

		/* the port must be known before the server is started */
		stop(&s);
		address_write(&name, &s.address);
		snprintf(text, sizeof text,
		    "%s\r\nHost: %.*s\r\nUser-Agent: my_webserver-probe\r\n"
		    "Accept: */*\r\nConnection: close\r\n\r\n",
		    given[i].line, (int)name.len, host);
		host[name.len] = '\0';
		s = start(host, compare, text);
		assert_int_equal(
		    probe(url_of(&s, given[i].path), NULL, 5 * NS_PER_SEC), 0);
		stop(&s);
	}
}

/* The default URL: /readyz, on the loopback where the listener is a wildcard.
 */
static void
test_default_url(void **state)
{
	static const char *const listen[] = { "127.0.0.1:0", "0.0.0.0:0", ":0",
		"localhost:0" };
	static const struct span none = { NULL, 0 };

	(void)state;
	for (size_t i = 0; i < sizeof listen / sizeof listen[0]; i++) {
		struct server s =
		    start(listen[i], answer, "HTTP/1.1 200 OK\r\n\r\n");

		assert_int_equal(probe(none, &s.address, 5 * NS_PER_SEC), 0);
		stop(&s);
	}
}

/* IPv6 comes first, and an answer is an answer. */
static void
test_dual_is_ipv6_first(void **state)
{
	struct server s;
	struct address dual, loopback;
	char expected[64];
	int fd;

	(void)state;
	assert_true(address_parse(SPAN("[::1]:0"), &loopback));
	fd = listen_open(&loopback);
	if (fd < 0)
		skip(); /* IPv6 is off here */
	close(fd);
	s = start("[::1]:0", answer, "HTTP/1.1 503 X\r\n\r\n");
	assert_true(address_parse(SPAN(":1"), &dual));
	dual.sock.v6.sin6_port = htons(address_port(&s.address));
	assert_int_equal(
	    probe((struct span){ NULL, 0 }, &dual, 5 * NS_PER_SEC), 1);
	stop(&s);
	snprintf(expected, sizeof expected,
	    "http://[::1]:%u/readyz: answered 503",
	    (unsigned)address_port(&s.address));
	assert_reason(expected);
}

/* Configured for both, but the server had IPv4 alone. */
static void
test_dual_falls_back(void **state)
{
	struct server s =
	    start("127.0.0.1:0", answer, "HTTP/1.1 503 X\r\n\r\n");
	struct address dual;
	char expected[64];

	(void)state;
	assert_true(address_parse(SPAN(":1"), &dual));
	dual.sock.v6.sin6_port = htons(address_port(&s.address));
	assert_int_equal(
	    probe((struct span){ NULL, 0 }, &dual, 5 * NS_PER_SEC), 1);
	stop(&s);
	snprintf(expected, sizeof expected,
	    "http://127.0.0.1:%u/readyz: answered 503",
	    (unsigned)address_port(&s.address));
	assert_reason(expected);
	assert_int_equal(why.len, strlen(expected));

	/* and nobody at all */
	assert_int_equal(
	    probe((struct span){ NULL, 0 }, &dual, 5 * NS_PER_SEC), 1);
	assert_reason("/readyz: connection refused");
	assert_memory_equal(why.at, "http://127.0.0.1:", 17);
}

static void
test_port_zero(void **state)
{
	struct address a;

	(void)state;
	assert_true(address_parse(SPAN(":0"), &a));
	assert_int_equal(probe((struct span){ NULL, 0 }, &a, NS_PER_SEC), 2);
	assert_reason("--metrics-listen has port 0: expected the URL to probe");
	assert_int_equal(probe_text("http://127.0.0.1:0/"), 2);
}

static void
test_what_is_no_url(void **state)
{
	static const char *const bad[] = { "", "http", "http://", "http:///x",
		"http://:80/", "http://example.org/", "ftp://127.0.0.1/",
		"127.0.0.1:80", "http://127.0.0.1:65536/",
		"http://127.0.0.1:x/", "http://127.0.0.1:-1/",
		"http://u@127.0.0.1/", "http://::1/", "http://::1:80/",
		"http://[::1/", "http://[::1]80/", "http://[]:80/",
		"http://127.0.0.1/a b", "http://127.0.0.1/\r\nX: y",
		"http://127.0.0.1/\xc3\xa9", "http://127.0.0.1:1:1/",
		"http://2130706433/", "http://127.1/" };
	static char longest[4096] = "http://127.0.0.1:1/";

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		if (probe_text(bad[i]) != 2)
			fail_msg("taken: %s", bad[i]);
		assert_true(why.len > 0 && !why.overflowed);
		assert_null(memchr(why.at, '\n', why.len));
	}
	assert_int_equal(probe_text("https://127.0.0.1/"), 2);
	assert_reason("https://127.0.0.1/: https is not spoken here, expected "
		      "http://host:port/path");
	memset(longest + 19, 'x', sizeof longest - 20);
	assert_int_equal(probe_text(longest), 2);
	assert_reason("...: the URL is too long");
	longest[2000] = '\0';
	assert_int_equal(probe_text(longest), 1);
	assert_reason("...: connection refused");
}

static void
test_refused(void **state)
{
	struct server s = start("127.0.0.1:0", answer, "");
	char expected[64];

	(void)state;
	stop(&s);
	assert_int_equal(probe(url_of(&s, "/x"), NULL, NS_PER_SEC), 1);
	snprintf(expected, sizeof expected,
	    "http://127.0.0.1:%u/x: connection refused",
	    (unsigned)address_port(&s.address));
	assert_reason(expected);
	assert_int_equal(why.len, strlen(expected));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_answers),
		cmocka_unit_test(test_other_answers),
		cmocka_unit_test(test_slow_and_endless_servers),
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_default_url),
		cmocka_unit_test(test_dual_is_ipv6_first),
		cmocka_unit_test(test_dual_falls_back),
		cmocka_unit_test(test_port_zero),
		cmocka_unit_test(test_what_is_no_url),
		cmocka_unit_test(test_refused),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
