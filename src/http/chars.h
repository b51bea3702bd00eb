/*
 * chars.h - which sets of the grammar a byte belongs to: one look into a table
 * for each byte, whatever the set.
 */
#ifndef HTTP_CHARS_H
#define HTTP_CHARS_H

#include <stdbool.h>

#include "base/block.h"
#include "base/span.h"

enum chars {
	CHARS_TOKEN = 1 << 0, /* tchar (RFC 9110, 5.6.2) */
	CHARS_FIELD = 1 << 1, /* VCHAR, obs-text, SP, HTAB (RFC 9110, 5.5) */
	CHARS_URI = 1 << 2,   /* visible ASCII but '#': in a request target */
	CHARS_NAME = 1 << 3,  /* unreserved, sub-delims (RFC 3986, 3.2.2) */
	CHARS_HEX = 1 << 4,   /* hex digits, either case */
};

extern const unsigned char chars[256];

/* True if c belongs to the set. */
static inline bool
chars_has(enum chars set, char c)
{
	return (chars[(unsigned char)c] & (unsigned)set) != 0;
}

/*
 * The place of the first byte that is neither letter nor digit, '-' nor '.', or
 * BLOCK. Those belong to TOKEN, URI and NAME, and most names have no others.
 */
static inline size_t
chars_unusual(block bytes)
{
	block letter = (block)((bytes | 0x20) - 'a' < 26);
	block other = (block)(bytes - '-' <= '9' - '-') & ~(bytes == '/');

	return block_first(~(letter | other));
}

/* How many bytes at the front of s are seen to be of those; the next one may be
 * another of them. Sixteen at a time, where a table takes them one by one. */
static inline size_t
chars_usual(struct span s)
{
	size_t n = 0, hit;

	if (s.len < 8)
		return 0;
	if (s.len < BLOCK) {
		n = chars_unusual(block_of_short(s.at, s.len));
		return n < 8 ? n : n - (BLOCK - s.len);
	}
	do {
		hit = chars_unusual(block_at(s.at + n));
		n += hit;
	} while (hit == BLOCK && s.len - n >= BLOCK);
	return n;
}

#endif
