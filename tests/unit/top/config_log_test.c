#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "unit/top/config_taken.h"

#define NAME_64 \
	"abcdefghijklmnopqrstuvwxyz_ABCDEFGHIJKLMNOPQRSTUVWXYZ-0123456789"

/* What may be, and what may not. */
static void
test_bounds(void **state)
{
	static const char *const good[] = { "--log-format=json",
		"--log-format=seed", "--log-format=ecs", "--log-format=gcp",
		"--log-format=pretty", "--log-format=off",
		"--log-field=pod=web-1",
		"--log-field=pod=", "--log-field=a.b-c_D9=x=y",
		"--log-field=_a=\xff\x1b\"",
		"--log-field=kubernetes.pod.name=a",
		"--log-field=service.environment=b",
		"--log-field=" NAME_64 "=a", "--log-header=Host",
		"--log-header=X-Forwarded-Proto",
		"--log-header=!#$%&'*+-.^_`|~", "--trusted-proxies=10.0.0.0/8",
		"--trusted-proxies=10.0.0.0/8, fd00::/8,::1",
		"--trusted-proxies=0.0.0.0/0,::/0",
		"--trusted-proxies=::ffff:10.0.0.0/104" };
	static const char *const bad[] = { "--log-format=Ecs",
		"--log-format=ecs ", "--log-field=", "--log-field=pod",
		"--log-field==a", "--log-field=9a=b", "--log-field=-a=b",
		"--log-field=a b=c", "--log-field=a\"=b", "--log-field=.a=b",
		"--log-field=a.=b", "--log-field=a..b=c", "--log-field=a.9=c",
		"--log-field=\xc3\xa4=b", "--log-field=a" NAME_64 "=b",
		"--log-field=status=1", "--log-field=timestamp=1",
		"--log-field=time=1", "--log-field=stream=1",
		"--log-field=_p=1", "--log-field=flag=1",
		"--log-field=http.request.method=GET", "--log-field=http=1",
		"--log-field=header_x=1", "--log-field=service.name=x",
		"--log-header=", "--log-header=X A",
		"--log-header=X:", "--log-header=\xff", "--log-header=A,B",
		"--log-header=X234567890123456789012345678901234567890123456"
		"789",
		"--trusted-proxies=", "--trusted-proxies=10.0.0.0/33",
		"--trusted-proxies=10.0.0.1/8", "--trusted-proxies=proxy",
		"--trusted-proxies=10.0.0.0/8;::1",
		"--trusted-proxies=10.0.0.0/8,", "--trusted-proxies=*" };

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		if (!take_flag(good[i], NULL))
			fail_msg("%.*s", (int)error.len, error.at);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (take_flag(bad[i], NULL))
			fail_msg("taken: %s", bad[i]);
}

/* Each says what was expected instead. */
static void
test_errors(void **state)
{
	static const char *const wrong[][2] = {
		{ "--log-format=xml",
		    "expected json, seed, ecs, gcp, pretty or off" },
		{ "--log-field=pod", "expected NAME=VALUE, such as pod=web-1" },
		{ "--log-field=1a=b",
		    "expected a name of 1 to 64 letters, digits, _, - and . "
		    "that begins with a letter, also behind a ." },
		{ "--log-field=status=b",
		    "expected a name that is not taken: the log has such a "
		    "field, or its collectors have" },
		{ "--log-header=a b",
		    "expected the name of a header, such as "
		    "X-Forwarded-Proto" },
		{ "--trusted-proxies=10.0.0.0/40",
		    "expected networks such as 10.0.0.0/8,fd00::/8" },
		{ "--trusted-proxies=10.1.0.0/8",
		    "expected networks whose bits behind the prefix are 0, "
		    "such as 10.0.0.0/8" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		char text[CONFIG_ERROR_MAX];

		assert_false(take_flag(wrong[i][0], NULL));
		snprintf(text, sizeof text, "my_webserver: %s: %s", wrong[i][0],
		    wrong[i][1]);
		assert_error(text);
	}
	assert_false(take_variable("MY_WEBSERVER_LOG_FIELD=a=b\nstatus=1"));
	assert_error("my_webserver: MY_WEBSERVER_LOG_FIELD=status=1: expected "
		     "a name that is not taken: the log has such a field, or "
		     "its collectors have");
}

static void
test_names_must_differ(void **state)
{
	static const char *const pairs[][2] = {
		{ "--log-field=a=1", "--log-field=a=2" },
		{ "--log-field=a=", "--log-field=a=2" },
		{ "--log-field=a.b=1", "--log-field=a=2" },
		{ "--log-field=a=1", "--log-field=a.b.c=2" },
		{ "--log-header=X-A", "--log-header=x-a" },
		{ "--log-header=X-A", "--log-header=X_A" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
		assert_false(take_flag(pairs[i][0], pairs[i][1]));
	assert_true(take_flag("--log-field=a.b=1", "--log-field=a.bc=2"));
	assert_true(take_flag("--log-header=X-A", "--log-header=X-AB"));
}

/* Flags replace what the variable gave, each option for itself. */
static void
test_flags_replace(void **state)
{
	char *variables[] = { W("MY_WEBSERVER_LOG_FIELD=a=1\nb=2"),
		W("MY_WEBSERVER_LOG_HEADER=X-A"),
		W("MY_WEBSERVER_TRUSTED_PROXIES=10.0.0.0/8,::1"), NULL };

	(void)state;
	assert_true(take(WORDS(W("--log-field=a=3")), variables));
	assert_int_equal(config.log_field_count, 1);
	assert_span(config.log_fields[0].value, "3");
	assert_int_equal(config.log_header_count, 1);
	assert_int_equal(config.trusted_proxies.count, 2);
	assert_true(take(
	    WORDS(W("--log-header=X-B"), W("--log-header=X-C"),
		W("--trusted-proxies=::2"), W("--trusted-proxies=::3,::4")),
	    variables));
	assert_int_equal(config.log_field_count, 2);
	assert_int_equal(config.log_header_count, 2);
	assert_span(config.log_headers[0].name, "X-B");
	assert_int_equal(config.trusted_proxies.count, 3);
}

/* Sixteen of each, 2048 bytes of fields, and not one more. */
static void
test_most(void **state)
{
	static char fields[4096] = "MY_WEBSERVER_LOG_FIELD=",
		    headers[1024] = "MY_WEBSERVER_LOG_HEADER=",
		    proxies[1024] = "MY_WEBSERVER_TRUSTED_PROXIES=::1",
		    large[4096] = "--log-field=a=";

	(void)state;
	for (int i = 0; i < 16; i++) {
		sprintf(fields + strlen(fields), "f%d=v\n", i);
		sprintf(headers + strlen(headers), "X-%d\n", i);
	}
	for (int i = 0; i < 63; i++)
		strcat(proxies, ",::1");
	assert_true(take_variable(fields));
	assert_int_equal(config.log_field_count, 16);
	assert_true(take_variable(headers));
	assert_int_equal(config.log_header_count, 16);
	assert_true(take_variable(proxies));
	assert_int_equal(config.trusted_proxies.count, 64);
	strcat(fields, "g=v\n");
	assert_false(take_variable(fields));
	assert_error("my_webserver: MY_WEBSERVER_LOG_FIELD=g=v: expected at "
		     "most 16 fields, and 2048 bytes of them in all");
	strcat(headers, "X-Y\n");
	assert_false(take_variable(headers));
	assert_error("my_webserver: MY_WEBSERVER_LOG_HEADER=X-Y: expected at "
		     "most 16 headers");
	strcat(proxies, ",::1");
	assert_false(take_variable(proxies));
	memset(large + 14, 'v', 2048 - 1 - CONFIG_FIELD_REST);
	assert_true(take_flag(large, NULL));
	strcat(large, "v");
	assert_false(take_flag(large, NULL));
	/* what has to be escaped counts as it is written */
	memset(large + 14, '"', 1100);
	large[14 + 1100] = '\0';
	assert_false(take_flag(large, NULL));
}

/* https://no-color.org: there, and not empty, whatever it is */
static void
test_no_color(void **state)
{
	(void)state;
	assert_true(take_variable("NO_COLOR="));
	assert_false(config.no_color);
	assert_true(take_variable("NO_COLOR=0"));
	assert_true(config.no_color);
	assert_int_equal(config.unknown_count, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_names_must_differ),
		cmocka_unit_test(test_flags_replace),
		cmocka_unit_test(test_most),
		cmocka_unit_test(test_no_color),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
