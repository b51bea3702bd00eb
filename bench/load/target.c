#include "target.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/num.h"

enum { HOST_MAX = INET6_ADDRSTRLEN };

static const char expected_url[] = "a URL such as http://127.0.0.1:8080/";
static const char expected_host[] =
    "an IPv4 address, an IPv6 address in brackets, or localhost";

/* Copies an address for inet_pton, which wants a NUL. */
static bool
read_literal(int family, struct span text, void *address)
{
	char copy[HOST_MAX];

	if (text.len >= sizeof copy || memchr(text.at, '\0', text.len))
		return false;
	memcpy(copy, text.at, text.len);
	copy[text.len] = '\0';
	return inet_pton(family, copy, address) == 1;
}

static const char *
read_host(struct target *t, struct span host, uint16_t port)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = port };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = port };

	if (span_ieq(host, SPAN("localhost")))
		host = SPAN("127.0.0.1");
	if (host.len > 2 && host.at[0] == '[' && host.at[host.len - 1] == ']') {
		host = (struct span){ host.at + 1, host.len - 2 };
		if (!read_literal(AF_INET6, host, &v6.sin6_addr))
			return expected_host;
		t->address.v6 = v6;
		t->size = sizeof v6;
		t->loopback = IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
		return NULL;
	}
	if (!read_literal(AF_INET, host, &v4.sin_addr))
		return expected_host;
	t->address.v4 = v4;
	t->size = sizeof v4;
	t->loopback = ntohl(v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	return NULL;
}

/* Where the port's colon is, or the length: a bracket holds other colons. */
static size_t
find_port(struct span host)
{
	size_t bracket = span_find(host, ']');
	size_t from = bracket < host.len ? bracket : 0;

	return from + span_find(span_from(host, from), ':');
}

const char *
target_parse(struct target *t, struct span url)
{
	static const struct span scheme = SPAN_INIT("http://");
	uint64_t port = 80;
	size_t end = 0, colon;

	*t = (struct target){ 0 };
	if (url.len < scheme.len ||
	    !span_ieq((struct span){ url.at, scheme.len }, scheme))
		return expected_url;
	for (size_t i = 0; i < url.len; i++)
		if (url.at[i] <= ' ' || url.at[i] > '~' || url.at[i] == '#')
			return expected_url;
	url = span_from(url, scheme.len);
	while (end < url.len && url.at[end] != '/' && url.at[end] != '?')
		end++;
	t->host = (struct span){ url.at, end };
	t->path = span_from(url, end);
	colon = find_port(t->host);
	if (colon < t->host.len &&
	    !num_parse_u64(span_from(t->host, colon + 1), &port))
		return "a port, 1 to 65535";
	if (port < 1 || port > 65535)
		return "a port, 1 to 65535";
	return read_host(
	    t, (struct span){ t->host.at, colon }, htons((uint16_t)port));
}
