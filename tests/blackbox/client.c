#include "inside.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

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
	r->body = memcpy(keep(body_len + 1), c->memory + head_len, body_len);
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
