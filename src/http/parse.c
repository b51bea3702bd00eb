#include <stdint.h>
#include <string.h>

#include "base/block.h"
#include "base/num.h"
#include "http/chars.h"
#include "http/parse.h"
#include "http/target.h"

/* What the fields that matter here said, over all their lines. 16 bits count
 * more than a head has bytes. */
struct seen {
	struct span host, length;
	uint16_t hosts, lengths;    /* lines */
	uint16_t coding_lines;      /* lines of Transfer-Encoding, */
	uint16_t codings, chunkeds; /* and its members */
	bool chunked_last;
	bool close, keep_alive; /* members of Connection */
	bool expect_continue, expect_other;
	bool too_many;
};

_Static_assert(HEAD_MAX < UINT16_MAX, "struct seen counts with 16 bits");

/* The place of the first control byte in a block at s, or BLOCK. */
static inline size_t
find_control(const char *s)
{
	block bytes = block_at(s);

	return block_first((block)((bytes < 0x20) | (bytes == 0x7f)));
}

/* The place of the first CR in a block at s, or BLOCK. */
static inline size_t
find_cr(const char *s)
{
	return block_first((block)(block_at(s) == '\r'));
}

/* How many bytes stand before the first control byte of s (HTAB is one). */
static inline size_t
text_length(const char *s, size_t len)
{
	size_t n = 0, hit;

	for (; len - n >= BLOCK; n += BLOCK) {
		hit = find_control(s + n);
		if (hit < BLOCK)
			return n + hit;
	}
	if (n > 0 && n < len) /* some of these were looked at: no matter */
		return len - BLOCK + find_control(s + len - BLOCK);
	while (n < len && chars_has(CHARS_FIELD, s[n]) && s[n] != '\t')
		n++;
	return n;
}

enum head_find
head_find(struct span bytes, size_t *scanned, size_t *length)
{
	const char *s = bytes.at;
	size_t limit = bytes.len < HEAD_MAX ? bytes.len : HEAD_MAX;
	size_t at = *scanned;

	if (at == 0) {
		/* a lone CR may still become an empty line */
		if (bytes.len == 0 || (bytes.len == 1 && s[0] == '\r'))
			return HEAD_PARTIAL;
		if (!chars_has(CHARS_TOKEN, s[0]))
			return HEAD_BAD;
	}
	while ((at += text_length(s + at, limit - at)) < limit) {
		if (s[at] != '\r') {
			if (s[at] != '\t')
				return HEAD_BAD;
			at++;
			continue;
		}
		if (at + 1 == limit)
			break;
		if (s[at + 1] != '\n')
			return HEAD_BAD;
		at += 2;
		/* every LF up to here ends a line, and none was first */
		if (s[at - 3] == '\n') {
			*scanned = *length = at;
			return HEAD_WHOLE;
		}
	}
	*scanned = at;
	return bytes.len < HEAD_MAX ? HEAD_PARTIAL : HEAD_LARGE;
}

size_t
head_skip(struct span bytes)
{
	size_t n = 0;

	while (bytes.len - n >= 2 && bytes.at[n] == '\r' &&
	    bytes.at[n + 1] == '\n')
		n += 2;
	return n;
}

/* Where the line at ends: at its CR, behind which is an LF, as head_find has
 * seen. There is one before end. */
static inline const char *
line_end(const char *at, const char *end)
{
	size_t hit = BLOCK;

	while (end - at >= BLOCK && (hit = find_cr(at)) == BLOCK)
		at += BLOCK;
	if (hit < BLOCK)
		return at + hit;
	while (*at != '\r')
		at++;
	return at;
}

static size_t
token_length(struct span s)
{
	size_t n = 0;

	while (n < s.len && chars_has(CHARS_TOKEN, s.at[n]))
		n++;
	return n;
}

static enum method
method_of(struct span name)
{
	if (span_eq(name, SPAN("HEAD")))
		return METHOD_HEAD;
	if (span_eq(name, SPAN("POST")))
		return METHOD_POST;
	if (span_eq(name, SPAN("PUT")))
		return METHOD_PUT;
	if (span_eq(name, SPAN("DELETE")))
		return METHOD_DELETE;
	if (span_eq(name, SPAN("CONNECT")))
		return METHOD_CONNECT;
	if (span_eq(name, SPAN("OPTIONS")))
		return METHOD_OPTIONS;
	if (span_eq(name, SPAN("TRACE")))
		return METHOD_TRACE;
	if (span_eq(name, SPAN("PATCH")))
		return METHOD_PATCH;
	return METHOD_UNKNOWN;
}

/* HTTP-version of RFC 9112, 2.3; case matters. */
static bool
is_protocol(struct span s)
{
	return span_eq(s, SPAN("HTTP/1.1")) ||
	    (s.len == 8 && span_starts(s, SPAN("HTTP/")) && s.at[5] >= '0' &&
		s.at[5] <= '9' && s.at[6] == '.' && s.at[7] >= '0' &&
		s.at[7] <= '9');
}

/* An empty request: all members but line, which is set next, and the 4 KB of
 * fields. One by one, since a call or a string instruction would take longer.
 */
static void
request_clear(struct request *req)
{
	static const struct span none;

	req->method_name = req->target = req->protocol = none;
	req->authority = req->path = req->query = none;
	req->method = METHOD_UNKNOWN;
	req->version = 11;
	req->framing = FRAMING_NONE;
	req->content_length = 0;
	req->keep_alive = req->expect_continue = false;
	req->name_lengths = 0;
	req->field_count = 0;
}

/* Splits req->line (RFC 9112, 3). What is clean is kept, whatever follows. */
static enum status
take_line(struct request *req)
{
	struct span rest = req->line;
	bool get = span_starts(rest, SPAN("GET ")); /* nearly always */
	size_t n = get ? 3 : token_length(rest);

	if (n == 0 || n == rest.len || rest.at[n] != ' ')
		return STATUS_BAD_REQUEST;
	req->method_name = (struct span){ rest.at, n };
	req->method = get ? METHOD_GET : method_of(req->method_name);
	rest = span_from(rest, n + 1);
	for (n = 0; n < rest.len && rest.at[n] != ' '; n++)
		; /* mostly short: memchr would cost more */
	if (n == 0)
		return STATUS_BAD_REQUEST;
	req->target = (struct span){ rest.at, n };
	if (n == rest.len)
		return STATUS_BAD_REQUEST;
	rest = span_from(rest, n + 1);
	if (!is_protocol(rest))
		return STATUS_BAD_REQUEST;
	req->protocol = rest;
	if (rest.at[5] == '1' && rest.at[7] == '0')
		req->version = 10;
	return STATUS_NONE;
}

/* Equal but for case; nearly everybody spells known as it is spelt here. */
static inline bool
is(struct span name, struct span known)
{
	return span_eq(name, known) || span_ieq(name, known);
}

static struct span
next_member(struct span *list)
{
	return span_trim(span_cut(list, ','));
}

static void
see_connection(struct seen *seen, struct span list)
{
	while (list.at != NULL) {
		struct span option = next_member(&list);

		if (is(option, SPAN("close")))
			seen->close = true;
		else if (is(option, SPAN("keep-alive")))
			seen->keep_alive = true;
	}
}

/* This one and the next are seldom called, and so kept out of the way. */
static __attribute__((noinline)) void
see_coding(struct seen *seen, struct span list)
{
	seen->coding_lines++;
	while (list.at != NULL) {
		struct span coding = next_member(&list);

		if (coding.len == 0)
			continue;
		seen->codings++;
		seen->chunked_last = span_ieq(coding, SPAN("chunked"));
		if (seen->chunked_last)
			seen->chunkeds++;
	}
}

static __attribute__((noinline)) void
see_expect(struct seen *seen, struct span list)
{
	while (list.at != NULL) {
		struct span expectation = next_member(&list);

		if (span_ieq(expectation, SPAN("100-continue")))
			seen->expect_continue = true;
		else if (expectation.len > 0)
			seen->expect_other = true;
	}
}

/* Remembers what a field says if it is one that matters here. */
static void
see(struct seen *seen, struct span name, struct span value)
{
	switch (name.len) {
	case sizeof "Host" - 1:
		if (is(name, SPAN("Host"))) {
			seen->hosts++;
			seen->host = value;
		}
		break;
	case sizeof "Expect" - 1:
		if (is(name, SPAN("Expect")))
			see_expect(seen, value);
		break;
	case sizeof "Connection" - 1:
		if (is(name, SPAN("Connection")))
			see_connection(seen, value);
		break;
	case sizeof "Content-Length" - 1:
		if (is(name, SPAN("Content-Length"))) {
			seen->lengths++;
			seen->length = value;
		}
		break;
	case sizeof "Transfer-Encoding" - 1:
		if (is(name, SPAN("Transfer-Encoding")))
			see_coding(seen, value);
		break;
	default:
		break;
	}
}

/* The value that stands from at to end, most often behind a single space. */
static inline struct span
value_between(const char *at, const char *end)
{
	if (at < end && *at == ' ')
		at++;
	if (at < end && (at[0] <= ' ' || end[-1] <= ' '))
		return span_trim(span_between(at, end));
	return span_between(at, end);
}

/*
 * Takes all field lines and the empty line (RFC 9112, 5). A folded line shows
 * as one without a name. False: not clean.
 */
static bool
take_fields(
    struct request *req, const char *at, const char *end, struct seen *seen)
{
	const char *eol, *colon;

	for (; *at != '\r'; at = eol + 2) {
		struct field f;

		colon = at;
		if (end - at >= BLOCK)
			colon += chars_unusual(block_at(at));
		while (chars_has(CHARS_TOKEN, *colon)) /* the CR ends it */
			colon++;
		if (colon == at || *colon != ':')
			return false;
		eol = line_end(colon + 1, end);
		f.name = span_between(at, colon);
		f.value = value_between(colon + 1, eol);
		req->name_lengths |= request_length_bit(f.name);
		if (req->field_count < FIELDS_MAX)
			req->fields[req->field_count++] = f;
		else
			seen->too_many = true;
		see(seen, f.name, f.value);
	}
	return at + 2 == end;
}

/* Host (RFC 9112, 3.2): it must be there once and valid, and an empty one is
 * valid; what it says is ignored if the target names a host. */
static enum status
check_host(struct request *req, const struct seen *seen)
{
	if (seen->hosts > 1 || (seen->hosts == 0 && req->version > 10))
		return STATUS_BAD_REQUEST;
	if (seen->hosts == 0)
		return STATUS_NONE;
	if (seen->host.len > 0 && !target_authority(seen->host))
		return STATUS_BAD_REQUEST;
	if (req->authority.at == NULL)
		req->authority = seen->host;
	return STATUS_NONE;
}

/* How the body is framed (RFC 9112, 6); what two recipients could read in two
 * ways is refused. */
static enum status
check_framing(struct request *req, const struct seen *seen)
{
	if (seen->coding_lines > 0) {
		if (req->version == 10 || seen->lengths > 0)
			return STATUS_BAD_REQUEST;
		if (seen->chunkeds != 1 || !seen->chunked_last)
			return STATUS_BAD_REQUEST;
		if (seen->codings != 1)
			return STATUS_NOT_IMPLEMENTED;
		req->framing = FRAMING_CHUNKED;
	} else if (seen->lengths > 0) {
		if (seen->lengths > 1 ||
		    !num_parse_u64(seen->length, &req->content_length))
			return STATUS_BAD_REQUEST;
		req->framing = FRAMING_LENGTH;
	}
	return STATUS_NONE;
}

/* Expect (RFC 9110, 10.1.1), which 1.0 does not know, and Connection (RFC
 * 9112, 9.3). */
static enum status
check_wishes(struct request *req, const struct seen *seen)
{
	if (req->version > 10) {
		if (seen->expect_other)
			return STATUS_EXPECTATION_FAILED;
		req->expect_continue = seen->expect_continue;
	}
	req->keep_alive =
	    !seen->close && (req->version > 10 || seen->keep_alive);
	return STATUS_NONE;
}

enum status
request_parse(struct span head, struct request *req)
{
	struct seen seen = { 0 };
	const char *end = head.at + head.len, *eol;
	enum status err, target_err;

	if (head.len < 4 || memcmp(end - 4, "\r\n\r\n", 4) != 0) {
		request_salvage(head, req);
		return STATUS_BAD_REQUEST;
	}
	eol = line_end(head.at, end);
	request_clear(req);
	req->line = span_between(head.at, eol);
	err = take_line(req);
	/* for the log, whatever else is wrong */
	target_err = req->target.len > 0 ? target_parse(req) : err;
	if (err)
		return err;
	if (!take_fields(req, eol + 2, end, &seen))
		return STATUS_BAD_REQUEST;
	if (req->protocol.at[5] != '1')
		return STATUS_VERSION_NOT_SUPPORTED;
	if (req->target.len > TARGET_MAX)
		return STATUS_URI_TOO_LONG;
	if (seen.too_many)
		return STATUS_FIELDS_TOO_LARGE;
	err = target_err;
	if (!err)
		err = check_host(req, &seen);
	if (!err)
		err = check_framing(req, &seen);
	if (!err)
		err = check_wishes(req, &seen);
	return err;
}

enum status
request_salvage(struct span bytes, struct request *req)
{
	size_t n = span_find(bytes, '\n');

	request_clear(req);
	if (n > 0 && bytes.at[n - 1] == '\r')
		n--;
	req->line = (struct span){ bytes.at, n };
	take_line(req);
	if (req->target.len > 0)
		target_parse(req);
	return req->target.len > TARGET_MAX ? STATUS_URI_TOO_LONG
					    : STATUS_FIELDS_TOO_LARGE;
}
