#include <string.h>

#include "app/app.h"
#include "conn_dialogue.h"
#include "fuzz.h"

static char big[DIALOGUE_BIG];

static void
answer(const struct app *app, const struct request *req, struct response *res)
{
	struct span path = req->path;

	(void)app;
	res->type = SPAN("text/plain");
	if (span_starts(path, SPAN("/big"))) {
		size_t n = 0;

		for (size_t i = 4; i < path.len && path.at[i] >= '0' &&
		     path.at[i] <= '9' && n < DIALOGUE_BIG;
		     i++)
			n = n * 10 + (size_t)(path.at[i] - '0');
		memset(big, 'b', sizeof big);
		response_content(res,
		    (struct span){ big, n < DIALOGUE_BIG ? n : DIALOGUE_BIG });
	} else if (span_eq(path, SPAN("/none"))) {
		res->status = STATUS_NO_CONTENT;
	} else if (span_eq(path, SPAN("/gone"))) {
		response_error(res, STATUS_UNAVAILABLE);
	} else if (span_eq(path, SPAN("/over"))) {
		while (!res->body.overflowed)
			buf_put(&res->body, SPAN("more and more "));
	} else {
		res->no_store = true;
		buf_put(&res->body, path);
		if (req->query.at) {
			buf_char(&res->body, '?');
			buf_put(&res->body, req->query);
		}
	}
}

const struct app *
dialogue_app(void)
{
	static char memory[2 * ENTITY_FIELDS_MAX];
	static struct app app;
	struct buf fields = buf_over(memory, sizeof memory);

	if (app.page.length == 0)
		page_prepare(&app, &fields, &(struct app_fields){ true, true });
	return &app;
}

const struct route dialogue_routes[] = {
	{ "/", METHOD_GET | METHOD_HEAD, demo_page },
	{ NULL, METHOD_GET | METHOD_HEAD | METHOD_POST, answer },
	{ NULL, 0, NULL },
};
