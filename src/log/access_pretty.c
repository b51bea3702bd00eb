/*
 * The format pretty, for a person at a terminal: columns, and a colour for each
 * class of status. Nothing that a client sends reaches the terminal but
 * printable ASCII: all else could move its cursor, or reverse what it shows,
 * and is shown as %1B, in a URL the same thing.
 */
#include "log/access_format.h"

/* Widths of the columns; what is wider moves the rest of its line. */
enum { METHOD_WIDTH = 7, TARGET_WIDTH = 32, NUMBER_WIDTH = 10 };

/* Of a byte that is escaped, and of the ellipsis. */
enum { ESCAPE_LEN = 3, ELLIPSIS_LEN = 3 };

/* Down to milliseconds. */
enum { MICROS_SHOWN = 3 };

static void
pad(struct buf *b, size_t start, size_t width)
{
	while (b->len - start < width && !b->overflowed)
		buf_char(b, ' ');
}

/* At most max bytes: what is longer ends in an ellipsis of ours. */
static void
put_printable(struct buf *b, struct span s, size_t max)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t start = b->len;

	for (size_t i = 0; i < s.len && !b->overflowed; i++) {
		unsigned char c = (unsigned char)s.at[i];

		if (b->len - start + ESCAPE_LEN + ELLIPSIS_LEN > max) {
			buf_put(b, SPAN("\xe2\x80\xa6"));
			return;
		}
		if (c > ' ' && c < 0x7f) {
			buf_char(b, (char)c);
		} else {
			buf_char(b, '%');
			buf_char(b, digits[c >> 4]);
			buf_char(b, digits[c & 15]);
		}
	}
}

/* At the right of its column. */
static void
put_right(struct buf *b, struct span text)
{
	for (size_t n = text.len; n < NUMBER_WIDTH; n++)
		buf_char(b, ' ');
	buf_put(b, text);
}

static void
put_bytes(struct buf *b, uint64_t bytes)
{
	char memory[32];
	struct buf text = buf_over(memory, sizeof memory);

	buf_u64(&text, bytes);
	buf_put(&text, SPAN(" B"));
	put_right(b, buf_span(&text));
}

static void
put_duration(struct buf *b, uint64_t ns)
{
	char memory[32];
	struct buf text = buf_over(memory, sizeof memory);

	buf_u64(&text, ns / NS_PER_MS);
	buf_char(&text, '.');
	buf_digits(&text, (uint32_t)(ns % NS_PER_MS / NS_PER_US), 3);
	buf_put(&text, SPAN(" ms"));
	buf_char(b, ' ');
	put_right(b, buf_span(&text));
}

/* ECMA-48, 8.3.117: green, cyan, yellow, red. */
static struct span
colour_of(unsigned status)
{
	switch (status / 100) {
	case 2:
		return SPAN("\x1b[32m");
	case 3:
		return SPAN("\x1b[36m");
	case 4:
		return SPAN("\x1b[33m");
	default:
		return SPAN("\x1b[31m");
	}
}

static void
put_status(struct buf *b, unsigned status, bool coloured)
{
	if (coloured)
		buf_put(b, colour_of(status));
	buf_digits(b, status, 3);
	if (coloured)
		buf_put(b, SPAN("\x1b[0m"));
}

void
access_pretty(struct buf *b, const struct access_record *r,
    struct access_style *style, size_t share)
{
	struct span target = access_target(r);
	size_t start;

	put_opening(b, r->wall, style);
	if (!b->overflowed)
		b->len -= ACCESS_MICROS - MICROS_SHOWN;
	buf_char(b, ' ');
	put_status(b, r->status, style->coloured);
	buf_char(b, ' ');
	start = b->len;
	put_printable(b, r->method, share);
	pad(b, start, METHOD_WIDTH);
	buf_char(b, ' ');
	start = b->len;
	/* what is no request is shown as it came */
	put_printable(b, r->method.len > 0 ? target : r->line, share);
	pad(b, start, TARGET_WIDTH);
	buf_char(b, ' ');
	put_bytes(b, r->bytes);
	put_duration(b, r->duration);
	buf_put(b, SPAN("  "));
	buf_put(b, r->client_ip);
	if (r->aborted)
		buf_put(b, SPAN(" aborted"));
	buf_char(b, '\n');
}
