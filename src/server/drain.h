/*
 * drain.h - from the first signal to the end: unready, then no new
 * connections, then nobody left, then the log's last lines.
 */
#ifndef SERVER_DRAIN_H
#define SERVER_DRAIN_H

#include "server/worker.h"

/* A signal can be read. */
void drain_signal(struct worker *w);

/* Goes to the next phase when its time has come; call once a turn. */
void drain_step(struct worker *w);

/* When drain_step has something to do; CLOCK_NEVER: nothing planned. */
uint64_t drain_deadline(const struct worker *w);

/* The worker's own, as the way to the end needs them. */
void worker_close(struct worker *w, struct conn *c);
void worker_obey(struct worker *w, struct conn *c, enum want want);
/* Accepts at most that many; true if the queue is empty. */
bool worker_accept(struct worker *w, struct slots *s, unsigned most);

#endif
