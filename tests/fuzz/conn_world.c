#include "conn_world.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/date.h"
#include "base/num.h"
#include "conn_kernel.h"
#include "fuzz.h"
#include "server/work.h"

enum { BODY_ROOM = 8 * 1024, PEER_READ = 8 * 1024 };

static char date_memory[64];

static void
tick(struct world *w)
{
	struct buf date = buf_over(date_memory, sizeof date_memory);

	clock_set(&w->clock, kernel.now, w->wall + kernel.now);
	buf_put(&date, SPAN("Date: "));
	date_http(&date, w->clock.date);
	buf_put(&date, SPAN("\r\n"));
	w->service.date = buf_span(&date);
}

static void
begin_service(struct world *w, const struct world_options *o)
{
	w->service = (struct service){
		.routes = dialogue_routes,
		.app = dialogue_app(),
		.metrics = &w->metrics,
		.listener = o->uncounted ? LISTENER_METRICS : LISTENER_PAGE,
		.counted = !o->uncounted,
		.extra = SPAN(DIALOGUE_EXTRA),
		.header_timeout = 10 * NS_PER_SEC,
		.body_timeout = 30 * NS_PER_SEC,
		.idle_timeout = (o->short_idle ? 5 : 75) * NS_PER_SEC,
		.write_timeout = 30 * NS_PER_SEC,
		.delay_min = o->delay_min,
		.delay_max = o->delay_max,
		.random_error = o->random_error,
		.random_error_full = 100,
		.ring = o->no_log || o->uncounted ? NULL : &w->ring,
		.style = { .format = o->seed ? ACCESS_SEED : ACCESS_JSON,
		    .name_space = SPAN("my_webserver") },
		.log_wait = o->log_wait && !o->uncounted,
		.works = &w->works,
		.body_room = BODY_ROOM,
		.scratch = &w->scratch,
		.line = w->line,
		.clock = &w->clock,
	};
}

void
world_begin(struct world *w, const struct world_options *o)
{
	static const uint64_t bound[] = { NS_PER_MS, NS_PER_SEC };
	size_t room = o->large_ring ? RING_MAX : 2 * ACCESS_LINE_MAX;
	int sink[2];

	if (w->works.memory == NULL)
		CHECK(pool_open(&w->works, work_size(BODY_ROOM), PEERS) == 0);
	kernel_pair(sink, 1);
	kernel_reset(1000 * NS_PER_SEC, sink[0]);
	w->sink = sink[0];
	w->wall = UINT64_C(1764000000) * NS_PER_SEC;
	w->clock = (struct clock){ 0 };
	w->date = -1;
	w->peers = 0;
	w->requests = w->timeouts = 0;
	w->small_buffers = o->small_buffers;
	memset(&w->scratch, 0xa5, sizeof w->scratch);
	w->ring_memory = malloc(room);
	CHECK(w->ring_memory != NULL);
	ring_init(&w->ring, w->ring_memory, room, sink[0]);
	log_begin(&w->log, sink[1], o->seed);
	metrics_init(&w->metrics, bound, 2, 0);
	begin_service(w, o);
	tick(w);
}

struct peer *
world_connect(struct world *w)
{
	static char ip[PEERS][9];
	struct peer *p = &w->peer[w->peers];
	int fd[2];

	if (w->peers == PEERS)
		return NULL;
	memset(p, 0, offsetof(struct peer, dialogue.status));
	snprintf(ip[w->peers], sizeof ip[0], "10.0.0.%u", w->peers);
	kernel_pair(fd, w->small_buffers);
	p->fd = fd[1];
	p->open = true;
	p->dialogue.random_errors = w->service.random_error > 0;
	p->dialogue.draining = w->service.closing;
	tick(w);
	conn_open(&p->conn, &w->service, fd[0], span_of(ip[w->peers]));
	p->want = WANT_READ;
	w->peers++;
	return p;
}

/* The same bytes, with room for more behind them. */
static char *
with_room(char *bytes, size_t len, size_t *cap, size_t more)
{
	if (*cap - len >= more)
		return bytes;
	*cap = 2 * (len + more);
	bytes = realloc(bytes, *cap);
	CHECK(bytes != NULL);
	return bytes;
}

size_t
peer_send(struct peer *p, const char *from, size_t len)
{
	ssize_t n;

	if (p->fd < 0 || p->no_more || len == 0)
		return 0;
	/* not send and recv: those are the server's */
	n = sendto(p->fd, from, len, MSG_NOSIGNAL, NULL, 0);
	if (n <= 0)
		return 0;
	p->sent = with_room(p->sent, p->sent_len, &p->sent_cap, (size_t)n);
	memcpy(p->sent + p->sent_len, from, (size_t)n);
	p->sent_len += (size_t)n;
	return (size_t)n;
}

bool
peer_read(struct peer *p, size_t most)
{
	ssize_t n = 0;

	if (p->fd < 0)
		return false;
	p->received =
	    with_room(p->received, p->received_len, &p->received_cap, most);
	n = read(p->fd, p->received + p->received_len, most);
	if (n > 0)
		p->received_len += (size_t)n;
	else if (n < 0 && errno == ECONNRESET)
		p->reset = true;
	return n > 0;
}

static void
read_all(struct peer *p)
{
	while (peer_read(p, PEER_READ))
		;
}

void
peer_shut(struct peer *p)
{
	if (p->fd >= 0)
		shutdown(p->fd, SHUT_WR);
	p->no_more = true;
}

void
peer_close(struct peer *p)
{
	if (p->fd < 0)
		return;
	read_all(p); /* what was sent is not lost by that */
	close(p->fd);
	p->fd = -1;
	p->dialogue.broken = true;
}

/* The server's end goes; what the client saw is judged. */
static void
finish(struct world *w, struct peer *p)
{
	struct dialogue *d = &p->dialogue;

	CHECK(p->conn.open);
	conn_close(&p->conn);
	CHECK(!p->conn.open && p->conn.work == NULL);
	CHECK(!conn_busy(&p->conn));
	p->open = false;
	read_all(p);
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
	d->sent = (struct span){ p->sent ? p->sent : "", p->sent_len };
	d->received =
	    (struct span){ p->received ? p->received : "", p->received_len };
	dialogue_check(d);
	/* an error's answer must not be lost to what the client still sends */
	if (d->refused && !d->broken && !d->timed_out)
		CHECK(!p->reset);
	world_check(w);
}

static bool
log_has_room(const struct world *w)
{
	return w->ring.cap - w->ring.len >= ACCESS_LINE_MAX;
}

/* What it waits for is what it can go on with. */
static void
check_want(const struct world *w, const struct peer *p)
{
	const struct conn *c = &p->conn;
	const struct work *k = c->work;

	switch (p->want) {
	case WANT_READ:
		if (c->state == CONN_HEAD)
			CHECK(!k || (k->in_end > k->in_at && k->count == 0));
		else if (c->state == CONN_BODY)
			CHECK(k && k->held && !k->body.done);
		else
			CHECK(c->state == CONN_LINGER && !k);
		CHECK(!k || k->out.len == 0);
		break;
	case WANT_WRITE:
		CHECK(c->state == CONN_SEND && k);
		CHECK(k->sent < k->out.len + k->tail);
		break;
	case WANT_SLEEP:
		CHECK(c->state == CONN_DELAY && k && k->held && k->body.done);
		break;
	case WANT_AGAIN:
		CHECK(k &&
		    ((c->state == CONN_HEAD && k->more) ||
			(c->state == CONN_SEND &&
			    k->sent < k->out.len + k->tail)));
		break;
	case WANT_LOG:
		CHECK(w->service.log_wait);
		CHECK(c->state == CONN_LOG ||
		    (c->state == CONN_HEAD && !log_has_room(w)));
		break;
	case WANT_CLOSE:
		return;
	}
	if (p->want != WANT_LOG)
		CHECK(conn_deadline(c) != CLOCK_NEVER);
	if (k)
		CHECK(k->in_at <= k->in_end && k->in_end <= WORK_IN &&
		    !k->out.overflowed && k->finished <= k->count &&
		    k->count <= WORK_BATCH);
}

static void
obey(struct world *w, struct peer *p, enum want want)
{
	p->want = want;
	if (kernel.failed || (p->conn.lost && !p->no_more))
		p->dialogue.broken = true;
	kernel.failed = false;
	check_want(w, p);
	if (want == WANT_CLOSE)
		finish(w, p);
}

/* What decides when the deadline may move. */
struct moment {
	unsigned state;
	bool begun;
	uint64_t deadline, received, sent;
};

static struct moment
moment_of(const struct conn *c)
{
	return (struct moment){ .state = c->state,
		.begun = c->work && c->work->begun,
		.deadline = conn_deadline(c),
		.received = kernel.received,
		.sent = kernel.sent };
}

/* A deadline does not move because somebody keeps us busy. */
static void
check_deadline(const struct moment *before, const struct conn *c)
{
	struct moment now = moment_of(c);

	if (now.state != before->state || now.sent != before->sent)
		return;
	if (now.state == CONN_HEAD &&
	    (now.begun != before->begun ||
		(!now.begun && now.received != before->received)))
		return;
	CHECK(now.deadline == before->deadline);
}

static void
run(struct world *w, struct peer *p)
{
	struct moment before = moment_of(&p->conn);
	enum want want = conn_run(&p->conn);

	if (want != WANT_CLOSE)
		check_deadline(&before, &p->conn);
	obey(w, p, want);
}

void
world_break(struct world *w, struct peer *p)
{
	if (!p->open)
		return;
	p->dialogue.broken = true;
	obey(w, p, conn_broken(&p->conn));
}

void
world_cut(struct world *w, struct peer *p)
{
	if (!p->open)
		return;
	p->dialogue.broken = true;
	finish(w, p);
}

static short
interest(const struct peer *p)
{
	if (p->want == WANT_READ)
		return POLLIN;
	return p->want == WANT_WRITE ? POLLOUT : 0;
}

bool
world_turn(struct world *w, struct peer *p)
{
	struct pollfd ready = { .fd = p->conn.fd, .events = interest(p) };

	if (!p->open)
		return false;
	kernel.now += 1000;
	tick(w);
	if (p->want == WANT_AGAIN || (p->want == WANT_LOG && log_has_room(w))) {
		run(w, p);
		return true;
	}
	if (p->conn.lost) /* forgotten by the loop */
		return false;
	poll(&ready, 1, 0);
	if (ready.revents & (POLLIN | POLLOUT))
		run(w, p);
	else if (ready.revents & (POLLERR | POLLHUP))
		world_break(w, p);
	else
		return false;
	return true;
}

void
world_quiet(struct world *w, struct peer *p)
{
	/* each turn takes a byte, or gives one, or ends a wait */
	size_t most = 100 + 2 * p->sent_len + 4 * 100000, turns = 0;

	while (world_turn(w, p))
		CHECK(turns++ < most);
	if (!p->open || p->want != WANT_READ || p->conn.state != CONN_HEAD)
		return;
	/* nothing borrowed between requests */
	if (p->conn.work && !p->conn.work->begun)
		CHECK(p->conn.work->in_end - p->conn.work->in_at == 1);
}

void
world_spurious(struct world *w, struct peer *p)
{
	if (!p->open)
		return;
	tick(w);
	run(w, p);
}

static bool
is_due(const struct world *w, const struct peer *p)
{
	return p->open && p->want != WANT_AGAIN && p->want != WANT_LOG &&
	    conn_deadline(&p->conn) <= w->clock.now;
}

/* Whether http_timeouts_total tells of a timeout that comes now. */
static bool
is_counted(const struct world *w, const struct conn *c)
{
	bool begun = c->work && c->work->begun;

	if (!w->service.counted)
		return false;
	if (c->state == CONN_HEAD) /* to be sent home is no timeout */
		return begun || !w->service.drain_at;
	return c->state == CONN_BODY || c->state == CONN_SEND;
}

static void
fire(struct world *w, struct peer *p)
{
	unsigned fired = 0;

	while (is_due(w, p)) {
		unsigned state = p->conn.state;

		CHECK(fired++ < 4); /* each moves the deadline */
		w->timeouts += is_counted(w, &p->conn);
		if (state != CONN_DELAY)
			p->dialogue.timed_out = true;
		if (state == CONN_SEND)
			p->dialogue.broken = true;
		obey(w, p, conn_timeout(&p->conn));
	}
}

void
world_wait(struct world *w, uint64_t ns)
{
	kernel.now += ns;
	tick(w);
	for (unsigned i = 0; i < w->peers; i++)
		fire(w, &w->peer[i]);
}

void
world_flush(struct world *w, bool read)
{
	do {
		ring_flush(&w->ring);
		if (read)
			log_read(&w->log);
	} while (read && !ring_empty(&w->ring));
	CHECK(w->ring.error == 0);
}
