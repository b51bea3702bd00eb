#include "base/buf.h"

enum { U64_DIGITS = 20 }; /* an even number: see pairs */

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

void
buf_u64(struct buf *b, uint64_t value)
{
	buf_u64_wide(b, value, 1);
}

/* Two digits to a division: every line of the log has some twenty numbers. */
void
buf_u64_wide(struct buf *b, uint64_t value, unsigned width)
{
	static const char pairs[] =
	    "00010203040506070809101112131415161718192021222324"
	    "25262728293031323334353637383940414243444546474849"
	    "50515253545556575859606162636465666768697071727374"
	    "75767778798081828384858687888990919293949596979899";
	char digits[U64_DIGITS];
	size_t at = sizeof digits;

	do {
		memcpy(&digits[at -= 2], &pairs[2 * (value % 100)], 2);
		value /= 100;
	} while (value > 0 || sizeof digits - at < width);
	/* the first pair may be one digit too many */
	if (digits[at] == '0' && sizeof digits - at > (width > 1 ? width : 1))
		at++;
	buf_put(b, (struct span){ digits + at, sizeof digits - at });
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
