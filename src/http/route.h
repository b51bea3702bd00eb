/*
 * route.h - the table where server and app meet: which handler answers a path.
 */
#ifndef HTTP_ROUTE_H
#define HTTP_ROUTE_H

#include "http/request.h"
#include "http/response.h"

/* What handlers look at; the application defines it, the server passes it. */
struct app;

/*
 * Fills res, a 200 without content as it gets it, from req. Must not block,
 * and keeps nothing of either after it returns.
 */
typedef void route_handler(
    const struct app *app, const struct request *req, struct response *res);

struct route {
	const char *path; /* compared with the encoded path; NULL: any */
	unsigned methods; /* set of enum method */
	route_handler *handle;
};

/*
 * Answers req by the first route that has its path, and finishes the response:
 * unknown methods 501, OPTIONS 204 with Allow, a method that the route does not
 * have 405 with Allow, no route 404. The table ends with handle == NULL.
 */
void route_answer(const struct route *routes, const struct app *app,
    const struct request *req, struct response *res);

#endif
