#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/num.h"
#include "load/options.h"

#define COUNT(a)  (sizeof(a) / sizeof(a)[0])
#define ARGS(...) ((char *const[]){ (char *)"load", __VA_ARGS__, NULL })
#define READ(...) read_args(ARGS(__VA_ARGS__))

static struct options o;
static char error[1024];

static int
read_args(char *const argv[])
{
	struct buf b = buf_over(error, sizeof error - 1);
	int argc = 0, result;

	while (argv[argc])
		argc++;
	result = options_read(&o, argc, argv, &b);
	assert_false(b.overflowed);
	error[b.len] = '\0';
	/* a message if it failed, one line, and else none */
	assert_int_equal(result == 0, b.len == 0);
	assert_null(strchr(error, '\n'));
	return result;
}

static void
defaults(void **state)
{
	(void)state;
	assert_int_equal(read_args((char *const[]){ (char *)"load", NULL }), 0);
	assert_int_equal(o.connections, 64);
	assert_int_equal(o.duration, 10 * NS_PER_SEC);
	assert_int_equal(o.warmup, 0);
	assert_int_equal(o.timeout, 5 * NS_PER_SEC);
	assert_true(o.requests == OPTIONS_NONE);
	assert_int_equal(o.rate, 0);
	assert_int_equal(o.pipeline, 1);
	assert_false(o.close || o.spin || o.json || o.any_host || o.help ||
	    o.random || o.seconds);
	assert_int_equal(o.expect_status, 200);
	assert_true(o.expect_length == OPTIONS_NONE);
	assert_int_equal(o.sources, 0);
	assert_int_equal(o.target.address.v4.sin_port, htons(8080));
	assert_int_equal(
	    o.target.address.v4.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
}

static void
every_option_both_ways(void **state)
{
	(void)state;
	assert_int_equal(
	    READ("--connections=7", "--duration", "1m30s", "--warmup=250ms",
		"--requests", "9", "--rate=1000", "--arrivals", "random",
		"--seed=5", "--pipeline", "3", "--method=HEAD", "--header",
		"A: b", "--header=C:d", "--expect-status=404",
		"--expect-length", "0", "--timeout=1s", "--sources", "4",
		"--json", "--any-host", "--spin", "--seconds",
		"http://127.1.2.3:99/x?y"),
	    0);
	assert_int_equal(o.connections, 7);
	assert_int_equal(o.duration, 90 * NS_PER_SEC);
	assert_int_equal(o.warmup, 250 * NS_PER_MS);
	assert_int_equal(o.requests, 9);
	assert_int_equal(o.rate, 1000);
	assert_true(o.random);
	assert_int_equal(o.seed, 5);
	assert_int_equal(o.pipeline, 3);
	assert_true(span_eq(o.method, SPAN("HEAD")));
	assert_int_equal(o.header_count, 2);
	assert_true(span_eq(o.headers[1], SPAN("C:d")));
	assert_int_equal(o.expect_status, 404);
	assert_int_equal(o.expect_length, 0);
	assert_int_equal(o.timeout, NS_PER_SEC);
	assert_int_equal(o.sources, 4);
	assert_true(o.json && o.any_host && o.spin && o.seconds);
	assert_true(span_eq(o.target.host, SPAN("127.1.2.3:99")));
	assert_true(span_eq(o.target.path, SPAN("/x?y")));
}

static void
any_length_will_do(void **state)
{
	(void)state;
	assert_int_equal(READ("--expect-length=any"), 0);
	assert_true(o.expect_length == OPTIONS_ANY);
}

static void
requests_alone_have_more_time(void **state)
{
	(void)state;
	assert_int_equal(READ("--requests=9"), 0);
	assert_int_equal(o.duration, 60 * NS_PER_SEC);
	assert_int_equal(READ("--requests=9", "--duration=2s"), 0);
	assert_int_equal(o.duration, 2 * NS_PER_SEC);
}

static void
help_needs_nothing_else(void **state)
{
	char memory[8192];
	struct buf out = buf_over(memory, sizeof memory);

	(void)state;
	assert_int_equal(READ("--help", "--close", "--pipeline=2"), 0);
	assert_true(o.help);
	options_help(&out);
	assert_false(out.overflowed);
	assert_non_null(memmem(memory, out.len, "--expect-length=N", 17));
}

/* The message names the option and what was expected. */
static void
assert_wrong(char *const argv[], const char *message)
{
	assert_int_equal(read_args(argv), -1);
	if (!strstr(error, message))
		fail_msg("\"%s\" without \"%s\"", error, message);
}

#define WRONG(message, ...) assert_wrong(ARGS(__VA_ARGS__), message)

static void
wrong_options(void **state)
{
	(void)state;
	WRONG("unknown option --x; --help", "--x=1");
	WRONG("unknown option --; ", "--");
	WRONG("unknown option --a?b", "--a\nb");
	WRONG("-x: expected options and one URL", "-x");
	WRONG("b: expected options and one URL", "http://127.0.0.1/", "b");
	WRONG("--close=1: it takes no value", "--close=1");
	WRONG("--rate: expected a number, 1 to 1000000", "--rate");
	WRONG("--connections=0: expected a number", "--connections=0");
	WRONG("--connections=: expected a number", "--connections=");
	WRONG("--connections=x: expected", "--connections", "x");
	WRONG("--duration=3: expected a duration", "--duration=3");
	WRONG("--duration=0: expected a duration", "--duration=0");
	WRONG("--duration=61m: expected a duration", "--duration=61m");
	WRONG("--requests=0: expected", "--requests=0");
	WRONG("--rate=1000001: expected", "--rate=1000001");
	WRONG("--arrivals=odd: expected even or random", "--arrivals=odd");
	WRONG("--arrivals: expected --rate", "--arrivals=random");
	WRONG("--pipeline=1025: expected", "--pipeline=1025");
	WRONG("--pipeline: expected no --close", "--pipeline=2", "--close");
	WRONG("--method=get: expected a method", "--method=get");
	WRONG("--method=CONNECT: expected", "--method=CONNECT");
	WRONG("--method=: expected", "--method=");
	WRONG("--header=x: expected Name: value", "--header=x");
	WRONG("--header=: x: expected Name: value", "--header=: x");
	WRONG("--header=a b: x: expected", "--header=a b: x");
	WRONG("--header=a: x?y: expected", "--header=a: x\ny");
	WRONG("expected another header", "--header=Content-Length: 5");
	WRONG("expected another header", "--header=connection: close");
	WRONG("expected another header", "--header=Transfer-Encoding: x");
	WRONG("--expect-status=199: expected", "--expect-status=199");
	WRONG("--timeout=0: expected", "--timeout=0");
	WRONG("--sources=255: expected", "--sources=255");
	WRONG("--sources: expected a target in 127", "--sources=2",
	    "http://[::1]/");
	WRONG("--sources: expected a target in 127", "--sources=2",
	    "--any-host", "http://10.0.0.1/");
}

static void
too_many_headers(void **state)
{
	char *args[OPTIONS_HEADERS_MAX + 3] = { (char *)"load" };

	(void)state;
	for (int i = 1; i <= OPTIONS_HEADERS_MAX; i++)
		args[i] = (char *)"--header=A: b";
	assert_int_equal(read_args(args), 0);
	args[OPTIONS_HEADERS_MAX + 1] = (char *)"--header=A: b";
	assert_wrong(args, "expected at most 32");
}

static void
targets(void **state)
{
	static const struct {
		const char *url;
		int family;
		uint16_t port;
		const char *host, *path;
	} samples[] = {
		{ "http://127.0.0.1", AF_INET, 80, "127.0.0.1", "" },
		{ "http://127.255.0.1:1/", AF_INET, 1, "127.255.0.1:1", "/" },
		{ "HTTP://LocalHost:65535/a/b?c=d", AF_INET, 65535,
		    "LocalHost:65535", "/a/b?c=d" },
		{ "http://[::1]", AF_INET6, 80, "[::1]", "" },
		{ "http://[::1]:8080?x:y]", AF_INET6, 8080, "[::1]:8080",
		    "?x:y]" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		assert_int_equal(READ((char *)samples[i].url), 0);
		assert_true(o.target.loopback);
		assert_int_equal(
		    o.target.address.any.sa_family, samples[i].family);
		assert_int_equal(
		    ntohs(o.target.address.v4.sin_port), samples[i].port);
		assert_true(span_eq(o.target.host, span_of(samples[i].host)));
		assert_true(span_eq(o.target.path, span_of(samples[i].path)));
	}
}

static void
wrong_targets(void **state)
{
	static const char *const urls[] = { "", "127.0.0.1:80",
		"https://[::1]/", "http://", "http:///", "http://:80/",
		"http://example.com/", "http://127.0.0.1:/",
		"http://127.0.0.1:0/", "http://127.0.0.1:65536/",
		"http://127.0.0.1:8a/", "http://127.0.0/",
		"http://127.0.0.1.1/", "http://::1/", "http://[::1/",
		"http://[::1]x/", "http://[]/", "http://[127.0.0.1]/",
		"http://a@127.0.0.1/", "http://127.0.0.1/a b",
		"http://127.0.0.1/\303\251", "http://127.0.0.1/#a",
		"http://127.0.0.1/\r\nA: b" };

	(void)state;
	for (size_t i = 0; i < COUNT(urls); i++)
		if (READ((char *)urls[i], "--any-host") == 0 ||
		    !strstr(error, "expected a"))
			fail_msg("%s: \"%s\"", urls[i], error);
}

static void
others_need_a_word(void **state)
{
	static const char *const urls[] = { "http://10.0.0.1/",
		"http://126.255.255.255/", "http://128.0.0.1/",
		"http://0.0.0.0/", "http://[::]/", "http://[2001:db8::1]:80/",
		"http://[::ffff:10.0.0.1]/" };

	(void)state;
	for (size_t i = 0; i < COUNT(urls); i++) {
		assert_int_equal(READ((char *)urls[i]), -1);
		assert_non_null(strstr(error, "--any-host"));
		assert_int_equal(READ((char *)urls[i], "--any-host"), 0);
	}
}

static const char *
request(void)
{
	static char memory[4096];
	struct buf out = buf_over(memory, sizeof memory - 1);

	options_request(&o, &out);
	assert_false(out.overflowed);
	memory[out.len] = '\0';
	return memory;
}

static void
requests(void **state)
{
	(void)state;
	assert_int_equal(READ("http://[::1]:81"), 0);
	assert_string_equal(
	    request(), "GET / HTTP/1.1\r\nHost: [::1]:81\r\n\r\n");
	assert_int_equal(READ("http://127.0.0.1?a", "--method=HEAD", "--close",
			     "--header=A: b"),
	    0);
	assert_string_equal(request(),
	    "HEAD /?a HTTP/1.1\r\nHost: 127.0.0.1\r\nA: b\r\n"
	    "Connection: close\r\n\r\n");
	assert_int_equal(
	    READ("http://127.0.0.1/x", "--header=host: a", "--header=B:"), 0);
	assert_string_equal(
	    request(), "GET /x HTTP/1.1\r\nhost: a\r\nB:\r\n\r\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(every_option_both_ways),
		cmocka_unit_test(any_length_will_do),
		cmocka_unit_test(requests_alone_have_more_time),
		cmocka_unit_test(help_needs_nothing_else),
		cmocka_unit_test(wrong_options),
		cmocka_unit_test(too_many_headers),
		cmocka_unit_test(targets),
		cmocka_unit_test(wrong_targets),
		cmocka_unit_test(others_need_a_word),
		cmocka_unit_test(requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
