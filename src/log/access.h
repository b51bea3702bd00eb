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

enum access_format {
	ACCESS_JSON,
	ACCESS_SEED,
	ACCESS_ECS,    /* Elastic Common Schema */
	ACCESS_GCP,    /* Google Cloud Logging */
	ACCESS_PRETTY, /* for a person at a terminal */
	ACCESS_OFF
};

/* A header to log: its name, and the key that access_header_key makes of it. */
struct access_header_name {
	struct span name, key;
};

/* A header of the request that is to be logged. */
struct access_header {
	struct span key;
	struct span value;
};

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

	/* From here on: looked at only where the style is detailed. */
	unsigned client_port;                /* 0: not known */
	uint64_t request_bytes;              /* head and body; 0: not known */
	uint64_t response_bytes;             /* head and body, as far as sent */
	const struct access_header *headers; /* equal keys beside each other */
	size_t header_count;
};

enum {
	ACCESS_NAME_MAX = 64,    /* the longest key group */
	ACCESS_HEADERS_MAX = 16, /* names of headers */
	/* of a line, for what stands in all lines */
	ACCESS_EXTRA_MAX = 2560,
	/* of a line, at most, for a header's value */
	ACCESS_HEADER_MAX = 1024,
};

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
	bool detailed; /* records tell all there is; needed for extra, too */
	bool coloured; /* ACCESS_PRETTY */
	struct span extra; /* what access_extra wrote; may be empty */
	struct access_opening opening;
};

/* A field of the user's own, in all lines. */
struct access_field {
	struct span name, value; /* values may hold any byte */
};

/*
 * Appends what stands in all lines of a format: the user's fields, and in ECS
 * what the application is. name is of letters, digits, '_', '.' and '-'; fields
 * without a value are left out. ACCESS_EXTRA_MAX bytes at most: more latches
 * b->overflowed.
 */
void access_extra(struct buf *b, const struct access_style *style,
    struct span version, const struct access_field *fields, size_t count);

/* Appends the key that a header's value has in all formats, e.g.
 * header_x_forwarded_proto for X-Forwarded-Proto. */
void access_header_key(struct buf *b, struct span name);

/* True if they are the same, or one lies inside the other, as http.request and
 * http.request.method do: an index can have one of them only. */
bool access_names_clash(struct span a, struct span b);

/*
 * True if a field of the user's may not be called so: it clashes with one that
 * the log has in some format, or that collectors of container logs add.
 */
bool access_name_taken(struct span name);

/*
 * Appends the line for r, newline included. The line is whole, valid JSON (but
 * for ACCESS_PRETTY: printable ASCII, and colours if there are to be any) and
 * at most ACCESS_LINE_MAX bytes: where values are too long for that, they are
 * cut and end in an ellipsis; in message the target is cut inside. b needs
 * ACCESS_LINE_MAX bytes of room.
 */
void access_write(
    struct buf *b, const struct access_record *r, struct access_style *style);

#endif
