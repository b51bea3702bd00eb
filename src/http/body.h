/*
 * body.h - finds the end of a request's body and throws the bytes away (RFC
 * 9112, 6 and 7.1): nothing here needs a body, but the next request begins
 * behind it.
 */
#ifndef HTTP_BODY_H
#define HTTP_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "http/request.h"
#include "http/status.h"

/* A body over this is answered 413. Framing bytes count four times less: a
 * chunked body may take up to 4 * BODY_MAX bytes on the wire. */
enum { BODY_MAX = 64 * 1024 };

struct body {
	enum framing framing;
	uint64_t left;    /* bytes to come of the body, or of this chunk */
	uint64_t content; /* content bytes so far */
	uint64_t wire;    /* bytes taken so far, framing included */
	unsigned state;   /* of the chunked decoder */
	unsigned line;    /* length of the trailer line so far */
	unsigned fields;  /* trailer fields so far */
	bool done;
};

/*
 * Begins the body that req announces. Returns STATUS_NONE, or 413 if its
 * Content-Length is over BODY_MAX. A request without a body is done at once.
 */
enum status body_begin(struct body *b, const struct request *req);

/*
 * Takes what belongs to the body off bytes and sets *used to how much that is;
 * b->done tells whether it ended there. Returns STATUS_NONE, 400 for broken
 * chunks or trailers, 413 or 431 when limits are passed. The result does not
 * depend on how the bytes are cut into calls.
 */
enum status body_feed(struct body *b, struct span bytes, size_t *used);

#endif
