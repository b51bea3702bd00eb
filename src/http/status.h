/*
 * status.h - the status codes this server uses (RFC 9110, 15). 0 stands for
 * "no error" where a parser returns one.
 */
#ifndef HTTP_STATUS_H
#define HTTP_STATUS_H

#include "base/span.h"

enum status {
	STATUS_NONE = 0,
	STATUS_CONTINUE = 100,
	STATUS_OK = 200,
	STATUS_NO_CONTENT = 204,
	STATUS_PARTIAL_CONTENT = 206,
	STATUS_NOT_MODIFIED = 304,
	STATUS_PERMANENT_REDIRECT = 308,
	STATUS_BAD_REQUEST = 400,
	STATUS_NOT_FOUND = 404,
	STATUS_METHOD_NOT_ALLOWED = 405,
	STATUS_REQUEST_TIMEOUT = 408,
	STATUS_PRECONDITION_FAILED = 412,
	STATUS_CONTENT_TOO_LARGE = 413,
	STATUS_URI_TOO_LONG = 414,
	STATUS_RANGE_NOT_SATISFIABLE = 416,
	STATUS_EXPECTATION_FAILED = 417,
	STATUS_FIELDS_TOO_LARGE = 431,
	STATUS_CLIENT_GONE = 499, /* never sent: nobody is there to read it */
	STATUS_INTERNAL_ERROR = 500,
	STATUS_NOT_IMPLEMENTED = 501,
	STATUS_UNAVAILABLE = 503,
	STATUS_VERSION_NOT_SUPPORTED = 505,
};

/* The reason phrase, such as "Not Found"; "Unknown" for any other number. */
struct span status_reason(enum status status);

#endif
