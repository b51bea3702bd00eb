/*
 * oracle_ip.h - addresses, networks and whom a list of proxies tells of, said
 * once more: by inet_pton(3), bit by bit, and with the whole list at hand.
 */
#ifndef TESTS_FUZZ_ORACLE_IP_H
#define TESTS_FUZZ_ORACLE_IP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

struct oracle_ip {
	bool v4;
	uint8_t at[16]; /* of an IPv4 address, the first 4 */
};

/* An IPv4-mapped one is IPv4. */
bool oracle_ip(struct span s, struct oracle_ip *ip);

enum { ORACLE_NETS = 64 };

struct oracle_nets {
	size_t count;
	struct oracle_net {
		struct oracle_ip ip;
		unsigned bits; /* of 32 or of 128 */
	} at[ORACLE_NETS];
};

enum oracle_nets_error { NETS_GOOD, NETS_SYNTAX, NETS_BITS, NETS_MANY };

/* A comma-separated list; its first error. */
enum oracle_nets_error oracle_nets(struct span list, struct oracle_nets *nets);

bool oracle_nets_hold(const struct oracle_nets *nets, struct oracle_ip ip);

/*
 * The client, of all entries of the list, empty ones as well, from the left;
 * at most hops are looked at.
 */
struct oracle_ip oracle_client(const struct span *entries, size_t count,
    struct oracle_ip peer, const struct oracle_nets *trusted, size_t hops);

#endif
