#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static struct server *servers;

/*
 * Ends a server that a test has left, by two signals, so that sanitizers can
 * tell what they found. False if it was running and did not end that way.
 */
static bool
server_end(struct server *s)
{
	struct pollfd p = { s->pidfd, POLLIN, 0 };
	int64_t end = now_ms() + WAIT_MS;
	bool running = poll(&p, 1, 0) == 0;
	int status = 0, code;

	if (running) {
		kill(s->pid, SIGTERM);
		kill(s->pid, SIGINT);
	}
	while (poll(&p, 1, 10) == 0 && now_ms() < end)
		server_pull(s);
	kill(s->pid, SIGKILL);
	waitpid(s->pid, &status, 0);
	server_pull(s);
	code =
	    WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	if (!running || code == 0 || code == 128 + SIGTERM ||
	    code == 128 + SIGINT)
		return true;
	print_error("a server that was left ended with %d, saying: %s\n", code,
	    s->err_text.at);
	return false;
}

bool
servers_end(void)
{
	bool ended = true;

	for (struct server *s = servers; s; s = s->next) {
		if (s->pid > 0)
			ended &= server_end(s);
		free(s->out_text.at);
		free(s->err_text.at);
	}
	servers = NULL;
	return ended;
}

static const char *
binary(void)
{
	const char *path = getenv("MY_WEBSERVER_BINARY");

	return path && *path ? path : "build/my_webserver";
}

static void
text_room(struct text *t, size_t n)
{
	if (t->cap - t->len > n)
		return;
	t->cap = t->cap * 2 + n + 1;
	t->at = realloc(t->at, t->cap);
	assert_non_null(t->at);
}

/* Reads what is there; closes *fd at the end. True if something came. */
static bool
text_pull(struct text *t, int *fd)
{
	bool some = false;

	for (;;) {
		struct pollfd p = { *fd, POLLIN, 0 };
		ssize_t n;

		if (*fd < 0 || poll(&p, 1, 0) <= 0)
			break;
		text_room(t, 65536);
		n = read(*fd, t->at + t->len, 65536);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			close(*fd);
			*fd = -1;
			break;
		}
		t->len += (size_t)n;
		some = true;
	}
	text_room(t, 1);
	t->at[t->len] = '\0';
	return some;
}

/* What every run inherits of our own environment: sanitizers and coverage. */
static const char *const inherited[] = {
	"ASAN_OPTIONS",
	"UBSAN_OPTIONS",
	"LSAN_OPTIONS",
	"TSAN_OPTIONS",
	"GCOV_PREFIX",
	"GCOV_PREFIX_STRIP",
	"PATH",
};

static char **
environment(const char *const *more)
{
	size_t n = COUNT(inherited) + 1, used = 0;
	char **env;

	for (size_t i = 0; more && more[i]; i++)
		n++;
	env = keep(n * sizeof *env);
	for (size_t i = 0; i < COUNT(inherited); i++) {
		const char *value = getenv(inherited[i]);

		if (value)
			env[used++] = keepf("%s=%s", inherited[i], value);
	}
	for (size_t i = 0; more && more[i]; i++)
		env[used++] = keepf("%s", more[i]);
	return env;
}

static char **
arguments(const struct spawn *how)
{
	size_t n = 4, used = 0;
	char **args;

	for (size_t i = 0; how->args && how->args[i]; i++)
		n++;
	args = keep(n * sizeof *args);
	args[used++] = keepf("%s", binary());
	if (!how->bare && !how->closed_std) {
		args[used++] = keepf("--listen=127.0.0.1:0");
		args[used++] = keepf("--metrics-listen=127.0.0.1:0");
	}
	for (size_t i = 0; how->args && how->args[i]; i++)
		args[used++] = keepf("%s", how->args[i]);
	return args;
}

/* The child's side: descriptors, limits, identity. Does not return. */
static void
become(const struct spawn *how, int out, int err, char **args, char **env)
{
	rlim_t most = how->nofile + tool_descriptors();
	struct rlimit files = { most, most };
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (how->nofile && setrlimit(RLIMIT_NOFILE, &files) < 0)
		_exit(126);
	if (how->closed_std) {
		close(0);
		close(1);
		close(2);
	} else {
		dup2(harness_first_fd, 0);
		dup2(err, 2);
		if (out == OUT_CLOSED)
			close(1);
		else
			dup2(out, 1);
	}
	if (how->uid && (setgid(how->uid) < 0 || setuid(how->uid) < 0))
		_exit(126);
	if (!how->first)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	execve(args[0], args, env);
	_exit(127);
}

static struct server *
server_spawn(const struct spawn *how)
{
	struct server *s = keep(sizeof *s);
	char **args = arguments(how), **env = environment(how->env);
	int out[2] = { -1, how->out }, err[2] = { -1, how->err };

	if (!how->err)
		assert_int_equal(pipe2(err, O_CLOEXEC), 0);
	if (how->out == OUT_PIPE)
		assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	else if (how->read_end)
		out[0] = how->read_end;
	if (how->first)
		s->pid = (pid_t)syscall(
		    SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
	else
		s->pid = fork();
	if (s->pid == 0)
		become(how, out[1], err[1], args, env);
	if (!how->err)
		close(err[1]);
	if (how->out == OUT_PIPE)
		close(out[1]);
	s->out = out[0];
	s->err = err[0];
	s->unread = how->unread;
	s->next = servers;
	servers = s;
	if (s->pid < 0) {
		if (how->first && errno == EPERM)
			skip();
		fail_msg("fork: %s", strerror(errno));
	}
	s->pidfd = (int)syscall(SYS_pidfd_open, s->pid, 0);
	assert_true(s->pidfd >= 0);
	fcntl(s->pidfd, F_SETFD, FD_CLOEXEC);
	text_room(&s->out_text, 1);
	s->out_text.at[0] = '\0';
	text_room(&s->err_text, 1);
	s->err_text.at[0] = '\0';
	return s;
}

static uint16_t
port_of(const char *line, const char *name)
{
	const char *address = json_get(line, name);
	const char *colon = address ? strrchr(address, ':') : NULL;
	long port = colon ? strtol(colon + 1, NULL, 10) : 0;

	if (port <= 0 || port > 65535)
		fail_msg("no port in \"%s\" of: %s", name, line);
	return (uint16_t)port;
}

struct server *
server_start(const struct spawn *how)
{
	struct server *s = server_spawn(how);
	const char *event = "\"event\": \"listening\"";
	char *at, *begin, *end;

	if (how->bare || how->closed_std)
		return s;
	server_says(s, event);
	while (!strchr(strstr(s->err_text.at, event), '\n'))
		server_says(s, "\n");
	at = strstr(s->err_text.at, event);
	for (begin = at; begin > s->err_text.at && begin[-1] != '\n'; begin--)
		;
	end = strchr(at, '\n');
	begin = keepf("%.*s", (int)(end - begin), begin);
	if (!json_check(begin, strlen(begin), NULL, 0))
		fail_msg("not JSON: %s", begin);
	s->page = port_of(begin, "listen");
	s->metrics = port_of(begin, "metrics_listen");
	return s;
}

void
server_signal(struct server *s, int signal)
{
	assert_true(s->pid > 0);
	assert_int_equal(kill(s->pid, signal), 0);
}

void
server_pull(struct server *s)
{
	text_pull(&s->err_text, &s->err);
	if (!s->unread)
		text_pull(&s->out_text, &s->out);
}

int
server_wait(struct server *s)
{
	int64_t end = now_ms() + WAIT_MS;
	int status;

	for (;;) {
		struct pollfd p[3] = { { s->pidfd, POLLIN, 0 },
			{ s->err, POLLIN, 0 },
			{ s->unread ? -1 : s->out, POLLIN, 0 } };
		int64_t left = end - now_ms();

		if (left <= 0)
			fail_msg("still running after %d ms; it said: %s",
			    WAIT_MS, s->err_text.at);
		poll(p, 3, (int)left);
		server_pull(s);
		if (p[0].revents)
			break;
	}
	assert_int_equal(waitpid(s->pid, &status, 0), s->pid);
	s->pid = 0;
	s->unread = false;
	server_pull(s);
	if (strstr(s->err_text.at, "Sanitizer") ||
	    strstr(s->err_text.at, "runtime error"))
		fail_msg("a sanitizer spoke: %s", s->err_text.at);
	s->code =
	    WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return s->code;
}

int
server_stop(struct server *s)
{
	server_signal(s, SIGTERM);
	return server_wait(s);
}

static void
check_line(const char *line, size_t n)
{
	if (n + 1 > 8192)
		fail_msg("a line of %zu bytes", n + 1);
	if (!json_check(line, n, NULL, 0))
		fail_msg("not JSON: %.*s", (int)n, line);
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			fail_msg(
			    "a bare control character in: %.*s", (int)n, line);
}

char *
server_line(struct server *s)
{
	char *at, *end;

	for (;;) {
		at = s->out_text.at + s->out_at;
		end = memchr(at, '\n', s->out_text.len - s->out_at);
		if (end)
			break;
		if (s->out < 0) {
			if (s->out_at < s->out_text.len)
				fail_msg("half a line at the end: %s", at);
			return NULL;
		}
		await_fd(s->out, POLLIN, "log line");
		text_pull(&s->out_text, &s->out);
	}
	check_line(at, (size_t)(end - at));
	s->out_at += (size_t)(end - at) + 1;
	return keepf("%.*s", (int)(end - at), at);
}

void
server_says(struct server *s, const char *needle)
{
	size_t from = needle[0] == '\n' ? s->err_text.len : 0;
	int64_t end = now_ms() + WAIT_MS;

	for (;;) {
		text_pull(&s->err_text, &s->err);
		if (strstr(s->err_text.at + from, needle))
			return;
		if (s->err < 0 || now_ms() > end)
			fail_msg("no %s on standard error, but: %s", needle,
			    s->err_text.at);
		await_fd(s->err, POLLIN, needle);
	}
}

size_t
server_lines(const struct server *s)
{
	return count_lines(s->out_text.at);
}

void
server_check_lines(struct server *s)
{
	char *at = s->out_text.at + s->out_at, *end;

	for (; (end = strchr(at, '\n')); at = end + 1)
		check_line(at, (size_t)(end - at));
	s->out_at = (size_t)(at - s->out_text.at);
}

struct run
run(const struct spawn *how)
{
	struct spawn bare = *how;
	struct server *s;

	bare.bare = true;
	s = server_spawn(&bare);
	server_wait(s);
	return (struct run){ s->code, s->out_text.at, s->err_text.at };
}

size_t
count_lines(const char *text)
{
	size_t n = 0;

	for (; (text = strchr(text, '\n')); text++)
		n++;
	return n;
}
