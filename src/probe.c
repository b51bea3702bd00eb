#include "probe.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/num.h"

enum {
	AUTHORITY_MAX = ADDRESS_TEXT_MAX + 16,
	PATH_MAX_LENGTH = 2048,
	REQUEST_MAX = PATH_MAX_LENGTH + 256,
	ANSWER_MAX = 1024, /* a status line is not longer */
	SHOWN_MAX = 200,   /* bytes of a URL in a reason */
	REST_MAX = 1024 * 1024,
};

/* How long to be polite to a server that goes on after its status line. */
#define REST_TIME (100 * NS_PER_MS)

struct target {
	struct address address;
	struct span authority; /* for Host */
	struct span path;
	char memory[AUTHORITY_MAX];
};

/* One attempt. */
struct attempt {
	int fd;
	uint64_t deadline;
	uint64_t timeout; /* to be named */
	struct buf *why;
};

static void
put_url(struct buf *b, struct span url)
{
	for (size_t i = 0; i < url.len && i < SHOWN_MAX; i++) {
		char c = url.at[i];

		buf_char(b, (char)(c < ' ' || c > '~' ? '?' : c));
	}
	if (url.len > SHOWN_MAX)
		buf_put(b, SPAN("..."));
}

/* Says what the system says, as a part of a sentence. */
static int
fail_errno(struct buf *why, int error)
{
	const char *text = strerror(error);

	if (text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'a' &&
	    text[1] <= 'z') {
		buf_char(why, (char)(text[0] + ('a' - 'A')));
		text++;
	}
	buf_put(why, span_of(text));
	return -1;
}

static int
fail_text(struct buf *why, struct span text)
{
	buf_put(why, text);
	return -1;
}

/* Reads "host[:port]" into *t. Returns 0, or -1 with the reason in *why. */
static int
read_authority(struct target *t, struct span authority, struct buf *why)
{
	static const struct span expected =
	    SPAN_INIT("expected an IP address or localhost, and a port");
	struct buf text = buf_over(t->memory, sizeof t->memory);
	struct span host = authority;
	struct span port = SPAN("80");
	uint64_t number;

	for (size_t i = authority.len; i > 0 && authority.at[i - 1] != ']'; i--)
		if (authority.at[i - 1] == ':') {
			host.len = i - 1;
			if (i < authority.len)
				port = span_from(authority, i);
			break;
		}
	if (host.len == 0 || !num_parse_u64(port, &number) || number > 65535)
		return fail_text(why, expected);
	if (number == 0)
		return fail_text(why, SPAN("port 0 is none to connect to"));
	buf_put(&text, host);
	buf_char(&text, ':');
	buf_u64(&text, number);
	if (text.overflowed || !address_parse(buf_span(&text), &t->address))
		return fail_text(why, expected);
	t->authority = buf_span(&text);
	return 0;
}

/* Reads a URL into *t. Returns 0, or -1 with the reason in *why. */
static int
read_url(struct target *t, struct span url, struct buf *why)
{
	static const struct span scheme = SPAN_INIT("http://");
	struct span rest, authority;
	size_t end = 0;

	if (url.len >= 8 &&
	    span_ieq((struct span){ url.at, 8 }, SPAN("https://")))
		return fail_text(why,
		    SPAN("https is not spoken here, expected "
			 "http://host:port/path"));
	if (url.len < scheme.len ||
	    !span_ieq((struct span){ url.at, scheme.len }, scheme))
		return fail_text(
		    why, SPAN("expected a URL, http://host:port/path"));
	for (size_t i = 0; i < url.len; i++)
		if (url.at[i] <= ' ' || url.at[i] > '~')
			return fail_text(why,
			    SPAN("expected a URL without "
				 "spaces, control characters "
				 "and bytes beyond ASCII"));
	rest = span_from(url, scheme.len);
	rest.len = span_find(rest, '#');
	while (end < rest.len && rest.at[end] != '/' && rest.at[end] != '?')
		end++;
	authority = (struct span){ rest.at, end };
	t->path = span_from(rest, end);
	if (t->path.len > PATH_MAX_LENGTH)
		return fail_text(why, SPAN("the URL is too long"));
	return read_authority(t, authority, why);
}

/* Puts the loopback in place of a wildcard, which nobody can connect to. */
static void
set_loopback(struct address *a)
{
	if (a->sock.any.sa_family == AF_INET &&
	    a->sock.v4.sin_addr.s_addr == htonl(INADDR_ANY))
		a->sock.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (a->sock.any.sa_family == AF_INET6 &&
	    IN6_IS_ADDR_UNSPECIFIED(&a->sock.v6.sin6_addr))
		a->sock.v6.sin6_addr = in6addr_loopback;
	a->dual = false;
}

/* Waits for events. Returns 0, or -1 with the reason in *why. */
static int
wait_for(struct attempt *a, short events)
{
	struct pollfd pfd = { .fd = a->fd, .events = events };

	for (;;) {
		uint64_t now = clock_monotonic();
		uint64_t ms;
		int n;

		if (now >= a->deadline)
			break;
		ms = (a->deadline - now + NS_PER_MS - 1) / NS_PER_MS;
		n = poll(&pfd, 1, ms > INT_MAX ? INT_MAX : (int)ms);
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return fail_errno(a->why, errno);
	}
	buf_put(a->why, SPAN("no answer within "));
	num_duration(a->why, a->timeout);
	return -1;
}

/* Returns 0, or -1 with the reason in *why. */
static int
connect_to(struct attempt *a, const struct address *address)
{
	int error = 0;
	socklen_t size = sizeof error;
	socklen_t length = address->sock.any.sa_family == AF_INET
	    ? sizeof address->sock.v4
	    : sizeof address->sock.v6;

	a->fd = socket(address->sock.any.sa_family,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (a->fd < 0)
		return fail_errno(a->why, errno);
	if (connect(a->fd, &address->sock.any, length) == 0)
		return 0;
	if (errno != EINPROGRESS && errno != EINTR)
		return fail_errno(a->why, errno);
	if (wait_for(a, POLLOUT))
		return -1;
	if (getsockopt(a->fd, SOL_SOCKET, SO_ERROR, &error, &size))
		return fail_errno(a->why, errno);
	return error ? fail_errno(a->why, error) : 0;
}

static int
send_request(struct attempt *a, const struct target *t)
{
	char memory[REQUEST_MAX];
	struct buf request = buf_over(memory, sizeof memory);
	struct span rest;

	buf_put(&request, SPAN("GET "));
	if (t->path.len == 0 || t->path.at[0] != '/')
		buf_char(&request, '/');
	buf_put(&request, t->path);
	buf_put(&request, SPAN(" HTTP/1.1\r\nHost: "));
	buf_put(&request, t->authority);
	buf_put(&request,
	    SPAN("\r\nUser-Agent: my_webserver-probe\r\n"
		 "Accept: */*\r\nConnection: close\r\n\r\n"));
	rest = buf_span(&request);
	while (rest.len > 0) {
		ssize_t n = send(a->fd, rest.at, rest.len, MSG_NOSIGNAL);

		if (n >= 0) {
			rest = span_from(rest, (size_t)n);
		} else if (errno == EAGAIN) {
			if (wait_for(a, POLLOUT))
				return -1;
		} else if (errno == EPIPE || errno == ECONNRESET) {
			break; /* it may have answered before it left */
		} else if (errno != EINTR) {
			return fail_errno(a->why, errno);
		}
	}
	return 0;
}

/*
 * Receives more, at most size bytes. Returns how many, 0 at the end, or -1 with
 * the reason in *why.
 */
static ssize_t
receive(struct attempt *a, char *memory, size_t size)
{
	for (;;) {
		ssize_t n;

		if (wait_for(a, POLLIN))
			return -1;
		n = recv(a->fd, memory, size, 0);
		if (n >= 0)
			return n;
		if (errno != EAGAIN && errno != EINTR)
			return fail_errno(a->why, errno);
	}
}

/* The status of "HTTP/1.x NNN", or 0 if the line is none (RFC 9112, 4). */
static unsigned
parse_status(struct span line)
{
	uint64_t code;
	char after;

	if (line.len < 13 || !span_starts(line, SPAN("HTTP/1.")) ||
	    line.at[7] < '0' || line.at[7] > '9' || line.at[8] != ' ' ||
	    !num_parse_u64((struct span){ line.at + 9, 3 }, &code))
		return 0;
	after = line.at[12];
	if ((after != ' ' && after != '\r' && after != '\n') || code < 100)
		return 0;
	return (unsigned)code;
}

/* Returns the status, or -1 with the reason in *why. */
static int
receive_status(struct attempt *a)
{
	static const struct span begin = SPAN_INIT("HTTP/1.");
	char memory[ANSWER_MAX];
	struct span answer = { memory, 0 };
	unsigned status;

	do {
		ssize_t n =
		    receive(a, memory + answer.len, sizeof memory - answer.len);

		if (n < 0)
			return -1;
		if (n == 0)
			return fail_text(a->why,
			    answer.len ? SPAN("the answer broke off")
				       : SPAN("closed without an answer"));
		answer.len += (size_t)n;
		if (answer.len >= begin.len && !span_starts(answer, begin))
			break;
	} while (span_find(answer, '\n') == answer.len &&
	    answer.len < sizeof memory);

	answer.len = span_find(answer, '\n') < answer.len
	    ? span_find(answer, '\n') + 1
	    : 0;
	status = parse_status(answer);
	if (status == 0)
		return fail_text(a->why, SPAN("the answer is not HTTP/1.x"));
	return (int)status;
}

/* Takes the rest of the answer, so that the server need not abort it. */
static void
discard_rest(struct attempt a)
{
	char memory[4096], reason[256];
	struct buf why = buf_over(reason, sizeof reason);
	uint64_t end = clock_monotonic() + REST_TIME;
	size_t taken = 0;

	a.why = &why;
	if (a.deadline > end)
		a.deadline = end;
	while (taken < REST_MAX) {
		ssize_t n = receive(&a, memory, sizeof memory);

		if (n <= 0)
			break;
		taken += (size_t)n;
	}
}

/* Returns the status of the answer, or -1 with the reason in *why. */
static int
get(struct attempt *a, const struct target *t, bool *connected)
{
	int status;

	*connected = false;
	if (connect_to(a, &t->address))
		return -1;
	*connected = true;
	if (send_request(a, t))
		return -1;
	status = receive_status(a);
	if (status > 0)
		discard_rest(*a);
	return status;
}

/* GETs t and says how it went, in terms of url. Returns 0 or 1 as probe_run. */
static int
try(const struct target *t, struct span url, uint64_t deadline,
    uint64_t timeout, struct buf *why, bool *connected)
{
	struct attempt a = { -1, deadline, timeout, why };
	int status;

	put_url(why, url);
	buf_put(why, SPAN(": "));
	status = get(&a, t, connected);
	if (a.fd >= 0)
		close(a.fd);
	if (status >= 200 && status < 300) {
		why->len = 0;
		return 0;
	}
	if (status > 0) {
		buf_put(why, SPAN("answered "));
		buf_u64(why, (uint64_t)status);
	}
	return 1;
}

/* The URL of this configuration's /readyz, whose wildcard became a loopback. */
static struct span
default_url(struct target *t, struct buf *url)
{
	struct buf authority = buf_over(t->memory, sizeof t->memory);

	set_loopback(&t->address);
	address_write(&authority, &t->address);
	t->authority = buf_span(&authority);
	t->path = SPAN("/readyz");
	url->len = 0;
	buf_put(url, SPAN("http://"));
	buf_put(url, t->authority);
	buf_put(url, t->path);
	return buf_span(url);
}

int
probe_run(struct span url, const struct address *metrics, uint64_t timeout,
    struct buf *why)
{
	uint64_t deadline = clock_monotonic() + timeout;
	char memory[AUTHORITY_MAX + 16];
	struct buf text = buf_over(memory, sizeof memory);
	bool given = url.at != NULL, dual, connected;
	struct target t = { .address = *metrics };
	uint16_t port;
	size_t begin = why->len;
	int result;

	if (given) {
		put_url(why, url);
		buf_put(why, SPAN(": "));
		if (read_url(&t, url, why))
			return 2;
		why->len = begin;
	} else if (address_port(metrics) == 0) {
		buf_put(why,
		    SPAN("--metrics-listen has port 0: expected the "
			 "URL to probe"));
		return 2;
	}
	dual = t.address.dual;
	set_loopback(&t.address);
	if (!given)
		url = default_url(&t, &text);
	result = try(&t, url, deadline, timeout, why, &connected);
	if (result == 0 || connected || !dual)
		return result;

	/* IPv6 is off, or was when the server opened its listener */
	why->len = begin;
	port = address_port(&t.address);
	t.address.sock.v4 = (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	if (!given)
		url = default_url(&t, &text);
	return try(&t, url, deadline, timeout, why, &connected);
}
