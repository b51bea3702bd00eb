/* The load generator against the real server. */
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <time.h>

#include "load.h"

static void
all_modes_count_as_the_server_does(void **state)
{
	static const char *const modes[] = { "--pipeline=1", "--pipeline=7",
		"--close", "--rate=5000", "--spin", "--method=HEAD" };
	struct server *s = START_PLAIN();

	(void)state;
	for (size_t i = 0; i < COUNT(modes); i++) {
		char *json = LOAD(0, "--requests=1000", "--connections=20",
		    modes[i], url_of(s->page, "/"));

		assert_failures(json, "", 0);
		assert_int_equal(number(json, "answers"), 1000);
		assert_int_equal(number(json, "200"), 1000);
		assert_int_equal(number(json, "count"), 1000);
		assert_int_equal(number(json, "connects"),
		    strcmp(modes[i], "--close") == 0 ? 1000 : 20);
		await_sum(s, "http_requests_total", 1000.0 * (double)(i + 1));
	}
	assert_true(
	    sample(scrape(s),
		"http_requests_total{code=\"200\",method=\"HEAD\"}") == 1000);
	assert_true(
	    sample(scrape(s),
		"http_connections_accepted_total{listener=\"page\"}") == 1100);
	assert_int_equal(server_stop(s), 0);
}

static long
own_time(const char *json)
{
	return number(json, "user_ns") + number(json, "system_ns");
}

static void
spinning_takes_its_core(void **state)
{
	struct server *s = START("--random-delay=300ms-300ms");
	long asleep, spinning;

	(void)state;
	asleep = own_time(
	    LOAD(0, "--requests=1", "--connections=1", url_of(s->page, "/")));
	spinning = own_time(LOAD(0, "--requests=1", "--connections=1", "--spin",
	    url_of(s->page, "/")));
	assert_true(spinning > asleep);
	assert_int_equal(server_stop(s), 0);
}

static void
time_ends_it(void **state)
{
	struct server *s = START_PLAIN();
	int64_t begin = now_ms();
	char *json = LOAD(0, "--duration=300ms", "--warmup=200ms",
	    "--connections=4", url_of(s->page, "/"));

	(void)state;
	assert_true(now_ms() - begin >= 500);
	assert_int_equal(number(json, "elapsed_ns"), 300000000);
	assert_true(number(json, "answers") > 0);
	/* what was asked while warming up is not among the answers */
	assert_true(sample_sum(scrape(s), "http_requests_total") >
	    (double)number(json, "answers"));
	json = LOAD(0, "--duration=500ms", "--rate=200", "--warmup=100ms",
	    "--connections=4", url_of(s->page, "/"));
	assert_int_equal(number(json, "answers"), 100);
	assert_int_equal(server_stop(s), 0);
}

static void
expectations(void **state)
{
	struct server *s = START_PLAIN();
	char *json;

	(void)state;
	json = LOAD(0, "--requests=10", "--expect-status=404",
	    url_of(s->page, "/none"));
	assert_int_equal(number(json, "404"), 10);
	json = LOAD(1, "--requests=10", url_of(s->page, "/none"));
	assert_failures(json, "status", 10);
	assert_json(json, "first_failure", "status 404 instead of 200");
	assert_int_equal(number(json, "count"), 0);
	json = LOAD(0, "--requests=10",
	    keepf("--expect-length=%zu", strlen(page)), url_of(s->page, "/"));
	json =
	    LOAD(1, "--requests=10", "--expect-length=5", url_of(s->page, "/"));
	assert_failures(json, "length", 10);
	assert_int_equal(server_stop(s), 0);
}

static void
sources_take_turns(void **state)
{
	struct server *s = START_PLAIN();
	size_t seen[5] = { 0 };

	(void)state;
	LOAD(0, "--requests=40", "--connections=8", "--sources=4", "--close",
	    url_of(s->page, "/"));
	for (int i = 0; i < 40; i++) {
		const char *ip = json_get(server_line(s), "client_ip");

		assert_int_equal(strncmp(ip, "127.0.0.", 8), 0);
		assert_in_range(atoi(ip + 8), 1, 4);
		seen[atoi(ip + 8)]++;
	}
	for (int i = 1; i <= 4; i++)
		assert_true(seen[i] > 0);
	assert_int_equal(server_stop(s), 0);
}

static void
many_connections(void **state)
{
	struct server *s = START("--max-connections=4000");
	char *json = LOAD(0, "--requests=9000", "--connections=3000",
	    "--timeout=20s", url_of(s->page, "/"));

	(void)state;
	assert_int_equal(number(json, "connects"), 3000);
	assert_int_equal(number(json, "answers"), 9000);
	assert_int_equal(server_stop(s), 0);
}

static void
ipv6_and_headers(void **state)
{
	struct server *s = START("--listen=[::1]:0");
	const char *line;

	(void)state;
	LOAD(0, "--requests=1", "--connections=1", "--header=X-Request-Id: a1",
	    "--header", "User-Agent: x", keepf("http://[::1]:%u", s->page));
	line = server_line(s);
	assert_json(line, "client_ip", "::1");
	assert_json(line, "request_id", "a1");
	assert_json(line, "user_agent", "x");
	assert_int_equal(server_stop(s), 0);
}

/* A scrape grows as its numbers do: here, of connections accepted. */
static void
any_length(void **state)
{
	struct server *s = START_PLAIN();
	char *json = LOAD(0, "--requests=200", "--connections=1", "--close",
	    "--expect-length=any", url_of(s->metrics, "/metrics"));

	(void)state;
	assert_int_equal(number(json, "answers"), 200);
	LOAD(1, "--requests=2000", "--connections=1", "--close",
	    url_of(s->metrics, "/metrics"));
	assert_int_equal(server_stop(s), 0);
}

static void
times_the_server(void **state)
{
	struct server *s = START_PLAIN();
	const char *server = keepf("--server=%d", s->pid);
	char *json = LOAD(0, "--requests=2000", server, url_of(s->page, "/"));
	struct outcome o;

	(void)state;
	assert_true(number(json, "server_ns") > 0);
	assert_int_equal(server_stop(s), 0);
	o = load_wait(load_start(ARGS(server, url_of(s->page, "/")), 0));
	assert_int_equal(o.code, 1);
	assert_non_null(strstr(o.err, "--server: "));
}

static void
interrupted_with_its_results(void **state)
{
	static const int signals[] = { SIGINT, SIGTERM };
	struct server *s = START_PLAIN();

	(void)state;
	for (size_t i = 0; i < COUNT(signals); i++) {
		struct job job =
		    load_start(ARGS("--json", "--duration=50s", "--rate=100",
				   url_of(s->page, "/")),
			0);
		struct outcome o;

		await_sample(s, "http_connections{listener=\"page\"}", 64);
		assert_non_null(server_line(s));
		assert_int_equal(kill(job.pid, signals[i]), 0);
		o = load_wait(job);
		assert_int_equal(o.code, 0);
		assert_json(o.out, "interrupted", "true");
		assert_true(number(o.out, "answers") >= 1);
		assert_true(number(o.out, "elapsed_ns") < 50000000000);
		await_sample(s, "http_connections{listener=\"page\"}", 0);
	}
	assert_int_equal(server_stop(s), 0);
}

static void
server_that_dies(void **state)
{
	struct server *s = START_PLAIN();
	struct job job =
	    load_start(ARGS("--json", "--duration=2s", "--connections=3",
			   "--pipeline=5", url_of(s->page, "/")),
		0);
	struct outcome o;

	(void)state;
	assert_non_null(server_line(s));
	server_signal(s, SIGKILL);
	o = load_wait(job);
	assert_int_equal(o.code, 1);
	/* it goes on trying to the end */
	assert_true(number(o.out, "connect") > 3);
	/* connections ended with requests on them, or between two */
	assert_true(number(o.out, "reset") + number(o.out, "short") +
		number(o.out, "reconnects") >=
	    1);
	assert_true(number(o.out, "200") > 0);
}

/* ---- before the start ---- */

static void
complains_in_one_line(void **state)
{
	uint16_t port = free_port();
	struct outcome o;

	(void)state;
	o = load_wait(load_start(ARGS("--nonsense"), 0));
	assert_int_equal(o.code, 2);
	assert_string_equal(o.out, "");
	assert_string_equal(o.err,
	    "load: unknown option --nonsense; --help names the known ones\n");
	o = load_wait(load_start(ARGS("http://192.0.2.1/"), 0));
	assert_int_equal(o.code, 2);
	assert_non_null(strstr(o.err, "--any-host"));
	o = load_wait(load_start(ARGS(url_of(port, "/")), 0));
	assert_int_equal(o.code, 1);
	assert_string_equal(o.out, "");
	assert_int_equal(count_lines(o.err), 1);
	assert_non_null(strstr(o.err, "onnection refused"));
	o = load_wait(load_start(ARGS("--close", url_of(port, "/")), 0));
	assert_int_equal(o.code, 1);
	assert_non_null(strstr(o.err, "onnection refused"));
	o = load_wait(load_start(ARGS("--help"), 0));
	assert_int_equal(o.code, 0);
	assert_non_null(strstr(o.out, "--expect-status"));
}

static void
limit_on_open_files(void **state)
{
	struct server *s = START_PLAIN();
	struct outcome o = load_wait(
	    load_start(ARGS("--connections=100", url_of(s->page, "/")), 100));

	(void)state;
	assert_int_equal(o.code, 1);
	assert_non_null(strstr(o.err, "the hard limit is 100"));
	/* the soft limit, half of that here, is none */
	o = load_wait(load_start(
	    ARGS("--connections=90", "--requests=90", url_of(s->page, "/")),
	    100));
	assert_int_equal(o.code, 0);
	assert_int_equal(server_stop(s), 0);
}

static void
table_for_people(void **state)
{
	struct server *s = START_PLAIN();
	struct outcome o = load_wait(
	    load_start(ARGS("--requests=100", url_of(s->page, "/none")), 0));

	(void)state;
	assert_int_equal(o.code, 1);
	assert_string_equal(o.err, ""); /* progress is for terminals */
	assert_non_null(strstr(o.out, "keep-alive, 64 connections"));
	assert_non_null(strstr(o.out, "answers      100, "));
	assert_non_null(strstr(o.out, "another status"));
	assert_non_null(strstr(o.out, "status 404 instead of 200"));
	o = load_wait(
	    load_start(ARGS("--requests=100", url_of(s->page, "/")), 0));
	assert_int_equal(o.code, 0);
	assert_non_null(strstr(o.out, "failures     none"));
	assert_non_null(strstr(o.out, "99.99 %"));
	assert_int_equal(server_stop(s), 0);
}

static void
seconds_for_scripts(void **state)
{
	struct server *s = START_PLAIN();
	struct outcome o = load_wait(load_start(
	    ARGS("--json", "--seconds", "--rate=20", "--duration=2500ms",
		"--expect-status=200", url_of(s->page, "/none")),
	    0));
	double first, second;
	unsigned answers[2], failed[2];

	(void)state;
	assert_int_equal(o.code, 1);
	assert_int_equal(
	    sscanf(o.err, "%lf %u %u\n%lf %u %u\n", &first, &answers[0],
		&failed[0], &second, &answers[1], &failed[1]),
	    6);
	assert_true(first > (double)(time(NULL) - 60));
	assert_true(second >= first && answers[1] >= answers[0]);
	assert_true(answers[1] > 0 && answers[1] <= 50);
	assert_true(failed[0] == answers[0] && failed[1] == answers[1]);
	assert_null(strchr(o.err, '\r'));
	assert_int_equal(server_stop(s), 0);
}

static void
progress_on_a_terminal(void **state)
{
	struct server *s = START_PLAIN();
	int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), err;
	char text[4096] = "";
	struct job job;
	struct outcome o;

	(void)state;
	assert_true(terminal >= 0);
	assert_int_equal(grantpt(terminal) || unlockpt(terminal), 0);
	err = open(ptsname(terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);
	job = load_start_on(ARGS("--json", "--duration=1200ms",
				"--connections=1", url_of(s->page, "/")),
	    0, err);
	close(err);
	job.err = memfd_create("err", 0);
	o = load_wait(job);
	assert_int_equal(o.code, 0);
	for (size_t n = 0, more = 1; more > 0; n += more) {
		ssize_t got = read(terminal, text + n, sizeof text - 1 - n);

		more = got > 0 ? (size_t)got : 0;
	}
	assert_non_null(strstr(text, "measuring"));
	assert_non_null(strstr(text, " answers, "));
	/* and the line is taken away in the end */
	assert_non_null(strstr(text, "\r\33[K"));
	assert_int_equal(server_stop(s), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_modes_count_as_the_server_does),
		TEST(spinning_takes_its_core),
		TEST(time_ends_it),
		TEST(expectations),
		TEST(sources_take_turns),
		TEST(many_connections),
		TEST(ipv6_and_headers),
		TEST(any_length),
		TEST(times_the_server),
		TEST(interrupted_with_its_results),
		TEST(server_that_dies),
		TEST(complains_in_one_line),
		TEST(limit_on_open_files),
		TEST(table_for_people),
		TEST(seconds_for_scripts),
		TEST(progress_on_a_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
