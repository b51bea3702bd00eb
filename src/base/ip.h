/*
 * ip.h - IP addresses as text and as bytes, and sets of them in CIDR notation.
 * No sockets: nothing here asks the system.
 */
#ifndef BASE_IP_H
#define BASE_IP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

/* The longest text of an address. */
enum { IP_TEXT_MAX = 45 };

/* In network order; IPv4 is mapped, ::ffff:a.b.c.d (RFC 4291, 2.5.5.2), so that
 * an address has one form only. */
struct ip {
	uint8_t at[16];
};

bool ip_is_v4(const struct ip *ip);

/*
 * Reads "192.0.2.1" (four numbers without leading zeros) or IPv6 as RFC 4291,
 * 2.2 has it; neither scopes nor brackets. False, and *ip untouched, for
 * anything else.
 */
bool ip_parse(struct span s, struct ip *ip);

/* Appends it: IPv4 plain, IPv6 as RFC 5952, 4 has it. */
void ip_write(struct buf *b, const struct ip *ip);

enum { CIDR_SET_MAX = 64 };

struct cidr {
	struct ip ip;
	unsigned bits; /* that count: of 128 */
};

struct cidr_set {
	size_t count;
	struct cidr at[CIDR_SET_MAX];
};

enum cidr_error {
	CIDR_NONE,
	CIDR_SYNTAX,
	CIDR_BITS, /* behind the prefix are bits that are not zero */
	CIDR_MANY, /* more than CIDR_SET_MAX */
};

/*
 * Adds a comma-separated list of "10.0.0.0/8", "fd00::/8", or addresses, with
 * spaces around them if need be. After an error the set is as it was.
 */
enum cidr_error cidr_set_add(struct cidr_set *set, struct span list);

/* IPv6 networks hold no IPv4 addresses, ::/0 neither, but for those that lie
 * within ::ffff:0:0/96. */
bool cidr_set_holds(const struct cidr_set *set, const struct ip *ip);

#endif
