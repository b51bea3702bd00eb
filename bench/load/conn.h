/*
 * conn.h - one connection of a run, and what all of them share. A connection
 * keeps no bytes: what it sends is copies of one request, and what it receives
 * is looked at and forgotten.
 */
#ifndef LOAD_CONN_H
#define LOAD_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "answer.h"
#include "options.h"
#include "repeat.h"
#include "schedule.h"
#include "tally.h"

enum conn_state {
	CONN_NEW,        /* not connected */
	CONN_CONNECTING, /* until the kernel says that it is */
	CONN_OPEN,
	CONN_ENDING, /* the last answer is there, the end is awaited */
	CONN_BROKEN, /* lost; to be opened again after a pause */
};

struct conn {
	int fd;
	uint8_t state;
	bool waiting;      /* in the queue of free ones */
	bool reset;        /* a send told of a reset; a read will confirm */
	uint32_t number;   /* its place in load->conns */
	uint32_t owed;     /* answers it has still to get */
	uint32_t first;    /* place of the oldest one in its times */
	size_t to_send;    /* bytes */
	size_t sent;       /* bytes of a request that is sent in part */
	uint64_t since;    /* when it began to wait for what it waits for */
	uint64_t *times;   /* when its requests were meant to be sent, a ring */
	struct conn *next; /* in the queue */
	struct answer answer;
};

/* A queue of connections that could send. */
struct conn_queue {
	struct conn *first, *last;
};

enum {
	READ_MAX = 64 * 1024,
	READ_HEAD = 4 * 1024, /* where a long body is expected behind it */
	SKIP_MIN = 16 * 1024, /* a shorter rest is read */
	SKIP_MAX = 1 << 30,
};

/* What the connections of a run share. */
struct load {
	const struct options *options;
	struct span requests; /* pipeline + 1 copies of the request */
	size_t request_size;  /* bytes of one */
	int epoll;            /* events carry the struct conn in data.ptr */
	struct schedule schedule;
	struct tally tally;
	struct repeat repeat;   /* the head that most answers have */
	uint64_t now;           /* monotonic ns */
	uint64_t owed;          /* by all connections */
	uint32_t connecting;    /* connections in that state */
	bool started;           /* requests may be sent */
	struct conn_queue free; /* open loop only */
	struct conn *conns;
	uint64_t *times;
	char *text;   /* what requests is a span of */
	char *memory; /* READ_MAX bytes for what is received */
};

/* Begins to connect. */
void conn_open(struct load *l, struct conn *c);

/* Sends at most max requests that are due. */
void conn_fill(struct load *l, struct conn *c, uint32_t max);

/*
 * A connection that might send more: in a closed loop it does, in an open loop
 * it joins the queue. Harmless if it cannot.
 */
void conn_ready(struct load *l, struct conn *c);

/* Takes the first of the queue, or NULL. */
struct conn *conn_next(struct load *l);

/* What epoll said, as events of epoll_ctl(2). */
void conn_event(struct load *l, struct conn *c, uint32_t events);

/* Ends what waits for too long, and opens again what was lost. */
void conn_check(struct load *l, struct conn *c);

#endif
