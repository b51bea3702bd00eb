#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "unit/top/config_taken.h"

static void
test_defaults(void **state)
{
	static const uint64_t buckets[] = { 5000000, 10000000, 25000000,
		50000000, 75000000, 100000000, 250000000, 500000000, 750000000,
		1000000000, 2500000000, 5000000000, 7500000000, 10000000000 };

	(void)state;
	assert_true(take_flag(NULL, NULL));
	assert_int_equal(error.len, 0);
	assert_int_equal(config.command, COMMAND_SERVE);
	assert_null(config.url.at);
	assert_int_equal(address_port(&config.listen), 8080);
	assert_true(config.listen.dual);
	assert_span(config.listen_text, ":8080");
	assert_int_equal(address_port(&config.metrics_listen), 9999);
	assert_span(config.metrics_listen_text, ":9999");
	assert_int_equal(config.headers.len, 0);
	assert_null(config.root);
	assert_span(config.index, "index.html");
	assert_int_equal(config.fallback.len, 0);
	assert_int_equal(config.cache_rules.count, 0);
	assert_int_equal(config.memory_limit, 0);
	assert_true(config.watch);
	assert_int_equal(config.max_connections, 10000);
	assert_int_equal(config.header_timeout, 10 * NS_PER_SEC);
	assert_int_equal(config.body_timeout, 30 * NS_PER_SEC);
	assert_int_equal(config.idle_timeout, 75 * NS_PER_SEC);
	assert_int_equal(config.write_timeout, 30 * NS_PER_SEC);
	assert_int_equal(config.probe_timeout, NS_PER_SEC);
	assert_int_equal(config.shutdown_delay, 0);
	assert_int_equal(config.drain_timeout, 20 * NS_PER_SEC);
	assert_int_equal(config.log_format, ACCESS_JSON);
	assert_span(config.log_namespace, "my_webserver");
	assert_int_equal(config.log_buffer, 1 << 20);
	assert_false(config.log_wait);
	assert_int_equal(config.log_field_count, 0);
	assert_int_equal(config.log_header_count, 0);
	assert_int_equal(config.trusted_proxies.count, 0);
	assert_false(config.no_color);
	assert_int_equal(config.bucket_count, 14);
	assert_memory_equal(config.buckets, buckets, sizeof buckets);
	assert_span(
	    config.latency_metric, "my_webpage_request_latency_seconds");
	assert_int_equal(config.delay_min, 0);
	assert_int_equal(config.delay_max, 0);
	assert_int_equal(config.random_error, 0);
	assert_int_equal(config.unknown_count, 0);
}

static void
test_no_arguments_at_all(void **state)
{
	(void)state;
	assert_true(take(no_words, no_words));
	assert_int_equal(config.command, COMMAND_SERVE);
}

static void
test_both_forms_of_a_flag(void **state)
{
	(void)state;
	assert_true(take_flag("--listen=127.0.0.1:81", NULL));
	assert_int_equal(address_port(&config.listen), 81);
	assert_span(config.listen_text, "127.0.0.1:81");
	assert_true(take_flag("--listen", "[::1]:82"));
	assert_int_equal(address_port(&config.listen), 82);
	assert_true(
	    take(WORDS(W("--listen=:1"), W("--listen"), W(":2")), no_words));
	assert_int_equal(address_port(&config.listen), 2); /* the last wins */
	assert_true(take_flag("--header", "X: a=b"));
	assert_span(buf_span(&config.headers), "X: a=b\r\n");
}

/* Every option has its variable, and a flag wins over it. */
static void
test_variables(void **state)
{
	char *all[] = { W("MY_WEBSERVER_LISTEN=:1"),
		W("MY_WEBSERVER_METRICS_LISTEN=:2"),
		W("MY_WEBSERVER_HEADER=A: 1\n\n B: 2 \r\n"),
		W("MY_WEBSERVER_ROOT=/srv"), W("MY_WEBSERVER_INDEX=home.htm"),
		W("MY_WEBSERVER_FALLBACK=/app/index.html"),
		W("MY_WEBSERVER_CACHE_CONTROL=/a/* = no-store\n*=no-cache\n"),
		W("MY_WEBSERVER_MEMORY_LIMIT=2MiB"),
		W("MY_WEBSERVER_WATCH=off"),
		W("MY_WEBSERVER_MAX_CONNECTIONS=3"),
		W("MY_WEBSERVER_HEADER_TIMEOUT=4s"),
		W("MY_WEBSERVER_BODY_TIMEOUT=5s"),
		W("MY_WEBSERVER_IDLE_TIMEOUT=6s"),
		W("MY_WEBSERVER_WRITE_TIMEOUT=7s"),
		W("MY_WEBSERVER_PROBE_TIMEOUT=8s"),
		W("MY_WEBSERVER_SHUTDOWN_DELAY=9s"),
		W("MY_WEBSERVER_DRAIN_TIMEOUT=0"),
		W("MY_WEBSERVER_LOG_FORMAT=seed"),
		W("MY_WEBSERVER_LOG_NAMESPACE=app"),
		W("MY_WEBSERVER_LOG_FIELD=pod=a\n node=b=c \n"),
		W("MY_WEBSERVER_LOG_HEADER=X-A\nVia"),
		W("MY_WEBSERVER_TRUSTED_PROXIES=10.0.0.0/8, ::1\nfd00::/8"),
		W("MY_WEBSERVER_LOG_BUFFER=16KiB"),
		W("MY_WEBSERVER_LOG_OVERFLOW=wait"),
		W("MY_WEBSERVER_LATENCY_BUCKETS=0.5"),
		W("MY_WEBSERVER_LATENCY_METRIC=a:b_seconds"),
		W("MY_WEBSERVER_RANDOM_DELAY=0s-12s"),
		W("MY_WEBSERVER_RANDOM_ERROR=12.5"), NULL };

	(void)state;
	assert_true(take(WORDS(W("--idle-timeout=1m")), all));
	assert_int_equal(config.unknown_count, 0);
	assert_int_equal(address_port(&config.listen), 1);
	assert_int_equal(address_port(&config.metrics_listen), 2);
	assert_span(buf_span(&config.headers), "A: 1\r\nB: 2\r\n");
	assert_string_equal(config.root, "/srv");
	assert_span(config.index, "home.htm");
	assert_span(config.fallback, "app/index.html");
	assert_rule("/a/b", "no-store");
	assert_rule("/b", "no-cache");
	assert_int_equal(config.memory_limit, 2 << 20);
	assert_false(config.watch);
	assert_int_equal(config.max_connections, 3);
	assert_int_equal(config.header_timeout, 4 * NS_PER_SEC);
	assert_int_equal(config.body_timeout, 5 * NS_PER_SEC);
	assert_int_equal(config.idle_timeout, 60 * NS_PER_SEC);
	assert_int_equal(config.write_timeout, 7 * NS_PER_SEC);
	assert_int_equal(config.probe_timeout, 8 * NS_PER_SEC);
	assert_int_equal(config.shutdown_delay, 9 * NS_PER_SEC);
	assert_int_equal(config.drain_timeout, 0);
	assert_int_equal(config.log_format, ACCESS_SEED);
	assert_span(config.log_namespace, "app");
	assert_int_equal(config.log_field_count, 2);
	assert_span(config.log_fields[1].name, "node");
	assert_span(config.log_fields[1].value, "b=c");
	assert_int_equal(config.log_header_count, 2);
	assert_span(config.log_headers[0].name, "X-A");
	assert_span(config.log_headers[0].key, "header_x_a");
	assert_int_equal(config.trusted_proxies.count, 3);
	assert_int_equal(config.log_buffer, 16 * 1024);
	assert_true(config.log_wait);
	assert_int_equal(config.bucket_count, 1);
	assert_span(config.latency_metric, "a:b_seconds");
	assert_int_equal(config.delay_max, 12 * NS_PER_SEC);
	assert_int_equal(config.random_error, 12 * CONFIG_PERCENT + 5000);
}

static void
test_empty_variable_is_not_set(void **state)
{
	(void)state;
	assert_true(take_variable("MY_WEBSERVER_LISTEN="));
	assert_int_equal(address_port(&config.listen), 8080);
	assert_true(take_variable("MY_WEBSERVER_NOTHING="));
	assert_int_equal(config.unknown_count, 0);
	assert_false(take_flag("--log-namespace=", NULL));
	assert_false(take_flag("--header", ""));
}

static void
test_flag_headers_replace_the_variable(void **state)
{
	(void)state;
	assert_true(take(
	    WORDS(W("--header=C: 3"), W("--header=D:4"), W("--header=C: 5")),
	    ENVIRONMENT(W("MY_WEBSERVER_HEADER=A: 1\nB: 2"))));
	assert_span(buf_span(&config.headers), "C: 3\r\nD: 4\r\nC: 5\r\n");
}

/* Each option by itself: what one's flags replace, another's do not. */
static void
test_flags_replace_their_own_variable(void **state)
{
	char *variables[] = { W("MY_WEBSERVER_HEADER=A: 1"),
		W("MY_WEBSERVER_CACHE_CONTROL=/a=no-store\n/b=no-cache"),
		NULL };

	(void)state;
	assert_true(take(WORDS(W("--header=B: 2")), variables));
	assert_span(buf_span(&config.headers), "B: 2\r\n");
	assert_rule("/a", "no-store");
	assert_rule("/b", "no-cache");
	assert_true(take(WORDS(W("--cache-control=/c=private"),
			     W("--cache-control"), W("/b=public")),
	    variables));
	assert_span(buf_span(&config.headers), "A: 1\r\n");
	assert_rule("/a", NULL);
	assert_rule("/b", "public");
	assert_rule("/c", "private");
	assert_true(
	    take(WORDS(W("--cache-control=/c=private"), W("--header=B: 2"),
		     W("--cache-control=/d=public"), W("--header=C: 3")),
		variables));
	assert_span(buf_span(&config.headers), "B: 2\r\nC: 3\r\n");
	assert_int_equal(config.cache_rules.count, 2);
}

static void
test_wrong_variable_is_told_though_a_flag_wins(void **state)
{
	(void)state;
	assert_false(take(WORDS(W("--log-format=off")),
	    ENVIRONMENT(W("MY_WEBSERVER_LOG_FORMAT=xml"))));
	assert_error("my_webserver: MY_WEBSERVER_LOG_FORMAT=xml: expected "
		     "json, seed, ecs, gcp, pretty or off");
}

static void
test_port(void **state)
{
	(void)state;
	assert_true(take_variable("PORT=5000"));
	assert_int_equal(address_port(&config.listen), 5000);
	assert_true(config.listen.dual);
	assert_span(config.listen_text, ":5000");
	assert_true(take_variable("PORT="));
	assert_int_equal(address_port(&config.listen), 8080);
	assert_true(take_variable("PORT=00065535"));
	assert_span(config.listen_text, ":65535");
	assert_true(take(
	    WORDS(W("--listen=:1")), ENVIRONMENT(W("PORT=tcp://10.0.0.1"))));
	assert_int_equal(address_port(&config.listen), 1);
	assert_true(take(WORDS(W("--idle-timeout=1s")),
	    ENVIRONMENT(W("PORT=2"), W("MY_WEBSERVER_LISTEN=:3"))));
	assert_int_equal(address_port(&config.listen), 3);
	assert_false(take_variable("PORT=0"));
	assert_error("my_webserver: PORT=0: expected a number from 1 to 65535");
	assert_false(take_variable("PORT=65536"));
	assert_false(take_variable("PORT=tcp://10.0.0.1"));
}

static void
test_shutdown_delay(void **state)
{
	(void)state;
	assert_true(take_variable("KUBERNETES_SERVICE_HOST=10.96.0.1"));
	assert_int_equal(config.shutdown_delay, 5 * NS_PER_SEC);
	assert_true(take_variable("KUBERNETES_SERVICE_HOST="));
	assert_int_equal(config.shutdown_delay, 0);
	assert_true(take(WORDS(W("--shutdown-delay=0")),
	    ENVIRONMENT(W("KUBERNETES_SERVICE_HOST=10.96.0.1"))));
	assert_int_equal(config.shutdown_delay, 0);
	assert_true(take(WORDS(W("--shutdown-delay=auto")),
	    ENVIRONMENT(W("KUBERNETES_SERVICE_HOST=10.96.0.1"),
		W("MY_WEBSERVER_SHUTDOWN_DELAY=1s"))));
	assert_int_equal(config.shutdown_delay, 5 * NS_PER_SEC);
}

static void
test_commands(void **state)
{
	(void)state;
	assert_true(take_flag("probe", NULL));
	assert_int_equal(config.command, COMMAND_PROBE);
	assert_null(config.url.at);
	assert_true(take(WORDS(W("--probe-timeout"), W("2s"), W("probe"),
			     W("--listen=:1"), W("http://[::1]:1/")),
	    no_words));
	assert_int_equal(config.command, COMMAND_PROBE);
	assert_span(config.url, "http://[::1]:1/");
	assert_int_equal(config.probe_timeout, 2 * NS_PER_SEC);
	assert_true(take_flag("--", "probe"));
	assert_int_equal(config.command, COMMAND_PROBE);
	assert_true(take_flag("--check", "--listen=:1"));
	assert_int_equal(config.command, COMMAND_CHECK);
	assert_true(take_flag("--version", NULL));
	assert_int_equal(config.command, COMMAND_VERSION);
	assert_true(take_flag("--help", "--nonsense"));
	assert_int_equal(config.command, COMMAND_HELP);
	assert_true(take_flag("--check", "--help"));
	assert_int_equal(config.command, COMMAND_HELP);
	assert_false(take_flag("--nonsense", "--help"));
	assert_true(take(
	    WORDS(W("--help")), ENVIRONMENT(W("MY_WEBSERVER_LISTEN=foo"))));
	assert_int_equal(config.command, COMMAND_HELP);
	assert_int_equal(error.len, 0);
}

static void
test_command_is_known_beside_an_error(void **state)
{
	(void)state;
	assert_false(take_flag("--lisen=:1", "--check"));
	assert_int_equal(config.command, COMMAND_CHECK);
	assert_false(take_flag("--listen", "--check"));
	assert_int_equal(config.command, COMMAND_CHECK);
	assert_false(take(
	    WORDS(W("--check")), ENVIRONMENT(W("MY_WEBSERVER_LISTEN=foo"))));
	assert_int_equal(config.command, COMMAND_CHECK);
}

struct wrong {
	const char *flag, *next, *error; /* without "my_webserver: " */
};

#define ADDRESS_EXPECTED \
	"an address such as :8080, 127.0.0.1:8080 or [::1]:8080"

static void
test_errors(void **state)
{
	static const struct wrong wrong[] = {
		{ "--header-timeout=10x", NULL,
		    "--header-timeout=10x: expected a duration such as 250ms, "
		    "5s or 1m30s" },
		{ "--listen", "example.org:80",
		    "--listen=example.org:80: expected " ADDRESS_EXPECTED },
		{ "--listen", NULL,
		    "--listen: no value, expected " ADDRESS_EXPECTED },
		{ "--lisen", ":1",
		    "unknown option --lisen; did you mean --listen?" },
		{ "--LISTEN=:1", NULL,
		    "unknown option --LISTEN; did you mean --listen?" },
		{ "--shutdown_delay=1s", NULL,
		    "unknown option --shutdown_delay; did you mean "
		    "--shutdown-delay?" },
		{ "-listen=:1", NULL,
		    "unknown option -listen; did you mean --listen?" },
		{ "--metrics", NULL,
		    "unknown option --metrics; did you mean "
		    "--metrics-listen?" },
		{ "-h", NULL,
		    "unknown option -h; --help names the known ones" },
		{ "-", NULL, "unknown option -; --help names the known ones" },
		{ "--port=80", NULL,
		    "unknown option --port; --help names the known ones" },
		{ "--rot=/srv", NULL,
		    "unknown option --rot; did you mean --root?" },
		{ "--cache-control", NULL,
		    "--cache-control: no value, expected PATTERN=VALUE, such "
		    "as /assets/*=max-age=3600" },
		{ "--cache-control=a/*=b", NULL,
		    "--cache-control=a/*=b: expected a pattern that begins "
		    "with / or *" },
		{ "--index=a/b", NULL,
		    "--index=a/b: expected a file's name such as index.html" },
		{ "--memory-limit=1025GiB", NULL,
		    "--memory-limit=1025GiB: expected a size of at most "
		    "1024GiB" },
		{ "--threads", "2",
		    "unknown option --threads; --help names the known ones" },
		{ "--check=1", NULL, "--check=1: expected no value" },
		{ "--help=", NULL, "--help=: expected no value" },
		{ "serve", NULL,
		    "unexpected argument \"serve\": expected options or the "
		    "command probe" },
		{ "--", "--listen=:1",
		    "unexpected argument \"--listen=:1\": expected options or "
		    "the command probe" },
		{ "", NULL,
		    "unexpected argument \"\": expected options or the command "
		    "probe" },
		{ "--check", "probe",
		    "unexpected argument \"probe\": expected it without "
		    "--check" },
		{ "probe", "--check",
		    "unexpected argument \"--check\": expected it without "
		    "probe" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		char text[CONFIG_ERROR_MAX];

		snprintf(text, sizeof text, "my_webserver: %s", wrong[i].error);
		if (take_flag(wrong[i].flag, wrong[i].next))
			fail_msg("taken: %s", wrong[i].flag);
		assert_error(text);
	}
	assert_false(take(WORDS(W("probe"), W("a"), W("b")), no_words));
	assert_error("my_webserver: unexpected argument \"b\": expected one "
		     "URL after probe");
}

static void
test_errors_stay_one_line(void **state)
{
	char flag[5000] = "--log-namespace=";

	(void)state;
	assert_false(take_flag("--log-format=a\nb\x1b[0m\x7f\xff\xc3\xa9"
			       "\xc2\x85\xed\xa0\x80\xc0\xaf\xe2\x80\xa8\xf0",
	    NULL));
	assert_error("my_webserver: --log-format=a\\x0ab\\x1b[0m\\x7f\\xff\xc3"
		     "\xa9\\xc2\\x85\\xed\\xa0\\x80\\xc0\\xaf\\xe2\\x80\\xa8"
		     "\\xf0: expected json, seed, ecs, gcp, "
		     "pretty or off");
	memset(flag + 16, 'x', sizeof flag - 17);
	assert_false(take_flag(flag, NULL));
	assert_in_range(error.len, 150, 300);
	assert_false(error.overflowed);
	memset(flag + 16, '\x01', sizeof flag - 17);
	assert_false(take_flag(flag, NULL));
	assert_in_range(error.len, 150, 300);
	memset(flag + 2, 'x', sizeof flag - 3);
	assert_false(take_flag(flag, NULL));
	assert_in_range(error.len, 150, 300);
}

/* What a decoder would take for "/", and for more than there is. */
static void
test_errors_show_overlong_bytes(void **state)
{
	(void)state;
	assert_false(take_flag("--log-format=\xe0\x80\xaf\xf0\x80\x80\xaf"
			       "\xf4\x90\x80\x80",
	    NULL));
	assert_error("my_webserver: --log-format=\\xe0\\x80\\xaf\\xf0\\x80"
		     "\\x80\\xaf\\xf4\\x90\\x80\\x80: expected json, seed, "
		     "ecs, gcp, pretty or off");
}

static void
test_first_error_is_told(void **state)
{
	(void)state;
	assert_false(take_flag("--listen=x", "--log-format=y"));
	assert_error("my_webserver: --listen=x: expected " ADDRESS_EXPECTED);
}

static void
test_unknown_variables(void **state)
{
	(void)state;
	assert_true(take(WORDS(W("--listen=:1")),
	    ENVIRONMENT(W("MY_WEBSERVER_LISEN=:1"), W("MY_WEBSERVER_CHECK=1"),
		W("MY_WEBSERVER=1"), W("OTHER=1"), W("MY_WEBSERVER_ROUTE=/"),
		W("MY_WEBSERVER_EXPORT=1"), W("MY_WEBSERVER_PORT_TCP=1"),
		W("MY_WEBSERVER_SERVICE_PORT_=1"),
		W("MY_WEBSERVER_PORT__TCP=1"))));
	assert_int_equal(config.unknown_count, 7);
	assert_span(config.unknown[0], "MY_WEBSERVER_LISEN");
	assert_span(config.unknown[1], "MY_WEBSERVER_CHECK");
	assert_span(config.unknown[2], "MY_WEBSERVER_ROUTE");
	assert_span(config.unknown[3], "MY_WEBSERVER_EXPORT");
	assert_span(config.unknown[4], "MY_WEBSERVER_PORT_TCP");
	assert_span(config.unknown[5], "MY_WEBSERVER_SERVICE_PORT_");
	assert_span(config.unknown[6], "MY_WEBSERVER_PORT__TCP");
}

static void
test_at_most_some_unknown_variables(void **state)
{
	char *envp[CONFIG_UNKNOWN_MAX + 3] = { NULL };

	(void)state;
	for (size_t i = 0; i < CONFIG_UNKNOWN_MAX + 2; i++)
		envp[i] = W("MY_WEBSERVER_X=1");
	assert_true(take(WORDS(W("--listen=:1")), envp));
	assert_int_equal(config.unknown_count, CONFIG_UNKNOWN_MAX);
}

/* Kubernetes sets these for Services my-webserver, my-webserver-metrics. */
static void
test_variables_of_services(void **state)
{
	(void)state;
	assert_true(take(WORDS(W("--listen=:1")),
	    ENVIRONMENT(W("MY_WEBSERVER_SERVICE_HOST=10.0.0.1"),
		W("MY_WEBSERVER_SERVICE_PORT=80"),
		W("MY_WEBSERVER_SERVICE_PORT_HTTP=80"),
		W("MY_WEBSERVER_SERVICE_PORT_HTTP_ADMIN=80"),
		W("MY_WEBSERVER_PORT=tcp://10.0.0.1:80"),
		W("MY_WEBSERVER_PORT_80_TCP=tcp://10.0.0.1:80"),
		W("MY_WEBSERVER_PORT_80_TCP_PROTO=tcp"),
		W("MY_WEBSERVER_PORT_80_TCP_PORT=80"),
		W("MY_WEBSERVER_PORT_80_TCP_ADDR=10.0.0.1"),
		W("MY_WEBSERVER_PORT_53_UDP=x"),
		W("MY_WEBSERVER_PORT_53_SCTP_ADDR=x"),
		W("MY_WEBSERVER_METRICS_SERVICE_HOST=10.0.0.2"),
		W("MY_WEBSERVER_METRICS_SERVICE_PORT_WEB=9999"),
		W("MY_WEBSERVER_METRICS_PORT=tcp://10.0.0.2:9999"),
		W("MY_WEBSERVER_METRICS_PORT_9999_TCP=tcp://x"),
		W("MY_WEBSERVER_METRICS_PORT_9999_TCP_ADDR=x"))));
	assert_int_equal(config.unknown_count, 0);
	assert_int_equal(address_port(&config.listen), 1);
}

static void
test_help_fits_a_screen(void **state)
{
	char memory[CONFIG_HELP_MAX];
	struct buf help = buf_over(memory, sizeof memory);
	struct span rest;
	size_t lines = 0;

	(void)state;
	config_help(&help);
	assert_false(help.overflowed);
	rest = buf_span(&help);
	assert_int_equal(rest.at[rest.len - 1], '\n');
	while (rest.len > 0) {
		struct span line = span_cut(&rest, '\n');

		assert_in_range(line.len, 0, 80);
		assert_true(line.len == 0 || line.at[line.len - 1] != ' ');
		lines++;
	}
	assert_in_range(lines, 30, 55);
	assert_non_null(memmem(memory, help.len, "[:8080]", strlen("[:8080]")));
	assert_non_null(
	    memmem(memory, help.len, "  --version", strlen("  --version")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_no_arguments_at_all),
		cmocka_unit_test(test_both_forms_of_a_flag),
		cmocka_unit_test(test_variables),
		cmocka_unit_test(test_empty_variable_is_not_set),
		cmocka_unit_test(test_flag_headers_replace_the_variable),
		cmocka_unit_test(test_flags_replace_their_own_variable),
		cmocka_unit_test(
		    test_wrong_variable_is_told_though_a_flag_wins),
		cmocka_unit_test(test_port),
		cmocka_unit_test(test_shutdown_delay),
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_command_is_known_beside_an_error),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_errors_stay_one_line),
		cmocka_unit_test(test_errors_show_overlong_bytes),
		cmocka_unit_test(test_first_error_is_told),
		cmocka_unit_test(test_unknown_variables),
		cmocka_unit_test(test_at_most_some_unknown_variables),
		cmocka_unit_test(test_variables_of_services),
		cmocka_unit_test(test_help_fits_a_screen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
