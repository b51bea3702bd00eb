#include "base/buf.h"

enum { U64_DIGITS = 20 };

void
buf_copy(char *to, const char *from, size_t n)
{
	if (n >= 16) {
		for (size_t i = 0; i + 16 < n; i += 16)
			memcpy(to + i, from + i, 16);
		memcpy(to + n - 16, from + n - 16, 16);
	} else if (n >= 8) {
		memcpy(to, from, 8);
		memcpy(to + n - 8, from + n - 8, 8);
	} else if (n >= 4) {
		memcpy(to, from, 4);
		memcpy(to + n - 4, from + n - 4, 4);
	} else {
		while (n-- > 0)
			to[n] = from[n];
	}
}

/* Digits of value: from its bits, times log10(2), which is 1233 / 4096. */
static unsigned
digits_of(uint64_t value)
{
	static const uint64_t powers[U64_DIGITS] = { 0, 10, 100, 1000, 10000,
		100000, 1000000, 10000000, 100000000, 1000000000,
		UINT64_C(10000000000), UINT64_C(100000000000),
		UINT64_C(1000000000000), UINT64_C(10000000000000),
		UINT64_C(100000000000000), UINT64_C(1000000000000000),
		UINT64_C(10000000000000000), UINT64_C(100000000000000000),
		UINT64_C(1000000000000000000), UINT64_C(10000000000000000000) };
	unsigned bits = 64 - (unsigned)__builtin_clzll(value | 1);
	unsigned n = bits * 1233 >> 12;

	return n + (value >= powers[n]);
}

/* Writes the two lowest digits of value before at. */
static inline char *
put_pair(char *at, unsigned value)
{
	static const char pairs[] =
	    "00010203040506070809101112131415161718192021222324"
	    "25262728293031323334353637383940414243444546474849"
	    "50515253545556575859606162636465666768697071727374"
	    "75767778798081828384858687888990919293949596979899";

	return memcpy(at - 2, &pairs[2 * value], 2);
}

/* Two digits to a division, and 64-bit ones for large numbers alone: a line of
 * the log has some ten numbers. */
void
buf_u64(struct buf *b, uint64_t value)
{
	unsigned n = digits_of(value);
	uint32_t rest;
	char *at;

	if (n > buf_room(b)) {
		b->overflowed = true;
		return;
	}
	b->len += n;
	at = b->at + b->len;
	for (; value > UINT32_MAX; value /= 100)
		at = put_pair(at, (unsigned)(value % 100));
	for (rest = (uint32_t)value; rest >= 10; rest /= 100)
		at = put_pair(at, rest % 100);
	if (at > b->at + b->len - n)
		at[-1] = (char)('0' + rest);
}

void
buf_digits(struct buf *b, uint32_t value, unsigned digits)
{
	char *at;

	if (digits > buf_room(b)) {
		b->overflowed = true;
		return;
	}
	b->len += digits;
	at = b->at + b->len;
	for (; digits >= 2; digits -= 2, value /= 100)
		at = put_pair(at, value % 100);
	if (digits > 0)
		at[-1] = (char)('0' + value % 10);
}

void
buf_hex(struct buf *b, uint64_t value, unsigned digits)
{
	if (digits > buf_room(b)) {
		b->overflowed = true;
		return;
	}
	while (digits > 0)
		buf_char(b, "0123456789abcdef"[value >> 4 * --digits & 0xf]);
}
