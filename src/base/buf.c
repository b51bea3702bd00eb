#include "base/buf.h"

enum { U64_DIGITS = 20 };

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

	for (; value >= 10; value /= 100)
		memcpy(&digits[at -= 2], &pairs[2 * (value % 100)], 2);
	if (value > 0 || at == sizeof digits)
		digits[--at] = (char)('0' + value);
	while (sizeof digits - at < width && at > 0)
		digits[--at] = '0';
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
