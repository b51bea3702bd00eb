#include "app/app.h"
#include "base/hash.h"

static const char page[] = "\n"
			   "<!DOCTYPE html>\n"
			   "<html>\n"
			   "    <head>\n"
			   "        <title>Hello!</title>\n"
			   "    </head>\n"
			   "    <body>\n"
			   "        <p>This is a demo page!</p>\n"
			   "    </body>\n"
			   "</html>";

void
page_prepare(
    struct app *app, struct buf *memory, const struct app_fields *fields)
{
	struct entity_facts facts = {
		.type = SPAN("text/html"),
		.modified = -1,
		.length = sizeof page - 1,
		.nosniff = fields->nosniff,
	};
	struct hash hash;
	size_t begin = memory->len;

	hash_begin(&hash, (struct hash_key){ 0, 0 });
	hash_feed(&hash, SPAN(page));
	buf_char(memory, '"');
	hash_hex(memory, hash_end(&hash));
	buf_char(memory, '"');
	facts.etag = (struct span){ memory->at + begin, memory->len - begin };
	if (fields->cache_control)
		facts.cache_control = SPAN("no-cache");
	entity_write(&app->page, memory, &facts);
}

void
demo_page(
    const struct app *app, const struct request *req, struct response *res)
{
	(void)req;
	res->entity = &app->page;
	response_content(res, SPAN(page));
}

void
site_page(
    const struct app *app, const struct request *req, struct response *res)
{
	/* As long as nobody has put anything there, as in the image. */
	if (generation_empty(site_current(app->site)) &&
	    span_eq(req->path, SPAN("/")))
		demo_page(app, req, res);
	else
		site_answer(app->site, req, res);
}
