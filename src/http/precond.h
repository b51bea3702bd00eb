/*
 * precond.h - conditional requests (RFC 9110, 13).
 */
#ifndef HTTP_PRECOND_H
#define HTTP_PRECOND_H

#include <stdbool.h>
#include <stdint.h>

#include "http/entity.h"
#include "http/request.h"
#include "http/status.h"

/*
 * Evaluates the preconditions of a GET or HEAD in the order of 13.2.2. now is
 * in seconds since 1970. Returns STATUS_NONE to go on, 304 or 412.
 */
enum status
precond_check(const struct request *req, const struct entity *e, int64_t now);

/*
 * True if Range counts: there is no If-Range, or it matches (13.1.5).
 */
bool precond_if_range(
    const struct request *req, const struct entity *e, int64_t now);

#endif
