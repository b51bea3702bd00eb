#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "config_values.h"
#include "unit/top/config_taken.h"

#define NAMESPACE_64                        \
	("--log-namespace="                 \
	 "0123456789abcdef0123456789ABCDEF" \
	 "0123456789abcdef0123456789ABCDEF")

/* What may be, and what may not. */
static void
test_bounds(void **state)
{
	static const char *const good[] = { "--max-connections=1",
		"--max-connections=1000000", "--idle-timeout=1ms",
		"--idle-timeout=24h", "--shutdown-delay=0", "--drain-timeout=0",
		"--log-buffer=16384", "--log-buffer=1GiB",
		"--log-namespace=a.B-9_", NAMESPACE_64,
		"--latency-buckets=0.000000001,1,+Inf",
		"--latency-buckets=1, 2, 3", "--random-delay=0s-0s",
		"--random-delay=1s-1s", "--random-delay=0-250ms",
		"--random-error=100", "--random-error=0.0001",
		"--random-error=5%", "--latency-metric=http_seconds",
		"--latency-metric=_:9", "--header=X-Y:\tz",
		"--header=X: \xc3\xa9", "--log-overflow=drop",
		"--log-format=off", "--listen=:0", "--root=/", "--root=a b",
		"--index=index.htm", "--index=a.b c", "--fallback=index.html",
		"--fallback=/a/b", "--fallback=..a/.b./c...",
		"--cache-control=*=x", "--cache-control=/a=b=c",
		"--memory-limit=auto", "--memory-limit=0",
		"--memory-limit=1024GiB", "--watch=auto", "--watch=off",
		"--header=Cache-Control: x", "--header=Vary: x",
		"--header=X-Content-Type-Options: x" };
	static const char *const bad[] = { "--max-connections=0",
		"--max-connections=1000001", "--max-connections=-1",
		"--max-connections=1.5", "--idle-timeout=0",
		"--idle-timeout=999us", "--idle-timeout=24h1ns",
		"--idle-timeout=5", "--header-timeout=0", "--body-timeout=0",
		"--write-timeout=0", "--probe-timeout=0",
		"--probe-timeout=auto", "--shutdown-delay=Auto",
		"--shutdown-delay=25h", "--drain-timeout=25h",
		"--log-buffer=16383", "--log-buffer=1025MiB",
		"--log-buffer=1MB", "--log-namespace=a b",
		"--log-namespace=timestamp", "--log-namespace=time",
		"--log-namespace=stream", "--log-namespace=_p",
		"--log-namespace=flag", "--log-namespace=\"",
		("--log-namespace=0123456789abcdef0123456789ABCDEF"
		 "0123456789abcdef0123456789ABCDEFx"),
		"--latency-buckets=", "--latency-buckets=+Inf",
		"--latency-buckets=0,1", "--latency-buckets=1,1",
		"--latency-buckets=2,1", "--latency-buckets=1,+Inf,2",
		"--latency-buckets=1,", "--latency-buckets=1e3",
		"--latency-buckets=0.0000000001", "--random-delay=5s",
		"--random-delay=2s-1s", "--random-delay=1s-25h",
		"--random-delay=1s-", "--random-delay=-1s",
		"--random-delay=1s-2s-3s", "--random-error=100.0001",
		"--random-error=0.00001", "--random-error=%",
		"--random-error=-1", "--latency-metric=9a",
		"--latency-metric=a-b", "--latency-metric=http_requests",
		"--latency-metric=http_requests_total",
		"--latency-metric=process_start_time_seconds",
		"--latency-metric=my_webserver_build_info",
		"--latency-metric=my_webserver_loop_turn_seconds",
		"--latency-metric=my_webserver_loop_turn_seconds_bucket",
		"--latency-metric=a_sum", "--latency-metric=a_count",
		"--latency-metric=a_created", "--header=X",
		"--header=X:", "--header=: y", "--header=X : y",
		"--header=X: a\nY: b", "--header=X: a\rY", "--header=X: \x7f",
		"--header=content-length: 1", "--header=Connection: close",
		"--header=Transfer-Encoding: chunked", "--header=DATE: x",
		"--header=Keep-Alive: x", "--header=Trailer: x",
		"--header=Upgrade: x", "--header=X-Request-ID: x",
		"--header=Content-Type: x", "--header=Allow: GET",
		"--log-overflow=block", "--log-format=xml", "--log-format=JSON",
		"--header=ETag: x", "--header=last-modified: x",
		"--header=Content-Range: x", "--header=Content-Encoding: x",
		"--header=Accept-Ranges: none", "--header=Location: /",
		"--header=Retry-After: 1", "--root=", "--index=", "--index=.",
		"--index=..", "--index=.html", "--index=/index.html",
		"--index=index.html/", "--fallback=", "--fallback=/",
		"--fallback=//a", "--fallback=a//b", "--fallback=a/",
		"--fallback=.", "--fallback=../a", "--fallback=/a/./b",
		"--fallback=a/..", "--cache-control=", "--cache-control=/a",
		"--cache-control=/a=", "--cache-control==b",
		"--cache-control=/a=\xc3\xa9",
		"--memory-limit=", "--memory-limit=Auto", "--memory-limit=half",
		"--memory-limit=-1", "--memory-limit=1025GiB", "--watch=on",
		"--watch=", "--listen=8080", "--listen=:65536" };

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		if (!take_flag(good[i], NULL))
			fail_msg("%.*s", (int)error.len, error.at);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (take_flag(bad[i], NULL))
			fail_msg("taken: %s", bad[i]);
}

static void
test_values(void **state)
{
	(void)state;
	assert_true(take_flag("--latency-buckets", "0.1, 2,+Inf"));
	assert_int_equal(config.bucket_count, 2);
	assert_int_equal(config.buckets[0], 100 * NS_PER_MS);
	assert_int_equal(config.buckets[1], 2 * NS_PER_SEC);
	assert_true(take_flag("--random-delay", "250ms-1m30s"));
	assert_int_equal(config.delay_min, 250 * NS_PER_MS);
	assert_int_equal(config.delay_max, 90 * NS_PER_SEC);
	assert_true(take_flag("--random-error", "0.0001%"));
	assert_int_equal(config.random_error, 1);
	assert_true(take_flag("--random-error", "100%"));
	assert_int_equal(config.random_error, 100 * CONFIG_PERCENT);
}

/* Fields that the server leaves out, since --header gives them. */
static void
test_fields_of_ones_own(void **state)
{
	(void)state;
	assert_true(take_flag("--header=cache-control: no-store", NULL));
	assert_true(config.header_cache_control);
	assert_false(config.header_nosniff);
	assert_true(take_flag("--header=X-Content-Type-Options: nosniff",
	    "--header=Vary: Origin"));
	assert_false(config.header_cache_control);
	assert_true(config.header_nosniff);
	assert_true(take(WORDS(W("--header=A: b")),
	    ENVIRONMENT(W("MY_WEBSERVER_HEADER=Cache-Control: private\n"
			  "X-Content-Type-Options: nosniff"))));
	assert_false(config.header_cache_control);
	assert_false(config.header_nosniff);
}

/* A file with this text; its name lives until the next call. */
static const char *
file_with(const char *text)
{
	static char path[64];
	FILE *file;
	int fd;

	strcpy(path, "/tmp/config_test.XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	file = fdopen(fd, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	return path;
}

/* Of limits in files of cgroups, version 2 and version 1. */
static void
test_half_of_the_memory_there_is(void **state)
{
	enum { MIB = 1 << 20 };
	static const struct {
		const char *text;
		uint64_t half;
	} cases[] = { { "134217726\n", 64 * MIB - 1 },
		{ "134217728\n", 64 * MIB }, { "134217730\n", 64 * MIB },
		{ "33554432\n", 16 * MIB }, { "33554432", 16 * MIB },
		{ "0\n", 0 }, { "max\n", 64 * MIB }, { "", 64 * MIB },
		{ "-1\n", 64 * MIB }, { "9223372036854771712\n", 64 * MIB },
		{ "99999999999999999999\n", 64 * MIB } };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *path = file_with(cases[i].text);

		assert_int_equal(config_memory_auto((const char *const[]){
				     "/nowhere", path, NULL }),
		    cases[i].half);
		assert_int_equal(config_memory_auto((const char *const[]){
				     path, "/nowhere", NULL }),
		    cases[i].half);
		assert_int_equal(unlink(path), 0);
	}
	assert_int_equal(
	    config_memory_auto((const char *const[]){ "/", NULL }), 64 * MIB);
}

/* The machine's own limit, whatever it is, where there is something to keep. */
static void
test_memory_limit(void **state)
{
	(void)state;
	assert_true(take_flag("--root=/srv", NULL));
	assert_in_range(config.memory_limit, 1, 64 << 20);
	assert_true(take_flag("--root=/srv", "--memory-limit=0"));
	assert_int_equal(config.memory_limit, 0);
	assert_true(take_flag("--root=/srv", "--memory-limit=1GiB"));
	assert_int_equal(config.memory_limit, 1 << 30);
}

/* 64 bounds, and one too many. */
static void
test_most_buckets(void **state)
{
	char flag[512] = "--latency-buckets=1";
	struct buf text = buf_over(flag, sizeof flag - 1);

	(void)state;
	text.len = strlen(flag);
	for (uint64_t i = 2; i <= CONFIG_BUCKETS_MAX; i++) {
		buf_char(&text, ',');
		buf_u64(&text, i);
	}
	assert_true(take_flag(flag, NULL));
	assert_int_equal(config.bucket_count, 64);
	buf_put(&text, SPAN(",+Inf"));
	assert_true(take_flag(flag, NULL));
	assert_int_equal(config.bucket_count, 64);
	text.len -= 4;
	buf_put(&text, SPAN("65\0\0"));
	assert_false(take_flag(flag, NULL));
}

/* Exactly what fits, and one byte too many. */
static void
test_most_headers(void **state)
{
	char flag[CONFIG_HEADERS_MAX + 16] = "--header=X: ";

	(void)state;
	memset(flag + 12, 'y', CONFIG_HEADERS_MAX - 5);
	assert_true(take_flag(flag, NULL));
	assert_int_equal(config.headers.len, CONFIG_HEADERS_MAX);
	assert_false(take_flag(flag, "--header=A:b"));
	assert_error("my_webserver: --header=A:b: expected at most 4096 bytes "
		     "of fields in all");
	flag[12 + CONFIG_HEADERS_MAX - 5] = 'y';
	assert_false(take_flag(flag, NULL));
	assert_false(error.overflowed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_fields_of_ones_own),
		cmocka_unit_test(test_half_of_the_memory_there_is),
		cmocka_unit_test(test_memory_limit),
		cmocka_unit_test(test_most_buckets),
		cmocka_unit_test(test_most_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
