/* What the user adds to each line; mostly at start, and so built for size. */
#include "log/access_format.h"

static bool
is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z');
}

void
access_header_key(struct buf *b, struct span name)
{
	buf_put(b, SPAN("header_"));
	for (size_t i = 0; i < name.len; i++) {
		char c = name.at[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		buf_char(b, (char)(is_alnum(c) ? c : '_'));
	}
}

void
access_headers(struct buf *b, const struct access_record *r, struct span prefix,
    size_t share)
{
	for (size_t i = 0; i < r->header_count; i++) {
		const struct access_header *h = &r->headers[i];
		bool first = i == 0 || !span_eq(h->key, h[-1].key);
		bool last =
		    i + 1 == r->header_count || !span_eq(h->key, h[1].key);

		if (first) {
			buf_put(b, prefix);
			buf_put(b, h->key);
			buf_put(b, SPAN("\": \""));
		} else {
			buf_put(b, SPAN(", "));
		}
		json_escape(b, h->value, JSON_REPLACE,
		    share < ACCESS_HEADER_MAX ? share : ACCESS_HEADER_MAX);
		if (last)
			buf_char(b, '"');
	}
}

struct span
access_target(const struct access_record *r)
{
	const char *begin, *end;

	if (r->method.len == 0 || r->protocol.len == 0 ||
	    !is_part(r->method, r->line) || !is_part(r->protocol, r->line))
		return r->path;
	begin = r->method.at + r->method.len + 1;
	end = r->protocol.at - 1;
	return end < begin ? r->path : span_between(begin, end);
}

/* As separate members or as those of an object that has begun. */
static void
put_fields(struct buf *b, enum access_format format,
    const struct access_field *fields, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct access_field *f = &fields[i];
		bool dotted = span_find(f->name, '.') < f->name.len;

		if (f->value.len == 0)
			continue;
		if (b->len == 0 || b->at[b->len - 1] != '{')
			buf_put(b, SPAN(", "));
		buf_char(b, '"');
		if (format == ACCESS_ECS && !dotted)
			buf_put(b, SPAN("labels."));
		buf_put(b, f->name);
		buf_put(b, SPAN("\": \""));
		json_escape(b, f->value, JSON_REPLACE, ACCESS_EXTRA_MAX);
		buf_char(b, '"');
	}
}

static void
put_service(
    struct buf *b, const struct access_style *style, struct span version)
{
	buf_put(b,
	    SPAN(", \"ecs.version\": \"8.11.0\", \"event.kind\": \"event\", "
		 "\"event.category\": [\"web\"], \"event.dataset\": \""));
	buf_put(b, style->name_space);
	buf_put(b, SPAN(".access\", \"service.name\": \""));
	buf_put(b, style->name_space);
	buf_put(b, SPAN("\", \"service.type\": \"my_webserver\""));
	if (version.len == 0)
		return;
	buf_put(b, SPAN(", \"service.version\": \""));
	json_escape(b, version, JSON_REPLACE, ACCESS_NAME_MAX);
	buf_char(b, '"');
}

void
access_extra(struct buf *b, const struct access_style *style,
    struct span version, const struct access_field *fields, size_t count)
{
	size_t room =
	    buf_room(b) < ACCESS_EXTRA_MAX ? buf_room(b) : ACCESS_EXTRA_MAX;
	struct buf to = buf_over(b->at + b->len, room);
	size_t begun;

	if (style->format == ACCESS_ECS)
		put_service(&to, style, version);
	if (style->format == ACCESS_GCP)
		buf_put(&to, SPAN(", \"logging.googleapis.com/labels\": {"));
	begun = to.len;
	if (style->format == ACCESS_JSON || style->format == ACCESS_ECS ||
	    style->format == ACCESS_GCP)
		put_fields(&to, style->format, fields, count);
	if (style->format == ACCESS_GCP) {
		if (to.len == begun)
			to.len = 0;
		else
			buf_char(&to, '}');
	}
	if (to.overflowed)
		b->overflowed = true;
	else
		b->len += to.len;
}

bool
access_names_clash(struct span a, struct span b)
{
	struct span shorter = a.len < b.len ? a : b;
	struct span longer = a.len < b.len ? b : a;

	return span_starts(longer, shorter) &&
	    (longer.len == shorter.len || longer.at[shorter.len] == '.');
}

bool
access_name_taken(struct span name)
{
	static const char *const taken[] = {
		/* json, in the group, events' too */
		"timestamp", "client_ip", "message", "method", "path", "query",
		"protocol", "status", "bytes", "duration_seconds", "user_agent",
		"referer", "request_id", "trace_id", "aborted", "level",
		"event",
		/* of these objects, ECS has members that we write */
		"ecs", "log", "http", "url", "client", "trace", "labels",
		"service.name", "service.type", "service.version",
		/* gcp */
		"severity", "httpRequest",
		/* parsers of container logs */
		"time", "stream", "_p", "flag", NULL
	};

	if (span_starts(name, SPAN("header_")))
		return true;
	for (const char *const *t = taken; *t; t++)
		if (access_names_clash(name, span_of(*t)))
			return true;
	return false;
}
