/*
 * conn.h - one connection: bytes to requests, requests to answers, answers to
 * bytes. It knows its socket, and nothing of epoll: conn_run says what it waits
 * for, and whoever calls it obeys.
 */
#ifndef SERVER_CONN_H
#define SERVER_CONN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/prng.h"
#include "base/span.h"
#include "http/route.h"
#include "log/access.h"
#include "log/ring.h"
#include "metrics/metrics.h"
#include "server/pool.h"

enum conn_state {
	CONN_HEAD,   /* between requests, or inside a head */
	CONN_BODY,   /* discarding a body; its answer is held back */
	CONN_DELAY,  /* the answer is held back until a time */
	CONN_SEND,   /* answers on their way */
	CONN_LOG,    /* answers sent; their lines wait for room in the log */
	CONN_LINGER, /* all said: reading until the client has closed too */
	CONN_STATES
};

enum want {
	WANT_READ,
	WANT_WRITE,
	WANT_SLEEP, /* nothing but the deadline */
	WANT_AGAIN, /* has more to do now: after the others had their turn */
	WANT_LOG,   /* room in the log */
	WANT_CLOSE,
};

/*
 * What all connections of one listener share. Everything here belongs to one
 * event loop; only metrics are shared wider.
 */
struct service {
	const struct route *routes;
	const struct app *app;
	struct metrics *metrics;
	enum metrics_listener listener;
	bool counted;      /* requests are logged and counted: the page's */
	struct span extra; /* field lines added to every answer */
	uint64_t header_timeout, body_timeout, idle_timeout, write_timeout;
	uint64_t delay_min, delay_max; /* ns; both 0: no delay */
	uint64_t random_error;         /* of random_error_full */
	uint64_t random_error_full;
	struct prng prng;
	struct ring *ring; /* NULL: no access log */
	struct access_style style;
	struct details *details; /* NULL: style asks for none */
	bool log_wait;      /* wait for room in the log instead of dropping */
	struct pool *works; /* of work_size(body_room) each */
	size_t body_room;   /* bytes a handler may write */
	struct request *scratch;
	char *line; /* scratch too: ACCESS_LINE_MAX bytes */
	struct clock *clock;
	struct span date;  /* the field line for clock->date */
	bool closing;      /* answers say Connection: close */
	uint64_t drain_at; /* when idle connections began to be sent home; 0 */
};

struct conn {
	int fd;
	bool open;
	bool used;     /* has had a request */
	bool close;    /* ends after what is being answered */
	bool linger;   /* and the client may still be sending */
	bool lost;     /* the connection is gone: only lines are left */
	bool queued;   /* on a list of the worker's */
	bool watched;  /* by the loop: not yet, while it is new */
	uint8_t state; /* enum conn_state */
	uint8_t want;  /* enum want: what the worker was last told */
	uint8_t ip_len;
	uint16_t port; /* of the client; 0: not known */
	char ip[46];   /* the client, as text */
	uint32_t generation;
	uint32_t slot;     /* the worker's number for it */
	unsigned interest; /* what the loop watches for */
	uint64_t since;    /* when the present wait began: see conn_deadline */
	uint64_t due;      /* end of CONN_DELAY */
	struct service *service;
	struct work *work; /* NULL while idle */
	struct conn *next; /* on that list */
};

/* Adds to a metric of the requests, where they are counted. */
static inline void
conn_count(metric *m, const struct conn *c, uint64_t n)
{
	if (c->service->counted)
		metric_add(m, n);
}

/* A fresh connection on a non-blocking socket, not yet read from; its port may
 * be set behind it. */
void conn_open(
    struct conn *c, struct service *service, int fd, struct span client_ip);

/* Goes on as far as it can without waiting. */
enum want conn_run(struct conn *c);

/* Its deadline has passed. */
enum want conn_timeout(struct conn *c);

/* The connection broke (reset, or hung up both ways). */
enum want conn_broken(struct conn *c);

/* Monotonic ns at which conn_timeout is due; CLOCK_NEVER: none. */
uint64_t conn_deadline(const struct conn *c);

/* True if a request has begun and is not finished. */
bool conn_busy(const struct conn *c);

/*
 * Ends it now: what was not finished is logged as aborted (dropped if the log
 * has no room), memory goes back, the socket is closed.
 */
void conn_close(struct conn *c);

#endif
