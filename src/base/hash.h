/*
 * hash.h - SipHash-2-4 (Aumasson and Bernstein, "SipHash: a fast short-input
 * PRF", 2012), in its form with 128 bits of result. Whoever does not know the
 * key cannot make keys of a table collide; with a key that everybody knows it
 * tells contents apart, and the same bytes have the same value everywhere.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

/* 16 bytes in two numbers, the first 8 and the last 8, little-endian. */
struct hash_key {
	uint64_t first, last;
};

struct hash_value {
	uint64_t first, last;
};

/* A value on its way. */
struct hash {
	uint64_t v0, v1, v2, v3; /* as the paper calls them */
	uint64_t tail;           /* bytes that are no whole word yet */
	uint64_t length;         /* bytes fed */
};

void hash_begin(struct hash *h, struct hash_key key);
/* More bytes; where they are cut into pieces makes no difference. */
void hash_feed(struct hash *h, struct span bytes);
/* The value of everything fed. h is used up: hash_begin it again. */
struct hash_value hash_end(struct hash *h);

/* The first half of the value of these bytes, for less work: for a table. */
uint64_t hash_short(struct hash_key key, struct span bytes);

/* Appends the 16 bytes in order, as 32 digits of lower-case hex. */
void hash_hex(struct buf *b, struct hash_value value);

#endif
