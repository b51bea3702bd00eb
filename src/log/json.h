/*
 * json.h - writes JSON (RFC 8259): every result is valid UTF-8, whatever the
 * bytes are.
 */
#ifndef LOG_JSON_H
#define LOG_JSON_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

/* What a byte that is not part of valid UTF-8 becomes. */
enum json_bad_bytes {
	JSON_REPLACE, /* U+FFFD */
	JSON_PERCENT, /* %FF: in a URL that means the same */
};

/* What became of a string. */
enum json_written {
	JSON_PLAIN,   /* stands there byte for byte */
	JSON_ESCAPED, /* whole, and perhaps escaped */
	JSON_CUT,
};

/*
 * Appends s as the inside of a string, without the quotes: '"' and '\' and
 * control characters (C0, DEL, C1) escaped. Writes at most max bytes (at least
 * 3): a longer result is cut at a character and ends in U+2026 (an ellipsis),
 * which counts.
 */
enum json_written
json_escape(struct buf *b, struct span s, enum json_bad_bytes bad, size_t max);

/*
 * Appends the separator if the object already has a member (that is, if the
 * last byte written is not '{'), then "name": . name is written as it is.
 */
void json_key(struct buf *b, struct span name);

/* json_key, and s as a string of at most max bytes. */
void json_str(struct buf *b, struct span name, struct span s,
    enum json_bad_bytes bad, size_t max);

/* json_key, and a number. */
void json_u64(struct buf *b, struct span name, uint64_t value);

#endif
