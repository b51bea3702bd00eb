#include "log/json.h"

#include "base/block.h"

/* U+FFFD and U+2026 in UTF-8. */
#define REPLACEMENT "\xef\xbf\xbd"
#define ELLIPSIS    "\xe2\x80\xa6"

enum { ELLIPSIS_LEN = sizeof(ELLIPSIS) - 1 };

/* A string being escaped into to, where it began at start. */
struct escape {
	struct buf *to;
	size_t start, max;
	size_t keep; /* what stays, of the bytes written, if it must be cut */
};

/* Printable ASCII other than '"' and '\'. */
static bool
is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* The place of the first byte that is not plain, or BLOCK. */
static inline size_t
find_special(block bytes)
{
	return block_first((block)((bytes < 0x20) | (bytes >= 0x7f) |
	    (bytes == '"') | (bytes == '\\')));
}

/* How many bytes at the front of s need no escape. */
static inline size_t
plain_run(struct span s)
{
	size_t n = 0, hit;

	if (s.len >= BLOCK) {
		for (; s.len - n >= BLOCK; n += BLOCK) {
			hit = find_special(block_at(s.at + n));
			if (hit < BLOCK)
				return n + hit;
		}
		/* some of these were looked at: no matter */
		n = s.len - BLOCK;
		return n + find_special(block_at(s.at + n));
	}
	if (s.len >= 8) {
		n = find_special(block_of_short(s.at, s.len));
		return n < 8 ? n : n - (BLOCK - s.len);
	}
	while (n < s.len && is_plain((unsigned char)s.at[n]))
		n++;
	return n;
}

/*
 * Bytes of the character beyond ASCII at the front of s (Unicode, table 3-7: no
 * overlong forms, no surrogates, nothing above U+10FFFF), or 0.
 */
static size_t
utf8_len(struct span s)
{
	const unsigned char *p = (const unsigned char *)s.at;
	unsigned low = 0x80, high = 0xbf;
	size_t len;

	if (p[0] >= 0xc2 && p[0] <= 0xdf) {
		len = 2;
	} else if (p[0] >= 0xe0 && p[0] <= 0xef) {
		len = 3;
		low = p[0] == 0xe0 ? 0xa0 : low;
		high = p[0] == 0xed ? 0x9f : high;
	} else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
		len = 4;
		low = p[0] == 0xf0 ? 0x90 : low;
		high = p[0] == 0xf4 ? 0x8f : high;
	} else {
		return 0;
	}
	if (s.len < len || p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

/* Writes the escape of a control character, a quote or a backslash. */
static void
escape_code(struct buf *b, unsigned char c)
{
	static const char letters[] = "\"\"\\\\\bb\ff\nn\rr\tt";

	buf_char(b, '\\');
	for (size_t i = 0; letters[i]; i += 2) {
		if ((unsigned char)letters[i] == c) {
			buf_char(b, letters[i + 1]);
			return;
		}
	}
	buf_put(b, SPAN("u00"));
	buf_hex(b, c, 2);
}

/* Writes a byte that is not part of valid UTF-8. */
static void
escape_bad(struct buf *b, unsigned char c, enum json_bad_bytes bad)
{
	static const char digits[] = "0123456789ABCDEF";

	if (bad == JSON_REPLACE) {
		buf_put(b, SPAN(REPLACEMENT));
		return;
	}
	buf_char(b, '%');
	buf_char(b, digits[c >> 4]);
	buf_char(b, digits[c & 15]);
}

/*
 * Takes one character, which is not plain, off the front of s and writes into
 * unit what it becomes.
 */
static void
escape_one(struct span *s, enum json_bad_bytes bad, struct buf *unit)
{
	unsigned char c = (unsigned char)s->at[0];
	size_t len = 1;

	if (c < 0x80) {
		escape_code(unit, c);
	} else if ((len = utf8_len(*s)) == 0) {
		len = 1;
		escape_bad(unit, c, bad);
	} else if (c == 0xc2 && (unsigned char)s->at[1] < 0xa0) {
		escape_code(unit, (unsigned char)s->at[1]);
	} else {
		buf_put(unit, (struct span){ s->at, len });
	}
	*s = span_from(*s, len);
}

/*
 * Writes a piece: one character's (whole) or plain bytes that may be cut
 * anywhere. False, with as much written as is to stay, if it goes beyond max.
 */
static bool
put_piece(struct escape *e, struct span piece, bool whole)
{
	size_t used = e->to->len - e->start;
	size_t most = e->max - ELLIPSIS_LEN;

	if (used <= most && piece.len <= most - used)
		e->keep = used + piece.len;
	else if (used <= most && !whole)
		e->keep = most;
	if (piece.len <= e->max - used) {
		buf_put(e->to, piece);
		return true;
	}
	if (e->keep > used)
		buf_put(e->to, (struct span){ piece.at, e->keep - used });
	return false;
}

/* json_escape for what cannot just be copied: seldom, and so kept out of it. */
static __attribute__((noinline)) enum json_written
escape_all(struct buf *b, struct span s, enum json_bad_bytes bad, size_t max)
{
	struct escape e = { b, b->len, max, 0 };
	bool fits = true;

	while (fits && s.len > 0 && !b->overflowed) {
		size_t run = plain_run(s);

		if (run > 0) {
			fits = put_piece(&e, (struct span){ s.at, run }, false);
			s = span_from(s, run);
		} else {
			char memory[8];
			struct buf unit = buf_over(memory, sizeof(memory));

			escape_one(&s, bad, &unit);
			fits = put_piece(&e, buf_span(&unit), true);
		}
	}
	if (!fits && !b->overflowed) {
		b->len = e.start + e.keep;
		buf_put(b, SPAN(ELLIPSIS));
	}
	if (b->overflowed)
		b->len = e.start;
	return !fits && !b->overflowed ? JSON_CUT : JSON_ESCAPED;
}

enum json_written
json_escape(struct buf *b, struct span s, enum json_bad_bytes bad, size_t max)
{
	if (s.len > max || plain_run(s) < s.len)
		return escape_all(b, s, bad, max);
	buf_put(b, s);
	return JSON_PLAIN;
}

void
json_key(struct buf *b, struct span name)
{
	if (b->len > 0 && b->at[b->len - 1] != '{')
		buf_put(b, SPAN(", "));
	buf_char(b, '"');
	buf_put(b, name);
	buf_put(b, SPAN("\": "));
}

void
json_str(struct buf *b, struct span name, struct span s,
    enum json_bad_bytes bad, size_t max)
{
	json_key(b, name);
	buf_char(b, '"');
	json_escape(b, s, bad, max);
	buf_char(b, '"');
}

void
json_u64(struct buf *b, struct span name, uint64_t value)
{
	json_key(b, name);
	buf_u64(b, value);
}
