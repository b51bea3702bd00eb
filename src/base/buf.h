/*
 * buf.h - writes into memory that somebody else owns. Never allocates. What
 * does not fit is not written in part: the writer latches overflowed, and is
 * asked once, at the end.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/span.h"

struct buf {
	char *at;
	size_t len, cap;
	bool overflowed;
};

/* An empty writer over cap bytes at memory. */
static inline struct buf
buf_over(char *memory, size_t cap)
{
	return (struct buf){ memory, 0, cap, false };
}

/* What was written so far. */
static inline struct span
buf_span(const struct buf *b)
{
	return (struct span){ b->at, b->len };
}

/* Bytes that still fit. */
static inline size_t
buf_room(const struct buf *b)
{
	return b->cap - b->len;
}

/*
 * memcpy(3) for a few bytes whose number is known at run time only: two moves
 * that may overlap, where a libc's may cost as much as all else in a short line
 * (musl's aligns byte by byte, and then starts a string instruction).
 */
void buf_copy(char *to, const char *from, size_t n);

/* Appends all of s, or nothing and latches overflowed. */
static inline void
buf_put(struct buf *b, struct span s)
{
	size_t len = b->len + s.len; /* both are real memory: no wrap */

	if (len > b->cap) {
		b->overflowed = true;
		return;
	}
	if (__builtin_constant_p(s.len) && s.len > 0)
		memcpy(b->at + b->len, s.at, s.len);
	else
		buf_copy(b->at + b->len, s.at, s.len);
	b->len = len;
}

/* Appends one byte. */
static inline void
buf_char(struct buf *b, char c)
{
	if (b->len == b->cap)
		b->overflowed = true;
	else
		b->at[b->len++] = c;
}

/* Appends a number in decimal, without leading zeros. */
void buf_u64(struct buf *b, uint64_t value);

/* Appends a number in decimal, with leading zeros: in so many digits, which are
 * enough for it. */
void buf_digits(struct buf *b, uint32_t value, unsigned digits);

/* Appends the lowest 4 * digits bits of value in lower-case hex. */
void buf_hex(struct buf *b, uint64_t value, unsigned digits);

#endif
