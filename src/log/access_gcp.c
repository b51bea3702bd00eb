/*
 * The format gcp: Google Cloud's structured logging, with a LogEntry's special
 * fields and an HttpRequest, whose 64-bit numbers are strings and whose latency
 * is a Duration, as in any of its JSON.
 * https://cloud.google.com/logging/docs/structured-logging
 */
#include "log/access_format.h"

static struct span
severity_of(unsigned status)
{
	if (status >= 500)
		return SPAN("ERROR");
	return status >= 400 ? SPAN("WARNING") : SPAN("INFO");
}

static void
put_quoted(struct buf *b, struct span key, uint64_t value)
{
	buf_put(b, key);
	buf_u64(b, value);
	buf_char(b, '"');
}

static void
put_request(struct buf *b, const struct access_record *r, size_t share)
{
	buf_put(b, SPAN(", \"httpRequest\": {\"status\": "));
	buf_u64(b, r->status);
	put_text(
	    b, SPAN(", \"requestMethod\": \""), r->method, JSON_REPLACE, share);
	put_text(b, SPAN(", \"requestUrl\": \""), access_target(r),
	    JSON_PERCENT, share);
	if (r->request_bytes > 0)
		put_quoted(b, SPAN(", \"requestSize\": \""), r->request_bytes);
	put_quoted(b, SPAN(", \"responseSize\": \""), r->response_bytes);
	put_text(
	    b, SPAN(", \"userAgent\": \""), r->user_agent, JSON_REPLACE, share);
	put_text(
	    b, SPAN(", \"remoteIp\": \""), r->client_ip, JSON_REPLACE, share);
	put_text(b, SPAN(", \"referer\": \""), r->referer, JSON_REPLACE, share);
	buf_put(b, SPAN(", \"latency\": \""));
	num_seconds(b, r->duration);
	buf_put(b, SPAN("s\""));
	put_text(
	    b, SPAN(", \"protocol\": \""), r->protocol, JSON_REPLACE, share);
	buf_char(b, '}');
}

void
access_gcp(struct buf *b, const struct access_record *r,
    struct access_style *style, size_t share)
{
	put_opening(b, r->wall, style);
	buf_put(b, severity_of(r->status));
	buf_put(b, SPAN("\", \"message\": \""));
	access_message(b, r, share);
	buf_char(b, '"');
	put_request(b, r, share);
	put_text(b, SPAN(", \"logging.googleapis.com/trace\": \""), r->trace_id,
	    JSON_REPLACE, share);
	put_text(b, SPAN(", \"request_id\": \""), r->request_id, JSON_REPLACE,
	    share);
	if (r->aborted)
		buf_put(b, SPAN(", \"aborted\": true"));
	access_headers(b, r, SPAN(", \""), share);
	buf_put(b, style->extra);
	buf_put(b, SPAN("}\n"));
}
