/*
 * X-Forwarded-For: an input's first line is a list of trusted networks, the
 * second the peer, and the others are values of field lines; one that begins
 * with '!' is a whole field line of another name.
 */
#include <string.h>

#include "fuzz.h"
#include "http/forwarded.h"
#include "http/request.h"
#include "oracle_ip.h"
#include "unit/guard.h"

enum { ENTRIES = 64 * 1024, ROOM = 64 * 1024 };

static struct span entries[ENTRIES];
static char head[ROOM];

/* Builds the field lines of it; how many entries they have. */
static size_t
build(struct span rest, struct buf *lines)
{
	static const struct span names[] = { SPAN_INIT("X-Forwarded-For: "),
		SPAN_INIT("x-FORWARDED-for:") };
	size_t count = 0;

	for (unsigned n = 0; rest.at && n < FIELDS_MAX; n++) {
		struct span line = span_cut(&rest, '\n');

		/* there are none in a good head */
		if (memchr(line.at, '\r', line.len))
			continue;
		if (line.len > 0 && line.at[0] == '!') {
			buf_put(lines, SPAN("X-Forwarded: "));
			buf_put(lines, line);
		} else {
			buf_put(lines, names[n % 2]);
			buf_put(lines, line);
			while (line.at && count < ENTRIES)
				entries[count++] = span_cut(&line, ',');
		}
		buf_put(lines, SPAN("\r\n"));
	}
	buf_put(lines, SPAN("\r\n"));
	return count;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct cidr_set set;
	static struct oracle_nets nets;
	struct span rest = { (const char *)data, size }, list, from;
	struct buf lines = buf_over(head, sizeof head);
	struct oracle_ip peer, client;
	struct ip ip, got;
	size_t count;

	list = span_cut(&rest, '\n');
	from = span_cut(&rest, '\n');
	set.count = 0;
	if (size > ROOM / 8 || !from.at || !ip_parse(from, &ip) ||
	    !oracle_ip(from, &peer) || cidr_set_add(&set, list) ||
	    oracle_nets(list, &nets))
		return 0;
	count = build(rest, &lines);
	CHECK(!lines.overflowed);
	client = oracle_client(entries, count, peer, &nets, FORWARDED_HOPS_MAX);
	got = forwarded_client(guard_put(buf_span(&lines)), ip, &set);
	CHECK(ip_is_v4(&got) == client.v4);
	CHECK(memcmp(client.v4 ? got.at + 12 : got.at, client.at,
		  client.v4 ? 4 : 16) == 0);
	return 0;
}
