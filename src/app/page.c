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

/* This page is asked for most, so its fields are written once, here. */
#define ABOUT "Content-Type: text/html\r\nContent-Length: 143\r\n"
_Static_assert(sizeof page - 1 == 143, "ABOUT has to tell the page's length");

void
demo_page(
    const struct app *app, const struct request *req, struct response *res)
{
	(void)app, (void)req;
	res->about = SPAN(ABOUT);
	res->content = SPAN(page);
}
