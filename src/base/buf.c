#include "base/buf.h"

enum { U64_DIGITS = 20 };

void
buf_copy(char *to, const char *from, size_t n)
{
	if (n >= 32) {
		const char *last = from + n - 32;
		char *last_to = to + n - 32;

		for (; last - from > 32; from += 64, to += 64)
			memcpy(to, from, 64);
		if (from < last)
			memcpy(to, from, 32);
		memcpy(last_to, last, 32);
	} else if (n >= 16) {
		memcpy(to, from, 16);
		memcpy(to + n - 16, from + n - 16, 16);
	} else if (n >= 8) {
		memcpy(to, from, 8);
		memcpy(to + n - 8, from + n - 8, 8);
	} else if (n >= 4) {
		memcpy(to, from, 4);
		memcpy(to + n - 4, from + n - 4, 4);
	} else if (n > 0) { /* first, middle and last */
		to[0] = from[0];
		to[n / 2] = from[n / 2];
		to[n - 1] = from[n - 1];
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

/* Writes a number below 100 as two digits. */
static inline void
put_pair(char *at, unsigned value)
{
	static const char pairs[] =
	    "00010203040506070809101112131415161718192021222324"
	    "25262728293031323334353637383940414243444546474849"
	    "50515253545556575859606162636465666768697071727374"
	    "75767778798081828384858687888990919293949596979899";

	memcpy(at, &pairs[2 * value], 2);
}

/* Two digits to a division, and no 64-bit ones for small numbers: a line of the
 * log has some ten numbers. */
static inline void
put_digits(char *at, size_t n, uint32_t value)
{
	for (; n >= 2; value /= 100) {
		n -= 2;
		put_pair(at + n, value % 100);
	}
	if (n > 0)
		*at = (char)('0' + value);
}

/* The same without a loop, for what a line of the log has: a status, and parts
 * of a second. */
static inline void
put_three(char *at, uint32_t value)
{
	*at = (char)('0' + value / 100);
	put_pair(at + 1, value % 100);
}

static inline void
put_six(char *at, uint32_t value)
{
	put_pair(at, value / 10000);
	put_pair(at + 2, value / 100 % 100);
	put_pair(at + 4, value % 100);
}

void
buf_digits(struct buf *b, uint32_t value, unsigned digits)
{
	size_t len = b->len + digits;
	char *at = b->at + b->len;

	if (len > b->cap) {
		b->overflowed = true;
		return;
	}
	if (digits == 3) {
		put_three(at, value);
	} else if (digits == 6) {
		put_six(at, value);
	} else if (digits == 9) {
		put_three(at, value / 1000000);
		put_six(at + 3, value % 1000000);
	} else {
		put_digits(at, digits, value);
	}
	b->len = len;
}

void
buf_u64(struct buf *b, uint64_t value)
{
	size_t digits;
	char *at = b->at + b->len;

	if (value < 10) {
		buf_char(b, (char)('0' + value));
		return;
	}
	digits = digits_of(value);
	if (digits > buf_room(b)) {
		b->overflowed = true;
		return;
	}
	b->len += digits;
	for (; digits > 9; digits -= 9, value /= 1000000000)
		put_digits(at + digits - 9, 9, (uint32_t)(value % 1000000000));
	put_digits(at, digits, (uint32_t)value);
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
