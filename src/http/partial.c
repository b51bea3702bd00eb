#include "http/partial.h"

#include "http/precond.h"

/* "bytes 0-99/1234" */
static void
put_content_range(struct buf *b, const struct range *r, uint64_t whole)
{
	buf_put(b, SPAN("bytes "));
	buf_u64(b, r->first);
	buf_char(b, '-');
	buf_u64(b, r->last);
	buf_char(b, '/');
	buf_u64(b, whole);
}

static struct span
written(const struct buf *b, size_t begin)
{
	return (struct span){ b->at + begin, b->len - begin };
}

static struct piece
cut(const struct piece *whole, const struct range *r)
{
	struct piece p = *whole;

	if (p.at)
		p.at += r->first;
	else
		p.offset += r->first;
	p.length = r->last - r->first + 1;
	return p;
}

static void
unsatisfiable(struct response *res)
{
	uint64_t whole = res->entity->length;
	struct buf *b = &res->body;
	size_t begin;

	response_error(res, STATUS_RANGE_NOT_SATISFIABLE);
	begin = b->len;
	buf_put(b, SPAN("bytes */"));
	buf_u64(b, whole);
	if (!b->overflowed)
		res->content_range = written(b, begin);
}

static void
one_part(struct response *res, const struct range *r)
{
	struct buf *b = &res->body;
	size_t begin = b->len;

	put_content_range(b, r, res->entity->length);
	res->content_range = written(b, begin);
	res->piece[0] = cut(&res->piece[0], r);
}

/* No content holds its own hash, so its tag can stand between parts of it. */
static struct span
boundary_of(const struct entity *e)
{
	if (e->etag.len <= 2)
		return SPAN("THIS_SEPARATES_PARTS");
	return (struct span){ e->etag.at + 1, e->etag.len - 2 };
}

static void
add_text(struct response *res, size_t begin)
{
	struct span text = written(&res->body, begin);

	res->piece[res->pieces++] =
	    (struct piece){ .at = text.at, .length = text.len };
}

/* multipart/byteranges (RFC 9110, 14.6). */
static void
several_parts(struct response *res, const struct range *r, unsigned count)
{
	const struct entity *e = res->entity;
	struct piece whole = res->piece[0];
	struct span boundary = boundary_of(e);
	struct buf *b = &res->body;
	size_t begin = b->len;

	buf_put(b, SPAN("multipart/byteranges; boundary="));
	buf_put(b, boundary);
	res->type = written(b, begin);
	res->pieces = 0;
	for (unsigned i = 0; i < count; i++) {
		begin = b->len;
		if (i > 0)
			buf_put(b, SPAN("\r\n"));
		buf_put(b, SPAN("--"));
		buf_put(b, boundary);
		buf_put(b, SPAN("\r\nContent-Type: "));
		buf_put(b, e->type);
		buf_put(b, SPAN("\r\nContent-Range: "));
		put_content_range(b, &r[i], e->length);
		buf_put(b, SPAN("\r\n\r\n"));
		add_text(res, begin);
		res->piece[res->pieces++] = cut(&whole, &r[i]);
	}
	begin = b->len;
	buf_put(b, SPAN("\r\n--"));
	buf_put(b, boundary);
	buf_put(b, SPAN("--\r\n"));
	add_text(res, begin);
}

static void
apply_range(struct response *res, const struct request *req)
{
	struct range range[RANGES_MAX];
	unsigned count;

	switch (range_pick(req, res->entity->length, range, &count)) {
	case RANGE_WHOLE:
		return;
	case RANGE_UNSATISFIABLE:
		unsatisfiable(res);
		return;
	case RANGE_SOME:
		break;
	}
	res->status = STATUS_PARTIAL_CONTENT;
	if (count == 1)
		one_part(res, range);
	else
		several_parts(res, range, count);
	if (res->body.overflowed)
		response_error(res, STATUS_INTERNAL_ERROR);
}

/* True if none of the fields can be there that ask for less than all; most
 * requests have none. */
static bool
asks_for_all(const struct request *req)
{
	uint32_t lengths = request_length_bit(SPAN("If-Match")) |
	    request_length_bit(SPAN("If-None-Match")) |
	    request_length_bit(SPAN("If-Modified-Since")) |
	    request_length_bit(SPAN("If-Unmodified-Since")) |
	    request_length_bit(SPAN("Range"));

	return req->name_lengths != 0 && !(req->name_lengths & lengths);
}

/* Kept out of the way of those requests. */
static __attribute__((noinline)) void
apply_asked(struct response *res, const struct request *req)
{
	enum status status = precond_check(req, res->entity, res->now);
	if (status == STATUS_NOT_MODIFIED)
		res->status = status;
	else if (status != STATUS_NONE)
		response_error(res, status);
	/* Range is defined for GET alone (RFC 9110, 14.2). */
	else if (req->method == METHOD_GET &&
	    precond_if_range(req, res->entity, res->now))
		apply_range(res, req);
}

void
partial_apply(struct response *res, const struct request *req)
{
	if (!asks_for_all(req))
		apply_asked(res, req);
}
