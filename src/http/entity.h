/*
 * entity.h - what is told of a representation (RFC 9110, 8): type, coding,
 * validators. Written once, when the content is loaded, and sent many times.
 */
#ifndef HTTP_ENTITY_H
#define HTTP_ENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

/* Spans point into the memory that entity_write was given, or to its facts. */
struct entity {
	/*
	 * Whole field lines, in an order in which each answer needs what stands
	 * from some place on:
	 *   0            Content-Length                    200 alone
	 *   type_at      Content-Type                      206 of one range
	 *   about_at     Content-Encoding, X-Content-Type-Options  of several
	 *   cache_at     Vary, Cache-Control, ETag, Last-Modified,
	 * Accept-Ranges 304 (15.4.5) too
	 */
	struct span fields;
	uint32_t type_at, about_at, cache_at;
	struct span type;
	struct span etag; /* with its quotes, strong; empty: none */
	int64_t modified; /* seconds since 1970; negative: not known */
	uint64_t length;  /* of the whole */
};

/* What there is to tell. Empty spans are left out. */
struct entity_facts {
	struct span type, encoding, cache_control, etag;
	int64_t modified;
	uint64_t length;
	bool vary;    /* on Accept-Encoding: there are other codings */
	bool nosniff; /* browsers shall believe type */
};

/* Bytes of fields, where type has at most 128 and cache_control 256. */
enum { ENTITY_FIELDS_MAX = 1024 };

/*
 * Writes the fields into memory (ENTITY_FIELDS_MAX bytes of room are always
 * enough) and fills *e; both, and what the spans of facts point to, must stay
 * as long as e is used.
 */
void entity_write(
    struct entity *e, struct buf *memory, const struct entity_facts *facts);

#endif
