#include "app/app.h"

static void
say(struct response *res, struct span text)
{
	res->type = SPAN("text/plain; charset=utf-8");
	res->no_store = true;
	response_content(res, text);
}

void
health_live(
    const struct app *app, const struct request *req, struct response *res)
{
	(void)app, (void)req;
	say(res, SPAN("ok"));
}

void
health_ready(
    const struct app *app, const struct request *req, struct response *res)
{
	(void)req;
	/* where nobody asks for the page, old content goes all the same */
	if (app->site)
		site_current(app->site);
	if (metric_get(&app->metrics->ready)) {
		say(res, SPAN("ok"));
		return;
	}
	res->status = STATUS_UNAVAILABLE;
	if (metric_get(&app->metrics->draining))
		say(res, SPAN("draining"));
	else
		say(res, SPAN("starting"));
}

void
health_version(
    const struct app *app, const struct request *req, struct response *res)
{
	const struct build *build = app->build;
	const struct {
		struct span key, value;
	} member[] = {
		{ SPAN("{\"version\": \""), build->version },
		{ SPAN("\", \"revision\": \""), build->revision },
		{ SPAN("\", \"compiler\": \""), build->compiler },
		{ SPAN("\", \"libc\": \""), build->libc },
		{ SPAN("\", \"arch\": \""), build->arch },
	};

	(void)req;
	res->type = SPAN("application/json");
	res->no_store = true;
	for (size_t i = 0; i < sizeof member / sizeof member[0]; i++) {
		buf_put(&res->body, member[i].key);
		buf_put(&res->body, member[i].value);
	}
	buf_put(&res->body, SPAN("\"}\n"));
}
