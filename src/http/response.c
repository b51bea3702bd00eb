#include "http/response.h"

#include "http/partial.h"

void
response_init(struct response *res, struct buf body, int64_t now)
{
	static const struct span none;

	/* One by one, as a string instruction would take longer; all but piece,
	 * of which there are none. */
	res->status = STATUS_OK;
	res->now = now;
	res->type = res->content_range = res->location = none;
	res->entity = NULL;
	res->allow = res->retry_after = 0;
	res->no_store = res->vary_accept = res->no_content = res->close = false;
	res->body = buf_over(body.at, body.cap);
	res->pieces = 0;
	res->length = 0;
	res->source = NULL;
	res->owner = NULL;
}

/* "404 Not Found" */
static void
put_status(struct buf *out, enum status status)
{
	buf_u64(out, status);
	buf_char(out, ' ');
	buf_put(out, status_reason(status));
}

/* Makes what was written from begin on the whole body. */
static void
keep_written(struct response *res, size_t begin)
{
	response_content(
	    res, (struct span){ res->body.at + begin, res->body.len - begin });
	res->length = res->piece[0].length;
}

static void
write_explanation(struct response *res, enum status status)
{
	struct buf *b = &res->body;
	size_t begin = b->len;

	res->type = SPAN("text/html; charset=utf-8");
	buf_put(b, SPAN("<!DOCTYPE html>\n<html><head><title>"));
	put_status(b, status);
	buf_put(b, SPAN("</title></head><body><h1>"));
	put_status(b, status);
	buf_put(b, SPAN("</h1></body></html>\n"));
	if (b->overflowed) {
		/* the status has to do */
		b->len = begin;
		b->overflowed = false;
		res->type = (struct span){ NULL, 0 };
	}
	keep_written(res, begin);
}

__attribute__((noinline)) void
response_error(struct response *res, enum status status)
{
	unsigned allow = status == STATUS_METHOD_NOT_ALLOWED ? res->allow : 0;
	bool close = res->close;

	response_release(res);
	response_init(res, res->body, res->now);
	res->status = status;
	res->allow = allow;
	res->close = close;
	write_explanation(res, status);
}

void
response_redirect(struct response *res, size_t begin)
{
	if (res->body.overflowed) {
		response_error(res, STATUS_URI_TOO_LONG);
		return;
	}
	res->status = STATUS_PERMANENT_REDIRECT;
	res->location =
	    (struct span){ res->body.at + begin, res->body.len - begin };
	write_explanation(res, STATUS_PERMANENT_REDIRECT);
}

/* Borrowed content tells its length; what is written is all there is. */
static uint64_t
content_length(struct response *res)
{
	uint64_t length = 0;

	if (res->pieces == 0)
		keep_written(res, 0);
	for (unsigned i = 0; i < res->pieces; i++)
		length += res->piece[i].length;
	return length;
}

void
response_finish(struct response *res, const struct request *req)
{
	if (res->pieces == 0 && res->body.overflowed)
		response_error(res, STATUS_INTERNAL_ERROR);
	if (res->status == STATUS_OK && res->entity &&
	    req->method & (METHOD_GET | METHOD_HEAD))
		partial_apply(res, req);
	res->no_content = res->status == STATUS_NO_CONTENT ||
	    res->status == STATUS_NOT_MODIFIED;
	res->length = content_length(res);
	/* what was borrowed stays so: the head may tell of it, and is written
	 * when the request's body is there, or a delay is over */
	if (res->no_content || req->method == METHOD_HEAD)
		res->pieces = 0;
}

uint64_t
response_wire(const struct response *res)
{
	return res->pieces > 0 ? res->length : 0;
}

static void
put_field(struct buf *out, struct span name_colon, struct span value)
{
	buf_put(out, name_colon);
	buf_put(out, value);
	buf_put(out, SPAN("\r\n"));
}

static void
put_number(struct buf *out, struct span name_colon, uint64_t value)
{
	buf_put(out, name_colon);
	buf_u64(out, value);
	buf_put(out, SPAN("\r\n"));
}

/* Some errors may be kept by caches, too (RFC 9111, 4.2.2): then in one coding
 * for those alone that can read it. */
static void
put_vary(struct buf *out, struct span fields)
{
	static const struct span vary = SPAN_INIT("Vary: Accept-Encoding\r\n");

	if (span_starts(fields, vary))
		buf_put(out, vary);
}

/* What is prepared, as far as the status needs it. */
static void
put_entity(struct buf *out, const struct response *res)
{
	const struct entity *e = res->entity;

	switch (res->status) {
	case STATUS_OK:
		buf_put(out, e->fields);
		return;
	case STATUS_NOT_MODIFIED:
		buf_put(out, span_from(e->fields, e->cache_at));
		return;
	case STATUS_PARTIAL_CONTENT:
		put_number(out, SPAN("Content-Length: "), res->length);
		if (res->type.len > 0)
			put_field(out, SPAN("Content-Type: "), res->type);
		buf_put(out,
		    span_from(e->fields,
			res->type.len > 0 ? e->about_at : e->type_at));
		return;
	default: /* the page of an error has no validators */
		buf_put(out, (struct span){ e->fields.at, e->cache_at });
		put_vary(out, span_from(e->fields, e->cache_at));
	}
}

/* What it says about its content. */
static void
put_about(struct buf *out, const struct response *res)
{
	if (res->entity) {
		put_entity(out, res);
	} else if (!res->no_content) {
		if (res->type.len > 0)
			put_field(out, SPAN("Content-Type: "), res->type);
		put_number(out, SPAN("Content-Length: "), res->length);
	}
	if (res->content_range.len > 0)
		put_field(out, SPAN("Content-Range: "), res->content_range);
}

static void
put_allow(struct buf *out, unsigned allow)
{
	static const struct {
		unsigned method;
		struct span name;
	} methods[] = {
		{ METHOD_GET, SPAN_INIT("GET") },
		{ METHOD_HEAD, SPAN_INIT("HEAD") },
		{ METHOD_POST, SPAN_INIT("POST") },
		{ METHOD_PUT, SPAN_INIT("PUT") },
		{ METHOD_DELETE, SPAN_INIT("DELETE") },
		{ METHOD_CONNECT, SPAN_INIT("CONNECT") },
		{ METHOD_OPTIONS, SPAN_INIT("OPTIONS") },
		{ METHOD_TRACE, SPAN_INIT("TRACE") },
		{ METHOD_PATCH, SPAN_INIT("PATCH") },
	};
	struct span before = SPAN("Allow: ");

	for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
		if (!(allow & methods[i].method))
			continue;
		buf_put(out, before);
		buf_put(out, methods[i].name);
		before = SPAN(", ");
	}
	buf_put(out, SPAN("\r\n"));
}

void
response_head(struct buf *out, const struct response *res,
    const struct response_context *context)
{
	if (res->status == STATUS_OK) {
		buf_put(out, SPAN("HTTP/1.1 200 OK\r\n"));
	} else {
		buf_put(out, SPAN("HTTP/1.1 "));
		put_status(out, res->status);
		buf_put(out, SPAN("\r\n"));
	}
	buf_put(out, context->date);
	put_about(out, res);
	if (res->allow != 0)
		put_allow(out, res->allow);
	if (res->location.len > 0)
		put_field(out, SPAN("Location: "), res->location);
	if (res->retry_after > 0)
		put_number(out, SPAN("Retry-After: "), res->retry_after);
	if (res->no_store)
		buf_put(out, SPAN("Cache-Control: no-store\r\n"));
	if (res->vary_accept)
		buf_put(out, SPAN("Vary: Accept\r\n"));
	if (context->id.len > 0)
		put_field(out, SPAN("X-Request-Id: "), context->id);
	if (context->extra.len > 0)
		buf_put(out, context->extra);
	if (res->close)
		buf_put(out, SPAN("Connection: close\r\n"));
	else if (context->keep_alive_1_0)
		buf_put(out, SPAN("Connection: keep-alive\r\n"));
	buf_put(out, SPAN("\r\n"));
}
