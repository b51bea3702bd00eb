/*
 * path.h - the paths of requests, as they are looked up and as they are told
 * (RFC 3986).
 */
#ifndef SITE_PATH_H
#define SITE_PATH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

/*
 * A number for a table; *escapes tells whether there is a '%' in path. Seeded
 * against bad luck alone: what is in the table is ours, and however many others
 * ask, a probe ends at the first empty place.
 */
uint64_t path_hash(uint64_t seed, struct span path, bool *escapes);

/*
 * Appends path with its %XX decoded. False, and out is of no use, if that has
 * no end in itself: an escape is broken, or stands for a slash or a NUL; or if
 * out overflowed.
 */
bool path_decode(struct span path, struct buf *out);

/* Appends a decoded path with everything encoded that has a meaning, or none,
 * in a reference. */
void path_encode(struct buf *out, struct span path);

/*
 * True if a path, still encoded, may be that of a page in an application that
 * has one file for all: no segment is empty, but for the last one, or begins
 * with a dot, and there is no extension.
 */
bool path_is_page(struct span path);

/* True if the bytes are UTF-8 (RFC 3629). */
bool path_is_utf8(struct span path);

#endif
