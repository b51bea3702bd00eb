#include "oracle_ip.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

static bool
to_text(struct span s, char *text, size_t room)
{
	if (s.len >= room || memchr(s.at, 0, s.len))
		return false;
	memcpy(text, s.at, s.len);
	text[s.len] = '\0';
	return true;
}

bool
oracle_ip(struct span s, struct oracle_ip *ip)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t v6[16];

	memset(ip, 0, sizeof *ip);
	if (s.len == 0 || !to_text(s, text, sizeof text))
		return false;
	if (inet_pton(AF_INET, text, ip->at) == 1) {
		ip->v4 = true;
		return true;
	}
	if (inet_pton(AF_INET6, text, v6) != 1)
		return false;
	ip->v4 = memcmp(v6, mapped, sizeof mapped) == 0;
	if (ip->v4)
		memcpy(ip->at, v6 + 12, 4);
	else
		memcpy(ip->at, v6, 16);
	return true;
}

static bool
bit(const uint8_t *at, unsigned n)
{
	return at[n / 8] >> (7 - n % 8) & 1;
}

static struct span
trim(struct span s)
{
	while (s.len > 0 && (s.at[0] == ' ' || s.at[0] == '\t'))
		s = (struct span){ s.at + 1, s.len - 1 };
	while (s.len > 0 && (s.at[s.len - 1] == ' ' || s.at[s.len - 1] == '\t'))
		s.len--;
	return s;
}

/* Decimal, without leading zeros, or -1. */
static int
number(struct span s, int most)
{
	int n = 0;

	if (s.len == 0 || (s.len > 1 && s.at[0] == '0'))
		return -1;
	for (size_t i = 0; i < s.len && n <= most; i++) {
		if (!isdigit((unsigned char)s.at[i]))
			return -1;
		n = 10 * n + s.at[i] - '0';
	}
	return n > most ? -1 : n;
}

static enum oracle_nets_error
one_net(struct span s, struct oracle_net *net)
{
	const char *slash = s.len ? memchr(s.at, '/', s.len) : NULL;
	struct span host = s;
	bool colon;
	int bits, all;

	if (slash)
		host.len = (size_t)(slash - s.at);
	if (!oracle_ip(host, &net->ip))
		return NETS_SYNTAX;
	colon = memchr(host.at, ':', host.len) != NULL;
	all = colon ? 128 : 32;
	bits = all;
	if (slash)
		bits = number(
		    (struct span){ slash + 1, s.len - host.len - 1 }, all);
	if (bits < 0)
		return NETS_SYNTAX;
	if (colon && net->ip.v4) { /* ::ffff:a.b.c.d/n */
		if (bits < 96) /* of ::ffff:0:0 at least one bit is behind it */
			return NETS_BITS;
		bits -= 96;
		all = 32;
	}
	net->bits = (unsigned)bits;
	for (int i = bits; i < all; i++)
		if (bit(net->ip.at, (unsigned)i))
			return NETS_BITS;
	return NETS_GOOD;
}

enum oracle_nets_error
oracle_nets(struct span list, struct oracle_nets *nets)
{
	size_t begin = 0;

	nets->count = 0;
	for (size_t i = 0; i <= list.len; i++) {
		struct oracle_net net;
		enum oracle_nets_error err;

		if (i < list.len && list.at[i] != ',')
			continue;
		err = one_net(
		    trim((struct span){ list.at + begin, i - begin }), &net);
		if (err)
			return err;
		if (nets->count == ORACLE_NETS)
			return NETS_MANY;
		nets->at[nets->count++] = net;
		begin = i + 1;
	}
	return NETS_GOOD;
}

bool
oracle_nets_hold(const struct oracle_nets *nets, struct oracle_ip ip)
{
	for (size_t i = 0; i < nets->count; i++) {
		const struct oracle_net *net = &nets->at[i];
		bool same = net->ip.v4 == ip.v4;

		for (unsigned b = 0; same && b < net->bits; b++)
			same = bit(net->ip.at, b) == bit(ip.at, b);
		if (same)
			return true;
	}
	return false;
}

/* ADDRESS, ADDRESS4:PORT, [ADDRESS6], [ADDRESS6]:PORT */
static bool
entry(struct span s, struct oracle_ip *ip)
{
	struct span rest = { NULL, 0 };
	size_t i = 0;

	if (oracle_ip(s, ip))
		return true;
	if (s.at[0] == '[') {
		while (i < s.len && s.at[i] != ']')
			i++;
		if (i == s.len || !memchr(s.at, ':', i))
			return false;
		rest = (struct span){ s.at + i + 1, s.len - i - 1 };
		s = (struct span){ s.at + 1, i - 1 };
		if (rest.len == 0)
			return oracle_ip(s, ip);
	} else {
		while (i < s.len && s.at[i] != ':')
			i++;
		rest = (struct span){ s.at + i, s.len - i };
		s.len = i;
	}
	if (rest.len < 2 || rest.len > 6 || rest.at[0] != ':')
		return false;
	for (i = 1; i < rest.len; i++)
		if (!isdigit((unsigned char)rest.at[i]))
			return false;
	if (rest.len == 6 && memcmp(rest.at + 1, "65535", 5) > 0)
		return false;
	return oracle_ip(s, ip);
}

struct oracle_ip
oracle_client(const struct span *entries, size_t count, struct oracle_ip peer,
    const struct oracle_nets *trusted, size_t hops)
{
	struct oracle_ip client = peer;

	while (count > 0 && hops > 0 && oracle_nets_hold(trusted, client)) {
		struct oracle_ip next;
		struct span s = trim(entries[--count]);

		if (s.len == 0)
			continue;
		if (!entry(s, &next))
			break;
		client = next;
		hops--;
	}
	return client;
}
