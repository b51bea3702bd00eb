/*
 * config_test.c - flags, variables, --check, probe, and what goes wrong at the
 * start.
 */
#include "harness.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>

/* Fails unless text has an errno's words, as glibc or as musl has them. */
static void
assert_reason(const char *text, const char *glibc, const char *musl)
{
	if (!strstr(text, glibc) && !strstr(text, musl))
		fail_msg("no \"%s\" in: %s", glibc, text);
}

static void
assert_in_use(const char *text)
{
	assert_reason(text, "Address already in use", "Address in use");
}

/* One line on standard error alone, exit status 2, and it has these words. */
static void
assert_usage_error(struct run r, const char *const *words)
{
	if (r.code != 2)
		fail_msg("exit %d, not 2, with %s; it said: %s", r.code,
		    words[0], r.err);
	assert_string_equal(r.out, "");
	if (count_lines(r.err) != 1 || r.err[strlen(r.err) - 1] != '\n')
		fail_msg("not one line: %s", r.err);
	for (; *words; words++)
		if (!strstr(r.err, *words))
			fail_msg("no %s in: %s", *words, r.err);
}

static void
an_unknown_flag_names_the_nearest(void **state)
{
	(void)state;
	assert_usage_error(RUN("--shutdwn-delay=5s"),
	    ARGS("--shutdwn-delay", "--shutdown-delay"));
	assert_usage_error(
	    RUN("--log-fromat=seed"), ARGS("--log-fromat", "--log-format"));
	assert_usage_error(RUN("--metricslisten", ":1"),
	    ARGS("--metricslisten", "--metrics-listen"));
	assert_usage_error(RUN("--port=80"), ARGS("--port"));
}

static void
stray_words_are_errors(void **state)
{
	(void)state;
	assert_usage_error(RUN("serve"), ARGS("serve"));
	assert_usage_error(RUN("-l"), ARGS("-l"));
	assert_usage_error(RUN("--listen"), ARGS("--listen"));
}

/* A flag, and a value that it must refuse. */
static const struct {
	const char *flag, *value;
} wrong[] = {
	{ "--listen", "nonsense" },
	{ "--listen", "example.com:80" },
	{ "--listen", ":65536" },
	{ "--listen", "8080" },
	{ "--listen", "::1:8080" },
	{ "--listen", "300.0.0.1:80" },
	{ "--metrics-listen", "[::1" },
	{ "--metrics-listen", "127.0.0.1:" },
	{ "--max-connections", "many" },
	{ "--max-connections", "-1" },
	{ "--max-connections", "0" },
	{ "--header-timeout", "5parsecs" },
	{ "--body-timeout", "-5s" },
	{ "--idle-timeout", "s" },
	{ "--write-timeout", "99999999999999999999s" },
	{ "--probe-timeout", "1s2" },
	{ "--shutdown-delay", "soon" },
	{ "--drain-timeout", "1s1m" },
	{ "--log-format", "xml" },
	{ "--log-format", "JSON " },
	{ "--log-buffer", "1MiBs" },
	{ "--log-buffer", "-1" },
	{ "--log-overflow", "block" },
	{ "--latency-buckets", "1,0.5" },
	{ "--latency-buckets", "0.1,0.1" },
	{ "--latency-buckets", "0.1,,1" },
	{ "--latency-buckets", "a" },
	{ "--latency-metric", "1bad" },
	{ "--latency-metric", "a-b" },
	{ "--random-delay", "5s" },
	{ "--random-delay", "5s-1s" },
	{ "--random-error", "101" },
	{ "--random-error", "-1" },
	{ "--random-error", "half" },
	{ "--header", "nocolon" },
	{ "--header", "a b: c" },
	{ "--header", "A: b\rC: d" },
	{ "--header", "ETag: \"a\"" },
	{ "--index", "a/b" },
	{ "--fallback", "/../etc/passwd" },
	{ "--cache-control", "/assets/*" },
	{ "--cache-control", "/a=b\rC: d" },
	{ "--memory-limit", "most" },
	{ "--watch", "sometimes" },
};

static void
a_wrong_value_names_flag_and_value(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		char *shown = keepf("%s", wrong[i].value);

		shown[strcspn(shown, "\r\n")] = '\0';
		assert_usage_error(
		    RUN(keepf("%s=%s", wrong[i].flag, wrong[i].value)),
		    ARGS(wrong[i].flag, shown));
	}
}

static void
a_wrong_value_in_a_variable_names_the_variable(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		char *name = keepf("MY_WEBSERVER_%s", wrong[i].flag + 2);

		for (char *at = name; *at; at++)
			*at = *at == '-'               ? '_'
			    : *at >= 'a' && *at <= 'z' ? *at - 32
						       : *at;
		assert_usage_error(
		    run(&(struct spawn){
			.env = ARGS(keepf("%s=%s", name, wrong[i].value)) }),
		    ARGS(name));
	}
}

static void
values_stand_after_equals_or_alone(void **state)
{
	struct server *s = START("--log-namespace", "shop", "--random-error",
	    "100", "--header-timeout=1m30s", "--log-buffer=64KiB");

	(void)state;
	assert_int_equal(ask_once(s->page, GET("/"), NULL), 500);
	assert_non_null(strstr(server_line(s), "\"shop\""));
}

static void
each_option_has_a_variable_and_the_flag_wins(void **state)
{
	struct server *s =
	    server_start(&(struct spawn){ .args = ARGS("--log-namespace=shop"),
		.env = ARGS("MY_WEBSERVER_LOG_NAMESPACE=variable",
		    "MY_WEBSERVER_LOG_FORMAT=seed",
		    "MY_WEBSERVER_RANDOM_ERROR=100") });
	const char *line;

	(void)state;
	assert_int_equal(ask_once(s->page, GET("/"), NULL), 500);
	line = server_line(s);
	assert_non_null(strstr(line, "\"shop\""));
	assert_null(json_get(line, "status"));
}

static void
an_empty_variable_is_not_set(void **state)
{
	struct server *s = server_start(&(struct spawn){
	    .env = ARGS("MY_WEBSERVER_LOG_FORMAT=", "MY_WEBSERVER_HEADER=",
		"MY_WEBSERVER_RANDOM_DELAY=", "MY_WEBSERVER_NOTHING=") });

	(void)state;
	assert_int_equal(ask_once(s->page, GET("/"), NULL), 200);
	assert_json(server_line(s), "status", "200");
}

static void
a_repeated_option_takes_a_value_a_line(void **state)
{
	struct server *s = server_start(&(struct spawn){
	    .env = ARGS("MY_WEBSERVER_HEADER=X-A: 1\nX-B: 2\n") });
	struct response r;

	(void)state;
	ask_once(s->page, GET("/"), &r);
	assert_field(&r, "X-A", "1");
	assert_field(&r, "X-B", "2");
}

/* A variable set for many pods fails none. */
static void
options_of_a_site_are_ignored_without_root(void **state)
{
	struct server *s = START("--index=home.html", "--fallback=/app.html",
	    "--cache-control=*=no-store", "--memory-limit=0", "--watch=off");

	(void)state;
	assert_int_equal(ask_once(s->page, GET("/"), NULL), 200);
	assert_int_equal(ask_once(s->page, GET("/elsewhere"), NULL), 404);
}

/* Starts with these variables on a port of its own choice by PORT. */
static struct server *
start_env(const char *const *env, const char *metrics)
{
	struct server *s = server_start(
	    &(struct spawn){ .bare = true, .args = ARGS(metrics), .env = env });

	server_says(s, "\"listening\"");
	return s;
}

static void
a_bare_port_variable_is_honoured(void **state)
{
	uint16_t port = free_port();
	struct server *s = start_env(
	    ARGS(keepf("PORT=%u", port)), "--metrics-listen=127.0.0.1:0");

	(void)state;
	assert_int_equal(ask_once(port, GET("/"), NULL), 200);
	assert_int_equal(server_stop(s), 0);
}

static void
port_gives_way_to_flag_and_variable(void **state)
{
	uint16_t port = free_port();
	struct server *s = START_PLAIN();
	int fd;

	(void)state;
	s = server_start(
	    &(struct spawn){ .env = ARGS(keepf("PORT=%u", port)) });
	assert_true(s->page != port);
	start_env(
	    ARGS(keepf("PORT=%u", port), "MY_WEBSERVER_LISTEN=127.0.0.1:0"),
	    "--metrics-listen=127.0.0.1:0");
	assert_false(dial_fd(port, &fd));
}

static void
a_wrong_port_variable_is_an_error(void **state)
{
	(void)state;
	assert_usage_error(run(&(struct spawn){ .env = ARGS("PORT=http") }),
	    ARGS("PORT", "http"));
}

static void
an_unknown_variable_is_a_warning(void **state)
{
	struct server *s = server_start(
	    &(struct spawn){ .env = ARGS("MY_WEBSERVER_SHUTDWN_DELAY=5s") });

	(void)state;
	assert_int_equal(ask_once(s->page, GET("/"), NULL), 200);
	server_says(s, "MY_WEBSERVER_SHUTDWN_DELAY");
	assert_non_null(strstr(s->err_text.at, "warning"));
}

static void
what_kubernetes_injects_is_ignored(void **state)
{
	struct server *s = server_start(&(struct spawn){
	    .env = ARGS("MY_WEBSERVER_SERVICE_HOST=10.1.2.3",
		"MY_WEBSERVER_SERVICE_PORT=80",
		"MY_WEBSERVER_SERVICE_PORT_HTTP=80",
		"MY_WEBSERVER_PORT=tcp://10.1.2.3:80",
		"MY_WEBSERVER_PORT_80_TCP=tcp://10.1.2.3:80",
		"MY_WEBSERVER_PORT_80_TCP_PROTO=tcp",
		"MY_WEBSERVER_PORT_80_TCP_PORT=80",
		"MY_WEBSERVER_PORT_80_TCP_ADDR=10.1.2.3",
		"MY_WEBSERVER_METRICS_SERVICE_HOST=10.1.2.4") });

	(void)state;
	assert_int_equal(ask_once(s->page, GET("/"), NULL), 200);
	server_pull(s);
	assert_null(strstr(s->err_text.at, "SERVICE_PORT"));
	assert_null(strstr(s->err_text.at, "PORT_80"));
	assert_null(strstr(s->err_text.at, "MY_WEBSERVER_SERVICE_HOST"));
	assert_null(strstr(s->err_text.at, "tcp://"));
}

static void
help_goes_to_stdout_and_names_every_option(void **state)
{
	static const char *const names[] = { "--listen", "--metrics-listen",
		"--header", "--root", "--index", "--fallback",
		"--cache-control", "--memory-limit", "--watch",
		"--max-connections", "--header-timeout", "--body-timeout",
		"--idle-timeout", "--write-timeout", "--probe-timeout",
		"--shutdown-delay", "--drain-timeout", "--log-format",
		"--log-namespace", "--log-buffer", "--log-overflow",
		"--latency-buckets", "--latency-metric", "--random-delay",
		"--random-error", "--check", "--help", "--version", "probe",
		"MY_WEBSERVER_" };
	struct run r = RUN("--help");

	(void)state;
	assert_int_equal(r.code, 0);
	assert_string_equal(r.err, "");
	for (size_t i = 0; i < COUNT(names); i++)
		if (!strstr(r.out, names[i]))
			fail_msg("no %s in --help", names[i]);
}

static void
version_goes_to_stdout(void **state)
{
	struct run r = RUN("--version");

	(void)state;
	assert_int_equal(r.code, 0);
	assert_string_equal(r.err, "");
	assert_int_equal(count_lines(r.out), 1);
	assert_non_null(strstr(r.out, "my_webserver"));
}

static void
check_says_in_one_line_what_serving_would_do(void **state)
{
	struct server *s = START_PLAIN();
	const char *taken = keepf("--listen=127.0.0.1:%u", s->page);
	struct run r;

	(void)state;
	r = RUN("--check", "--listen=127.0.0.1:0",
	    "--metrics-listen=127.0.0.1:0", "--max-connections=100");
	assert_int_equal(r.code, 0);
	assert_int_equal(count_lines(r.out), 1);
	assert_string_equal(r.err, "");
	r = RUN("--check", taken, "--metrics-listen=127.0.0.1:0");
	assert_int_equal(r.code, 1);
	assert_int_equal(count_lines(r.out), 1);
	assert_non_null(strstr(r.out, keepf("127.0.0.1:%u", s->page)));
	assert_in_use(r.out);
	r = RUN("--check", "--random-error=abc");
	assert_int_equal(r.code, 2);
	assert_int_equal(count_lines(r.out), 1);
	assert_non_null(strstr(r.out, "--random-error"));
	r = run(&(struct spawn){ .args = ARGS("--check", "--listen=127.0.0.1:0",
				     "--metrics-listen=127.0.0.1:0"),
	    .env = ARGS("MY_WEBSERVER_LISTN=:1"),
	    .nofile = 12 });
	assert_int_equal(r.code, 1);
	assert_int_equal(count_lines(r.out), 1);
	assert_non_null(strstr(r.out, "limit on open files"));
	assert_non_null(strstr(r.err, "MY_WEBSERVER_LISTN"));
	r = RUN("--random-error=abc", "--check");
	assert_int_equal(r.code, 2);
	assert_int_equal(count_lines(r.out), 1);
}

static void
a_port_in_use_is_exit_1_with_address_and_reason(void **state)
{
	struct server *s = START_PLAIN();
	struct run r;

	(void)state;
	r = RUN(keepf("--listen=127.0.0.1:%u", s->page),
	    "--metrics-listen=127.0.0.1:0");
	assert_int_equal(r.code, 1);
	assert_non_null(strstr(r.err, keepf("127.0.0.1:%u", s->page)));
	assert_in_use(r.err);
	assert_string_equal(r.out, "");
	r = RUN("--listen=127.0.0.1:0",
	    keepf("--metrics-listen=127.0.0.1:%u", s->metrics));
	assert_int_equal(r.code, 1);
	assert_non_null(strstr(r.err, keepf("127.0.0.1:%u", s->metrics)));
	assert_int_equal(ask_once(s->page, GET("/"), NULL), 200);
}

static void
a_privileged_port_is_exit_1_with_address_and_reason(void **state)
{
	FILE *file =
	    fopen("/proc/sys/net/ipv4/ip_unprivileged_port_start", "r");
	int start = 1024;
	struct run r;

	(void)state;
	if (file) {
		if (fscanf(file, "%d", &start) != 1)
			start = 1024;
		fclose(file);
	}
	if (geteuid() != 0 || start < 2)
		skip();
	r = run(&(struct spawn){ .uid = 65534,
	    .args = ARGS(keepf("--listen=127.0.0.1:%d", start - 1),
		"--metrics-listen=127.0.0.1:0") });
	if (r.code == 126 || r.code == 127)
		skip(); /* nobody may not run the binary where it lies */
	assert_int_equal(r.code, 1);
	assert_non_null(strstr(r.err, keepf("127.0.0.1:%d", start - 1)));
	assert_non_null(strstr(r.err, "Permission denied"));
}

static void
an_address_that_is_not_ours_is_exit_1(void **state)
{
	struct run r =
	    RUN("--listen=192.0.2.1:8080", "--metrics-listen=127.0.0.1:0");

	(void)state;
	assert_int_equal(r.code, 1);
	assert_non_null(strstr(r.err, "192.0.2.1:8080"));
	assert_reason(
	    r.err, "Cannot assign requested address", "Address not available");
}

static void
localhost_and_all_addresses_are_understood(void **state)
{
	static const char *const addresses[] = { "localhost:0", "0.0.0.0:0",
		":0", "[::]:0" };

	(void)state;
	for (size_t i = 0; i < COUNT(addresses); i++) {
		struct server *s = START(keepf("--listen=%s", addresses[i]),
		    keepf("--metrics-listen=%s", addresses[i]));

		assert_int_equal(ask_once(s->page, GET("/"), NULL), 200);
		assert_json(server_line(s), "client_ip", "127.0.0.1");
		assert_int_equal(probe(s, "/readyz"), 200);
		assert_int_equal(server_stop(s), 0);
	}
}

static bool
have_ipv6(void)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool have = fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof a) == 0;

	if (fd >= 0)
		close(fd);
	return have;
}

static void
a_wildcard_is_dual_stack(void **state)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct client *c = keep(sizeof *c);
	struct server *s;

	(void)state;
	if (!have_ipv6())
		skip();
	s = START("--listen=:0");
	a.sin6_port = htons(s->page);
	c->fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(c->fd, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(ask(c, GET("/"), NULL), 200);
	assert_json(server_line(s), "client_ip", "::1");
	assert_int_equal(ask_once(s->page, GET("/"), NULL), 200);
	assert_json(server_line(s), "client_ip", "127.0.0.1");
}

static void
probe_is_0_on_2xx_and_1_otherwise(void **state)
{
	struct server *s = START_PLAIN();

	(void)state;
	assert_int_equal(
	    RUN("probe", keepf("http://127.0.0.1:%u/readyz", s->metrics)).code,
	    0);
	assert_int_equal(
	    RUN("probe", keepf("http://localhost:%u/", s->page)).code, 0);
	assert_int_equal(
	    RUN("probe", keepf("http://127.0.0.1:%u/x", s->page)).code, 1);
	assert_int_equal(
	    RUN("probe", keepf("http://127.0.0.1:%u/", free_port())).code, 1);
	assert_true(RUN("probe", "gopher://a/").code != 0);
}

static void
probe_asks_this_configurations_readyz(void **state)
{
	struct server *s = START("--shutdown-delay=9s");
	const char *flag = keepf("--metrics-listen=:%u", s->metrics);
	const char *variable =
	    keepf("MY_WEBSERVER_METRICS_LISTEN=127.0.0.1:%u", s->metrics);
	struct spawn how = { .args = ARGS("probe"), .env = ARGS(variable) };

	(void)state;
	assert_int_equal(RUN("probe", flag).code, 0);
	assert_int_equal(run(&how).code, 0);
	server_signal(s, SIGTERM);
	await_ready(s, 503);
	assert_int_equal(run(&how).code, 1);
}

static void
probe_gives_up_after_its_timeout(void **state)
{
	uint16_t port;
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int64_t from = now_ms();

	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(fd, 5), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	port = ntohs(a.sin_port);
	assert_int_equal(RUN("probe", keepf("http://127.0.0.1:%u/", port),
			     "--probe-timeout=200ms")
			     .code,
	    1);
	assert_in_range(now_ms() - from, 190, 5000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_unknown_flag_names_the_nearest),
		TEST(stray_words_are_errors),
		TEST(a_wrong_value_names_flag_and_value),
		TEST(a_wrong_value_in_a_variable_names_the_variable),
		TEST(values_stand_after_equals_or_alone),
		TEST(each_option_has_a_variable_and_the_flag_wins),
		TEST(an_empty_variable_is_not_set),
		TEST(a_repeated_option_takes_a_value_a_line),
		TEST(options_of_a_site_are_ignored_without_root),
		TEST(a_bare_port_variable_is_honoured),
		TEST(port_gives_way_to_flag_and_variable),
		TEST(a_wrong_port_variable_is_an_error),
		TEST(an_unknown_variable_is_a_warning),
		TEST(what_kubernetes_injects_is_ignored),
		TEST(help_goes_to_stdout_and_names_every_option),
		TEST(version_goes_to_stdout),
		TEST(check_says_in_one_line_what_serving_would_do),
		TEST(a_port_in_use_is_exit_1_with_address_and_reason),
		TEST(a_privileged_port_is_exit_1_with_address_and_reason),
		TEST(an_address_that_is_not_ours_is_exit_1),
		TEST(localhost_and_all_addresses_are_understood),
		TEST(a_wildcard_is_dual_stack),
		TEST(probe_is_0_on_2xx_and_1_otherwise),
		TEST(probe_asks_this_configurations_readyz),
		TEST(probe_gives_up_after_its_timeout),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
