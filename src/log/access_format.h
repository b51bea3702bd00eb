/*
 * access_format.h - what the formats of the access log share. For log/access*.c
 * alone.
 */
#ifndef LOG_ACCESS_FORMAT_H
#define LOG_ACCESS_FORMAT_H

#include "base/date.h"
#include "base/num.h"
#include "log/access.h"
#include "log/json.h"

/*
 * Each of these appends a line with no value longer than share. b latches
 * overflowed if that is too long: share is lowered then.
 */
void access_json(struct buf *b, const struct access_record *r,
    struct access_style *style, size_t share);
void access_ecs(struct buf *b, const struct access_record *r,
    struct access_style *style, size_t share);
void access_gcp(struct buf *b, const struct access_record *r,
    struct access_style *style, size_t share);
void access_pretty(struct buf *b, const struct access_record *r,
    struct access_style *style, size_t share);

/* Appends the inside of a message: the request line, the status, and "-". */
void access_message(struct buf *b, const struct access_record *r, size_t share);

/* The target as received, or the path where the request line is broken. */
struct span access_target(const struct access_record *r);

/* Appends members for the headers, each key behind prefix. */
void access_headers(struct buf *b, const struct access_record *r,
    struct span prefix, size_t share);

/* Writes style->opening for a second. */
void access_open(struct access_style *style, uint64_t second);

/* Microseconds stand behind the second, but for the seed's. */
enum { ACCESS_MICROS = 6 };

/* Appends what a line begins with: most lines fall into the second of the line
 * before. */
static inline void
put_opening(struct buf *b, uint64_t wall, struct access_style *style)
{
	struct access_opening *o = &style->opening;
	uint64_t second = wall / NS_PER_SEC;

	if (o->second != second || o->time == 0)
		access_open(style, second);
	buf_put(b, (struct span){ o->text, o->time + o->rest });
	if (style->format != ACCESS_SEED && !b->overflowed) {
		struct buf micros =
		    buf_over(b->at + b->len - o->rest, ACCESS_MICROS);

		date_rfc3339_micros(&micros, wall - second * NS_PER_SEC);
	}
}

/* Members are written with their separators as one literal: this is done for
 * every request, and json_key would cost as much as the values. */
static inline void
put_text(struct buf *b, struct span key, struct span value,
    enum json_bad_bytes bad, size_t share)
{
	if (value.len == 0)
		return;
	buf_put(b, key);
	json_escape(b, value, bad, share);
	buf_char(b, '"');
}

/* True if inner lies inside outer. */
static inline bool
is_part(struct span inner, struct span outer)
{
	size_t at = (uintptr_t)inner.at - (uintptr_t)outer.at;

	return at <= outer.len && inner.len <= outer.len - at;
}

#endif
