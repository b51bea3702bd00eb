/*
 * forwarded.h - who sent a request, where proxies stand between.
 */
#ifndef HTTP_FORWARDED_H
#define HTTP_FORWARDED_H

#include "base/ip.h"
#include "base/span.h"

/* Addresses looked at, at most. */
enum { FORWARDED_HOPS_MAX = 32 };

/*
 * The client, by X-Forwarded-For. Each proxy appends whom it got the request
 * from, so that the last entry is what the nearest one, the peer, has seen with
 * its own eyes; what stands further left is worth as much as the proxy to its
 * right. So if trusted holds the peer, the list (all fields of that name, one
 * behind the other) is read from the right for as long as trusted holds what
 * stands there: the first address that it does not hold is the client, or the
 * leftmost one if there is none. An entry that is no address ends the walk: the
 * client is then the last one before. Entries may be "192.0.2.1",
 * "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:80"; empty
 * ones do not count.
 *
 * lines are the field lines of a good head, as fields_next takes them.
 */
struct ip forwarded_client(
    struct span lines, struct ip peer, const struct cidr_set *trusted);

#endif
