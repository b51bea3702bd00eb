/*
 * The format ecs: Elastic Common Schema, 8.11. Names are dotted, not nested, as
 * Elastic's own loggers write them: ecs-logging's specification forbids to nest
 * log.level, and wants @timestamp, log.level and message to stand in front, in
 * this order, for people who read along. Elasticsearch takes both for the same.
 */
#include "log/access_format.h"

static bool
failed(const struct access_record *r)
{
	return r->status >= 400 || r->aborted;
}

static struct span
level_of(unsigned status)
{
	if (status >= 500)
		return SPAN("error");
	return status >= 400 ? SPAN("warn") : SPAN("info");
}

static void
put_number(struct buf *b, struct span key, uint64_t value)
{
	buf_put(b, key);
	buf_u64(b, value);
}

static void
put_event(struct buf *b, const struct access_record *r)
{
	if (failed(r))
		buf_put(b,
		    SPAN(", \"event.type\": [\"access\", \"error\"], "
			 "\"event.outcome\": \"failure\""));
	else
		buf_put(b,
		    SPAN(", \"event.type\": [\"access\"], "
			 "\"event.outcome\": \"success\""));
	if (r->aborted)
		buf_put(b, SPAN(", \"event.reason\": \"aborted\""));
	put_number(b, SPAN(", \"event.duration\": "), r->duration);
}

static void
put_client(struct buf *b, const struct access_record *r)
{
	if (r->client_ip.len == 0)
		return;
	buf_put(b, SPAN(", \"client.address\": \""));
	buf_put(b, r->client_ip);
	buf_put(b, SPAN("\", \"client.ip\": \""));
	buf_put(b, r->client_ip);
	buf_char(b, '"');
	if (r->client_port > 0)
		put_number(b, SPAN(", \"client.port\": "), r->client_port);
}

/* "1.1" of "HTTP/1.1" */
static struct span
version_of(struct span protocol)
{
	if (!span_starts(protocol, SPAN("HTTP/")))
		return (struct span){ NULL, 0 };
	return span_from(protocol, strlen("HTTP/"));
}

static void
put_http(struct buf *b, const struct access_record *r, size_t share)
{
	put_text(b, SPAN(", \"http.version\": \""), version_of(r->protocol),
	    JSON_REPLACE, share);
	put_text(b, SPAN(", \"http.request.method\": \""), r->method,
	    JSON_REPLACE, share);
	if (r->request_bytes > 0)
		put_number(
		    b, SPAN(", \"http.request.bytes\": "), r->request_bytes);
	put_text(b, SPAN(", \"http.request.id\": \""), r->request_id,
	    JSON_REPLACE, share);
	put_text(b, SPAN(", \"http.request.referrer\": \""), r->referer,
	    JSON_REPLACE, share);
	put_number(b, SPAN(", \"http.response.status_code\": "), r->status);
	put_number(b, SPAN(", \"http.response.body.bytes\": "), r->bytes);
	put_number(b, SPAN(", \"http.response.bytes\": "), r->response_bytes);
}

void
access_ecs(struct buf *b, const struct access_record *r,
    struct access_style *style, size_t share)
{
	put_opening(b, r->wall, style);
	buf_put(b, level_of(r->status));
	buf_put(b, SPAN("\", \"message\": \""));
	access_message(b, r, share);
	buf_char(b, '"');
	buf_put(b, style->extra);
	put_event(b, r);
	put_client(b, r);
	put_http(b, r, share);
	put_text(b, SPAN(", \"url.original\": \""), access_target(r),
	    JSON_PERCENT, share);
	put_text(b, SPAN(", \"url.path\": \""), r->path, JSON_PERCENT, share);
	put_text(b, SPAN(", \"url.query\": \""), r->query, JSON_PERCENT, share);
	put_text(b, SPAN(", \"user_agent.original\": \""), r->user_agent,
	    JSON_REPLACE, share);
	put_text(
	    b, SPAN(", \"trace.id\": \""), r->trace_id, JSON_REPLACE, share);
	access_headers(b, r, SPAN(", \"labels."), share);
	buf_put(b, SPAN("}\n"));
}
