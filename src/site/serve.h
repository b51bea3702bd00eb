/*
 * serve.h - a request's path to its answer, from a generation.
 */
#ifndef SITE_SERVE_H
#define SITE_SERVE_H

#include "http/request.h"
#include "http/response.h"
#include "site/files.h"
#include "site/tree.h"

/*
 * Fills res, an empty 200, for a GET or HEAD of req: with what stands under its
 * path, in the coding it asks for; with a redirect to it; with the fallback, or
 * the site's own 404. Conditions, ranges and HEAD are response_finish's. False
 * if a file is not the one that g knows: the answer is a 503 then, and g has to
 * be loaded anew. g must have answers that borrow from it counted: it lives at
 * least until the last of them is released.
 */
bool serve_answer(struct generation *g, struct files *files,
    const struct request *req, struct response *res);

#endif
