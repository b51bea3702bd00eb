#include "base/ip.h"

#include "base/num.h"

enum { V4_AT = 12, V4_BITS = 96, GROUPS = 8 };

static const struct ip mapped = { .at = { [10] = 0xff, [11] = 0xff } };

bool
ip_is_v4(const struct ip *ip)
{
	return memcmp(ip->at, mapped.at, V4_AT) == 0;
}

static bool
parse_v4(struct span s, uint8_t *to)
{
	for (int i = 0; i < 4; i++) {
		struct span part = span_cut(&s, '.');
		uint64_t value;

		if (part.len > 3 || (part.len > 1 && part.at[0] == '0') ||
		    !num_parse_u64(part, &value) || value > 255)
			return false;
		if ((i < 3) != (s.at != NULL))
			return false;
		to[i] = (uint8_t)value;
	}
	return true;
}

/*
 * Groups of an IPv6 address, separated by colons, up to where "::" or the end
 * stands, into *to: how many bytes, or -1. The last may be an IPv4 address
 * where last is true.
 */
static int
parse_groups(struct span s, bool last, uint8_t *to)
{
	int n = 0;

	while (s.at && s.len + (size_t)n > 0) {
		struct span part = span_cut(&s, ':');
		uint64_t value;

		if (last && !s.at && span_find(part, '.') < part.len) {
			if (n > V4_AT || !parse_v4(part, to + n))
				return -1;
			return n + 4;
		}
		if (n == 2 * GROUPS || part.len > 4 ||
		    !num_parse_hex(part, &value))
			return -1;
		to[n++] = (uint8_t)(value >> 8);
		to[n++] = (uint8_t)value;
	}
	return n;
}

/* Where "::" begins, or s.len. */
static size_t
find_gap(struct span s)
{
	for (size_t i = 0; i + 1 < s.len; i++)
		if (s.at[i] == ':' && s.at[i + 1] == ':')
			return i;
	return s.len;
}

static bool
parse_v6(struct span s, uint8_t *to)
{
	size_t gap = find_gap(s);
	uint8_t tail[2 * GROUPS];
	int front, back;

	if (gap == s.len)
		return parse_groups(s, true, to) == 2 * GROUPS;
	front = parse_groups((struct span){ s.at, gap }, false, to);
	back = parse_groups(span_from(s, gap + 2), true, tail);
	/* the gap is one group at least */
	if (front < 0 || back < 0 || front + back > 2 * GROUPS - 2)
		return false;
	memset(to + front, 0, (size_t)(2 * GROUPS - front - back));
	memcpy(to + 2 * GROUPS - back, tail, (size_t)back);
	return true;
}

bool
ip_parse(struct span s, struct ip *ip)
{
	struct ip parsed = mapped;

	if (s.len > IP_TEXT_MAX)
		return false;
	if (!(span_find(s, ':') < s.len ? parse_v6(s, parsed.at)
					: parse_v4(s, parsed.at + V4_AT)))
		return false;
	*ip = parsed;
	return true;
}

static void
write_v4(struct buf *b, const uint8_t *ip)
{
	for (int i = 0; i < 4; i++) {
		if (i > 0)
			buf_char(b, '.');
		buf_u64(b, ip[i]);
	}
}

/* Length of the run of zero groups that begins at group i. */
static int
zeros_at(const uint8_t *ip, int i)
{
	int n = 0;

	while (
	    i + n < GROUPS && ip[2 * (i + n)] == 0 && ip[2 * (i + n) + 1] == 0)
		n++;
	return n;
}

/* Lower case, no leading zeros, "::" for the longest run. */
static void
write_v6(struct buf *b, const uint8_t *ip)
{
	int best = 0, run = 1;

	for (int i = 0; i < GROUPS; i++) {
		if (zeros_at(ip, i) > run) {
			best = i;
			run = zeros_at(ip, i);
		}
	}
	for (int i = 0; i < GROUPS; i++) {
		unsigned group = (unsigned)ip[2 * i] << 8 | ip[2 * i + 1];
		unsigned digits = 1;

		if (run > 1 && i == best) {
			buf_put(b, SPAN("::"));
			i += run - 1;
			continue;
		}
		if (i > 0 && !(run > 1 && i == best + run))
			buf_char(b, ':');
		while (digits < 4 && group >> 4 * digits != 0)
			digits++;
		buf_hex(b, group, digits);
	}
}

void
ip_write(struct buf *b, const struct ip *ip)
{
	if (ip_is_v4(ip))
		write_v4(b, ip->at + V4_AT);
	else
		write_v6(b, ip->at);
}

/* True if the first bits of both are the same. */
static bool
agree(const struct ip *a, const struct ip *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (memcmp(a->at, b->at, whole) != 0)
		return false;
	return rest == 0 || (a->at[whole] ^ b->at[whole]) >> (8 - rest) == 0;
}

static enum cidr_error
parse_cidr(struct span s, struct cidr *c)
{
	struct span bits = s, ip = span_cut(&bits, '/');
	struct ip clean = { { 0 } };
	unsigned most;
	uint64_t n;

	if (!ip_parse(ip, &c->ip))
		return CIDR_SYNTAX;
	/* as it is written: ::ffff:10.0.0.0/104 is IPv6's */
	most = span_find(ip, ':') < ip.len ? 128 : 32;
	if (!bits.at)
		n = most;
	else if (bits.len > 3 || (bits.len > 1 && bits.at[0] == '0') ||
	    !num_parse_u64(bits, &n) || n > most)
		return CIDR_SYNTAX;
	c->bits = (unsigned)n + 128 - most;
	memcpy(clean.at, c->ip.at, (c->bits + 7) / 8);
	if (c->bits % 8 != 0)
		clean.at[c->bits / 8] &= (uint8_t)(0xff00 >> c->bits % 8);
	return agree(&clean, &c->ip, 128) ? CIDR_NONE : CIDR_BITS;
}

enum cidr_error
cidr_set_add(struct cidr_set *set, struct span list)
{
	size_t count = set->count;

	do {
		struct span one = span_trim(span_cut(&list, ','));
		struct cidr c;
		enum cidr_error err = parse_cidr(one, &c);

		if (err)
			return err;
		if (count == CIDR_SET_MAX)
			return CIDR_MANY;
		set->at[count++] = c;
	} while (list.at);
	set->count = count;
	return CIDR_NONE;
}

static bool
is_v4_net(const struct cidr *c)
{
	return c->bits >= V4_BITS && ip_is_v4(&c->ip);
}

bool
cidr_set_holds(const struct cidr_set *set, const struct ip *ip)
{
	bool v4 = ip_is_v4(ip);

	for (size_t i = 0; i < set->count; i++)
		if (is_v4_net(&set->at[i]) == v4 &&
		    agree(&set->at[i].ip, ip, set->at[i].bits))
			return true;
	return false;
}
