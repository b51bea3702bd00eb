/*
 * take.h - bytes that a connection has read become requests, and each request
 * its answer, which waits in work->out to be sent.
 */
#ifndef SERVER_TAKE_H
#define SERVER_TAKE_H

#include "server/conn.h"

/*
 * Answers the whole requests at hand, as many as one batch takes. Then there is
 * something to send, or a request that waits for its body or its delay
 * (work->held), or the next one is not whole.
 */
void take_requests(struct conn *c);

/* More of the body of the request in hand. */
void take_body(struct conn *c);

/* The request in hand cannot be answered as it asks: err says how instead. */
void take_refuse(struct conn *c, enum status err);

/* All that is there is the beginning of a head that is not answered as a
 * request: err says how instead, or STATUS_NONE that it is too large. */
void take_refuse_head(struct conn *c, enum status err);

/* A request whose head is not whole, or not one, as far as request_salvage has
 * put it into service->scratch. */
void take_broken(struct conn *c);

#endif
