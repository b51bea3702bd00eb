#include <stdint.h>
#include <string.h>

#include "http/body.h"
#include "oracle.h"

/* The wire may carry four times what a body may hold. */
enum { WIRE_MAX = 4 * 65536, CONTENT_MAX = 65536 };

/* Reading goes on as long as neither a fault nor the end of the bytes came. */
struct reader {
	struct span bytes;
	size_t at;
	unsigned faults;
	bool over;
};

static bool
stop(struct reader *r, unsigned faults)
{
	r->faults = faults;
	r->over = true;
	return false;
}

/* The next byte; false at the end of what is there, and at the limit. */
static bool
peek(struct reader *r, char *c)
{
	if (r->over || r->at == r->bytes.len)
		return stop(r, r->faults);
	if (r->at == WIRE_MAX)
		return stop(r, FAULT_413);
	*c = r->bytes.at[r->at];
	return true;
}

static bool
literal(struct reader *r, const char *text)
{
	char c;

	for (; *text; text++) {
		if (!peek(r, &c))
			return false;
		if (c != *text)
			return stop(r, FAULT_400);
		r->at++;
	}
	return true;
}

static int
hex(char c)
{
	const char *digits = "0123456789abcdef0123456789ABCDEF";
	const char *hit = c ? strchr(digits, c) : NULL;

	return hit ? (int)(hit - digits) % 16 : -1;
}

static bool
chunk_size(struct reader *r, size_t content, size_t *size)
{
	unsigned digits = 0;
	char c;

	*size = 0;
	for (; peek(r, &c) && hex(c) >= 0; r->at++, digits++) {
		*size = *size * 16 + (unsigned)hex(c);
		if (*size + content > CONTENT_MAX)
			return stop(r, FAULT_413);
	}
	if (r->over)
		return false;
	return digits > 0 || stop(r, FAULT_400);
}

static bool
is_text(char c)
{
	return c == '\t' || ((unsigned char)c >= 0x20 && c != 0x7f);
}

static bool
is_tchar(char c)
{
	return c > 0x20 && c < 0x7f && !strchr("\"(),/:;<=>?@[\\]{}", c);
}

/* BWS. False if nothing comes behind it; *some, if not NULL: was there any? */
static bool
blanks(struct reader *r, bool *some, char *c)
{
	size_t start = r->at;

	while (peek(r, c) && (*c == ' ' || *c == '\t'))
		r->at++;
	if (some)
		*some = r->at > start;
	return !r->over;
}

static bool
token(struct reader *r, char *c)
{
	size_t start = r->at;

	while (peek(r, c) && is_tchar(*c))
		r->at++;
	return !r->over && (r->at > start || stop(r, FAULT_400));
}

static bool
quoted(struct reader *r)
{
	char c;

	if (!literal(r, "\""))
		return false;
	while (peek(r, &c) && c != '"') {
		if (c == '\\') {
			r->at++;
			if (!peek(r, &c))
				return false;
		}
		if (!is_text(c))
			return stop(r, FAULT_400);
		r->at++;
	}
	return !r->over && literal(r, "\"");
}

/* *( BWS ";" BWS token [ BWS "=" BWS ( token / quoted ) ] ) CRLF */
static bool
extensions(struct reader *r)
{
	bool space;
	char c;

	if (!blanks(r, &space, &c))
		return false;
	while (c == ';') {
		r->at++;
		if (!blanks(r, NULL, &c) || !token(r, &c) ||
		    !blanks(r, &space, &c))
			return false;
		if (c != '=')
			continue;
		r->at++;
		if (!blanks(r, NULL, &c) ||
		    !(c == '"' ? quoted(r) : token(r, &c)) ||
		    !blanks(r, &space, &c))
			return false;
	}
	return space ? stop(r, FAULT_400) : literal(r, "\r\n");
}

/* One byte more of a trailer line, whose length has a limit. */
static bool
trailer_byte(struct reader *r, size_t start, char *c)
{
	if (!peek(r, c))
		return false;
	return r->at - start < HEAD_MAX || stop(r, FAULT_431);
}

/* *( name ":" text CRLF ) CRLF */
static bool
trailers(struct reader *r)
{
	for (unsigned count = 1;; count++) {
		size_t start = r->at;
		char c;

		if (!trailer_byte(r, start, &c))
			return false;
		if (c == '\r')
			return literal(r, "\r\n");
		if (is_tchar(c) && count > FIELDS_MAX)
			return stop(r, FAULT_431);
		while (trailer_byte(r, start, &c) && is_tchar(c))
			r->at++;
		if (r->over)
			return false;
		if (c != ':' || r->at == start)
			return stop(r, FAULT_400);
		while (trailer_byte(r, start, &c) && is_text(c))
			r->at++;
		if (r->over || !literal(r, "\r\n"))
			return false;
	}
}

/* True at the end of the body. */
static bool
chunked(struct reader *r, size_t *content)
{
	size_t size, n;

	*content = 0;
	for (;;) {
		if (!chunk_size(r, *content, &size) || !extensions(r))
			return false;
		if (size == 0)
			return trailers(r);
		for (n = 0; n < size; n++, r->at++) {
			char c;

			if (!peek(r, &c))
				return false;
		}
		*content += size;
		if (!literal(r, "\r\n"))
			return false;
	}
}

struct oracle_body
oracle_body(const struct request *req, struct span bytes)
{
	struct reader r = { .bytes = bytes };
	struct oracle_body b = { 0 };

	if (req->framing == FRAMING_LENGTH && req->content_length > CONTENT_MAX)
		return (struct oracle_body){ .faults = FAULT_413 };
	if (req->framing != FRAMING_CHUNKED) {
		size_t length = req->framing == FRAMING_LENGTH
		    ? (size_t)req->content_length
		    : 0;

		b.done = bytes.len >= length;
		b.used = b.done ? length : bytes.len;
		b.content = b.used;
		return b;
	}
	b.done = chunked(&r, &b.content);
	b.used = r.at;
	b.faults = r.faults;
	return b;
}
