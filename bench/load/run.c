#include "run.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/num.h"
#include "conn.h"
#include "prepare.h"

enum {
	EVENTS_MAX = 256,
	OPENED_MAX = 32, /* connections begun in a millisecond */
};

/* CPU time up to a moment. */
struct used {
	struct rusage self;
	uint64_t server; /* of the process that --server names, ns */
};

struct run {
	struct load load;
	struct options const *options;
	int signals;
	uint64_t opened;             /* connections begun so far */
	uint64_t opening;            /* when the next ones may be begun */
	uint64_t check, check_every; /* next conn_check of all */
	uint64_t deadline;           /* of the last answers */
	uint64_t told;               /* next progress line; CLOCK_NEVER: none */
	uint64_t told_answers;
	struct used begin, end; /* of the measured time */
	bool measuring, measured, interrupted, no_pwait2;
};

static int
fail(struct buf *error, const char *what, const char *why)
{
	buf_put(error, span_of(what));
	buf_put(error, SPAN(": "));
	buf_put(error, span_of(why));
	return -1;
}

/* ---- before the start ---- */

/* CPU time of the process that --server names, ns. Returns 0 or -1. */
static int
server_time(const struct options *o, uint64_t *ns)
{
	struct timespec t;
	clockid_t id;

	*ns = 0;
	if (o->server == OPTIONS_NONE)
		return 0;
	if (clock_getcpuclockid((pid_t)o->server, &id) || clock_gettime(id, &t))
		return -1;
	*ns = (uint64_t)t.tv_sec * NS_PER_SEC + (uint64_t)t.tv_nsec;
	return 0;
}

static int
watch_signals(struct run *r)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	r->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	r->load.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (r->signals < 0 || r->load.epoll < 0)
		return -1;
	if (epoll_ctl(r->load.epoll, EPOLL_CTL_ADD, r->signals, &event))
		return -1;
	return sigprocmask(SIG_BLOCK, &set, NULL);
}

static int
get_ready(struct run *r, struct buf *error)
{
	const struct options *o = r->options;

	r->load.epoll = r->signals = -1;
	r->deadline = CLOCK_NEVER;
	r->check_every = o->timeout / 10;
	if (r->check_every > 100 * NS_PER_MS)
		r->check_every = 100 * NS_PER_MS;
	if (r->check_every < NS_PER_MS)
		r->check_every = NS_PER_MS;
	/* a rate wants to be woken at the moment it asked for */
	prctl(PR_SET_TIMERSLACK, 1);
	if (server_time(o, &r->begin.server))
		return fail(error, "--server", "no such process");
	if (prepare(&r->load, o, error))
		return -1;
	return watch_signals(r) ? fail(error, "epoll", strerror(errno)) : 0;
}

/* ---- a turn of the loop ---- */

/*
 * Connections that are kept are opened before the first request is sent, and
 * not faster than a server accepts: its listen queue must not overflow.
 */
static void
open_more(struct run *r)
{
	struct load *l = &r->load;

	if (r->opened == r->options->connections || l->now < r->opening)
		return;
	r->opening = l->now + NS_PER_MS;
	for (int i = 0; i < OPENED_MAX; i++) {
		if (r->opened == r->options->connections)
			break;
		conn_open(l, &l->conns[r->opened++]);
	}
}

static void
start(struct run *r)
{
	const struct options *o = r->options;
	struct load *l = &r->load;

	l->now = clock_monotonic();
	schedule_start(&l->schedule, l->now, o->warmup, o->duration);
	l->tally.from = l->schedule.measured;
	l->tally.to = l->schedule.end;
	r->deadline = l->schedule.end + o->timeout;
	l->started = true;
	for (size_t i = 0; i < o->connections; i++)
		conn_ready(l, &l->conns[i]);
}

/* Sends what is due in an open loop, each on the next free connection. */
static void
send_due(struct run *r)
{
	struct load *l = &r->load;

	if (!l->started || r->options->rate == 0)
		return;
	while (l->free.first && schedule_next(&l->schedule, l->now) <= l->now) {
		struct conn *c = conn_next(l);
		bool last = !l->free.first;

		l->now = clock_monotonic();
		conn_fill(l, c, last ? (uint32_t)r->options->pipeline : 1);
		conn_ready(l, c);
	}
}

static void
check_all(struct run *r)
{
	struct load *l = &r->load;

	if (l->now < r->check)
		return;
	r->check = l->now + r->check_every;
	for (size_t i = 0; i < r->options->connections; i++)
		conn_check(l, &l->conns[i]);
}

static void
tell(struct run *r)
{
	const struct tally *t = &r->load.tally;
	uint64_t answers = t->answers + t->warm;

	if (r->load.now < r->told)
		return;
	r->told += NS_PER_SEC;
	if (r->options->seconds) {
		struct timespec date;

		clock_gettime(CLOCK_REALTIME, &date);
		fprintf(stderr, "%lld.%03ld %llu %llu\n",
		    (long long)date.tv_sec, date.tv_nsec / 1000000,
		    (unsigned long long)answers,
		    (unsigned long long)tally_failed(t));
		return;
	}
	fprintf(stderr, "\r%s  %llu answers, %llu/s, %llu failed  ",
	    t->from > r->load.now ? "warming up" : "measuring",
	    (unsigned long long)answers,
	    (unsigned long long)(answers - r->told_answers),
	    (unsigned long long)tally_failed(t));
	r->told_answers = answers;
}

/* The earliest moment at which there is something to do without an event. */
static uint64_t
next_turn(const struct run *r)
{
	const struct load *l = &r->load;
	uint64_t next = r->check < r->told ? r->check : r->told;
	uint64_t due = CLOCK_NEVER;

	if (!l->started && !r->options->close &&
	    r->opened < r->options->connections)
		due = r->opening;
	else if (l->started && l->free.first)
		due = schedule_next(&l->schedule, l->now);
	if (due < next)
		next = due;
	if (l->started && !r->measuring && l->tally.from < next)
		next = l->tally.from;
	if (r->measuring && !r->measured && l->tally.to < next)
		next = l->tally.to;
	return r->deadline < next ? r->deadline : next;
}

/* epoll_pwait2(2), or without it in whole milliseconds, rather too short. */
static int
wait_until(struct run *r, struct epoll_event *events, uint64_t moment)
{
	uint64_t now = clock_monotonic();
	uint64_t left = moment > now ? moment - now : 0;

#ifdef SYS_epoll_pwait2
	if (!r->no_pwait2) {
		/* the kernel's struct has 64 bits, whatever libc's has */
		int64_t time[2] = { (int64_t)(left / NS_PER_SEC),
			(int64_t)(left % NS_PER_SEC) };
		long n = syscall(SYS_epoll_pwait2, r->load.epoll, events,
		    EVENTS_MAX, time, NULL, 0);

		if (n >= 0 || errno == EINTR)
			return (int)n;
		r->no_pwait2 = true;
	}
#endif
	return epoll_wait(
	    r->load.epoll, events, EVENTS_MAX, (int)(left / NS_PER_MS));
}

static void
turn(struct run *r)
{
	struct load *l = &r->load;
	struct epoll_event events[EVENTS_MAX];
	int n = wait_until(r, events, r->options->spin ? 0 : next_turn(r));

	l->now = clock_monotonic();
	/* an event's handling closes no other connection than its own: no
	 * event in the batch is of a connection that is no more */
	for (int i = 0; i < n; i++) {
		if (events[i].data.ptr)
			conn_event(l, events[i].data.ptr, events[i].events);
		else
			r->interrupted = true;
	}
	send_due(r);
	check_all(r);
	tell(r);
}

/* ---- the phases ---- */

/* True if nothing ever connected, and each connection was tried. */
static bool
hopeless(const struct run *r)
{
	const struct tally *t = &r->load.tally;

	return t->connects == 0 &&
	    t->failures[FAILURE_CONNECT] >= r->options->connections;
}

static void
take_used(const struct run *r, struct used *u)
{
	getrusage(RUSAGE_SELF, &u->self);
	server_time(r->options, &u->server);
}

/* What is under way at its end is no more of the measured time than what was
 * at its begin. */
static void
measure(struct run *r)
{
	if (!r->measuring && r->load.now >= r->load.tally.from) {
		r->measuring = true;
		take_used(r, &r->begin);
	}
	if (r->measuring && !r->measured && r->load.now >= r->load.tally.to) {
		r->measured = true;
		take_used(r, &r->end);
	}
}

static bool
finished(const struct run *r)
{
	const struct load *l = &r->load;

	if (r->interrupted || l->now >= r->deadline)
		return true;
	return l->owed == 0 &&
	    schedule_next(&l->schedule, l->now) == CLOCK_NEVER;
}

static void
loop(struct run *r)
{
	struct load *l = &r->load;

	while (!l->started && !r->interrupted && !hopeless(r)) {
		if (!r->options->close)
			open_more(r);
		if (r->options->close ||
		    (r->opened == r->options->connections &&
			l->connecting == 0))
			start(r);
		else
			turn(r);
	}
	while (l->started && !finished(r) && !hopeless(r)) {
		measure(r);
		turn(r);
	}
}

/* What is still owed or due at the deadline has failed. */
static void
count_rest(struct run *r)
{
	struct load *l = &r->load;
	uint64_t meant, unsent = 0;

	if (r->interrupted)
		return;
	if (l->owed > 0)
		tally_failure(&l->tally, FAILURE_TIMEOUT, l->owed,
		    "no answer before the end");
	while (
	    r->options->rate > 0 && schedule_take(&l->schedule, l->now, &meant))
		unsent++;
	if (unsent > 0)
		tally_failure(&l->tally, FAILURE_UNSENT, unsent,
		    "requests were due, and no connection was free");
}

static uint64_t
passed(struct timeval before, struct timeval after)
{
	return ((uint64_t)(after.tv_sec - before.tv_sec) * 1000000 +
		   (uint64_t)after.tv_usec - (uint64_t)before.tv_usec) *
	    NS_PER_US;
}

static void
conclude(struct run *r, struct result *result)
{
	struct load *l = &r->load;
	uint64_t to = l->tally.to;

	/* ended before its time: by the number of requests, or a signal */
	if ((l->schedule.requests == 0 || r->interrupted) && l->now < to)
		to = l->now;
	count_rest(r);
	if (!r->measured)
		take_used(r, &r->end);
	result->tally = l->tally;
	result->interrupted = r->interrupted;
	if (!r->measuring)
		return;
	result->elapsed = to - l->tally.from;
	result->user = passed(r->begin.self.ru_utime, r->end.self.ru_utime);
	result->system = passed(r->begin.self.ru_stime, r->end.self.ru_stime);
	if (r->end.server > r->begin.server)
		result->server = r->end.server - r->begin.server;
}

int
run(const struct options *o, bool progress, struct result *result,
    struct buf *error)
{
	struct run *r = calloc(1, sizeof *r);
	int failed;

	if (!r)
		return fail(error, "memory", strerror(errno));
	r->options = o;
	r->load.now = clock_monotonic();
	r->told =
	    progress || o->seconds ? r->load.now + NS_PER_SEC : CLOCK_NEVER;
	failed = get_ready(r, error);
	if (!failed) {
		loop(r);
		if (progress && !o->seconds)
			fputs("\r\33[K", stderr);
		if (hopeless(r))
			failed =
			    fail(error, "no connection", r->load.tally.first);
		conclude(r, result);
	}
	release(&r->load);
	if (r->load.epoll >= 0)
		close(r->load.epoll);
	if (r->signals >= 0)
		close(r->signals);
	free(r);
	return failed;
}
