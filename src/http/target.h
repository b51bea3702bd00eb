/*
 * target.h - the request target (RFC 9112, 3.2; RFC 3986).
 */
#ifndef HTTP_TARGET_H
#define HTTP_TARGET_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/span.h"
#include "http/request.h"
#include "http/status.h"

/*
 * Splits req->target into authority, path and query by req->method: origin
 * form, absolute form (http or https; overrides authority), authority form for
 * CONNECT alone, "*" for OPTIONS alone. Bytes that no URI holds, '#', and a '%'
 * in the path without two hex digits are 400. Returns STATUS_NONE or 400.
 */
enum status target_parse(struct request *req);

/*
 * True if s is a host with optional port as a Host field may hold it (RFC
 * 9110, 7.2; RFC 3986, 3.2.2): a name, an IPv4 or a bracketed IPv6 address, no
 * user information, a port up to 65535. An empty s is false here; an empty
 * Host field is for the caller to allow.
 */
bool target_authority(struct span s);

/*
 * Appends s with %XX decoded (and '+' kept) to out. False if a '%' is not
 * followed by two hex digits, or if out overflowed.
 */
bool target_decode(struct span s, struct buf *out);

/*
 * Takes the next name=value pair off *query (pairs are cut by '&'); both are
 * still encoded. False at the end.
 */
bool query_next(struct span *query, struct span *name, struct span *value);

#endif
