#include "http/response.h"

void
response_init(struct response *res, struct buf body)
{
	*res = (struct response){
		.status = STATUS_OK,
		.body = buf_over(body.at, body.cap),
	};
}

/* "404 Not Found" */
static void
put_status(struct buf *out, enum status status)
{
	buf_u64(out, status);
	buf_char(out, ' ');
	buf_put(out, status_reason(status));
}

void
response_error(struct response *res, enum status status)
{
	unsigned allow = status == STATUS_METHOD_NOT_ALLOWED ? res->allow : 0;
	bool close = res->close;

	response_init(res, res->body);
	res->status = status;
	res->allow = allow;
	res->close = close;
	res->type = SPAN("text/html; charset=utf-8");
	buf_put(&res->body, SPAN("<!DOCTYPE html>\n<html><head><title>"));
	put_status(&res->body, status);
	buf_put(&res->body, SPAN("</title></head><body><h1>"));
	put_status(&res->body, status);
	buf_put(&res->body, SPAN("</h1></body></html>\n"));
	if (res->body.overflowed) {
		/* the status has to do */
		res->body = buf_over(res->body.at, res->body.cap);
		res->type = (struct span){ NULL, 0 };
	}
}

void
response_finish(struct response *res, const struct request *req)
{
	if (res->content.at == NULL && res->body.overflowed)
		response_error(res, STATUS_INTERNAL_ERROR);
	res->head_only = req->method == METHOD_HEAD;
	res->no_content = res->status == STATUS_NO_CONTENT;
}

/* What a GET would be answered with. */
static struct span
content(const struct response *res)
{
	return res->content.at != NULL ? res->content : buf_span(&res->body);
}

struct span
response_body(const struct response *res)
{
	if (res->head_only || res->no_content)
		return (struct span){ NULL, 0 };
	return content(res);
}

static void
put_field(struct buf *out, struct span name_colon, struct span value)
{
	buf_put(out, name_colon);
	buf_put(out, value);
	buf_put(out, SPAN("\r\n"));
}

/* What it says about its content. */
static void
put_about(struct buf *out, const struct response *res)
{
	if (res->about.len > 0) {
		buf_put(out, res->about);
		return;
	}
	if (res->type.len > 0)
		put_field(out, SPAN("Content-Type: "), res->type);
	buf_put(out, SPAN("Content-Length: "));
	buf_u64(out, content(res).len);
	buf_put(out, SPAN("\r\n"));
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
	if (!res->no_content)
		put_about(out, res);
	if (res->allow != 0)
		put_allow(out, res->allow);
	if (res->no_store)
		buf_put(out, SPAN("Cache-Control: no-store\r\n"));
	if (context->id.len > 0)
		put_field(out, SPAN("X-Request-Id: "), context->id);
	buf_put(out, context->extra);
	if (res->close)
		buf_put(out, SPAN("Connection: close\r\n"));
	else if (context->keep_alive_1_0)
		buf_put(out, SPAN("Connection: keep-alive\r\n"));
	buf_put(out, SPAN("\r\n"));
}
