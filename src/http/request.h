/*
 * request.h - one parsed request head. All spans point into the connection's
 * input buffer and live until the request's answer has been sent and logged.
 */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

/* Limits of a head (RFC 9112, 3; RFC 9110, 5.4). */
enum {
	HEAD_MAX = 16 * 1024,  /* request line, fields and both empty lines */
	TARGET_MAX = 8 * 1024, /* request target */
	FIELDS_MAX = 128,
};

/* Methods of RFC 9110, 9 and RFC 5789; bits, so that a route can name a set. */
enum method {
	METHOD_UNKNOWN = 0,
	METHOD_GET = 1 << 0,
	METHOD_HEAD = 1 << 1,
	METHOD_POST = 1 << 2,
	METHOD_PUT = 1 << 3,
	METHOD_DELETE = 1 << 4,
	METHOD_CONNECT = 1 << 5,
	METHOD_OPTIONS = 1 << 6,
	METHOD_TRACE = 1 << 7,
	METHOD_PATCH = 1 << 8,
};

/* How the body is framed (RFC 9112, 6.3). */
enum framing { FRAMING_NONE, FRAMING_LENGTH, FRAMING_CHUNKED };

struct field {
	struct span name, value; /* value without surrounding white space */
};

struct request {
	struct span line; /* the request line as received, without its CRLF */
	struct span method_name;
	enum method method;
	struct span target;    /* as received */
	struct span protocol;  /* "HTTP/1.1" as received */
	unsigned version;      /* 10 or 11: how to treat it (1.2-1.9 are 11) */
	struct span authority; /* of an absolute target, else of Host */
	struct span path;      /* still encoded; "*" for OPTIONS * */
	struct span query;     /* without '?'; at == NULL where there is none */
	enum framing framing;
	uint64_t content_length; /* with FRAMING_LENGTH */
	bool keep_alive;         /* what the client asked for, by its version */
	bool expect_continue;    /* Expect: 100-continue from a 1.1 client */
	uint32_t
	    name_lengths; /* of fields: see request_length_bit; 0: unknown */
	unsigned field_count;
	struct field fields[FIELDS_MAX];
};

/* The bit of name_lengths that stands for names of this length: most fields
 * that are asked for are not there, and no name need be looked at to see it. */
static inline uint32_t
request_length_bit(struct span name)
{
	return UINT32_C(1) << (name.len < 31 ? name.len : 31);
}

/* False if no field has a name of these lengths. */
static inline bool
request_may_have(const struct request *req, uint32_t length_bits)
{
	return req->name_lengths == 0 || req->name_lengths & length_bits;
}

/* request_field without the look at the lengths. */
struct span request_field_search(const struct request *req, struct span name);

/*
 * The value of the only field of this name (any case). at == NULL if there is
 * none, or more than one: what is ambiguous is not guessed at.
 */
static inline struct span
request_field(const struct request *req, struct span name)
{
	if (!request_may_have(req, request_length_bit(name)))
		return (struct span){ NULL, 0 };
	return request_field_search(req, name);
}

/*
 * Walks the elements of a comma-separated list over all lines of a field (RFC
 * 9110, 5.6.1), empty elements left out. Start with *walk = (struct
 * field_walk){ 0 }. False at the end.
 */
struct field_walk {
	unsigned next;    /* field to look at next */
	struct span rest; /* of the line being walked */
};
bool request_list(const struct request *req, struct span name,
    struct field_walk *walk, struct span *element);

/* X-Request-Id if it is 1 to 128 visible ASCII characters, else at == NULL. */
struct span request_id(const struct request *req);

/*
 * The 32 hex digits of the trace id of a valid traceparent (W3C Trace Context,
 * level 1, 3.2), else at == NULL.
 */
struct span request_trace_id(const struct request *req);

#endif
