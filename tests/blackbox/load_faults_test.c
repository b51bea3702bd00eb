/* The load generator against a server that does what a server should not. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "load.h"

enum then { GO_ON, CLOSE, RESET, KEEP_SILENT };

/* What it does with a connection. */
struct manners {
	const char *answer; /* to each request */
	unsigned after;     /* answered so many, it sends last instead ... */
	const char *last;
	enum then then; /* ... and does this */
	int stall_ms;   /* or waits so long before it goes on */
	bool once;      /* the next connections get answer alone */
};

#define OK200 "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

/* Requests come whole: they are short, and loopback does not cut them. */
static bool
next_request(int fd, char *memory, size_t *have)
{
	for (;;) {
		char *end = memmem(memory, *have, "\r\n\r\n", 4);
		ssize_t n;

		if (end) {
			*have -= (size_t)(end + 4 - memory);
			memmove(memory, end + 4, *have);
			return true;
		}
		n = recv(fd, memory + *have, 65536 - *have, 0);
		if (n <= 0)
			return false;
		*have += (size_t)n;
	}
}

static void
put_text(int fd, const char *text)
{
	size_t n = strlen(text);

	while (n > 0) {
		ssize_t sent = send(fd, text, n, MSG_NOSIGNAL);

		if (sent < 0)
			return;
		text += sent;
		n -= (size_t)sent;
	}
}

static void
serve(int fd, const struct manners *m)
{
	static char memory[65536];
	size_t have = 0;

	for (unsigned answered = 0; next_request(fd, memory, &have);
	     answered++) {
		if (answered != m->after) {
			put_text(fd, m->answer);
			continue;
		}
		pass_ms(m->stall_ms);
		put_text(fd, m->last);
		if (m->then == RESET)
			setsockopt(fd, SOL_SOCKET, SO_LINGER,
			    &(struct linger){ 1, 0 }, sizeof(struct linger));
		if (m->then == CLOSE)
			shutdown(fd, SHUT_WR);
		if (m->then == KEEP_SILENT || m->then == CLOSE)
			while (recv(fd, memory, sizeof memory, 0) > 0)
				;
		if (m->then != GO_ON)
			break;
	}
	close(fd);
}

/* One connection after the other, in a process that ends with the test. */
static pid_t
misbehave(const struct manners *m, uint16_t *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct manners now = *m;
	pid_t pid;

	assert_int_equal(bind(fd, (struct sockaddr *)&a, size), 0);
	assert_int_equal(listen(fd, 16), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &size), 0);
	*port = ntohs(a.sin_port);
	pid = fork();
	assert_true(pid >= 0);
	if (pid > 0) {
		close(fd);
		return pid;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		serve(accept(fd, NULL, NULL), &now);
		if (m->once)
			now.after = UINT32_MAX;
	}
}

/* Runs load with one connection against such a server. */
static char *
against(const struct manners *m, int code, const char *const *more)
{
	uint16_t port;
	pid_t pid = misbehave(m, &port);
	const char *args[16] = { "--json", "--connections=1", url_of(port, "/"),
		"--timeout=300ms" };
	char *json;
	int status;

	for (size_t n = 4; *more && n < COUNT(args) - 1; n++)
		args[n] = *more++;
	json = load(code, args);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return json;
}

static void
wrong_answers(void **state)
{
	static const struct {
		const char *last, *kind, *first;
	} samples[] = {
		{ "HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\nno", "status",
		    "status 503 instead of 200" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok!", "length",
		    "3 bytes instead of 2" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		struct manners m = { OK200, 3, samples[i].last, GO_ON, 0, 0 };
		char *json = against(&m, 1, ARGS("--requests=10"));

		/* and goes on, on the same connection */
		assert_failures(json, samples[i].kind, 1);
		assert_json(json, "first_failure", samples[i].first);
		assert_int_equal(number(json, "answers"), 10);
		assert_int_equal(number(json, "count"), 9);
		assert_int_equal(number(json, "connects"), 1);
	}
}

static void
broken_connections(void **state)
{
	static const struct {
		const char *last;
		enum then then;
		const char *kind, *first;
	} samples[] = {
		{ "", CLOSE, "short", "closed without an answer" },
		{ "HTTP/1.1 200 OK\r\nConte", CLOSE, "short",
		    "closed within an answer" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no", CLOSE,
		    "short", "closed within an answer" },
		{ "", RESET, "reset", NULL },
		{ "", KEEP_SILENT, "timeout", "no answer in time" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no", KEEP_SILENT,
		    "timeout", "no answer in time" },
		{ "what?", KEEP_SILENT, "odd", "no HTTP/1.x status line" },
		{ "HTTP/1.1 200 OK\r\n\r\nok", KEEP_SILENT, "odd",
		    "no Content-Length" },
		{ OK200 OK200, GO_ON, "odd", "bytes that nobody asked for" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		struct manners m = { OK200, 3, samples[i].last, samples[i].then,
			0, true };
		char *json = against(&m, 1, ARGS("--requests=10"));

		assert_failures(json, samples[i].kind, 1);
		if (samples[i].first)
			assert_json(json, "first_failure", samples[i].first);
		/* and goes on, on another connection */
		assert_int_equal(number(json, "connects"), 2);
		assert_int_equal(number(json, "200"), number(json, "answers"));
		assert_in_range(number(json, "answers"), 9, 10);
	}
}

/* What was asked behind the failed one is lost with it. */
static void
pipelined_requests_fail_together(void **state)
{
	struct manners m = { OK200, 2, "", CLOSE, 0, true };
	char *json = against(&m, 1, ARGS("--requests=8", "--pipeline=8"));

	(void)state;
	assert_failures(json, "short", 6);
	assert_int_equal(number(json, "answers"), 2);
}

static void
announced_ends_are_no_failures(void **state)
{
	struct manners m = { OK200, 2,
		"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n"
		"\r\nok",
		CLOSE, 0, false };
	char *json = against(&m, 0, ARGS("--requests=9"));

	(void)state;
	assert_failures(json, "", 0);
	assert_int_equal(number(json, "answers"), 9);
	assert_in_range(number(json, "reconnects"), 2, 3);
	assert_int_equal(number(json, "resent"), 0);

	json = against(&m, 0, ARGS("--requests=9", "--pipeline=9"));
	assert_failures(json, "", 0);
	assert_int_equal(number(json, "answers"), 9);
	assert_int_equal(number(json, "resent"), 6 + 3);
}

static void
nothing_follows_an_announced_end(void **state)
{
	struct manners m = { OK200, 2,
		"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n"
		"\r\nok" OK200,
		CLOSE, 0, true };
	char *json = against(&m, 1, ARGS("--requests=9", "--pipeline=9"));

	(void)state;
	assert_failures(json, "odd", 6);
	assert_int_equal(number(json, "answers"), 3);
	assert_int_equal(number(json, "resent"), 0);
}

static void
closing_mode_waits_for_the_end(void **state)
{
	struct manners ends = { OK200, 0, OK200, CLOSE, 0, false };
	struct manners stays = { OK200, 0, OK200, KEEP_SILENT, 0, false };
	struct manners more = { OK200, 0, OK200 "x", KEEP_SILENT, 0, false };
	char *json = against(&ends, 0, ARGS("--requests=5", "--close"));

	(void)state;
	assert_failures(json, "", 0);
	assert_int_equal(number(json, "connects"), 5);
	json = against(&stays, 1, ARGS("--requests=2", "--close"));
	assert_int_equal(number(json, "answers"), 2);
	assert_json(json, "first_failure", "not closed in time");
	assert_true(number(json, "timeout") >= 1);
	json = against(&more, 1, ARGS("--requests=2", "--close"));
	assert_failures(json, "odd", 2);
}

/* Of a long body the end alone is looked at, and all of its length. */
static void
long_bodies(void **state)
{
	enum { LENGTH = 3000000 };
	char *whole = keepf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%0*d",
	    LENGTH, LENGTH, 0);
	size_t size = strlen(whole);
	struct manners cut = { whole, 3, keepf("%.*s", (int)size - 1, whole),
		CLOSE, 0, true };
	struct manners more = { whole, 3, keepf("%s1", whole), GO_ON, 0, true };
	struct manners good = { whole, UINT32_MAX, "", GO_ON, 0, false };
	char *json = against(&good, 0,
	    ARGS("--requests=20", "--pipeline=3", "--expect-length=3000000"));

	(void)state;
	assert_failures(json, "", 0);
	assert_int_equal(number(json, "answers"), 20);
	assert_int_equal(number(json, "connects"), 1);
	assert_in_range(
	    number(json, "bytes"), 19 * (long)size, 20 * (long)size);
	json = against(&cut, 1, ARGS("--requests=10"));
	assert_failures(json, "short", 1);
	assert_json(json, "first_failure", "closed within an answer");
	json = against(&more, 1, ARGS("--requests=10"));
	assert_failures(json, "odd", 1);
	assert_json(json, "first_failure", "bytes that nobody asked for");
}

/*
 * 200 requests a second, and half a second in which the server is busy with
 * one: those that were due meanwhile waited too, and it shows.
 */
static void
no_waiting_is_omitted(void **state)
{
	struct manners m = { OK200, 50, OK200, GO_ON, 500, false };
	char *json =
	    against(&m, 0, ARGS("--rate=200", "--duration=1s", "--timeout=5s"));

	(void)state;
	assert_int_equal(number(json, "answers"), 200);
	/* about 100 of 200, and half of those for more than 250 ms */
	assert_true(number(json, "p90") > 200000000);
	assert_true(number(json, "max") >= 500000000);
	/* a closed loop sees one slow answer, and knows of no other */
	json = against(&m, 0, ARGS("--requests=200", "--timeout=5s"));
	assert_true(number(json, "p90") < 200000000);
	assert_true(number(json, "max") >= 500000000);
}

static void
what_was_never_sent_has_failed(void **state)
{
	struct manners m = { OK200, 0, "", KEEP_SILENT, 0, false };
	char *json = against(&m, 1, ARGS("--rate=100", "--duration=200ms"));
	long failed = number(json, "failed");

	(void)state;
	/* one at a time waits for its answer; the others for a connection */
	assert_int_equal(number(json, "answers"), 0);
	assert_true(number(json, "unsent") > 0);
	assert_true(number(json, "timeout") > 0);
	assert_int_equal(number(json, "unsent") + number(json, "timeout"), 20);
	assert_int_equal(failed, 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(wrong_answers),
		TEST(broken_connections),
		TEST(pipelined_requests_fail_together),
		TEST(announced_ends_are_no_failures),
		TEST(nothing_follows_an_announced_end),
		TEST(closing_mode_waits_for_the_end),
		TEST(long_bodies),
		TEST(no_waiting_is_omitted),
		TEST(what_was_never_sent_has_failed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
