#include "app/status.h"

#include "app/app.h"
#include "base/hash.h"
#include "http/accept.h"

/* What a media type of Accept is for us. */
enum kind { KIND_PAGE, KIND_METRICS, KINDS };

/* KINDS: neither. */
static enum kind
kind_of(struct span type)
{
	static const struct {
		struct span type;
		enum kind kind;
	} types[] = {
		{ SPAN_INIT("text/html"), KIND_PAGE },
		{ SPAN_INIT("application/xhtml+xml"), KIND_PAGE },
		{ SPAN_INIT("text/plain"), KIND_METRICS },
		{ SPAN_INIT("application/openmetrics-text"), KIND_METRICS },
		{ SPAN_INIT("application/vnd.google.protobuf"), KIND_METRICS },
	};

	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (span_ieq(type, types[i].type))
			return types[i].kind;
	return KINDS;
}

bool
status_wanted(const struct request *req)
{
	struct field_walk walk = { 0 };
	unsigned most[KINDS + 1] = { 0 }, weight;
	struct span element, type;

	while (request_list(req, SPAN("Accept"), &walk, &element)) {
		enum kind kind;

		if (!accept_element(element, &type, &weight))
			continue;
		kind = kind_of(type);
		if (weight > most[kind])
			most[kind] = weight;
	}
	return most[KIND_PAGE] > 0 && most[KIND_PAGE] >= most[KIND_METRICS];
}

/* Nothing from elsewhere, and nothing inline but what is known by its hash. */
static void
put_policy(struct buf *b)
{
	buf_put(b,
	    SPAN("Content-Security-Policy: default-src 'none'; script-src '"));
	buf_put(b, status_script);
	buf_put(b, SPAN("'; style-src '"));
	buf_put(b, status_style);
	buf_put(b,
	    SPAN("'; connect-src 'self'; img-src data:; base-uri 'none'; "
		 "form-action 'none'; frame-ancestors 'none'\r\n"
		 "Referrer-Policy: no-referrer\r\n"
		 "Vary: Accept\r\n"));
}

void
status_prepare(struct app *app, struct buf *memory)
{
	struct entity *e = &app->status;
	struct entity_facts facts = {
		.type = SPAN("text/html; charset=utf-8"),
		.cache_control = SPAN("no-cache"),
		.modified = -1,
		.length = status_html.len,
		.nosniff = true,
	};
	struct hash hash;
	size_t begin = memory->len;

	hash_begin(&hash, (struct hash_key){ 0, 0 });
	hash_feed(&hash, status_html);
	buf_char(memory, '"');
	hash_hex(memory, hash_end(&hash));
	buf_char(memory, '"');
	facts.etag = (struct span){ memory->at + begin, memory->len - begin };
	entity_write(e, memory, &facts);
	put_policy(memory);
	e->fields = span_between(e->fields.at, memory->at + memory->len);
}

void
status_page(
    const struct app *app, const struct request *req, struct response *res)
{
	if (!status_wanted(req)) {
		scrape(app, req, res);
		return;
	}
	res->entity = &app->status;
	response_content(res, status_html);
}
