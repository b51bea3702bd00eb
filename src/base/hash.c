#include "base/hash.h"

#include <endian.h>
#include <string.h>

static uint64_t
rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

/* SipRound, so many times. */
static inline void
rounds(struct hash *h, unsigned count)
{
	while (count-- > 0) {
		h->v0 += h->v1;
		h->v2 += h->v3;
		h->v1 = rotate(h->v1, 13) ^ h->v0;
		h->v3 = rotate(h->v3, 16) ^ h->v2;
		h->v0 = rotate(h->v0, 32);
		h->v2 += h->v1;
		h->v0 += h->v3;
		h->v1 = rotate(h->v1, 17) ^ h->v2;
		h->v3 = rotate(h->v3, 21) ^ h->v0;
		h->v2 = rotate(h->v2, 32);
	}
}

static inline void
take_word(struct hash *h, uint64_t word)
{
	h->v3 ^= word;
	rounds(h, 2);
	h->v0 ^= word;
}

void
hash_begin(struct hash *h, struct hash_key key)
{
	*h = (struct hash){
		.v0 = key.first ^ UINT64_C(0x736f6d6570736575),
		.v1 = key.last ^ UINT64_C(0x646f72616e646f6d) ^ 0xee,
		.v2 = key.first ^ UINT64_C(0x6c7967656e657261),
		.v3 = key.last ^ UINT64_C(0x7465646279746573),
	};
}

/* Bytes one by one, until a word is whole or there are none left. */
static struct span
take_bytes(struct hash *h, struct span bytes)
{
	while (bytes.len > 0) {
		uint64_t byte = (unsigned char)bytes.at[0];

		bytes = span_from(bytes, 1);
		h->tail |= byte << 8 * (h->length++ & 7);
		if ((h->length & 7) == 0) {
			take_word(h, h->tail);
			h->tail = 0;
			break;
		}
	}
	return bytes;
}

void
hash_feed(struct hash *h, struct span bytes)
{
	struct hash in_registers;
	uint64_t word;

	if ((h->length & 7) != 0)
		bytes = take_bytes(h, bytes);
	in_registers = *h;
	for (; bytes.len >= sizeof word;
	     bytes = span_from(bytes, sizeof word)) {
		memcpy(&word, bytes.at, sizeof word);
		take_word(&in_registers, le64toh(word));
		in_registers.length += sizeof word;
	}
	*h = in_registers;
	take_bytes(h, bytes);
}

/* What stands at the end of every input, and the first half of the value. */
static uint64_t
finish(struct hash *h)
{
	take_word(h, h->tail | h->length << 56);
	h->v2 ^= 0xee;
	rounds(h, 4);
	return h->v0 ^ h->v1 ^ h->v2 ^ h->v3;
}

struct hash_value
hash_end(struct hash *h)
{
	struct hash_value value = { .first = finish(h) };

	h->v1 ^= 0xdd;
	rounds(h, 4);
	value.last = h->v0 ^ h->v1 ^ h->v2 ^ h->v3;
	return value;
}

uint64_t
hash_short(struct hash_key key, struct span bytes)
{
	struct hash h;

	hash_begin(&h, key);
	hash_feed(&h, bytes);
	return finish(&h);
}

void
hash_hex(struct buf *b, struct hash_value value)
{
	buf_hex(b, __builtin_bswap64(value.first), 16);
	buf_hex(b, __builtin_bswap64(value.last), 16);
}
