/*
 * probe.h - "my_webserver probe": one GET, for exec probes and HEALTHCHECK in
 * an image that has no curl.
 */
#ifndef PROBE_H
#define PROBE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"
#include "net/listen.h"

/* No reason is longer. */
enum { PROBE_REASON_MAX = 512 };

/*
 * GETs url ("http://host:port/path", host an IP address or localhost, port 80
 * if not given), or, where url.at is NULL, http://<metrics>/readyz with the
 * loopback address in place of a wildcard. Returns 0 on a 2xx answer within
 * timeout ns, 1 on anything else with the reason in *why, 2 if the URL is not
 * one, or metrics has port 0. A reason is "<url>: what happened"; on 0 there is
 * none. Blocks, but not for longer than timeout.
 */
int probe_run(struct span url, const struct address *metrics, uint64_t timeout,
    struct buf *why);

#endif
