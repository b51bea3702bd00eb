/*
 * exchange.h - the beginning and the end of a request's life: what is noted
 * for the log, how its answer is chosen and written, and the one place where it
 * is counted and logged.
 */
#ifndef SERVER_EXCHANGE_H
#define SERVER_EXCHANGE_H

#include "server/conn.h"
#include "server/work.h"

/* Notes what the log says of a request, as far as req was understood. */
void exchange_begin(struct conn *c, const struct request *req);

/* Then, where the service has details: head is the whole of it if it was good,
 * else empty. */
void
exchange_detail(struct conn *c, const struct request *req, struct span head);

/* Notes that used bytes of its body were taken. */
void exchange_body(struct conn *c, size_t used);

/* Chooses the answer to a good request into work->res, and its delay. */
void exchange_answer(struct conn *c, const struct request *req);

/* Replaces the answer by an error after which the connection ends. */
void exchange_reject(struct conn *c, enum status status);

/* Writes the held answer behind the others that wait to be sent. */
void exchange_release(struct conn *c);

/* Notes that the answers sent in part have begun. */
void exchange_begun(struct conn *c);

/*
 * Counts and logs all answers sent so far. False if the log has no room and
 * service->log_wait asks to wait for it: call again.
 */
bool exchange_finish(struct conn *c);

/*
 * The connection is lost: what is not yet sent counts as aborted. Then
 * exchange_finish logs it.
 */
void exchange_abort(struct conn *c);

#endif
