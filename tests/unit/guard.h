/*
 * guard.h - puts a test's input flush against a page that may not be touched,
 * so that a read past its end is a crash.
 */
#ifndef TESTS_GUARD_H
#define TESTS_GUARD_H

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/span.h"

enum { GUARD_ROOM = 512 * 1024, GUARD_PAGES = 64 * 1024 };

/*
 * A copy of s whose last byte is the last one before the guard. It lives until
 * the next call.
 */
static inline struct span
guard_put(struct span s)
{
	static char *room;
	char *at;

	if (room == NULL) {
		room = mmap(NULL, GUARD_ROOM + GUARD_PAGES,
		    PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (room == MAP_FAILED ||
		    mprotect(room + GUARD_ROOM, GUARD_PAGES, PROT_NONE) != 0)
			abort();
	}
	if (s.len > GUARD_ROOM)
		abort();
	at = room + GUARD_ROOM - s.len;
	if (s.len > 0)
		memcpy(at, s.at, s.len);
	return (struct span){ at, s.len };
}

#endif
