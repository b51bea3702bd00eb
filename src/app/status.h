/*
 * status.h - the status page for browsers, at "/" of the operations listener.
 * It is one file, status.html, which status.sh makes part of the program; it
 * asks /metrics once a second and draws what it finds.
 */
#ifndef APP_STATUS_H
#define APP_STATUS_H

#include <stdbool.h>

#include "base/span.h"
#include "http/request.h"

/* Made at build time: the page, and what its policy calls its script and its
 * style ("sha256-..."). */
extern const struct span status_html, status_script, status_style;

/*
 * True if req is from somebody who would rather see a page than metrics: Accept
 * names text/html or application/xhtml+xml, as every browser does, and wants
 * none of what metrics are written in more (RFC 9110, 12.5.1). A wildcard names
 * nothing: curl, and whoever sends no Accept, get metrics.
 */
bool status_wanted(const struct request *req);

#endif
