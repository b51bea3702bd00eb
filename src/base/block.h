/*
 * block.h - looks at sixteen bytes at once, with the vectors that gcc and clang
 * make of any machine's registers. A test of a block, such as block == ',',
 * sets all bits of the bytes that it holds for.
 */
#ifndef BASE_BLOCK_H
#define BASE_BLOCK_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#else
#include <endian.h>
#endif

enum { BLOCK = 16 };
typedef uint8_t block __attribute__((vector_size(BLOCK)));
typedef uint64_t block_halves __attribute__((vector_size(BLOCK)));

/* The BLOCK bytes at s. */
static inline block
block_at(const char *s)
{
	block bytes;

	memcpy(&bytes, s, BLOCK);
	return bytes;
}

/* All of s, which has 8 to BLOCK bytes: its first 8 and its last 8. */
static inline block
block_of_short(const char *s, size_t len)
{
	uint64_t first, last;

	memcpy(&first, s, 8);
	memcpy(&last, s + len - 8, 8);
	return (block)(block_halves){ first, last };
}

/* The place of the first byte that a test holds for, or BLOCK. */
static inline size_t
block_first(block hits)
{
#ifdef __SSE2__
	unsigned bits = (unsigned)_mm_movemask_epi8((__m128i)hits);

	return (size_t)__builtin_ctz(bits | 1U << BLOCK);
#else
	uint64_t half[BLOCK / 8];

	memcpy(half, &hits, BLOCK);
	if (half[0] != 0)
		return (size_t)__builtin_ctzll(le64toh(half[0])) / 8;
	if (half[1] != 0)
		return 8 + (size_t)__builtin_ctzll(le64toh(half[1])) / 8;
	return BLOCK;
#endif
}

#endif
