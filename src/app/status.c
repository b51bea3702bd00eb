#include "app/status.h"

#include "app/app.h"
#include "base/hash.h"
#include "http/accept.h"

/* What the page may be called; it comes before metrics where it is liked as
 * much. */
static const struct span page_types[] = {
	SPAN_INIT("text/html"),
	SPAN_INIT("application/xhtml+xml"),
};

enum { PAGE_TYPES = sizeof page_types / sizeof page_types[0] };

static bool
names_page(const struct request *req)
{
	struct field_walk walk = { 0 };
	struct span element, type;
	unsigned weight;

	while (request_list(req, SPAN("Accept"), &walk, &element)) {
		if (!accept_element(element, &type, &weight) || weight == 0)
			continue;
		for (size_t i = 0; i < PAGE_TYPES; i++)
			if (span_ieq(type, page_types[i]))
				return true;
	}
	return false;
}

bool
status_wanted(const struct request *req)
{
	struct span offer[PAGE_TYPES + SCRAPE_TYPES];

	if (!names_page(req))
		return false;
	memcpy(offer, page_types, sizeof page_types);
	memcpy(offer + PAGE_TYPES, scrape_types, sizeof scrape_types);
	return accept_pick(req, offer, PAGE_TYPES + SCRAPE_TYPES) < PAGE_TYPES;
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
