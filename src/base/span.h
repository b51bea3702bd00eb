/*
 * span.h - a view of bytes that somebody else owns. Not terminated by NUL, and
 * may hold any byte. An empty span with at == NULL means "not there".
 */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct span {
	const char *at;
	size_t len;
};

/* A span of a string literal. */
#define SPAN(literal) ((struct span){ (literal), sizeof(literal) - 1 })
/* The same where the language wants a constant: in a static initializer. */
#define SPAN_INIT(literal)                     \
	{                                      \
		(literal), sizeof(literal) - 1 \
	}

/* A span of a C string, its NUL left out. */
static inline struct span
span_of(const char *string)
{
	return (struct span){ string, strlen(string) };
}

/* The bytes from begin up to end. */
static inline struct span
span_between(const char *begin, const char *end)
{
	return (struct span){ begin, (size_t)(end - begin) };
}

/* Equal, byte for byte. Where b is a literal, no call. */
static inline bool
span_eq(struct span a, struct span b)
{
	return a.len == b.len && (b.len == 0 || memcmp(a.at, b.at, b.len) == 0);
}

/* Equal but for the case of ASCII letters; no locale. */
bool span_ieq(struct span a, struct span b);

/* True if s begins with prefix. */
static inline bool
span_starts(struct span s, struct span prefix)
{
	return s.len >= prefix.len &&
	    span_eq((struct span){ s.at, prefix.len }, prefix);
}

/* s without its first n bytes; n is at most s.len. */
static inline struct span
span_from(struct span s, size_t n)
{
	return (struct span){ s.at + n, s.len - n };
}

/* s without leading and trailing spaces and tabs (OWS of RFC 9110, 5.6.3). */
struct span span_trim(struct span s);

/*
 * Takes what stands before the first cut byte off *rest and returns it; the cut
 * byte itself goes too. Without one, takes all and leaves *rest with at ==
 * NULL.
 */
struct span span_cut(struct span *rest, char cut);

/* Position of the first c in s, or s.len. */
static inline size_t
span_find(struct span s, char c)
{
	const char *hit = s.len ? memchr(s.at, c, s.len) : NULL;

	return hit ? (size_t)(hit - s.at) : s.len;
}

#endif
