/*
 * What must hold in every moment, and in the end.
 */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conn_kernel.h"
#include "conn_world.h"
#include "fuzz.h"
#include "server/work.h"

static uint64_t
requests(const struct metrics *m)
{
	uint64_t sum = 0;

	for (size_t row = 0; row < METRICS_METHODS; row++)
		for (size_t column = 0; column < METRICS_CODES; column++)
			sum += metric_get(&m->requests[row][column]);
	return sum;
}

static uint64_t
timeouts(const struct metrics *m)
{
	uint64_t sum = 0;

	for (size_t phase = 0; phase < PHASES; phase++)
		sum += metric_get(&m->timeouts[phase]);
	return sum;
}

static uint64_t
lines_in(struct span s)
{
	uint64_t lines = 0;
	size_t end;

	for (; (end = span_find(s, '\n')) < s.len; s = span_from(s, end + 1))
		lines++;
	return lines;
}

static uint64_t
lines_held(const struct ring *r)
{
	size_t straight = r->cap - r->head;

	if (straight > r->len)
		straight = r->len;
	return lines_in((struct span){ r->memory + r->head, straight }) +
	    lines_in((struct span){ r->memory, r->len - straight });
}

static void
check_counts(struct world *w)
{
	const struct metrics *m = &w->metrics;
	struct histogram_snapshot latency;
	uint64_t all;

	histogram_read(&m->latency, &latency);
	all = latency.cumulative[latency.bounds];
	if (all != w->requests) /* it is a long sum */
		w->requests = requests(m);
	CHECK(all == w->requests);
	CHECK(timeouts(m) == w->timeouts);
	if (w->service.ring)
		CHECK(
		    w->ring.written + w->ring.dropped + lines_held(&w->ring) ==
		    all);
	if (!w->service.counted) {
		CHECK(all == 0 && metric_get(&m->request_bytes) == 0);
		return;
	}
	CHECK(metric_get(&m->response_bytes) == kernel.sent);
	CHECK(metric_get(&m->request_bytes) <= kernel.received);
}

void
world_check(struct world *w)
{
	uint64_t open = 0, in_flight = 0, works = 0;

	for (unsigned i = 0; i < w->peers; i++) {
		const struct peer *p = &w->peer[i];
		const struct work *k = p->conn.work;

		if (!p->open)
			continue;
		open++;
		works += k != NULL;
		if (!k)
			continue;
		in_flight += k->begun + k->held + k->count - k->finished;
		CHECK(conn_busy(&p->conn) ==
		    (k->begun || k->held || k->count > 0));
	}
	CHECK(metric_get(&w->metrics.connections[w->service.listener]) == open);
	CHECK(w->works.used == works);
	CHECK(metric_get(&w->metrics.in_flight) ==
	    (w->service.counted ? in_flight : 0));
	check_counts(w);
}

/* True if it stands in the log as it is. */
static bool
is_plain(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] < ' ' || s.at[i] > '~' || s.at[i] == '"' ||
		    s.at[i] == '\\')
			return false;
	return s.len > 0 && s.len < ACCESS_LINE_MAX / 8;
}

static void
check_line_of(
    const struct dialogue *d, unsigned i, const struct log_entry *e, bool seed)
{
	CHECK(e->status == d->status[i] && !e->aborted);
	CHECK(seed || e->bytes == d->body[i].len);
	if (is_plain(d->line[i]))
		CHECK(e->line == log_hash(d->line[i]));
}

/* A line for each answer, in order, and aborted ones behind them. */
static void
check_lines(const struct world *w, unsigned client)
{
	const struct dialogue *d = &w->peer[client].dialogue;
	const struct log_entry *entry = w->log.entry[client];
	unsigned count = w->log.count[client];

	CHECK(count >= d->count);
	for (unsigned i = 0; i < count; i++) {
		if (i < d->count) {
			check_line_of(d, i, &entry[i], w->log.seed);
			continue;
		}
		CHECK(entry[i].status == 499 ||
		    (i == d->count &&
			(d->cut_status == entry[i].status ||
			    d->cut_status == DIALOGUE_ANY)));
		CHECK(w->log.seed || entry[i].aborted);
	}
}

/* Plays everything until the client has nothing more to wait for. */
static void
play_out(struct world *w, struct peer *p)
{
	size_t rounds = 0;

	for (;;) {
		uint64_t calls = kernel.calls;

		CHECK(rounds++ < 1000 + 4 * p->sent_len + p->received_len);
		world_quiet(w, p);
		while (peer_read(p, 8 * 1024))
			;
		world_flush(w, true);
		if (!p->open)
			return;
		if (p->conn.state == CONN_DELAY) {
			uint64_t due = conn_deadline(&p->conn);

			world_wait(
			    w, due > w->clock.now ? due - w->clock.now : 0);
		} else if (calls == kernel.calls && p->want == WANT_READ) {
			return;
		}
	}
}

/* Nothing comes any more: its timers alone must end it. */
static void
end_by_timeouts(struct world *w, struct peer *p)
{
	for (unsigned i = 0; p->open; i++) {
		uint64_t due = conn_deadline(&p->conn);

		CHECK(i < 8 && due != CLOCK_NEVER);
		if (due > w->clock.now)
			world_wait(w, due - w->clock.now - 1);
		CHECK(p->open); /* not before its time */
		world_wait(w, 1 + (due < w->clock.now));
		play_out(w, p);
	}
}

/* The same bytes at once, undisturbed: the answers must be the same. */
static void
compare_undivided(struct world *w, const struct peer *p)
{
	const struct dialogue *a = &p->dialogue, *b;
	struct peer *again = world_connect(w);

	if (!again)
		return;
	while (again->sent_len < p->sent_len && again->open) {
		if (!peer_send(again, p->sent + again->sent_len,
			p->sent_len - again->sent_len))
			break;
		play_out(w, again);
	}
	peer_shut(again);
	play_out(w, again);
	CHECK(!again->open);
	b = &again->dialogue;
	for (unsigned i = 0; i < a->count && i < b->count; i++) {
		if (a->status[i] == 408 || a->expects[i])
			break;
		CHECK(a->status[i] == b->status[i]);
		CHECK(span_eq(a->body[i], b->body[i]));
	}
	/* one more only for what does not come that way */
	if (a->count > b->count)
		CHECK(b->closed || a->status[b->count] == 408 ||
		    a->expects[b->count]);
}

static void
settle(struct world *w)
{
	kernel.read_cap = kernel.send_cap = 0;
	kernel.read_error = kernel.send_error = 0;
	world_flush(w, true);
	w->service.delay_min = w->service.delay_max = 0;
	w->service.random_error = 0;
	w->service.closing = false;
	w->service.drain_at = 0;
}

void
world_end(struct world *w, bool by_timeouts)
{
	unsigned peers = w->peers;

	for (unsigned i = 0; i < peers; i++) {
		kernel.read_error = kernel.send_error = 0;
		play_out(w, &w->peer[i]);
		if (by_timeouts) {
			end_by_timeouts(w, &w->peer[i]);
		} else {
			peer_shut(&w->peer[i]);
			play_out(w, &w->peer[i]);
		}
		CHECK(!w->peer[i].open);
	}
	settle(w);
	for (unsigned i = 0; i < peers; i++)
		if (!w->peer[i].dialogue.random_errors)
			compare_undivided(w, &w->peer[i]);
	world_flush(w, true);
	world_check(w);
	CHECK(w->works.used == 0 && dialogue_borrowed() == 0);
	if (w->service.ring) {
		CHECK(w->log.lines == w->ring.written);
		if (!w->log.seed && w->ring.dropped == 0)
			CHECK(
			    w->log.aborted == metric_get(&w->metrics.aborted));
		for (unsigned i = 0; w->ring.dropped == 0 && i < w->peers; i++)
			check_lines(w, i);
	}
	for (unsigned i = 0; i < w->peers; i++) {
		free(w->peer[i].sent);
		free(w->peer[i].received);
	}
	ring_close(&w->ring);
	free(w->ring_memory);
	close(w->sink);
	close(w->log.fd);
}
