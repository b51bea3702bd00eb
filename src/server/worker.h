/*
 * worker.h - the event loop: one thread, two listeners, all connections, and
 * the way from the first signal to the end.
 */
#ifndef SERVER_WORKER_H
#define SERVER_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "http/route.h"
#include "log/access.h"
#include "log/event.h"
#include "log/ring.h"
#include "metrics/metrics.h"
#include "net/loop.h"
#include "net/timers.h"
#include "server/conn.h"
#include "server/pool.h"

/* Room for a handler's body on the page's and the operations listener. */
enum { WORKER_PAGE_BODY = 8 * 1024, WORKER_OPS_BODY = 256 * 1024 };

/* Durations in ns. */
struct worker_options {
	const struct route *page_routes, *ops_routes;
	const struct app *app;
	struct metrics *metrics;
	const struct events *events;
	struct span extra;
	uint64_t header_timeout, body_timeout, idle_timeout, write_timeout;
	uint64_t shutdown_delay, drain_timeout;
	uint64_t delay_min, delay_max;
	uint64_t random_error, random_error_full, seed;
	struct access_style style;
	struct details *details; /* NULL: style is not a detailed one */
	bool log_wait;
	uint32_t page_slots, ops_slots;
	int page_fd, ops_fd, signal_fd; /* taken over */
	struct ring *ring;              /* NULL: no access log */
	void (*hang_up)(void *context); /* what SIGHUP asks for, without
	                                 * blocking; NULL: nothing */
	void *hang_up_context;
};

/* How far the way to the end has been gone. */
enum worker_phase {
	PHASE_RUN,
	PHASE_LEAVING,  /* unready, but still accepting: the shutdown delay */
	PHASE_DRAINING, /* the listener closes; requests in flight finish */
	PHASE_FLUSHING, /* nobody left: the log's last lines */
};

struct slots {
	struct pool conns; /* of struct conn */
	struct pool works;
	struct service service;
	int fd; /* listener; -1 once closed */
	bool watched;
	uint64_t backoff; /* accept again at; 0: no back-off */
	bool complained;
	bool crowded;    /* the last look found a second one in the queue */
	unsigned single; /* times that one was accepted without that look */
	uint32_t timer_base;
};

struct worker {
	const struct worker_options *options;
	struct loop loop;
	struct timers timers;
	struct clock clock;
	struct slots page, ops;
	struct request scratch;
	char line[ACCESS_LINE_MAX];
	char date_memory[64];
	int64_t date;
	struct conn *again, **again_end; /* have more to do */
	struct conn *log_wait, **log_wait_end;
	bool log_watched;
	int log_error;
	enum worker_phase phase;
	int first_signal;
	uint64_t phase_ends;
	uint64_t stopped; /* draining: handshakes that had begun are over at */
	bool cut_off;
	int exit_status; /* -1 while it goes on */
};

/* Takes its memory and begins to watch. 0, or -1 with errno. */
int worker_open(struct worker *w, const struct worker_options *options);

/*
 * Serves until a signal ends it; returns the exit status: 0 after an orderly
 * end, 128 + signal after a second signal, 1 if the loop cannot go on.
 */
int worker_run(struct worker *w);

#endif
