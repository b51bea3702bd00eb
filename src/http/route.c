#include "http/route.h"

static bool
is_path(struct span s, const char *path)
{
	size_t n = 0;

	while (n < s.len && s.at[n] == path[n] && path[n] != '\0')
		n++;
	return n == s.len && path[n] == '\0';
}

/* The first route that has this path, or the row that ends the table. */
static const struct route *
find(const struct route *routes, struct span path)
{
	while (routes->handle != NULL && routes->path != NULL &&
	    !is_path(path, routes->path))
		routes++;
	return routes;
}

void
route_answer(const struct route *routes, const struct app *app,
    const struct request *req, struct response *res)
{
	const struct route *route = find(routes, req->path);
	bool found = route->handle != NULL;
	unsigned methods = found ? route->methods : METHOD_GET | METHOD_HEAD;

	if (req->method == METHOD_UNKNOWN) {
		response_error(res, STATUS_NOT_IMPLEMENTED);
	} else if (req->method == METHOD_OPTIONS) {
		res->status = STATUS_NO_CONTENT;
		res->allow = methods | METHOD_OPTIONS;
	} else if (!(methods & (unsigned)req->method)) {
		res->allow = methods | METHOD_OPTIONS;
		response_error(res, STATUS_METHOD_NOT_ALLOWED);
	} else if (!found) {
		response_error(res, STATUS_NOT_FOUND);
	} else {
		route->handle(app, req, res);
	}
	response_finish(res, req);
}
