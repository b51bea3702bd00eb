/*
 * asked.h - a parsed GET with some field lines, its bytes flush against a page
 * that may not be touched.
 */
#ifndef UNIT_HTTP_ASKED_H
#define UNIT_HTTP_ASKED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "http/parse.h"
#include "unit/guard.h"

/* Valid until the next call. lines end in CRLF each. */
static inline const struct request *
asked(const char *lines)
{
	static struct request req;
	static char memory[8192];
	struct buf b = buf_over(memory, sizeof memory);
	size_t scanned = 0, length;
	struct span head;

	buf_put(&b, SPAN("GET / HTTP/1.1\r\nHost: a\r\n"));
	buf_put(&b, span_of(lines));
	buf_put(&b, SPAN("\r\n"));
	assert_false(b.overflowed);
	head = guard_put(buf_span(&b));
	assert_int_equal(head_find(head, &scanned, &length), HEAD_WHOLE);
	assert_int_equal(request_parse(head, &req), STATUS_NONE);
	return &req;
}

#endif
