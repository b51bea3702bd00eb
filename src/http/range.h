/*
 * range.h - which bytes of a representation were asked for (RFC 9110, 14).
 */
#ifndef HTTP_RANGE_H
#define HTTP_RANGE_H

#include <stdint.h>

#include "http/request.h"

/* Who asks for more ranges than this gets the whole. */
enum { RANGES_MAX = 8 };

/* Both ends belong to it, and lie inside the representation. */
struct range {
	uint64_t first, last;
};

enum range_pick {
	RANGE_WHOLE,         /* no range, or one that is to be ignored */
	RANGE_SOME,          /* *count of them, in out */
	RANGE_UNSATISFIABLE, /* none lies inside: 416 */
};

/*
 * Reads the Range field of req for a representation of length bytes. If-Range
 * is the caller's to look at.
 */
enum range_pick range_pick(const struct request *req, uint64_t length,
    struct range out[RANGES_MAX], unsigned *count);

#endif
