/*
 * fields.h - the field lines of a head, once more: for what is looked at so
 * seldom that no request keeps it.
 */
#ifndef HTTP_FIELDS_H
#define HTTP_FIELDS_H

#include <stdbool.h>

#include "base/span.h"
#include "http/request.h"

/*
 * Takes the first field line off *lines, and says what is in it: lines of a
 * head that request_parse accepted, from the first field on. False at the end,
 * at the empty line, and at a line without a colon.
 */
bool fields_next(struct span *lines, struct field *f);

#endif
