/*
 * oracle_site.h - what the path of a request means to a site, said once more,
 * slowly, and sharing no code with src/.
 */
#ifndef TESTS_FUZZ_ORACLE_SITE_H
#define TESTS_FUZZ_ORACLE_SITE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

/*
 * Decodes a path into to, which has room for all of it. False if it names
 * nothing: an escape is broken, or would be a slash or a NUL.
 */
bool oracle_decode(struct span path, char *to, size_t *len);

/* May a decoded path be that of a page in an application of one file? */
bool oracle_page(struct span decoded);

#endif
