/*
 * mime.h - media types of files by their names: IANA's, where it has one
 * (https://www.iana.org/assignments/media-types), with charset=utf-8 for text.
 */
#ifndef SITE_MIME_H
#define SITE_MIME_H

#include "base/span.h"

/* No type is longer. */
enum { MIME_TYPE_MAX = 80 };

/*
 * The type that a file of this name (or path) has by what stands behind its
 * last dot, in any case; application/octet-stream if that says nothing. A
 * literal: never empty.
 */
struct span mime_type(struct span name);

#endif
