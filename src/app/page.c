#include "app/app.h"

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
demo_page(
    const struct app *app, const struct request *req, struct response *res)
{
	(void)app, (void)req;
	res->type = SPAN("text/html");
	res->content = SPAN(page);
}
