/*
 * response.h - what a handler fills, and its head on the wire.
 */
#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"
#include "http/entity.h"
#include "http/range.h"
#include "http/request.h"
#include "http/status.h"

/* A stretch of a body: of memory, or of a file. */
struct piece {
	const char *at; /* NULL: bytes of fd, from offset on */
	int fd;
	uint64_t offset;
	uint64_t length;
};

/* Ranges, what stands before each of them, and an end. */
enum { RESPONSE_PIECES = 2 * RANGES_MAX + 1 };

/* What an answer borrows that does not live for ever. */
struct source {
	/* Asked before the last bytes of a file go out: false if the file is
	 * not any more what the head has told; then they do not. */
	bool (*intact)(void *owner);
	/* Called once, when the answer was sent or will not be; never before
	 * its head was written. */
	void (*release)(void *owner);
};

struct response {
	enum status status;
	int64_t now; /* seconds since 1970: the rules about dates need it */
	struct span type;            /* Content-Type; with content alone */
	const struct entity *entity; /* prepared fields and validators, instead
	                              * of type; a 200 then obeys conditions
	                              * and ranges */
	struct span content_range;   /* of 206 and 416 */
	struct span location;
	unsigned allow;       /* set of enum method for Allow; 0: none */
	unsigned retry_after; /* seconds; 0: no such field */
	bool no_store;        /* Cache-Control: no-store */
	bool vary_accept;     /* Vary: Accept */
	bool no_content;      /* 204, 304 */
	bool close;           /* the connection ends after it */
	/*
	 * The body: pieces, or, if there are none, what was written into the
	 * memory lent here for the handler's call and until the answer was
	 * sent. With pieces, that memory is free for texts that they or the
	 * fields need.
	 */
	struct buf body;
	unsigned pieces;
	uint64_t length;             /* Content-Length, once finished */
	const struct source *source; /* NULL: nothing is borrowed */
	void *owner;
	struct piece piece[RESPONSE_PIECES];
};

/*
 * An empty 200 whose body may be written into the given memory.
 */
void response_init(struct response *res, struct buf body, int64_t now);

/* Makes content, which must live until the answer was sent, the whole body. */
static inline void
response_content(struct response *res, struct span content)
{
	res->piece[0] =
	    (struct piece){ .at = content.at, .length = content.len };
	res->pieces = 1;
}

/* Gives back what res borrowed. */
static inline void
response_release(struct response *res)
{
	const struct source *source = res->source;

	res->source = NULL;
	if (source)
		source->release(res->owner);
}

/*
 * Makes res an error answer: its status, and a small HTML body. Forgets, and
 * releases, what the response held before, but keeps the lent memory and close.
 */
void response_error(struct response *res, enum status status);

/*
 * Makes res a 308 to the path that was written into its lent memory from
 * begin on, query and all (RFC 9110, 15.4.9).
 */
void response_redirect(struct response *res, size_t begin);

/*
 * What every answer to req has in common, after its handler: a 200 with an
 * entity obeys preconditions and ranges (RFC 9110, 13 and 14), HEAD sends no
 * body, 204 has none; a body that overflowed its memory becomes a 500. pieces
 * are then what goes on the wire.
 */
void response_finish(struct response *res, const struct request *req);

/* Bytes of body that go on the wire, of a finished response. */
uint64_t response_wire(const struct response *res);

/* What the connection adds to the head. */
struct response_context {
	struct span date;    /* "Date: Sun, 06 Nov 1994 08:49:37 GMT" CRLF */
	struct span id;      /* X-Request-Id to echo, or empty */
	struct span extra;   /* whole field lines with CRLF, or empty */
	bool keep_alive_1_0; /* say keep-alive: the client is a 1.0 one */
};

/*
 * Appends the head: status line, Date, what is told of the content, Allow,
 * Location, Retry-After, Cache-Control, X-Request-Id, extra fields, Connection,
 * and the empty line.
 */
void response_head(struct buf *out, const struct response *res,
    const struct response_context *context);

#endif
