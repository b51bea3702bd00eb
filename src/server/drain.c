#include "server/drain.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "base/num.h"
#include "net/listen.h"
#include "net/signals.h"

/* How long a handshake may take that had begun when the page's listener was to
 * close: a round trip. */
#define HANDSHAKE_TIME (100 * NS_PER_MS)
/* How long a scrape in progress may take when all else is done. */
#define OPS_GRACE (300 * NS_PER_MS)

static struct conn *
slot(struct slots *s, uint32_t i)
{
	struct conn *c = pool_block(&s->conns, i);

	return c->open ? c : NULL;
}

static void
say(struct worker *w, const char *what, int signal_number)
{
	struct event ev;

	event_begin(&ev, w->options->events, EVENT_INFO, what);
	event_u64(&ev, "signal", (uint64_t)signal_number);
	event_end(&ev);
}

static void
begin_leaving(struct worker *w, int signal_number)
{
	struct event ev;
	uint64_t delay =
	    signal_number == SIGTERM ? w->options->shutdown_delay : 0;

	w->first_signal = signal_number;
	w->phase = PHASE_LEAVING;
	w->phase_ends = w->clock.now + delay;
	w->page.service.closing = w->ops.service.closing = true;
	metric_set(&w->options->metrics->ready, 0);
	metric_set(&w->options->metrics->draining, 1);
	event_begin(&ev, w->options->events, EVENT_INFO, "draining");
	event_u64(&ev, "signal", (uint64_t)signal_number);
	event_seconds(&ev, "shutdown_delay", delay);
	event_end(&ev);
}

void
drain_signal(struct worker *w)
{
	int number;

	while ((number = signals_read(w->options->signal_fd)) != 0) {
		if (number == SIGHUP) {
			if (w->options->hang_up)
				w->options->hang_up(
				    w->options->hang_up_context);
			continue;
		}
		if (w->phase == PHASE_RUN) {
			begin_leaving(w, number);
			continue;
		}
		say(w, "exit now", number);
		if (w->options->ring)
			ring_flush(w->options->ring);
		w->exit_status = 128 + number;
		return;
	}
}

/* Who calls from now on is not let in. The deadlines of idle connections are
 * others now. */
static void
begin_draining(struct worker *w)
{
	w->phase = PHASE_DRAINING;
	w->phase_ends = w->clock.now + w->options->drain_timeout;
	listen_stop(w->page.fd);
	w->stopped = w->clock.now + HANDSHAKE_TIME;
	w->page.service.drain_at = w->clock.now;
	for (uint32_t i = 0; i < w->page.conns.fresh; i++) {
		struct conn *c = slot(&w->page, i);

		if (c && !c->queued)
			timers_set(&w->timers, w->page.timer_base + i,
			    conn_deadline(c));
	}
}

/* What is queued before the listener closes is still taken: the kernel would
 * reset it, and a handshake in progress too. */
static void
close_listener(struct worker *w)
{
	bool empty;

	if (w->page.fd < 0)
		return;
	empty = worker_accept(w, &w->page, w->page.conns.blocks);
	if ((!empty || w->clock.now < w->stopped) &&
	    w->clock.now < w->phase_ends)
		return; /* no slot free, or more to come: later */
	close(w->page.fd);
	w->page.fd = -1;
}

static void
cut_off(struct worker *w)
{
	struct event ev;
	uint64_t count = 0;

	for (uint32_t i = 0; i < w->page.conns.fresh; i++) {
		struct conn *c = slot(&w->page, i);

		if (!c)
			continue;
		count += conn_busy(c);
		worker_close(w, c);
	}
	if (count == 0)
		return;
	event_begin(&ev, w->options->events, EVENT_WARNING,
	    "drain timeout: requests cut off");
	event_u64(&ev, "requests", count);
	event_end(&ev);
}

static bool
ops_busy(struct worker *w)
{
	for (uint32_t i = 0; i < w->ops.conns.fresh; i++) {
		struct conn *c = slot(&w->ops, i);

		if (c && conn_busy(c))
			return true;
	}
	return false;
}

static void
finish(struct worker *w)
{
	struct ring *r = w->options->ring;
	struct event ev;
	uint64_t dropped = 0;

	if (r) {
		ring_close(r);
		dropped = r->dropped;
	}
	event_begin(&ev, w->options->events, EVENT_INFO, "exit");
	if (dropped > 0)
		event_u64(&ev, "log_lines_dropped", dropped);
	event_end(&ev);
	w->exit_status = 0;
}

/* Nothing is left to write, or but the rest of a line that cannot be written
 * any more. */
static bool
log_done(const struct ring *r)
{
	return !r || ring_empty(r) || (r->error && !r->blocked);
}

void
drain_step(struct worker *w)
{
	struct ring *r = w->options->ring;
	uint64_t now = w->clock.now;
	bool flushed = log_done(r);

	if (w->phase == PHASE_LEAVING && now >= w->phase_ends)
		begin_draining(w);
	if (w->phase == PHASE_DRAINING) {
		close_listener(w);
		if (now >= w->phase_ends)
			cut_off(w);
		if (w->page.conns.used == 0 && w->page.fd < 0) {
			w->phase = PHASE_FLUSHING;
			if (r)
				ring_flush(r);
			flushed = log_done(r);
			w->phase_ends =
			    flushed ? now + OPS_GRACE : w->phase_ends;
		}
	}
	if (w->phase != PHASE_FLUSHING)
		return;
	if (now >= w->phase_ends || (flushed && !ops_busy(w)))
		finish(w);
}

uint64_t
drain_deadline(const struct worker *w)
{
	if (w->phase == PHASE_RUN)
		return CLOCK_NEVER;
	if (w->clock.now < w->stopped && w->stopped < w->phase_ends)
		return w->stopped;
	return w->phase_ends;
}
