#include "http/forwarded.h"

#include "base/num.h"
#include "http/fields.h"
#include "http/request.h"

/* The lines of the list, and how far it has been walked, from its end. */
struct walk {
	struct span line[FIELDS_MAX];
	unsigned left; /* lines, the last of which is being walked */
};

static void
collect(struct walk *w, struct span lines)
{
	struct field f;

	w->left = 0;
	while (w->left < FIELDS_MAX && fields_next(&lines, &f))
		if (span_ieq(f.name, SPAN("X-Forwarded-For")))
			w->line[w->left++] = f.value;
}

/* Takes the last element off the list. False if there is none left. */
static bool
take_last(struct walk *w, struct span *element)
{
	while (w->left > 0) {
		struct span *line = &w->line[w->left - 1];
		size_t comma = line->len;

		while (comma > 0 && line->at[comma - 1] != ',')
			comma--;
		*element = span_trim(span_from(*line, comma));
		if (comma > 0)
			line->len = comma - 1;
		else
			w->left--;
		if (element->len > 0)
			return true;
	}
	return false;
}

static bool
is_port(struct span s)
{
	uint64_t port;

	return s.len <= 5 && num_parse_u64(s, &port) && port <= UINT16_MAX;
}

/* An address, perhaps with a port. */
static bool
parse_entry(struct span s, struct ip *ip)
{
	size_t colon = span_find(s, ':');

	if (s.at[0] == '[') {
		size_t end = span_find(s, ']');
		struct span host = span_between(s.at + 1, s.at + end);

		if (end == s.len || colon > end)
			return false;
		s = span_from(s, end + 1);
		if (s.len > 0 && (s.at[0] != ':' || !is_port(span_from(s, 1))))
			return false;
		return ip_parse(host, ip);
	}
	if (colon < s.len && span_find(s, '.') < colon &&
	    is_port(span_from(s, colon + 1)))
		s.len = colon;
	return ip_parse(s, ip);
}

struct ip
forwarded_client(
    struct span lines, struct ip peer, const struct cidr_set *trusted)
{
	struct ip client = peer;
	struct walk walk;
	struct span element;

	if (!cidr_set_holds(trusted, &peer))
		return peer;
	collect(&walk, lines);
	for (int hops = 0; hops < FORWARDED_HOPS_MAX; hops++)
		if (!take_last(&walk, &element) ||
		    !parse_entry(element, &client) ||
		    !cidr_set_holds(trusted, &client))
			break;
	return client;
}
