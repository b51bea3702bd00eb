#include "server/worker.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "base/date.h"
#include "base/num.h"
#include "net/listen.h"
#include "net/signals.h"
#include "server/drain.h"
#include "server/work.h"

enum tag_kind {
	TAG_PAGE,
	TAG_OPS,
	TAG_PAGE_CONN,
	TAG_OPS_CONN,
	TAG_SIGNAL,
	TAG_LOG
};

/* How long what failed for lack of descriptors or memory rests. */
#define BACKOFF_TIME (100 * NS_PER_MS)

enum {
	ACCEPT_BATCH = 64, /* most in a turn */
	ACCEPT_LOOK = 256, /* how often to see whether they come in groups */
};

/* kind 8 bits, generation 24, slot 32: an event of a connection that was closed
 * in the same batch is told by its generation. */
static uint64_t
tag_of(enum tag_kind kind, uint32_t generation, uint32_t slot)
{
	return (uint64_t)kind << 56 | (uint64_t)(generation & 0xffffff) << 32 |
	    slot;
}

static uint64_t
conn_tag(const struct worker *w, const struct conn *c)
{
	bool page = c->service == &w->page.service;

	return tag_of(
	    page ? TAG_PAGE_CONN : TAG_OPS_CONN, c->generation, c->slot);
}

static struct slots *
slots_of(struct worker *w, const struct conn *c)
{
	return c->service == &w->page.service ? &w->page : &w->ops;
}

static uint32_t
timer_of(struct worker *w, const struct conn *c)
{
	return slots_of(w, c)->timer_base + c->slot;
}

static void
tick(struct worker *w)
{
	struct buf date = buf_over(w->date_memory, sizeof w->date_memory);

	clock_tick(&w->clock);
	if (w->clock.date == w->date)
		return;
	w->date = w->clock.date;
	buf_put(&date, SPAN("Date: "));
	date_http(&date, w->date);
	buf_put(&date, SPAN("\r\n"));
	w->page.service.date = w->ops.service.date = buf_span(&date);
}

static void
enqueue(struct conn ***end, struct conn *c)
{
	if (c->queued)
		return;
	c->queued = true;
	c->next = NULL;
	**end = c;
	*end = &c->next;
}

/* Takes a closed connection off a list. */
static void
unqueue(struct conn **list, struct conn ***end, const struct conn *c)
{
	for (struct conn **at = list; *at; at = &(*at)->next) {
		if (*at != c)
			continue;
		*at = c->next;
		if (*end == &c->next)
			*end = at;
		return;
	}
}

/* No descriptor to be had, or none to be watched: rest, and say so once. */
static void
back_off(struct worker *w, struct slots *s, int error)
{
	struct event ev;

	s->backoff = w->clock.now + BACKOFF_TIME;
	if (s->complained)
		return;
	s->complained = true;
	event_begin(&ev, w->options->events, EVENT_WARNING, "accept failed");
	event_errno(&ev, error);
	event_end(&ev);
}

/* watch where something changes: seldom. */
static __attribute__((noinline)) bool
watch_anew(struct worker *w, struct conn *c, unsigned interest)
{
	c->interest = interest;
	if (c->watched)
		return loop_change(&w->loop, c->fd, conn_tag(w, c), interest) ==
		    0;
	c->watched = loop_watch(&w->loop, c->fd, conn_tag(w, c), interest) == 0;
	if (!c->watched)
		back_off(w, slots_of(w, c), errno);
	return c->watched;
}

/* False if it cannot be watched, and so not be served. */
static bool
watch(struct worker *w, struct conn *c, unsigned interest)
{
	return (c->watched && c->interest == interest) ||
	    watch_anew(w, c, interest);
}

void
worker_close(struct worker *w, struct conn *c)
{
	struct slots *s = slots_of(w, c);

	if (c->queued) {
		unqueue(&w->again, &w->again_end, c);
		unqueue(&w->log_wait, &w->log_wait_end, c);
		c->queued = false;
	}
	timers_set(&w->timers, timer_of(w, c), CLOCK_NEVER);
	conn_close(c);
	pool_give(&s->conns, c);
}

void
worker_obey(struct worker *w, struct conn *c, enum want want)
{
	bool watched = true;

	c->want = (uint8_t)want;
	switch (want) {
	case WANT_READ:
		watched = watch(w, c, LOOP_READ);
		break;
	case WANT_WRITE:
		watched = watch(w, c, LOOP_WRITE);
		break;
	case WANT_SLEEP:
		watched = watch(w, c, LOOP_NOTHING);
		break;
	case WANT_AGAIN:
		enqueue(&w->again_end, c);
		break;
	case WANT_LOG:
		/* a lost one would be reported broken in every turn */
		if (!c->lost)
			watched = watch(w, c, LOOP_NOTHING);
		else if (c->watched)
			loop_forget(&w->loop, c->fd);
		enqueue(&w->log_wait_end, c);
		break;
	case WANT_CLOSE:
		watched = false;
		break;
	}
	if (!watched) {
		worker_close(w, c);
		return;
	}
	timers_set(&w->timers, timer_of(w, c), conn_deadline(c));
}

static void
watch_listener(struct worker *w, struct slots *s)
{
	bool wanted =
	    s->fd >= 0 && s->conns.used < s->conns.blocks && s->backoff == 0;

	if (s->fd < 0 || wanted == s->watched)
		return;
	if (loop_change(&w->loop, s->fd,
		tag_of(s == &w->page ? TAG_PAGE : TAG_OPS, 0, 0),
		wanted ? LOOP_READ : LOOP_NOTHING) == 0)
		s->watched = wanted;
	else if (wanted)
		s->backoff = w->clock.now + BACKOFF_TIME; /* and again */
}

/*
 * A new connection is run at once: under load its first request is there
 * already, and one that is closed after its answer need never be watched.
 */
bool
worker_accept(struct worker *w, struct slots *s, unsigned most)
{
	struct address peer;
	char text[ADDRESS_TEXT_MAX];

	while (most-- > 0 && s->conns.used < s->conns.blocks) {
		struct buf host = buf_over(text, sizeof text);
		struct conn *c;
		int fd = listen_accept(s->fd, &peer);

		if (fd < 0 && errno == EAGAIN)
			return true;
		if (fd < 0) {
			back_off(w, s, errno);
			return false;
		}
		address_host(&host, &peer);
		c = pool_take(&s->conns);
		conn_open(c, &s->service, fd, buf_span(&host));
		c->port = address_port(&peer);
		c->slot = pool_index(&s->conns, c);
		worker_obey(w, c, conn_run(c));
		if (s->backoff)
			return false;
	}
	return false;
}

/*
 * While connections come one at a time, looking for a second one costs as much
 * as reading a request: if there is one, the loop tells of it again.
 */
static void
accept_some(struct worker *w, struct slots *s)
{
	if (worker_accept(w, s, 1) || s->backoff)
		return;
	if (!s->crowded && ++s->single % ACCEPT_LOOK != 0)
		return;
	s->crowded = !worker_accept(w, s, 1);
	if (s->crowded && !s->backoff)
		worker_accept(w, s, ACCEPT_BATCH - 2);
}

static void
on_conn(struct worker *w, struct slots *s, const struct loop_event *event)
{
	struct conn *c = pool_block(&s->conns, (uint32_t)event->tag);

	/* kind and slot have led here */
	if (!c->open || ((event->tag >> 32 ^ c->generation) & 0xffffff) != 0)
		return;
	if (event->ready & (LOOP_READ | LOOP_WRITE)) {
		if (!c->queued)
			worker_obey(w, c, conn_run(c));
	} else {
		worker_obey(w, c, conn_broken(c));
	}
}

static enum tag_kind
kind_of(const struct loop_event *event)
{
	return (enum tag_kind)(event->tag >> 56);
}

static bool
is_of_ops(const struct loop_event *event)
{
	return kind_of(event) == TAG_OPS || kind_of(event) == TAG_OPS_CONN;
}

static void
on_event(struct worker *w, const struct loop_event *event)
{
	switch (kind_of(event)) {
	case TAG_PAGE:
		if (w->page.fd >= 0)
			accept_some(w, &w->page);
		break;
	case TAG_OPS:
		accept_some(w, &w->ops);
		break;
	case TAG_PAGE_CONN:
		on_conn(w, &w->page, event);
		break;
	case TAG_OPS_CONN:
		on_conn(w, &w->ops, event);
		break;
	case TAG_SIGNAL: /* see worker_run */
	case TAG_LOG:    /* the flush at the end of the turn sees to it */
		break;
	}
}

/* Runs a list as it stood: who joins it meanwhile has the next turn. */
static void
run_list(struct worker *w, struct conn **list, struct conn ***end)
{
	struct conn *c = *list;

	*list = NULL;
	*end = list;
	while (c) {
		struct conn *next = c->next;

		c->queued = false;
		worker_obey(w, c, conn_run(c));
		c = next;
	}
}

static void
on_timers(struct worker *w)
{
	uint32_t id;
	struct conn *c;

	while (timers_pop(&w->timers, w->clock.now, &id)) {
		struct slots *s = id >= w->ops.timer_base ? &w->ops : &w->page;

		c = pool_block(&s->conns, id - s->timer_base);
		if (c->open && !c->queued)
			worker_obey(w, c, conn_timeout(c));
	}
	for (unsigned i = 0; i < 2; i++) {
		struct slots *s = i ? &w->ops : &w->page;

		if (s->backoff && s->backoff <= w->clock.now)
			s->backoff = 0;
	}
}

static void
log_trouble(struct worker *w, int error)
{
	struct event ev;

	if (error == w->log_error)
		return;
	w->log_error = error;
	if (error == 0)
		return;
	event_begin(&ev, w->options->events, EVENT_ERROR, "log write failed");
	event_errno(&ev, error);
	event_end(&ev);
}

/* Waits for room while there is none. Whatever fails is tried again in the next
 * turn, for which next_deadline sees. */
static void
watch_log(struct worker *w, const struct ring *r)
{
	if (r->blocked != w->log_watched &&
	    (r->blocked ? loop_watch(&w->loop, r->fd, tag_of(TAG_LOG, 0, 0),
			      LOOP_WRITE)
			: loop_forget(&w->loop, r->fd)) == 0)
		w->log_watched = r->blocked;
}

static void
flush_log(struct worker *w)
{
	struct ring *r = w->options->ring;
	struct metrics *m = w->options->metrics;

	if (!r)
		return;
	if (!ring_empty(r))
		ring_flush(r);
	log_trouble(w, r->error);
	metric_set(&m->log_lines, r->written);
	metric_set(&m->log_dropped, r->dropped);
	watch_log(w, r);
	if (w->log_wait && r->cap - r->len >= ACCESS_LINE_MAX) {
		/* to the end of those who have more to do */
		*w->again_end = w->log_wait;
		w->again_end = w->log_wait_end;
		w->log_wait = NULL;
		w->log_wait_end = &w->log_wait;
	}
}

static uint64_t
earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t
next_deadline(const struct worker *w)
{
	const struct ring *r = w->options->ring;
	uint64_t next = timers_next(&w->timers);

	if (w->again)
		return w->clock.now;
	if (r && r->blocked && !w->log_watched)
		next = earlier(next, w->clock.now + BACKOFF_TIME);
	if (w->page.backoff)
		next = earlier(next, w->page.backoff);
	if (w->ops.backoff)
		next = earlier(next, w->ops.backoff);
	return earlier(next, drain_deadline(w));
}

/* Waiting fails for no reason that could pass: better to be restarted. */
static int
give_up(struct worker *w, int error)
{
	struct event ev;

	if (w->options->ring)
		ring_flush(w->options->ring);
	event_begin(&ev, w->options->events, EVENT_ERROR, "cannot go on");
	event_errno(&ev, error);
	event_end(&ev);
	return 1;
}

int
worker_run(struct worker *w)
{
	struct loop_event events[LOOP_BATCH];

	tick(w);
	while (w->exit_status < 0) {
		int n, later = 0;

		watch_listener(w, &w->page);
		watch_listener(w, &w->ops);
		n = loop_wait(&w->loop, events, w->clock.now, next_deadline(w));
		if (n < 0)
			return give_up(w, errno);
		tick(w);
		/* First, so that answers of this turn say close already. */
		for (int i = 0; i < n; i++)
			if (kind_of(&events[i]) == TAG_SIGNAL)
				drain_signal(w);
		run_list(w, &w->again, &w->again_end);
		for (int i = 0; i < n; i++)
			if (is_of_ops(&events[i]))
				events[later++] = events[i];
			else
				on_event(w, &events[i]);
		on_timers(w);
		flush_log(w);
		/* After the flush, so that a scrape finds as many lines as
		 * requests. */
		for (int i = 0; i < later; i++)
			on_event(w, &events[i]);
		if (w->exit_status < 0)
			drain_step(w);
		histogram_observe(&w->options->metrics->turn,
		    clock_monotonic() - w->clock.now);
	}
	return w->exit_status;
}

static int
slots_open(struct worker *w, struct slots *s, uint32_t count, size_t body_room,
    int fd, enum tag_kind kind)
{
	s->fd = fd;
	s->watched = true;
	s->service.works = &s->works;
	s->service.scratch = &w->scratch;
	s->service.line = w->line;
	s->service.clock = &w->clock;
	s->service.body_room = body_room;
	if (pool_open(&s->conns, sizeof(struct conn), count) < 0 ||
	    pool_open(&s->works, work_size(body_room), count) < 0)
		return -1;
	return loop_watch(&w->loop, fd, tag_of(kind, 0, 0), LOOP_READ);
}

static struct service
service_of(const struct worker_options *o)
{
	return (struct service){
		.app = o->app,
		.metrics = o->metrics,
		.header_timeout = o->header_timeout,
		.body_timeout = o->body_timeout,
		.idle_timeout = o->idle_timeout,
		.write_timeout = o->write_timeout,
	};
}

int
worker_open(struct worker *w, const struct worker_options *o)
{
	uint32_t ids = o->page_slots + o->ops_slots;
	void *memory = pool_reserve(timers_size(ids));
	struct service *page = &w->page.service, *ops = &w->ops.service;

	*w = (struct worker){ .options = o, .exit_status = -1 };
	w->date = -1;
	w->again_end = &w->again;
	w->log_wait_end = &w->log_wait;
	if (!memory || loop_open(&w->loop) < 0)
		return -1;
	timers_init(&w->timers, memory, ids);
	w->ops.timer_base = o->page_slots;
	*page = service_of(o);
	page->routes = o->page_routes;
	page->listener = LISTENER_PAGE;
	page->counted = true;
	page->extra = o->extra;
	page->delay_min = o->delay_min;
	page->delay_max = o->delay_max;
	page->random_error = o->random_error;
	page->random_error_full = o->random_error_full;
	page->prng.state = o->seed;
	page->ring = o->ring;
	page->style = o->style;
	page->details = o->details;
	page->log_wait = o->log_wait;
	*ops = service_of(o);
	ops->routes = o->ops_routes;
	ops->listener = LISTENER_METRICS;
	if (slots_open(w, &w->page, o->page_slots, WORKER_PAGE_BODY, o->page_fd,
		TAG_PAGE) < 0 ||
	    slots_open(w, &w->ops, o->ops_slots, WORKER_OPS_BODY, o->ops_fd,
		TAG_OPS) < 0 ||
	    loop_watch(&w->loop, o->signal_fd, tag_of(TAG_SIGNAL, 0, 0),
		LOOP_READ) < 0)
		return -1;
	metric_set(&o->metrics->ready, 1);
	tick(w);
	return 0;
}
