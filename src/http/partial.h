/*
 * partial.h - what a conditional or range request makes of a whole answer
 * (RFC 9110, 13 and 14).
 */
#ifndef HTTP_PARTIAL_H
#define HTTP_PARTIAL_H

#include "http/request.h"
#include "http/response.h"

/*
 * Turns res, a 200 with an entity and its whole content in one piece, into 304,
 * 412, 416 or 206 where req asks for that.
 */
void partial_apply(struct response *res, const struct request *req);

#endif
