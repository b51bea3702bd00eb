/*
 * format_test.c - what the log looks like in its other formats, with what the
 * user adds to it, behind proxies, and at a terminal.
 */
#include "harness.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>

#define TRACE "4bf92f3577b34da6a3ce929d0e0e4736"

#define RICH                                                         \
	"GET /a%20b?c=d HTTP/1.1\r\nHost: a\r\nUser-Agent: ua/1\r\n" \
	"Referer: http://r/\r\nX-Request-Id: id-1\r\n"               \
	"traceparent: 00-" TRACE "-00f067aa0ba902b7-01\r\n"          \
	"X-Forwarded-For: 203.0.113.9, 198.51.100.7\r\nX-A: one\r\n" \
	"x-a: \xff\"two\r\n\r\n"

static void
ecs_lines_are_ecs(void **state)
{
	struct server *s = START("--log-format=ecs", "--log-namespace=shop",
	    "--log-field=pod=web-1", "--log-field=orchestrator.namespace=n",
	    "--log-header=X-A", "--trusted-proxies=127.0.0.0/8");
	struct response r;
	const char *line;

	(void)state;
	ask_once(s->page, RICH, &r);
	line = server_line(s);
	assert_int_equal(strncmp(line, "{\"@timestamp\": \"2", 17), 0);
	assert_json(line, "log.level", "warn");
	assert_json(line, "message", "\"GET /a%20b?c=d HTTP/1.1\" 404 -");
	assert_json(line, "ecs.version", "8.11.0");
	assert_json(line, "event.outcome", "failure");
	assert_json(line, "event.dataset", "shop.access");
	assert_json(line, "service.name", "shop");
	assert_json(line, "client.ip", "198.51.100.7");
	assert_null(json_get(line, "client.port"));
	assert_json(line, "http.request.method", "GET");
	assert_json(line, "http.request.id", "id-1");
	assert_json(line, "http.request.referrer", "http://r/");
	assert_json(line, "http.request.bytes", keepf("%zu", strlen(RICH)));
	assert_json(line, "http.response.status_code", "404");
	assert_json(line, "http.response.body.bytes", keepf("%zu", r.body_len));
	assert_json(line, "http.response.bytes", keepf("%zu", r.size));
	assert_json(line, "url.original", "/a%20b?c=d");
	assert_json(line, "url.path", "/a%20b");
	assert_json(line, "url.query", "c=d");
	assert_json(line, "user_agent.original", "ua/1");
	assert_json(line, "trace.id", TRACE);
	assert_json(line, "labels.pod", "web-1");
	assert_json(line, "orchestrator.namespace", "n");
	assert_json(line, "labels.header_x_a", "one, \xef\xbf\xbd\"two");
	assert_true(strtoull(json_get(line, "event.duration"), NULL, 10) > 0);
}

static void
gcp_lines_are_gcps(void **state)
{
	struct server *s = START(
	    "--log-format=gcp", "--log-field=pod=web-1", "--log-header=X-A");
	struct response r;
	const char *line;
	char *keys = keep(8192);

	(void)state;
	ask_once(s->page, RICH, &r);
	line = server_line(s);
	assert_true(json_check(line, strlen(line), keys, 8192));
	assert_string_equal(keys,
	    "time,severity,message,httpRequest{status,requestMethod,requestUrl,"
	    "requestSize,responseSize,userAgent,remoteIp,referer,latency,"
	    "protocol},logging.googleapis.com/trace,request_id,header_x_a,"
	    "logging.googleapis.com/labels{pod}");
	assert_json(line, "severity", "WARNING");
	assert_json(line, "requestUrl", "/a%20b?c=d");
	assert_json(line, "requestSize", keepf("%zu", strlen(RICH)));
	assert_json(line, "responseSize", keepf("%zu", r.size));
	assert_json(line, "remoteIp", "127.0.0.1");
	assert_json(line, "logging.googleapis.com/trace", TRACE);
	assert_json(line, "pod", "web-1");
	assert_non_null(strstr(line, "\"requestSize\": \""));
	assert_int_equal(
	    json_get(line, "latency")[strlen(json_get(line, "latency")) - 1],
	    's');
}

/* Off, they cost nothing: the line is as it was, and as long. */
static void
json_lines_get_fields_and_headers_at_their_end(void **state)
{
	struct server *s = server_start(&(struct spawn){
	    .args = ARGS("--log-header=X-A", "--log-header=X-None"),
	    .env = ARGS("MY_WEBSERVER_LOG_FIELD=pod=web-\"1\"\nnode=\n"
			"kubernetes.namespace=shop") });
	const char *line, *end;

	(void)state;
	ask_once(s->page, RICH, NULL);
	line = server_line(s);
	end = strstr(line, ", \"trace_id\"");
	assert_non_null(end);
	assert_string_equal(end,
	    ", \"trace_id\": \"" TRACE "\", "
	    "\"header_x_a\": \"one, \xef\xbf\xbd\\\"two\", "
	    "\"pod\": \"web-\\\"1\\\"\", \"kubernetes.namespace\": "
	    "\"shop\"}}");
	assert_json(line, "client_ip", "127.0.0.1");
}

static void
seed_lines_stay_the_seeds_whatever_is_added(void **state)
{
	struct server *s = START("--log-format=seed", "--log-field=pod=a",
	    "--log-header=X-A", "--trusted-proxies=127.0.0.1");
	char *keys = keep(8192);
	const char *line;

	(void)state;
	ask_once(s->page, RICH, NULL);
	line = server_line(s);
	assert_true(json_check(line, strlen(line), keys, 8192));
	assert_string_equal(keys, "timestamp,my_webserver{client_ip,message}");
	assert_json(line, "client_ip", "198.51.100.7");
}

/* By IPv6, whose proxies are other ones. */
static void
only_proxies_that_are_trusted_are_believed(void **state)
{
	struct server *s = START(
	    "--trusted-proxies=127.0.0.1,10.0.0.0/8", "--trusted-proxies=::1");
	struct server *other = START("--trusted-proxies=10.0.0.0/8,::/0");

	(void)state;
	ask_once(s->page,
	    "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.1\r\n"
	    "X-Forwarded-For: [2001:DB8::1]:80, ::ffff:10.0.0.2\r\n\r\n",
	    NULL);
	assert_json(server_line(s), "client_ip", "2001:db8::1");
	ask_once(s->page,
	    "GET / HTTP/1.1\r\nHost: a\r\n"
	    "X-Forwarded-For: 192.0.2.1, unknown, 10.0.0.2\r\n\r\n",
	    NULL);
	assert_json(server_line(s), "client_ip", "10.0.0.2");
	refused(s->page,
	    "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.1\r\n"
	    "a b: c\r\n\r\n",
	    strlen("GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.1\r\n"
		   "a b: c\r\n\r\n"));
	assert_json(server_line(s), "client_ip", "127.0.0.1");
	ask_once(other->page,
	    "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n",
	    NULL);
	assert_json(server_line(other), "client_ip", "127.0.0.1");
}

/* Any byte in what is logged of a request, in each format. */
static void
hostile_headers_become_valid_lines(void **state)
{
	static const char *const formats[] = { "--log-format=json",
		"--log-format=ecs", "--log-format=gcp" };

	(void)state;
	for (size_t i = 0; i < COUNT(formats); i++) {
		struct server *s = START(
		    formats[i], "--log-header=X-A", "--log-field=pod=\xff");
		char *value = keep(6001);

		for (int c = 1; c < 256; c++) {
			if (c == '\r' || c == '\n')
				continue;
			memset(value, c, c % 16 ? 20 : 6000);
			value[c % 16 ? 20 : 6000] = '\0';
			ask_once(s->page,
			    keepf("GET /x?%s HTTP/1.1\r\nHost: a\r\nX-A: %s\r\n"
				  "User-Agent: %s\r\n\r\n",
				c > ' ' ? value : "", value, value),
			    NULL);
			assert_non_null(server_line(s));
		}
		assert_int_equal(server_stop(s), 0);
	}
}

/* ---- at a terminal ---- */

/* Starts it with its output and errors on a pseudo-terminal. */
static struct server *
start_at_terminal(
    const char *format, const char *const *env, const char *listen)
{
	int master, slave;
	struct server *s;

	assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
	fcntl(master, F_SETFD, FD_CLOEXEC);
	fcntl(slave, F_SETFD, FD_CLOEXEC);
	s = server_start(&(struct spawn){ .bare = true,
	    .env = env,
	    .args = ARGS(keepf("--listen=%s", listen),
		"--metrics-listen=127.0.0.1:0", format),
	    .out = slave,
	    .err = slave,
	    .read_end = master });
	close(slave);
	return s;
}

/* Reads until this is shown; what stands behind it. */
static const char *
await_shown(struct server *s, const char *what)
{
	int64_t end = now_ms() + WAIT_MS;

	for (;;) {
		struct pollfd p = { s->out, POLLIN, 0 };
		const char *at;

		server_pull(s);
		at = strstr(s->out_text.at, what);
		if (at && strchr(at, '\n'))
			return at + strlen(what);
		if (now_ms() > end || s->out < 0)
			fail_msg("no %s, but: %s", what, s->out_text.at);
		poll(&p, 1, (int)(end - now_ms()));
	}
}

static uint16_t
shown_port(struct server *s, const char *before)
{
	return (uint16_t)strtoul(await_shown(s, before), NULL, 10);
}

static void
at_a_terminal_the_start_says_where_to_click(void **state)
{
	struct server *s =
	    start_at_terminal("--log-format=json", NULL, "0.0.0.0:0");
	uint16_t port = shown_port(s, "page=http://localhost:");
	uint16_t status = shown_port(s, "status=http://127.0.0.1:");
	const char *line;

	(void)state;
	assert_non_null(strstr(s->out_text.at,
	    keepf("page=http://localhost:%u/, "
		  "status=http://127.0.0.1:%u/\r\n",
		port, status)));
	assert_non_null(strstr(s->out_text.at, "info: listening, listen=0"));
	/* and the log is JSON all the same */
	ask_once(port, GET("/"), NULL);
	line = await_shown(s, "{\"timestamp\": \"");
	line -= strlen("{\"timestamp\": \"");
	assert_json(
	    keepf("%.*s", (int)strcspn(line, "\r\n"), line), "status", "200");
	assert_int_equal(server_stop(s), 0);
}

static void
elsewhere_it_is_one_line_of_json_as_before(void **state)
{
	struct server *s = START_PLAIN();

	(void)state;
	assert_null(strstr(s->err_text.at, "http://"));
	assert_in_range(strcspn(s->err_text.at, "\n"), 100, 300);
}

/* Columns and colours; nothing that moves the cursor. */
static void
pretty_lines_are_coloured_at_a_terminal(void **state)
{
	struct server *s =
	    start_at_terminal("--log-format=pretty", NULL, "127.0.0.1:0");
	uint16_t port = shown_port(s, "page=http://127.0.0.1:");
	const char *begin, *end;

	(void)state;
	ask_once(port, GET("/"), NULL);
	await_shown(s, " \x1b[32m200\x1b[0m GET     / ");
	ask_once(port,
	    "GET /\x1b]0;x\x07?\xc2\x9b"
	    "2J HTTP/1.1\r\n\r\n",
	    NULL);
	end = await_shown(s, "%1B]0;x%07?%C2%9B2J");
	begin = strstr(s->out_text.at, " \x1b[33m400\x1b[0m GET     /%1B");
	assert_non_null(begin);
	assert_null(strchr(begin + 16, '\x1b'));
	assert_non_null(strstr(end, " B "));
	assert_non_null(strstr(end, " ms  127.0.0.1\r\n"));
	assert_int_equal(server_stop(s), 0);
}

static void
no_color_is_heard(void **state)
{
	struct server *s = start_at_terminal(
	    "--log-format=pretty", ARGS("NO_COLOR=1"), "127.0.0.1:0");
	uint16_t port = shown_port(s, "page=http://127.0.0.1:");

	(void)state;
	ask_once(port, GET("/"), NULL);
	await_shown(s, " 200 GET     / ");
	assert_null(strchr(s->out_text.at, '\x1b'));
	assert_int_equal(server_stop(s), 0);
	s = start_at_terminal(
	    "--log-format=pretty", ARGS("NO_COLOR="), "127.0.0.1:0");
	port = shown_port(s, "page=http://127.0.0.1:");
	ask_once(port, GET("/"), NULL);
	await_shown(s, " \x1b[32m200\x1b[0m GET     / ");
	assert_int_equal(server_stop(s), 0);
}

static void
pretty_lines_in_a_pipe_are_plain(void **state)
{
	struct server *s = START("--log-format=pretty");

	(void)state;
	ask_once(s->page, GET("/"), NULL);
	await_shown(s, " 200 GET     /            ");
	assert_null(strchr(s->out_text.at, '\x1b'));
	assert_int_equal(server_stop(s), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ecs_lines_are_ecs),
		TEST(gcp_lines_are_gcps),
		TEST(json_lines_get_fields_and_headers_at_their_end),
		TEST(seed_lines_stay_the_seeds_whatever_is_added),
		TEST(only_proxies_that_are_trusted_are_believed),
		TEST(hostile_headers_become_valid_lines),
		TEST(at_a_terminal_the_start_says_where_to_click),
		TEST(elsewhere_it_is_one_line_of_json_as_before),
		TEST(pretty_lines_are_coloured_at_a_terminal),
		TEST(no_color_is_heard),
		TEST(pretty_lines_in_a_pipe_are_plain),
	};

	return cmocka_run_group_tests_name("format", tests, NULL, NULL);
}
