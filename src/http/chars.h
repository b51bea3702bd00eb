/*
 * chars.h - which sets of the grammar a byte belongs to: one look into a table
 * for each byte, whatever the set.
 */
#ifndef HTTP_CHARS_H
#define HTTP_CHARS_H

#include <stdbool.h>

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

#endif
