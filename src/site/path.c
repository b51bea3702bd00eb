#include "site/path.h"

#include <limits.h>

#include "base/num.h"
#include "http/chars.h"

#define EACH UINT64_C(0x0101010101010101) /* byte of a word */

static uint64_t
load(const char *at, size_t n)
{
	uint64_t word = 0;

	memcpy(&word, at, n);
	return word;
}

/* Bytes of word that are '%', as bits; or some next to them. */
static uint64_t
percent(uint64_t word)
{
	uint64_t zero = word ^ EACH * '%';

	return (zero - EACH) & ~zero & EACH << 7;
}

static uint64_t
stir(uint64_t h, uint64_t word)
{
	h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 29;
}

uint64_t
path_hash(uint64_t seed, struct span path, bool *escapes)
{
	uint64_t h = seed ^ path.len, found = 0, word;
	const char *at = path.at;
	size_t n = path.len;

	for (; n > 8; n -= 8, at += 8) {
		word = load(at, 8);
		found |= percent(word);
		h = stir(h, word);
	}
	/* the last eight bytes, some of them a second time */
	if (path.len >= 8)
		word = load(path.at + path.len - 8, 8);
	else if (n >= 4)
		word = load(at, 4) | load(at + n - 4, 4) << 32;
	else if (n > 0)
		word = load(at, 1) | load(at + n / 2, 1) << 8 |
		    load(at + n - 1, 1) << 16;
	else
		word = 0;
	found |= percent(word);
	*escapes = found != 0;
	return stir(stir(h, word), seed);
}

bool
path_decode(struct span path, struct buf *out)
{
	while (path.len > 0) {
		size_t n = span_find(path, '%');
		uint64_t byte;

		buf_put(out, (struct span){ path.at, n });
		path = span_from(path, n);
		if (path.len == 0)
			break;
		if (path.len < 3 ||
		    !num_parse_hex((struct span){ path.at + 1, 2 }, &byte) ||
		    byte == '/' || byte == '\0')
			return false;
		buf_char(out, (char)byte);
		path = span_from(path, 3);
	}
	return !out->overflowed;
}

void
path_encode(struct buf *out, struct span path)
{
	for (size_t i = 0; i < path.len; i++) {
		char c = path.at[i];

		if (chars_has(CHARS_NAME, c) || c == '/' || c == ':' ||
		    c == '@') {
			buf_char(out, c);
			continue;
		}
		buf_char(out, '%');
		buf_put(out,
		    (struct span){
			&"0123456789ABCDEF"[(unsigned char)c >> 4], 1 });
		buf_put(out, (struct span){ &"0123456789ABCDEF"[c & 0xf], 1 });
	}
}

bool
path_is_page(struct span path)
{
	char memory[PATH_MAX];
	struct buf decoded = buf_over(memory, sizeof memory);
	struct span rest;

	if (!path_decode(path, &decoded))
		return false;
	rest = buf_span(&decoded);
	if (span_cut(&rest, '/').len > 0 || !rest.at)
		return false;
	for (;;) {
		struct span segment = span_cut(&rest, '/');

		if (!rest.at)
			return span_find(segment, '.') == segment.len;
		if (segment.len == 0 || segment.at[0] == '.')
			return false;
	}
}

/* Bytes that follow one that begins a sequence, and what the first of them has
 * to be: from low up to high. */
static size_t
sequence(unsigned char c, unsigned char *low, unsigned char *high)
{
	*low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
	*high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
	if (c >= 0xc2 && c <= 0xdf)
		return 1;
	if (c >= 0xe0 && c <= 0xef)
		return 2;
	return c >= 0xf0 && c <= 0xf4 ? 3 : 0;
}

bool
path_is_utf8(struct span path)
{
	const unsigned char *at = (const unsigned char *)path.at;

	for (size_t i = 0; i < path.len;) {
		unsigned char low, high;
		size_t more;

		if (at[i] < 0x80) {
			i++;
			continue;
		}
		more = sequence(at[i++], &low, &high);
		if (more == 0 || more > path.len - i)
			return false;
		for (; more > 0; more--, i++) {
			if (at[i] < low || at[i] > high)
				return false;
			low = 0x80;
			high = 0xbf;
		}
	}
	return true;
}
