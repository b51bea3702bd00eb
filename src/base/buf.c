#include "base/buf.h"

enum { U64_DIGITS = 20 };

void
buf_u64(struct buf *b, uint64_t value)
{
	buf_u64_wide(b, value, 1);
}

void
buf_u64_wide(struct buf *b, uint64_t value, unsigned width)
{
	char digits[U64_DIGITS];
	size_t at = sizeof digits;

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
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
