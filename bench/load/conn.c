#include "conn.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/num.h"

/* How long a lost connection is left alone. */
#define PAUSE (10 * NS_PER_MS)

static void
conn_close(struct load *l, struct conn *c, enum conn_state state)
{
	if (c->state == CONN_CONNECTING)
		l->connecting--;
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	c->state = (uint8_t)state;
	c->since = l->now;
}

/* The connection is lost, and with it the answers it owed. */
static void
conn_fail(struct load *l, struct conn *c, enum failure kind, const char *why)
{
	uint64_t lost = c->owed;

	if (kind == FAILURE_CONNECT || lost == 0)
		lost = 1;
	tally_failure(&l->tally, kind, lost, why);
	l->owed -= c->owed;
	c->owed = 0;
	c->to_send = c->sent = 0;
	conn_close(l, c, CONN_BROKEN);
}

/* ---- connecting ---- */

/* Makes the source the connection's turn of 127.0.0.1, 127.0.0.2, ... */
static int
bind_source(const struct load *l, const struct conn *c)
{
	uint32_t turn = c->number % (uint32_t)l->options->sources;
	struct sockaddr_in source = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK + turn) };
	int on = 1;

	/* the port is chosen later, when both ends are known (ip(7)) */
	setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
	return bind(c->fd, (struct sockaddr *)&source, sizeof source);
}

/*
 * Edge-triggered (epoll(7)), so that a connection is registered once: what was
 * read or written in part is gone on with at the next event.
 */
static int
conn_watch(const struct load *l, struct conn *c)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP | EPOLLET,
		.data.ptr = c };

	if (!l->options->close || c->to_send > 0)
		event.events |= EPOLLOUT;
	return epoll_ctl(l->epoll, EPOLL_CTL_ADD, c->fd, &event);
}

static void
conn_established(struct load *l, struct conn *c)
{
	if (c->state != CONN_CONNECTING)
		return;
	l->connecting--;
	l->tally.connects++;
	c->state = CONN_OPEN;
	c->since = l->now;
}

/* Sends what is to be sent, or what goes. */
static void
conn_send(struct load *l, struct conn *c)
{
	while (c->to_send > 0) {
		ssize_t n = send(
		    c->fd, l->requests.at + c->sent, c->to_send, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0 && c->state == CONN_CONNECTING) {
			conn_fail(l, c, FAILURE_CONNECT, strerror(errno));
			return;
		}
		if (n < 0) {
			/* an event follows: there may be answers to read */
			c->reset = true;
			c->to_send = 0;
			return;
		}
		conn_established(l, c);
		c->to_send -= (size_t)n;
		c->sent = (c->sent + (size_t)n) % l->request_size;
	}
}

static int
begin_connect(struct load *l, struct conn *c)
{
	const struct target *t = &l->options->target;
	int on = 1;

	c->fd = socket(t->address.any.sa_family,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return -1;
	if (l->options->sources > 0 && bind_source(l, c))
		return -1;
	/* one request and then the end: Nagle has nothing to hold back */
	if (!l->options->close)
		setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (connect(c->fd, &t->address.any, t->size) && errno != EINPROGRESS)
		return -1;
	return 0;
}

void
conn_open(struct load *l, struct conn *c)
{
	c->state = CONN_CONNECTING;
	l->connecting++;
	c->since = l->now;
	c->reset = false;
	c->sent = 0;
	answer_begin(&c->answer, span_eq(l->options->method, SPAN("HEAD")));
	if (begin_connect(l, c)) {
		conn_fail(l, c, FAILURE_CONNECT, strerror(errno));
		return;
	}
	/* on a loopback it is there already, most of the time */
	conn_send(l, c);
	if (c->fd >= 0 && conn_watch(l, c))
		conn_fail(l, c, FAILURE_CONNECT, strerror(errno));
}

/* True if the connection is there now; else it has failed. */
static bool
connected(struct load *l, struct conn *c)
{
	int error = 0;
	socklen_t size = sizeof error;

	if (c->state != CONN_CONNECTING)
		return true;
	if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size))
		error = errno;
	if (error) {
		conn_fail(l, c, FAILURE_CONNECT, strerror(error));
		return false;
	}
	conn_established(l, c);
	return true;
}

/* ---- requests ---- */

void
conn_fill(struct load *l, struct conn *c, uint32_t max)
{
	uint32_t depth = (uint32_t)l->options->pipeline;
	bool close = l->options->close;
	uint64_t meant;

	if (!l->started || c->state != (close ? CONN_NEW : CONN_OPEN))
		return;
	for (; max > 0 && c->owed < depth; max--) {
		if (!schedule_take(&l->schedule, l->now, &meant))
			break;
		if (l->options->rate > 0 && meant >= l->tally.from)
			histogram_add(&l->tally.late, l->now - meant);
		if (c->owed == 0)
			c->since = l->now;
		c->times[(c->first + c->owed) % depth] = meant;
		c->owed++;
		l->owed++;
		c->to_send += l->request_size;
	}
	if (close && c->owed > 0)
		conn_open(l, c);
	else
		conn_send(l, c);
}

void
conn_ready(struct load *l, struct conn *c)
{
	if (l->options->rate == 0) {
		conn_fill(l, c, (uint32_t)l->options->pipeline);
		return;
	}
	if (c->waiting || c->owed == l->options->pipeline ||
	    c->state != (l->options->close ? CONN_NEW : CONN_OPEN))
		return;
	c->waiting = true;
	c->next = NULL;
	if (l->free.first)
		l->free.last->next = c;
	else
		l->free.first = c;
	l->free.last = c;
}

struct conn *
conn_next(struct load *l)
{
	struct conn *c = l->free.first;

	if (c) {
		l->free.first = c->next;
		c->waiting = false;
	}
	return c;
}

/* ---- answers ---- */

/*
 * The server closed, and had said so. What it left unanswered is asked again:
 * RFC 9112, 9.3.2.
 */
static void
conn_ended(struct load *l, struct conn *c)
{
	conn_close(l, c, CONN_NEW);
	if (l->options->close) {
		conn_ready(l, c);
		return;
	}
	l->tally.reconnects++;
	l->tally.resent += c->owed;
	c->to_send = c->owed * l->request_size;
	conn_open(l, c);
}

/* The server closed. */
static void
conn_hung_up(struct load *l, struct conn *c)
{
	if (c->state == CONN_ENDING) {
		conn_ended(l, c);
	} else if (c->owed == 0 && !c->reset) {
		/* an idle one; not a failure, but no reason to hurry either */
		l->tally.reconnects++;
		conn_close(l, c, CONN_BROKEN);
	} else if (c->reset) {
		conn_fail(l, c, FAILURE_RESET, "connection reset");
	} else if (answer_untouched(&c->answer)) {
		conn_fail(l, c, FAILURE_SHORT, "closed without an answer");
	} else {
		conn_fail(l, c, FAILURE_SHORT, "closed within an answer");
	}
}

static void
read_failed(struct load *l, struct conn *c, int error)
{
	/* a server that has closed resets what still comes: as announced */
	if (c->state == CONN_ENDING && c->owed > 0)
		conn_ended(l, c);
	else
		conn_fail(l, c,
		    error == ETIMEDOUT ? FAILURE_TIMEOUT : FAILURE_RESET,
		    strerror(error));
}

static void
answered(struct load *l, struct conn *c)
{
	struct answer *a = &c->answer;

	tally_answer(&l->tally, c->times[c->first], l->now, a->status, a->body);
	c->first = (c->first + 1) % (uint32_t)l->options->pipeline;
	c->owed--;
	l->owed--;
	c->since = l->now;
	if (a->close || l->options->close) {
		c->state = CONN_ENDING;
		c->to_send = 0;
	}
	answer_begin(a, a->head);
}

/* Looks at what was received. False if the connection failed over it. */
static bool
conn_take(struct load *l, struct conn *c, struct span in)
{
	tally_bytes(&l->tally, l->now, in.len);
	while (in.len > 0) {
		enum answer_result result;

		if (c->owed == 0 || c->state == CONN_ENDING) {
			conn_fail(
			    l, c, FAILURE_ODD, "bytes that nobody asked for");
			return false;
		}
		result = repeat_feed(&l->repeat, &c->answer, &in);
		if (result == ANSWER_ODD) {
			conn_fail(l, c, FAILURE_ODD, c->answer.why);
			return false;
		}
		if (result == ANSWER_DONE)
			answered(l, c);
	}
	return true;
}

/* How much to receive into memory: little more than a head before a long body,
 * most of which is never copied then. */
static size_t
read_size(const struct load *l)
{
	uint64_t expected = l->tally.expect_length;

	return expected > READ_MAX && expected < OPTIONS_ANY ? READ_HEAD
							     : READ_MAX;
}

/*
 * Receives some of what is there. Of a long body only the length is looked at:
 * the kernel drops those bytes (MSG_TRUNC, tcp(7)), *skipped tells so.
 */
static ssize_t
receive(
    const struct load *l, const struct conn *c, size_t *asked, bool *skipped)
{
	uint64_t left = answer_left(&c->answer);

	*skipped = left >= SKIP_MIN;
	if (!*skipped) {
		*asked = left > 0 ? READ_MAX : read_size(l);
		return recv(c->fd, l->memory, *asked, 0);
	}
	*asked = left < SKIP_MAX ? (size_t)left : SKIP_MAX;
	return recv(c->fd, NULL, *asked, MSG_TRUNC);
}

/* n bytes of the body at hand came and are gone. */
static void
conn_skip(struct load *l, struct conn *c, size_t n)
{
	tally_bytes(&l->tally, l->now, n);
	if (answer_skip(&c->answer, n) == ANSWER_DONE)
		answered(l, c);
}

/*
 * Reads what is there. A short read has emptied the socket; only if the end has
 * come too, the event for it may be the one at hand.
 */
static void
conn_read(struct load *l, struct conn *c, bool end)
{
	for (;;) {
		size_t asked;
		bool skipped;
		ssize_t n = receive(l, c, &asked, &skipped);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		l->now = clock_monotonic();
		if (n < 0) {
			read_failed(l, c, errno);
			return;
		}
		if (n == 0) {
			conn_hung_up(l, c);
			return;
		}
		if (skipped)
			conn_skip(l, c, (size_t)n);
		else if (!conn_take(
			     l, c, (struct span){ l->memory, (size_t)n }))
			return;
		if ((size_t)n < asked && !end)
			return;
	}
}

void
conn_event(struct load *l, struct conn *c, uint32_t events)
{
	const uint32_t end = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

	if (!connected(l, c))
		return;
	if (events & (EPOLLIN | end))
		conn_read(l, c, events & end);
	if (c->state == CONN_OPEN && (events & EPOLLOUT))
		conn_send(l, c);
	conn_ready(l, c);
}

void
conn_check(struct load *l, struct conn *c)
{
	uint64_t waited = l->now - c->since;
	bool late = waited >= l->options->timeout;

	if (c->state == CONN_CONNECTING && late) {
		conn_fail(l, c, FAILURE_CONNECT, "no connection in time");
	} else if (c->state == CONN_OPEN && c->owed > 0 && late) {
		conn_fail(l, c, FAILURE_TIMEOUT, "no answer in time");
	} else if (c->state == CONN_ENDING && late) {
		conn_fail(l, c, FAILURE_TIMEOUT, "not closed in time");
	} else if (c->state == CONN_BROKEN && waited >= PAUSE) {
		c->state = CONN_NEW;
		if (l->options->close)
			conn_ready(l, c);
		else
			conn_open(l, c);
	}
}
