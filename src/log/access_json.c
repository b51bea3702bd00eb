/* The formats json and seed. */
#include "log/access_format.h"

/* What message ends in. The status stands there, and is taken from there. */
#define MESSAGE_END "\\\" 000 -"
enum {
	MESSAGE_END_LEN = sizeof MESSAGE_END - 1,
	STATUS_AT = 3,
	STATUS_LEN = 3,
};

/* A key, which is a literal, and a value that needs no escape, with one look at
 * the room. */
static inline void
put_plain(struct buf *b, struct span key, struct span value)
{
	size_t at = b->len + key.len, len = at + value.len;

	if (len > b->cap) {
		b->overflowed = true;
		return;
	}
	memcpy(b->at + b->len, key.at, key.len);
	buf_copy(b->at + at, value.at, value.len);
	b->len = len;
}

/* A value that is most often a part of plain, text that needs no escape and was
 * not cut: then neither does the value. Leaves its string open, as message
 * does: the next key begins with the closing quote. */
static inline void
put_part(struct buf *b, struct span key, struct span value,
    enum json_bad_bytes bad, size_t share, struct span plain)
{
	if (value.len == 0)
		return;
	if (is_part(value, plain)) {
		put_plain(b, key, value);
		return;
	}
	buf_put(b, key);
	json_escape(b, value, bad, share);
}

/*
 * Writes a request line that is longer than share: the target is cut, so that
 * method and protocol stay. Those are cut too where they would take more than a
 * quarter each.
 */
static __attribute__((noinline)) void
put_cut_line(struct buf *b, struct span line, size_t share)
{
	size_t first = span_find(line, ' '), last = line.len, start, method,
	       end;

	while (last > first && line.at[last - 1] != ' ')
		last--;
	if (last <= first + 1) { /* fewer than two spaces */
		json_escape(b, line, JSON_PERCENT, share);
		return;
	}
	start = b->len;
	json_escape(b, span_from(line, last), JSON_PERCENT, share / 4);
	end = b->len - start;
	b->len = start;
	json_escape(
	    b, (struct span){ line.at, first }, JSON_PERCENT, share / 4);
	method = b->len - start;
	buf_char(b, ' ');
	json_escape(b, span_between(line.at + first + 1, line.at + last - 1),
	    JSON_PERCENT, share - method - end - 2);
	buf_char(b, ' ');
	json_escape(b, span_from(line, last), JSON_PERCENT, share / 4);
}

/* Writes into an open string, and leaves it open. Returns the request line if
 * it went in as it is, else nothing. */
static inline __attribute__((always_inline)) struct span
put_message(
    struct buf *b, const struct access_record *r, const char *end, size_t share)
{
	size_t start;
	enum json_written written;

	start = b->len;
	written = json_escape(b, r->line, JSON_PERCENT, share);
	if (written == JSON_CUT) {
		b->len = start;
		put_cut_line(b, r->line, share);
	}
	buf_put(b, (struct span){ end, MESSAGE_END_LEN });
	return written == JSON_PLAIN ? r->line : (struct span){ NULL, 0 };
}

/* Writes what the seed did not have. */
static void
put_details(struct buf *b, const struct access_record *r, const char *end,
    size_t share, struct span plain)
{
	put_part(b, SPAN("\", \"method\": \""), r->method, JSON_REPLACE, share,
	    plain);
	put_part(
	    b, SPAN("\", \"path\": \""), r->path, JSON_PERCENT, share, plain);
	put_part(
	    b, SPAN("\", \"query\": \""), r->query, JSON_PERCENT, share, plain);
	put_part(b, SPAN("\", \"protocol\": \""), r->protocol, JSON_REPLACE,
	    share, plain);
	buf_put(b, SPAN("\", \"status\": "));
	buf_put(b, (struct span){ end + STATUS_AT, STATUS_LEN });
	buf_put(b, SPAN(", \"bytes\": "));
	buf_u64(b, r->bytes);
	buf_put(b, SPAN(", \"duration_seconds\": "));
	num_seconds(b, r->duration);
	put_text(b, SPAN(", \"user_agent\": \""), r->user_agent, JSON_REPLACE,
	    share);
	put_text(b, SPAN(", \"referer\": \""), r->referer, JSON_REPLACE, share);
	put_text(b, SPAN(", \"request_id\": \""), r->request_id, JSON_REPLACE,
	    share);
	put_text(
	    b, SPAN(", \"trace_id\": \""), r->trace_id, JSON_REPLACE, share);
}

/* What is seldom to be said, or was asked for by the user. */
static __attribute__((noinline)) void
put_extras(struct buf *b, const struct access_record *r,
    const struct access_style *style, size_t share)
{
	if (r->aborted)
		buf_put(b, SPAN(", \"aborted\": true"));
	if (!style->detailed)
		return;
	access_headers(b, r, SPAN(", \""), share);
	buf_put(b, style->extra);
}

__attribute__((noinline)) void
access_message(struct buf *b, const struct access_record *r, size_t share)
{
	char end[] = MESSAGE_END;
	struct buf status = buf_over(end + STATUS_AT, STATUS_LEN);

	buf_digits(&status, r->status, STATUS_LEN);
	buf_put(b, SPAN("\\\""));
	put_message(b, r, end, share);
}

void
access_json(struct buf *b, const struct access_record *r,
    struct access_style *style, size_t share)
{
	char end[] = MESSAGE_END;
	struct buf status = buf_over(end + STATUS_AT, STATUS_LEN);
	struct span plain;

	buf_digits(&status, r->status, STATUS_LEN);
	put_opening(b, r->wall, style);
	if (r->client_ip.len > 0) {
		put_plain(b, SPAN("\"client_ip\": \""), r->client_ip);
		buf_put(b, SPAN("\", \"message\": \"\\\""));
	} else {
		buf_put(b, SPAN("\"message\": \"\\\""));
	}
	plain = put_message(b, r, end, share);
	if (style->format == ACCESS_JSON) {
		put_details(b, r, end, share, plain);
		if (r->aborted | style->detailed)
			put_extras(b, r, style, share);
	} else {
		buf_char(b, '"');
	}
	buf_put(b, SPAN("}}\n"));
}
