/*
 * access.h - one request as one line of the access log.
 */
#ifndef LOG_ACCESS_H
#define LOG_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

/* No line is longer, its newline included: container runtimes split there. */
enum { ACCESS_LINE_MAX = 8 * 1024 };

enum access_format { ACCESS_JSON, ACCESS_SEED, ACCESS_OFF };

/* What is to be said of a request. Empty spans are left out. */
struct access_record {
	struct span client_ip; /* an address as text: nothing to escape */
	struct span line;      /* request line as received */
	struct span method, path, query, protocol;
	struct span user_agent, referer, request_id, trace_id;
	unsigned status; /* three digits */
	bool aborted;
	uint64_t bytes;    /* body bytes sent */
	uint64_t duration; /* ns */
	uint64_t wall;     /* moment of writing, ns since 1970 */
};

/* The longest key group. */
enum { ACCESS_NAME_MAX = 64 };

/* What all lines of one second begin with; all zero at first. */
struct access_opening {
	uint64_t second;   /* since 1970 */
	size_t time, rest; /* bytes up to the second, bytes behind it; 0: none
	                    * written yet */
	char text[64 + ACCESS_NAME_MAX];
};

/* How lines are written, always the same; belongs to one event loop. */
struct access_style {
	enum access_format format; /* not ACCESS_OFF */
	struct span name_space;    /* the key group: ACCESS_NAME_MAX at most */
	struct access_opening opening;
};

/*
 * Appends the line for r, newline included. The line is whole, valid JSON and
 * at most ACCESS_LINE_MAX bytes: where values are too long for that, they are
 * cut and end in an ellipsis; in message the target is cut inside. b needs
 * ACCESS_LINE_MAX bytes of room.
 */
void access_write(
    struct buf *b, const struct access_record *r, struct access_style *style);

#endif
