/*
 * json_check.h - a strict and slow reader of JSON (RFC 8259) and UTF-8 for
 * tests; shares no code and no idea with what it checks.
 */
#ifndef TESTS_LOG_JSON_CHECK_H
#define TESTS_LOG_JSON_CHECK_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/span.h"

/*
 * Bytes of the well-formed UTF-8 character at the front of s, 0 if there is
 * none: the code point is decoded, and must encode to the same length.
 */
static size_t
check_utf8(struct span s)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = 0;
	uint32_t code;

	if (s.len == 0)
		return 0;
	code = (unsigned char)s.at[0];
	if (code < 0x80)
		return 1;
	while (len < 8 && (code & (0x80u >> len)))
		len++;
	if (len < 2 || len > 4 || s.len < len)
		return 0;
	code &= 0x7fu >> len;
	for (size_t i = 1; i < len; i++) {
		unsigned char c = (unsigned char)s.at[i];

		if (c / 64 != 2)
			return 0;
		code = code * 64 + c % 64;
	}
	if (code < least[len] || code > 0x10ffff)
		return 0;
	return code / 0x800 == 0xd800 / 0x800 ? 0 : len;
}

static bool
check_take(struct span *s, char c)
{
	if (s->len == 0 || s->at[0] != c)
		return false;
	*s = span_from(*s, 1);
	return true;
}

static bool
check_escape(struct span *s)
{
	if (s->len == 0 || !strchr("\"\\/bfnrtu", s->at[0]))
		return false;
	if (!check_take(s, 'u')) {
		*s = span_from(*s, 1);
		return true;
	}
	for (int i = 0; i < 4; i++) {
		if (s->len == 0 || !s->at[0] ||
		    !strchr("0123456789abcdefABCDEF", s->at[0]))
			return false;
		*s = span_from(*s, 1);
	}
	return true;
}

/* A string; besides the RFC, no DEL and no C1 as they are. */
static bool
check_string(struct span *s)
{
	if (!check_take(s, '"'))
		return false;
	while (!check_take(s, '"')) {
		size_t len = check_utf8(*s);
		unsigned char c;

		if (len == 0)
			return false;
		c = (unsigned char)s->at[0];
		if (c < 0x20 || c == 0x7f)
			return false;
		if (c == 0xc2 && (unsigned char)s->at[1] < 0xa0)
			return false;
		*s = span_from(*s, len);
		if (c == '\\' && !check_escape(s))
			return false;
	}
	return true;
}

static size_t
check_digits(struct span *s)
{
	size_t n = 0;

	while (n < s->len && s->at[n] >= '0' && s->at[n] <= '9')
		n++;
	*s = span_from(*s, n);
	return n;
}

static bool
check_number(struct span *s)
{
	bool zero = s->len > 0 && s->at[0] == '0';
	size_t n = check_digits(s);

	if (n == 0 || (zero && n > 1))
		return false;
	return !check_take(s, '.') || check_digits(s) > 0;
}

/* Of strings. */
static bool
check_array(struct span *s)
{
	if (!check_take(s, '['))
		return false;
	do
		if (!check_string(s))
			return false;
	while (check_take(s, ',') && check_take(s, ' '));
	return check_take(s, ']');
}

static bool
check_object(struct span *s) // NOLINT(misc-no-recursion)
{
	if (!check_take(s, '{'))
		return false;
	if (check_take(s, '}'))
		return true;
	for (;;) {
		if (!check_string(s) || !check_take(s, ':') ||
		    !check_take(s, ' ') || s->len == 0)
			return false;
		if (s->at[0] == '"'       ? !check_string(s)
			: s->at[0] == '{' ? !check_object(s)
			: s->at[0] == '[' ? !check_array(s)
			: span_starts(*s, SPAN("true"))
			? (*s = span_from(*s, 4), false)
			: !check_number(s))
			return false;
		if (check_take(s, '}'))
			return true;
		if (!check_take(s, ',') || !check_take(s, ' '))
			return false;
	}
}

/* One object in one line that ends in a newline. */
static inline bool
check_line(struct span s)
{
	return check_object(&s) && check_take(&s, '\n') && s.len == 0;
}

#endif
