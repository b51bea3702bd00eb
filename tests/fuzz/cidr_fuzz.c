/*
 * Networks: an input's first line is a list of them, the others are addresses.
 */
#include <string.h>

#include "base/ip.h"
#include "fuzz.h"
#include "oracle_ip.h"
#include "unit/guard.h"

static void
check_same(const struct ip *ip, const struct oracle_ip *o)
{
	CHECK(ip_is_v4(ip) == o->v4);
	CHECK(memcmp(o->v4 ? ip->at + 12 : ip->at, o->at, o->v4 ? 4 : 16) == 0);
}

/* What is written is the address, and is as short as it may be. */
static void
check_written(const struct ip *ip, const struct oracle_ip *o)
{
	char text[IP_TEXT_MAX];
	struct buf b = buf_over(text, sizeof text);
	struct oracle_ip again;
	struct ip mine;

	ip_write(&b, ip);
	CHECK(!b.overflowed && oracle_ip(buf_span(&b), &again));
	CHECK(memcmp(&again, o, sizeof again) == 0);
	CHECK(ip_parse(buf_span(&b), &mine));
	CHECK(memcmp(&mine, ip, sizeof mine) == 0);
	CHECK(o->v4 == (span_find(buf_span(&b), ':') == b.len));
	for (size_t i = 0; i < b.len; i++)
		CHECK(text[i] < 'A' || text[i] > 'F');
	CHECK(!memmem(text, b.len, ":0:0:", 5) || memmem(text, b.len, "::", 2));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct cidr_set set;
	static struct oracle_nets nets;
	struct span rest = { (const char *)data, size }, list;
	enum cidr_error err;

	if (size > GUARD_ROOM)
		return 0;
	list = span_cut(&rest, '\n');
	memset(&set, 0, sizeof set);
	err = cidr_set_add(&set, guard_put(list));
	CHECK((int)err == (int)oracle_nets(list, &nets));
	CHECK(set.count == (err ? 0 : nets.count));
	if (err)
		nets.count = 0;
	while (rest.at) {
		struct span line = span_cut(&rest, '\n');
		struct oracle_ip o;
		struct ip ip;
		bool good = ip_parse(guard_put(line), &ip);

		CHECK(good == oracle_ip(line, &o));
		if (!good)
			continue;
		check_same(&ip, &o);
		check_written(&ip, &o);
		CHECK(cidr_set_holds(&set, &ip) == oracle_nets_hold(&nets, o));
	}
	return 0;
}
