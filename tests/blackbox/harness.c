#include "harness.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

const char page[] = "\n"
		    "<!DOCTYPE html>\n"
		    "<html>\n"
		    "    <head>\n"
		    "        <title>Hello!</title>\n"
		    "    </head>\n"
		    "    <body>\n"
		    "        <p>This is a demo page!</p>\n"
		    "    </body>\n"
		    "</html>";

struct kept {
	struct kept *next;
	max_align_t memory[];
};

static struct kept *kept;
static struct server *servers;
static int first_fd; /* what a test opens is from here on */

/* A number from the environment. */
static int
setting(const char *name, int otherwise)
{
	const char *value = getenv(name);

	return value && *value ? atoi(value) : otherwise;
}

int
wait_ms(void)
{
	return setting("MY_WEBSERVER_WAIT_MS", 10000);
}

bool
emulated(void)
{
	return setting("MY_WEBSERVER_EMULATED", 0) != 0;
}

static unsigned
tool_descriptors(void)
{
	return (unsigned)setting("MY_WEBSERVER_FDS", 0);
}

unsigned long
most_descriptors(void)
{
	struct rlimit files;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
	return files.rlim_max - tool_descriptors();
}

int
harness_setup(void **state)
{
	struct rlimit files;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	first_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return first_fd < 0;
}

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

int
harness_teardown(void **state)
{
	bool ended = true;

	(void)state;
	for (struct server *s = servers; s; s = s->next) {
		if (s->pid > 0)
			ended &= server_end(s);
		free(s->out_text.at);
		free(s->err_text.at);
	}
	servers = NULL;
	while (kept) {
		struct kept *next = kept->next;

		free(kept);
		kept = next;
	}
	syscall(SYS_close_range, first_fd, ~0U, 0);
	return !ended;
}

void *
keep(size_t size)
{
	struct kept *k = calloc(1, sizeof *k + size);

	assert_non_null(k);
	k->next = kept;
	kept = k;
	return k->memory;
}

char *
keepf(const char *format, ...)
{
	va_list args;
	char *text, *copy;
	int n;

	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	assert_true(n >= 0);
	copy = keep((size_t)n + 1);
	memcpy(copy, text, (size_t)n);
	free(text);
	return copy;
}

int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void
pass_ms(int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	while (nanosleep(&t, &t) < 0 && errno == EINTR)
		;
}

/* poll(2) of one descriptor; fails the test after WAIT_MS. */
static void
await_fd(int fd, short events, const char *what)
{
	struct pollfd p = { fd, events, 0 };
	int n;

	while ((n = poll(&p, 1, WAIT_MS)) < 0 && errno == EINTR)
		;
	if (n == 0)
		fail_msg("%s: nothing within %d ms", what, WAIT_MS);
}

/* ---- the server ---- */

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
		dup2(first_fd, 0);
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
	int out[2] = { -1, how->out }, err[2];

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

static struct sockaddr_in
loopback(uint16_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

uint16_t
free_port(void)
{
	struct sockaddr_in a = loopback(0);
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	close(fd);
	return ntohs(a.sin_port);
}

/* ---- clients ---- */

bool
dial_fd(uint16_t port, int *fd)
{
	struct sockaddr_in a = loopback(port);
	struct pollfd p;
	socklen_t len = sizeof(int);
	int error = 0, one = 1;

	*fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*fd < 0)
		return false;
	setsockopt(*fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	p = (struct pollfd){ *fd, POLLOUT, 0 };
	if (connect(*fd, (struct sockaddr *)&a, sizeof a) == 0)
		return true;
	if (errno == EINPROGRESS && poll(&p, 1, WAIT_MS) == 1 &&
	    getsockopt(*fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 &&
	    error == 0)
		return true;
	close(*fd);
	*fd = -1;
	return false;
}

struct client *
dial(uint16_t port)
{
	struct client *c = keep(sizeof *c);

	if (!dial_fd(port, &c->fd))
		fail_msg("cannot connect to port %u", port);
	return c;
}

bool
tell_bytes(struct client *c, const void *bytes, size_t n)
{
	const char *at = bytes;

	while (n > 0) {
		ssize_t sent = send(c->fd, at, n, MSG_NOSIGNAL);

		if (sent > 0) {
			at += sent;
			n -= (size_t)sent;
		} else if (errno == EAGAIN) {
			await_fd(c->fd, POLLOUT, "send");
		} else if (errno != EINTR) {
			return false;
		}
	}
	return true;
}

bool
tell(struct client *c, const char *text)
{
	return tell_bytes(c, text, strlen(text));
}

/* 1 if something came, 0 at the end, -1 after a reset. */
static int
fill(struct client *c)
{
	for (;;) {
		ssize_t n = recv(c->fd, c->memory + c->len,
		    sizeof c->memory - 1 - c->len, 0);

		if (n > 0) {
			c->len += (size_t)n;
			c->memory[c->len] = '\0';
			return 1;
		}
		if (n == 0)
			return 0;
		if (errno == EAGAIN)
			await_fd(c->fd, POLLIN, "answer");
		else if (errno != EINTR)
			return -1;
	}
}

int
hear(struct client *c, struct response *r, bool head)
{
	struct response mine;
	const char *length, *end;
	size_t head_len, body_len = 0;

	if (!r)
		r = &mine;
	*r = (struct response){ 0 };
	while (!(end = memmem(c->memory, c->len, "\r\n\r\n", 4))) {
		int got;

		assert_true(c->len + 1 < sizeof c->memory);
		got = fill(c);
		if (got <= 0 && c->len > 0)
			fail_msg("half an answer: %s", c->memory);
		if (got <= 0)
			return got;
	}
	head_len = (size_t)(end - c->memory) + 4;
	r->head = keepf("%.*s", (int)head_len - 2, c->memory);
	if (sscanf(r->head, "HTTP/1.1 %3d ", &r->status) != 1)
		fail_msg("not an answer: %s", r->head);
	length = field(r, "Content-Length");
	if (r->status / 100 == 1 || r->status == 204 || r->status == 304) {
		assert_null(length);
	} else {
		assert_non_null(length);
		body_len = head ? 0 : strtoul(length, NULL, 10);
	}
	assert_true(head_len + body_len < sizeof c->memory);
	while (c->len < head_len + body_len)
		if (fill(c) <= 0)
			fail_msg("half a body: %s", c->memory);
	r->size = head_len + body_len;
	r->body_len = body_len;
	r->body = keepf("%.*s", (int)body_len, c->memory + head_len);
	c->len -= r->size;
	memmove(c->memory, c->memory + r->size, c->len + 1);
	return r->status;
}

long
hear_end(struct client *c)
{
	long total = (long)c->len;

	for (;;) {
		int got;

		c->len = 0;
		got = fill(c);
		if (got <= 0)
			return got < 0 ? -1 : total;
		total += (long)c->len;
	}
}

bool
quiet(struct client *c, int ms)
{
	struct pollfd p = { c->fd, POLLIN, 0 };

	return c->len == 0 && poll(&p, 1, ms) == 0;
}

int
ask(struct client *c, const char *request, struct response *r)
{
	tell(c, request);
	return hear(c, r, strncmp(request, "HEAD ", 5) == 0);
}

int
ask_once(uint16_t port, const char *request, struct response *r)
{
	struct client *c = dial(port);
	int status = ask(c, request, r);

	hang_up(c);
	return status;
}

int
refused(uint16_t port, const void *bytes, size_t n)
{
	struct client *c = dial(port);
	struct response r;
	int status;

	tell_bytes(c, bytes, n);
	status = hear(c, &r, false);
	if (status <= 0)
		fail_msg("%s instead of an answer to: %.*s",
		    status ? "a reset" : "the end", (int)n,
		    (const char *)bytes);
	assert_field(&r, "Connection", "close");
	assert_int_equal(hear_end(c), 0);
	hang_up(c);
	return status;
}

void
hang_up(struct client *c)
{
	close(c->fd);
	c->fd = -1;
}

void
hang_up_hard(struct client *c)
{
	struct linger hard = { 1, 0 };

	setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
	hang_up(c);
}

const char *
field(const struct response *r, const char *name)
{
	const char *line = r->head, *value = NULL;
	size_t n = strlen(name);

	while ((line = strstr(line, "\r\n")) && *(line += 2)) {
		if (strncasecmp(line, name, n) != 0 || line[n] != ':')
			continue;
		if (value)
			fail_msg("two fields %s in: %s", name, r->head);
		value = line + n + 1;
		value += strspn(value, " ");
		value = keepf("%.*s", (int)strcspn(value, "\r"), value);
	}
	return value;
}

void
assert_field(const struct response *r, const char *name, const char *value)
{
	const char *is = field(r, name);

	if (!is)
		fail_msg("no %s in: %s", name, r->head);
	assert_string_equal(is, value);
}

/* ---- floods ---- */

static const char flood_request[] = GET("/");

void
flood_begin(struct flood *f, struct client *c, size_t requests)
{
	struct response r;

	assert_int_equal(ask(c, flood_request, &r), 200);
	*f = (struct flood){ c, requests, 0, 0, r.size };
}

bool
flood_done(const struct flood *f)
{
	return f->got == f->requests * f->size;
}

/* Sends what goes of the requests. */
static bool
flood_send(struct flood *f)
{
	enum { BATCH = 256 };
	static char batch[BATCH * (sizeof flood_request - 1)];
	const size_t one = sizeof flood_request - 1, all = f->requests * one;
	bool some = false;

	if (!batch[0])
		for (size_t i = 0; i < BATCH; i++)
			memcpy(batch + i * one, flood_request, one);
	while (f->sent < all) {
		size_t from = f->sent % one, n = sizeof batch - from;
		ssize_t sent = send(f->client->fd, batch + from,
		    n < all - f->sent ? n : all - f->sent, MSG_NOSIGNAL);

		if (sent <= 0) {
			if (sent < 0 && errno != EAGAIN)
				fail_msg("flood: %s", strerror(errno));
			break;
		}
		f->sent += (size_t)sent;
		some = true;
	}
	return some;
}

bool
flood_step(struct flood *f, int ms)
{
	const size_t all = f->requests * (sizeof flood_request - 1);
	struct pollfd p = { f->client->fd,
		(short)(POLLIN | (f->sent < all ? POLLOUT : 0)), 0 };
	bool some = false;
	ssize_t n;

	poll(&p, 1, ms);
	if (p.revents & POLLOUT)
		some = flood_send(f);
	if (!(p.revents & POLLIN))
		return some;
	n = recv(f->client->fd, f->client->memory, CLIENT_MEMORY, 0);
	if (n <= 0)
		fail_msg("flood: %s after %zu answers",
		    n ? strerror(errno) : "the end", f->got / f->size);
	for (size_t i = (f->size - f->got % f->size) % f->size; i < (size_t)n;
	     i += f->size)
		assert_int_equal(f->client->memory[i], 'H');
	f->got += (size_t)n;
	return true;
}

void
flood_run(struct flood *f, struct server *s)
{
	while (!flood_done(f)) {
		if (!flood_step(f, WAIT_MS))
			fail_msg("stalled after %zu of %zu answers",
			    f->got / f->size, f->requests);
		if (s)
			server_pull(s);
	}
}

/* ---- metrics ---- */

const char *
scrape(struct server *s)
{
	struct response r;

	server_pull(s);
	assert_int_equal(ask_once(s->metrics, GET_CLOSE("/metrics"), &r), 200);
	return r.body;
}

double
sample(const char *text, const char *series)
{
	size_t n = strlen(series);

	for (const char *at = text; at && *at;
	     at = strchr(at, '\n'), at += at != NULL)
		if (strncmp(at, series, n) == 0 && at[n] == ' ')
			return strtod(at + n, NULL);
	return NAN;
}

double
sample_sum(const char *text, const char *name)
{
	size_t n = strlen(name);
	double sum = 0;

	for (const char *at = text; at && *at;
	     at = strchr(at, '\n'), at += at != NULL) {
		const char *end;

		if (strncmp(at, name, n) != 0 || !strchr(" {", at[n]))
			continue;
		end = at[n] == '{' ? strstr(at, "} ") + 1 : at + n;
		sum += strtod(end, NULL);
	}
	return sum;
}

static void
await_value(struct server *s, const char *name, double value, bool all)
{
	int64_t end = now_ms() + WAIT_MS;
	double is;

	do {
		const char *text = scrape(s);

		is = all ? sample_sum(text, name) : sample(text, name);
		if (is == value)
			return;
		pass_ms(5);
	} while (now_ms() < end);
	fail_msg("%s is %g and does not become %g", name, is, value);
}

void
await_sample(struct server *s, const char *series, double value)
{
	await_value(s, series, value, false);
}

void
await_sum(struct server *s, const char *name, double value)
{
	await_value(s, name, value, true);
}

int
probe(struct server *s, const char *path)
{
	char request[256];

	snprintf(request, sizeof request,
	    "GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", path);
	return ask_once(s->metrics, request, NULL);
}

void
await_ready(struct server *s, int status)
{
	int64_t end = now_ms() + WAIT_MS;

	while (probe(s, "/readyz") != status) {
		if (now_ms() > end)
			fail_msg("/readyz does not become %d", status);
		pass_ms(2);
	}
}

/* ---- JSON ---- */

struct json {
	const unsigned char *at, *end;
	char *keys; /* may be NULL */
	size_t keys_len, keys_cap;
	const char *want; /* name whose value is looked for, or NULL */
	char *found;      /* room for it; found_len is how long it is */
	size_t found_len;
	bool has;
};

static bool json_value(struct json *j, int depth, char *out, size_t *len);

static void
json_space(struct json *j)
{
	while (j->at < j->end && strchr(" \t\r\n", *j->at) && *j->at)
		j->at++;
}

static bool
json_byte(struct json *j, char c)
{
	if (j->at == j->end || *j->at != (unsigned char)c)
		return false;
	j->at++;
	return true;
}

static void
json_note(struct json *j, const char *s, size_t n)
{
	if (!j->keys || j->keys_len + n + 1 > j->keys_cap)
		return;
	memcpy(j->keys + j->keys_len, s, n);
	j->keys_len += n;
	j->keys[j->keys_len] = '\0';
}

/* Bytes of the UTF-8 character at s, 0 if it is none (RFC 3629, 4). */
static size_t
utf8_length(const unsigned char *s, size_t left)
{
	size_t n = s[0] < 0x80             ? 1
	    : s[0] >= 0xc2 && s[0] <= 0xdf ? 2
	    : (s[0] & 0xf0) == 0xe0        ? 3
	    : s[0] >= 0xf0 && s[0] <= 0xf4 ? 4
					   : 0;

	if (n == 0 || n > left)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

static bool
json_hex4(struct json *j, unsigned *value)
{
	char digits[5] = { 0 };

	if (j->end - j->at < 4)
		return false;
	memcpy(digits, j->at, 4);
	if (strspn(digits, "0123456789abcdefABCDEF") != 4)
		return false;
	*value = (unsigned)strtoul(digits, NULL, 16);
	j->at += 4;
	return true;
}

static size_t
utf8_put(char *out, unsigned c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 63));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 63));
		out[2] = (char)(0x80 | (c & 63));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 63));
	out[2] = (char)(0x80 | (c >> 6 & 63));
	out[3] = (char)(0x80 | (c & 63));
	return 4;
}

static bool
json_escape(struct json *j, char *out, size_t *len)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *simple;
	unsigned c, low;

	if (j->at == j->end)
		return false;
	c = *j->at++;
	simple = c ? strchr(from, (int)c) : NULL;
	if (simple) {
		out[(*len)++] = to[simple - from];
		return true;
	}
	if (c != 'u' || !json_hex4(j, &c) || (c >= 0xdc00 && c <= 0xdfff))
		return false;
	if (c >= 0xd800 && c <= 0xdbff) {
		if (!json_byte(j, '\\') || !json_byte(j, 'u') ||
		    !json_hex4(j, &low) || low < 0xdc00 || low > 0xdfff)
			return false;
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	}
	*len += utf8_put(out + *len, c);
	return true;
}

/* A string's content to out, which has room for as many bytes as are left. */
static bool
json_string(struct json *j, char *out, size_t *len)
{
	*len = 0;
	if (!json_byte(j, '"'))
		return false;
	while (j->at < j->end && *j->at != '"') {
		size_t n;

		if (*j->at < 0x20)
			return false;
		if (*j->at == '\\') {
			j->at++;
			if (!json_escape(j, out, len))
				return false;
			continue;
		}
		n = utf8_length(j->at, (size_t)(j->end - j->at));
		if (n == 0)
			return false;
		memcpy(out + *len, j->at, n);
		*len += n;
		j->at += n;
	}
	return json_byte(j, '"');
}

static size_t
json_digits(struct json *j)
{
	size_t n = 0;

	for (; j->at < j->end && *j->at >= '0' && *j->at <= '9'; j->at++)
		n++;
	return n;
}

static bool
json_number(struct json *j)
{
	json_byte(j, '-');
	if (!json_byte(j, '0') && json_digits(j) == 0)
		return false;
	if (json_byte(j, '.') && json_digits(j) == 0)
		return false;
	if (json_byte(j, 'e') || json_byte(j, 'E')) {
		if (!json_byte(j, '+'))
			json_byte(j, '-');
		return json_digits(j) > 0;
	}
	return true;
}

static bool
json_object(struct json *j, int depth)
{
	const size_t room = (size_t)(j->end - j->at) + 8;
	char *name = malloc(room), *value = malloc(room);
	size_t name_len, value_len;
	bool ok = name && value, first = true;

	json_byte(j, '{');
	if (depth > 0)
		json_note(j, "{", 1);
	json_space(j);
	while (ok && !json_byte(j, '}')) {
		if (!first && !json_byte(j, ',')) {
			ok = false;
			break;
		}
		json_space(j);
		ok = json_string(j, name, &name_len);
		json_note(j, ",", first ? 0 : 1);
		if (ok)
			json_note(j, name, name_len);
		json_space(j);
		ok = ok && json_byte(j, ':');
		json_space(j);
		ok = ok && json_value(j, depth + 1, value, &value_len);
		if (ok && j->want && !j->has && depth < 2 &&
		    name_len == strlen(j->want) &&
		    memcmp(name, j->want, name_len) == 0) {
			memcpy(j->found, value, value_len);
			j->found_len = value_len;
			j->has = true;
		}
		json_space(j);
		first = false;
	}
	if (depth > 0)
		json_note(j, "}", 1);
	free(name);
	free(value);
	return ok;
}

static bool
json_array(struct json *j, int depth)
{
	char *value = malloc((size_t)(j->end - j->at) + 8);
	size_t len;
	bool ok = value != NULL, first = true;

	json_byte(j, '[');
	json_space(j);
	while (ok && !json_byte(j, ']')) {
		ok = first || json_byte(j, ',');
		json_space(j);
		ok = ok && json_value(j, depth + 1, value, &len);
		json_space(j);
		first = false;
	}
	free(value);
	return ok;
}

static bool
json_value(struct json *j, int depth, char *out, size_t *len)
{
	static const char *const words[] = { "true", "false", "null" };
	const unsigned char *from = j->at;
	bool ok = false;

	if (j->at == j->end || depth > 16)
		return false;
	if (*j->at == '"')
		return json_string(j, out, len);
	if (*j->at == '{')
		ok = json_object(j, depth);
	else if (*j->at == '[')
		ok = json_array(j, depth);
	else if (*j->at == '-' || (*j->at >= '0' && *j->at <= '9'))
		ok = json_number(j);
	for (size_t i = 0; !ok && i < COUNT(words); i++) {
		size_t n = strlen(words[i]);

		if ((size_t)(j->end - from) >= n &&
		    memcmp(from, words[i], n) == 0) {
			j->at = from + n;
			ok = true;
		}
	}
	*len = (size_t)(j->at - from);
	memcpy(out, from, *len);
	return ok;
}

static bool
json_run(struct json *j, const char *text, size_t n)
{
	j->at = (const unsigned char *)text;
	j->end = j->at + n;
	if (j->keys)
		j->keys[0] = '\0';
	json_space(j);
	if (j->at == j->end || *j->at != '{' || !json_object(j, 0))
		return false;
	json_space(j);
	return j->at == j->end;
}

bool
json_check(const char *text, size_t n, char *keys, size_t cap)
{
	struct json j = { .keys = keys, .keys_cap = cap };

	return json_run(&j, text, n);
}

const char *
json_get(const char *line, const char *name)
{
	struct json j = { .want = name, .found = keep(strlen(line) + 8) };

	if (!json_run(&j, line, strlen(line)))
		fail_msg("not JSON: %s", line);
	j.found[j.found_len] = '\0';
	return j.has ? j.found : NULL;
}

void
assert_json(const char *line, const char *name, const char *value)
{
	const char *is = json_get(line, name);

	if (!is)
		fail_msg("no %s in: %s", name, line);
	if (strcmp(is, value) != 0)
		fail_msg(
		    "%s is \"%s\", not \"%s\", in: %s", name, is, value, line);
}
