/*
 * parse.h - one request head, strictly (RFC 9112, 2 to 6). Nothing is copied,
 * nothing ambiguous is repaired.
 */
#ifndef HTTP_PARSE_H
#define HTTP_PARSE_H

#include <stddef.h>

#include "base/span.h"
#include "http/request.h"
#include "http/status.h"

enum head_find {
	HEAD_PARTIAL, /* no end yet: read more */
	HEAD_WHOLE,   /* *length says where the head ends */
	HEAD_BAD,     /* cannot become a head: 400 */
	HEAD_LARGE,   /* HEAD_MAX bytes without an end: see head_too_large */
};

/*
 * Looks for the end of a head in bytes, which begins with the head's first
 * byte (empty lines before it were skipped by head_skip). *scanned, 0 at first,
 * remembers how far earlier calls got, so that each byte is looked at once
 * however it arrives. Lines that do not end in CRLF, NUL, other control bytes
 * and a first byte that no method begins with are HEAD_BAD at once; a CR that
 * is all there is may become an empty line: HEAD_PARTIAL, and *scanned stays 0
 * (skip again when more has come). On HEAD_WHOLE *length is the head's length,
 * the empty line included.
 */
enum head_find head_find(struct span bytes, size_t *scanned, size_t *length);

/*
 * How many bytes of empty lines (CRLF) stand before the next request: a client
 * may send them after a body (RFC 9112, 2.2). A lone CR at the end is kept.
 */
size_t head_skip(struct span bytes);

/*
 * Parses a whole head into *req, one that head_find has returned: what it has
 * refused is not looked for again. Returns STATUS_NONE,
 * or the error to answer (400 414 431 501 505 417); then req holds what was
 * understood so far (line, method, target, path...) for the log, and the
 * connection must close.
 */
enum status request_parse(struct span head, struct request *req);

/*
 * For a head that did not come to its end (too large, bad, timed out, cut off):
 * fills req with what its first line shows, for the log, and never fails.
 * Returns 414 if the target alone is over its limit, else 431: what
 * HEAD_LARGE should be answered with.
 */
enum status request_salvage(struct span bytes, struct request *req);

#endif
