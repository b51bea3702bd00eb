/*
 * conn_world.h - a service with a few connections and their clients, driven
 * step by step the way the worker drives it, and checked at every step.
 */
#ifndef TESTS_FUZZ_CONN_WORLD_H
#define TESTS_FUZZ_CONN_WORLD_H

#include <stdbool.h>

#include "conn_dialogue.h"
#include "conn_log.h"
#include "server/conn.h"

enum { PEERS = 8, RING_MAX = 64 * 1024 };

/* A connection and its client. */
struct peer {
	struct conn conn;
	enum want want;
	bool open;    /* the server's end */
	int fd;       /* the client's end; -1: closed */
	bool no_more; /* the client has closed its sending side */
	bool reset;   /* the client was told so, instead of an orderly end */
	char *sent, *received;
	size_t sent_len, sent_cap, received_len, received_cap;
	struct dialogue dialogue;
};

struct world {
	struct service service;
	struct metrics metrics;
	struct clock clock;
	struct ring ring;
	struct pool works;
	struct request scratch;
	char line[ACCESS_LINE_MAX];
	struct log_reader log;
	char *ring_memory; /* of exactly its size */
	int sink;          /* the server's end of the log */
	bool small_buffers;
	int64_t date;
	uint64_t wall; /* of the system, at the monotonic moment 0 */
	struct peer peer[PEERS];
	unsigned peers;    /* so far */
	uint64_t requests; /* counted, as of the last check */
	uint64_t timeouts; /* that must have been counted */
};

/* What may be chosen before the first connection. */
struct world_options {
	bool uncounted, seed, no_log, log_wait, large_ring, small_buffers;
	bool short_idle;
	uint64_t delay_min, delay_max, random_error;
};

void world_begin(struct world *w, const struct world_options *o);

/* A new connection, or NULL if there have been enough. */
struct peer *world_connect(struct world *w);

/* The client sends; what does not fit is not sent. Returns how much did. */
size_t peer_send(struct peer *p, const char *from, size_t len);

/* The client reads at most that much. False if there was nothing. */
bool peer_read(struct peer *p, size_t most);

/* The client closes its sending side, or all of it. */
void peer_shut(struct peer *p);
void peer_close(struct peer *p);

/* One event for it, if there is one; false if not. */
bool world_turn(struct world *w, struct peer *p);

/* Turns until there is nothing more to do without waiting. */
void world_quiet(struct world *w, struct peer *p);

/* A call that no event asked for. */
void world_spurious(struct world *w, struct peer *p);

/* It broke: reset from the other side. */
void world_break(struct world *w, struct peer *p);

/* The server cuts it off. */
void world_cut(struct world *w, struct peer *p);

/* Time goes on, and timers fire. */
void world_wait(struct world *w, uint64_t ns);

/* The log is written, and read. */
void world_flush(struct world *w, bool read);

/* Everything that must hold now. */
void world_check(struct world *w);

/* Ends all connections, and checks what must hold in the end. */
void world_end(struct world *w, bool by_timeouts);

#endif
