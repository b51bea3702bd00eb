#include "http/status.h"

struct span
status_reason(enum status status)
{
	switch (status) {
	case STATUS_CONTINUE:
		return SPAN("Continue");
	case STATUS_OK:
		return SPAN("OK");
	case STATUS_NO_CONTENT:
		return SPAN("No Content");
	case STATUS_PARTIAL_CONTENT:
		return SPAN("Partial Content");
	case STATUS_NOT_MODIFIED:
		return SPAN("Not Modified");
	case STATUS_PERMANENT_REDIRECT:
		return SPAN("Permanent Redirect");
	case STATUS_BAD_REQUEST:
		return SPAN("Bad Request");
	case STATUS_NOT_FOUND:
		return SPAN("Not Found");
	case STATUS_METHOD_NOT_ALLOWED:
		return SPAN("Method Not Allowed");
	case STATUS_REQUEST_TIMEOUT:
		return SPAN("Request Timeout");
	case STATUS_PRECONDITION_FAILED:
		return SPAN("Precondition Failed");
	case STATUS_CONTENT_TOO_LARGE:
		return SPAN("Content Too Large");
	case STATUS_URI_TOO_LONG:
		return SPAN("URI Too Long");
	case STATUS_RANGE_NOT_SATISFIABLE:
		return SPAN("Range Not Satisfiable");
	case STATUS_EXPECTATION_FAILED:
		return SPAN("Expectation Failed");
	case STATUS_FIELDS_TOO_LARGE:
		return SPAN("Request Header Fields Too Large");
	case STATUS_CLIENT_GONE:
		return SPAN("Client Closed Request");
	case STATUS_INTERNAL_ERROR:
		return SPAN("Internal Server Error");
	case STATUS_NOT_IMPLEMENTED:
		return SPAN("Not Implemented");
	case STATUS_UNAVAILABLE:
		return SPAN("Service Unavailable");
	case STATUS_VERSION_NOT_SUPPORTED:
		return SPAN("HTTP Version Not Supported");
	case STATUS_NONE:
		break;
	}
	return SPAN("Unknown");
}
