#include "server/conn.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/num.h"
#include "http/parse.h"
#include "server/exchange.h"
#include "server/take.h"
#include "server/work.h"

/* How long a client may go on sending after we have said all. */
#define LINGER_TIME       (1 * NS_PER_SEC)
#define LINGER_TIME_DRAIN (300 * NS_PER_MS)
/* While draining: how long an idle connection's next request may be under way,
 * and the first one of a connection that has just been made. */
#define GRACE_TIME       (60 * NS_PER_MS)
#define GRACE_TIME_FRESH (1 * NS_PER_SEC)

void
conn_open(
    struct conn *c, struct service *service, int fd, struct span client_ip)
{
	uint32_t generation = c->generation + 1;

	*c = (struct conn){
		.fd = fd,
		.open = true,
		.generation = generation,
		.state = CONN_HEAD,
		.since = service->clock->now,
		.service = service,
	};
	if (client_ip.len > sizeof c->ip)
		client_ip.len = sizeof c->ip;
	memcpy(c->ip, client_ip.at, client_ip.len);
	c->ip_len = (uint8_t)client_ip.len;
	metric_add(&service->metrics->connections[service->listener], 1);
	metric_add(&service->metrics->accepted[service->listener], 1);
}

static void
give_back(struct conn *c)
{
	response_release(&c->work->res);
	pool_give(c->service->works, c->work);
	c->work = NULL;
}

static enum want
wait_in(struct conn *c, enum conn_state state, enum want want)
{
	c->state = (uint8_t)state;
	c->since = c->service->clock->now;
	return want;
}

/* All is said, and shutdown told so: reads until the client has heard it. */
static enum want
linger(struct conn *c)
{
	return wait_in(c, CONN_LINGER, WANT_READ);
}

static enum want
linger_on(struct conn *c)
{
	char waste[4096];
	ssize_t n = recv(c->fd, waste, sizeof waste, 0);

	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return WANT_READ;
	return WANT_CLOSE;
}

/* The connection is gone: what is left is to write its lines. */
static enum want
lose(struct conn *c)
{
	struct work *w = c->work;

	c->lost = true;
	if (!w)
		return WANT_CLOSE;
	if (w->begun && !w->held) {
		request_salvage(work_unread(w), c->service->scratch);
		take_broken(c);
		conn_count(
		    &c->service->metrics->request_bytes, c, work_unread(w).len);
	}
	if (w->held || w->finished < w->count) {
		exchange_abort(c);
		if (!exchange_finish(c))
			return wait_in(c, CONN_LOG, WANT_LOG);
	}
	return WANT_CLOSE;
}

/* All answers of the batch are with the kernel. */
static enum want
sent_all(struct conn *c)
{
	struct work *w = c->work;

	if (!exchange_finish(c))
		return wait_in(c, CONN_LOG, WANT_LOG);
	if (w->held)
		w->exchange[0] = w->exchange[w->count];
	w->count = w->finished = 0;
	w->out.len = 0;
	if (w->tail > 0)
		response_release(&w->res);
	w->sent = w->tail = 0;
	if (w->held && w->body.done)
		return wait_in(c, CONN_DELAY, WANT_SLEEP);
	if (w->held && c->state == CONN_BODY)
		return WANT_READ; /* the body timeout runs on */
	if (w->held)
		return wait_in(c, CONN_BODY, WANT_READ);
	if (c->close) {
		bool pending = w->in_at < w->in_end;

		give_back(c);
		return c->linger || pending ? linger(c) : WANT_CLOSE;
	}
	c->state = CONN_HEAD;
	c->since = c->service->clock->now;
	if (w->in_at < w->in_end) {
		w->start = w->read_at;
		w->more = true;
		return WANT_AGAIN;
	}
	give_back(c);
	return WANT_READ;
}

static enum want
send_answers(struct conn *c)
{
	struct work *w = c->work;
	uint64_t before = w->sent;
	enum sending sending = work_send(w, c->fd, c->close);

	conn_count(&c->service->metrics->response_bytes, c, w->sent - before);
	if (sending != SENDING_DONE)
		exchange_begun(c);
	switch (sending) {
	case SENDING_DONE:
		/* in one packet with the answer's end, and not left to close:
		 * that would drop the answer if anything is unread */
		if (c->close)
			shutdown(c->fd, SHUT_WR);
		return sent_all(c);
	case SENDING_TURN:
		return wait_in(c, CONN_SEND, WANT_AGAIN);
	case SENDING_LOST:
		return lose(c);
	case SENDING_BLOCKED:
		break;
	}
	if (w->sent > before || c->state != CONN_SEND)
		return wait_in(c, CONN_SEND, WANT_WRITE);
	return WANT_WRITE; /* no progress: the write timeout runs on */
}

/* Whatever is ready goes out; with nothing to send, waits for its reason. */
static enum want
flush(struct conn *c)
{
	if (c->work->out.len > 0)
		return send_answers(c);
	return sent_all(c);
}

/* Goes on with what has been read. */
static enum want
answer(struct conn *c)
{
	struct work *w = c->work;

	take_requests(c);
	if (w->out.len > 0 || w->held)
		return flush(c);
	if (work_unread(w).len == 0) {
		give_back(c);
		return WANT_READ;
	}
	work_compact(w);
	return WANT_READ;
}

/* Reads once; false when there is nothing to go on with, and *want says what
 * then. */
static bool
read_some(struct conn *c, enum want *want)
{
	struct work *w = c->work;
	ssize_t n;

	do {
		n = recv(c->fd, w->in + w->in_end, WORK_IN - w->in_end, 0);
	} while (n < 0 && errno == EINTR);
	if (n > 0) {
		w->read_at = c->service->clock->now;
		if (w->in_at == w->in_end || !w->begun)
			w->start = w->read_at;
		w->in_end += (size_t)n;
		return true;
	}
	if (n < 0 && errno == EAGAIN) {
		if (w->in_end == 0 && !w->held)
			give_back(c);
		*want = WANT_READ;
		return false;
	}
	*want = lose(c);
	return false;
}

static bool
log_is_full(const struct service *s)
{
	return s->log_wait && s->ring &&
	    s->ring->cap - s->ring->len < ACCESS_LINE_MAX;
}

static enum want
run_head(struct conn *c)
{
	enum want want;

	if (log_is_full(c->service))
		return WANT_LOG;
	if (!c->work)
		c->work = work_take(c->service->works);
	if (!c->work->more && !read_some(c, &want))
		return want;
	c->work->more = false;
	return answer(c);
}

static enum want
run_body(struct conn *c)
{
	struct work *w = c->work;
	enum want want;

	if (w->in_at == w->in_end)
		w->in_at = w->in_end = w->keep;
	if (!read_some(c, &want))
		return want;
	take_body(c);
	return flush(c);
}

static enum want
run_log(struct conn *c)
{
	if (!exchange_finish(c))
		return WANT_LOG;
	return c->lost ? WANT_CLOSE : sent_all(c);
}

/* Woken while there is nothing to do before the deadline. */
static enum want
run_delay(struct conn *c)
{
	(void)c;
	return WANT_SLEEP;
}

enum want
conn_run(struct conn *c)
{
	static enum want (*const steps[CONN_STATES])(struct conn *) = {
		[CONN_HEAD] = run_head,
		[CONN_BODY] = run_body,
		[CONN_DELAY] = run_delay,
		[CONN_SEND] = send_answers,
		[CONN_LOG] = run_log,
		[CONN_LINGER] = linger_on,
	};

	return steps[c->state](c);
}

static void
count_timeout(struct conn *c, enum metrics_phase phase)
{
	if (c->service->counted)
		metric_add(&c->service->metrics->timeouts[phase], 1);
}

/* A request came after the loop has looked at the sockets. */
static bool
has_come(const struct conn *c)
{
	char first;

	return recv(c->fd, &first, 1, MSG_PEEK) == 1 && first != '\r' &&
	    first != '\n';
}

static enum want
timeout_head(struct conn *c)
{
	struct service *s = c->service;

	if (c->work && c->work->begun) {
		count_timeout(c, PHASE_HEADER);
		take_refuse_head(c, STATUS_REQUEST_TIMEOUT);
		return flush(c);
	}
	/* In a drain many are sent home in one turn of the loop, and meanwhile
	 * the last ones may have asked. */
	if (has_come(c))
		return run_head(c);
	/* No 408 on an idle connection: the client would take it as the answer
	 * to its next request. */
	if (c->work)
		give_back(c);
	if (!s->drain_at)
		count_timeout(c,
		    !c->used && s->header_timeout < s->idle_timeout
			? PHASE_HEADER
			: PHASE_IDLE);
	shutdown(c->fd, SHUT_WR);
	return linger(c);
}

enum want
conn_timeout(struct conn *c)
{
	switch ((enum conn_state)c->state) {
	case CONN_HEAD:
		return timeout_head(c);
	case CONN_BODY:
		count_timeout(c, PHASE_BODY);
		take_refuse(c, STATUS_REQUEST_TIMEOUT);
		return flush(c);
	case CONN_DELAY:
		c->due = 0;
		exchange_release(c);
		return flush(c);
	case CONN_SEND:
		count_timeout(c, PHASE_WRITE);
		return lose(c);
	case CONN_LOG:
		return WANT_LOG;
	case CONN_LINGER:
	case CONN_STATES:
		break;
	}
	return WANT_CLOSE;
}

enum want
conn_broken(struct conn *c)
{
	/* once: then its lines are all that is left */
	return c->lost ? WANT_LOG : lose(c);
}

static uint64_t
later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t
idle_deadline(const struct conn *c)
{
	const struct service *s = c->service;
	uint64_t wait = s->idle_timeout;

	if (s->drain_at)
		return later(c->since, s->drain_at) +
		    (c->used ? GRACE_TIME : GRACE_TIME_FRESH);
	if (!c->used && s->header_timeout < wait)
		wait = s->header_timeout;
	return c->since + wait;
}

uint64_t
conn_deadline(const struct conn *c)
{
	const struct service *s = c->service;

	switch ((enum conn_state)c->state) {
	case CONN_HEAD:
		if (c->work && c->work->begun)
			/* not while answers before it held it up */
			return later(c->work->start, c->since) +
			    s->header_timeout;
		return idle_deadline(c);
	case CONN_BODY:
		return c->since + s->body_timeout;
	case CONN_DELAY:
		return c->due;
	case CONN_SEND:
		return c->since + s->write_timeout;
	case CONN_LINGER:
		return c->since +
		    (s->closing ? LINGER_TIME_DRAIN : LINGER_TIME);
	case CONN_LOG:
	case CONN_STATES:
		break;
	}
	return CLOCK_NEVER;
}

bool
conn_busy(const struct conn *c)
{
	if (!c->work)
		return false;
	return c->work->begun || c->work->held || c->work->count > 0;
}

void
conn_close(struct conn *c)
{
	struct service *s = c->service;
	bool wait = s->log_wait;

	if (!c->lost) {
		s->log_wait = false;
		lose(c);
		s->log_wait = wait;
	} else if (c->state == CONN_LOG && c->work) {
		s->log_wait = false;
		exchange_finish(c);
		s->log_wait = wait;
	}
	if (c->work)
		give_back(c);
	close(c->fd);
	c->open = false;
	metric_sub(&s->metrics->connections[s->listener], 1);
}
