/*
 * response.h - what a handler fills, and its head on the wire.
 */
#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"
#include "http/request.h"
#include "http/status.h"

struct response {
	enum status status;
	struct span type;  /* Content-Type; with content alone */
	struct span about; /* both lines about the content, Content-Type and
	                    * Content-Length, prepared: instead of type */
	unsigned allow;    /* set of enum method for Allow; 0: no such field */
	bool no_store;     /* Cache-Control: no-store */
	struct span content; /* the body: borrowed, constant memory... */
	struct buf body;     /* ...or, if content.at is NULL, written here, into
	                      * memory lent for the handler's call and until the
	                      * answer was sent */
	bool head_only;      /* HEAD: Content-Length, but no body */
	bool no_content;     /* 204: neither */
	bool close;          /* the connection ends after it */
};

/*
 * An empty 200 whose body may be written into the given memory.
 */
void response_init(struct response *res, struct buf body);

/*
 * Makes res an error answer: its status, and a small HTML body. Forgets what
 * the response held before, but keeps the lent memory and close.
 */
void response_error(struct response *res, enum status status);

/*
 * What every answer to req has in common, after its handler: HEAD sends no
 * body, 204 has none; a body that overflowed its memory becomes a 500.
 */
void response_finish(struct response *res, const struct request *req);

/* The body bytes as they will be sent: empty for HEAD and 204. */
struct span response_body(const struct response *res);

/* What the connection adds to the head. */
struct response_context {
	struct span date;    /* "Date: Sun, 06 Nov 1994 08:49:37 GMT" CRLF */
	struct span id;      /* X-Request-Id to echo, or empty */
	struct span extra;   /* whole field lines with CRLF, or empty */
	bool keep_alive_1_0; /* say keep-alive: the client is a 1.0 one */
};

/*
 * Appends the head: status line, Date, Content-Type, Content-Length, Allow,
 * Cache-Control, X-Request-Id, extra fields, Connection, and the empty line.
 */
void response_head(struct buf *out, const struct response *res,
    const struct response_context *context);

#endif
