#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http/status.h"

static void
every_status_has_its_reason(void **state)
{
	const struct {
		enum status status;
		const char *reason;
	} known[] = {
		{ STATUS_CONTINUE, "Continue" },
		{ STATUS_OK, "OK" },
		{ STATUS_NO_CONTENT, "No Content" },
		{ STATUS_PARTIAL_CONTENT, "Partial Content" },
		{ STATUS_NOT_MODIFIED, "Not Modified" },
		{ STATUS_PERMANENT_REDIRECT, "Permanent Redirect" },
		{ STATUS_BAD_REQUEST, "Bad Request" },
		{ STATUS_NOT_FOUND, "Not Found" },
		{ STATUS_METHOD_NOT_ALLOWED, "Method Not Allowed" },
		{ STATUS_REQUEST_TIMEOUT, "Request Timeout" },
		{ STATUS_PRECONDITION_FAILED, "Precondition Failed" },
		{ STATUS_CONTENT_TOO_LARGE, "Content Too Large" },
		{ STATUS_URI_TOO_LONG, "URI Too Long" },
		{ STATUS_RANGE_NOT_SATISFIABLE, "Range Not Satisfiable" },
		{ STATUS_EXPECTATION_FAILED, "Expectation Failed" },
		{ STATUS_FIELDS_TOO_LARGE, "Request Header Fields Too Large" },
		{ STATUS_CLIENT_GONE, "Client Closed Request" },
		{ STATUS_INTERNAL_ERROR, "Internal Server Error" },
		{ STATUS_NOT_IMPLEMENTED, "Not Implemented" },
		{ STATUS_UNAVAILABLE, "Service Unavailable" },
		{ STATUS_VERSION_NOT_SUPPORTED, "HTTP Version Not Supported" },
		{ STATUS_NONE, "Unknown" },
		{ (enum status)299, "Unknown" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		assert_true(span_eq(
		    status_reason(known[i].status), span_of(known[i].reason)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_status_has_its_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
