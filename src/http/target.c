#include "http/target.h"

#include "base/ip.h"
#include "base/num.h"
#include "http/chars.h"

enum { PORT_MAX = 65535, PORT_DIGITS = 5 };

/* True if a '%' at s.at[i] has its two hex digits. */
static bool
is_escape(struct span s, size_t i)
{
	return s.len - i > 2 && chars_has(CHARS_HEX, s.at[i + 1]) &&
	    chars_has(CHARS_HEX, s.at[i + 2]);
}

static bool
is_query(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!chars_has(CHARS_URI, s.at[i]))
			return false;
	return true;
}

/* Splits s into path and query; both are set even if they are not clean. */
static enum status
take_path(struct request *req, struct span s)
{
	bool clean = true;
	size_t n = 0;

	for (; n < s.len && s.at[n] != '?'; n++)
		if (!chars_has(CHARS_URI, s.at[n]) ||
		    (s.at[n] == '%' && !is_escape(s, n)))
			clean = false;
	req->path = (struct span){ s.at, n };
	if (n < s.len) {
		req->query = span_from(s, n + 1);
		clean = clean && is_query(req->query);
	}
	return clean ? STATUS_NONE : STATUS_BAD_REQUEST;
}

/* May be empty (RFC 3986, 3.2.3). */
static bool
is_port(struct span s)
{
	unsigned port = 0;

	while (s.len > PORT_DIGITS && s.at[0] == '0')
		s = span_from(s, 1);
	if (s.len > PORT_DIGITS)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		unsigned digit = (unsigned char)s.at[i] - (unsigned)'0';

		if (digit > 9)
			return false;
		port = port * 10 + digit;
	}
	return port <= PORT_MAX;
}

/* What stands between brackets; no zone, which means something to one host. */
static bool
is_ipv6(struct span s)
{
	struct ip ip;

	return span_find(s, ':') < s.len && ip_parse(s, &ip);
}

/* The address in brackets that s begins with; 0 if there is none. Seldom
 * called, and so kept out of the way. */
static __attribute__((noinline)) size_t
bracket_length(struct span s)
{
	size_t n = span_find(s, ']');

	if (n == s.len || !is_ipv6((struct span){ s.at + 1, n - 1 }))
		return 0;
	return n + 1;
}

/* The host that s begins with, brackets included; 0 if there is none. */
static inline size_t
host_length(struct span s)
{
	size_t n;

	if (s.len > 0 && s.at[0] == '[')
		return bracket_length(s);
	for (n = chars_usual(s); n < s.len; n++)
		if (!chars_has(CHARS_NAME, s.at[n]) &&
		    (s.at[n] != '%' || !is_escape(s, n)))
			break;
	return n;
}

/* The length of the host in s if s is a host with optional port, else 0. */
static size_t
authority_host(struct span s)
{
	size_t n = host_length(s);

	if (n == s.len || (s.at[n] == ':' && is_port(span_from(s, n + 1))))
		return n;
	return 0;
}

bool
target_authority(struct span s)
{
	return authority_host(s) > 0;
}

/* What CONNECT names: a port must be there (RFC 9112, 3.2.3). */
static enum status
take_authority(struct request *req)
{
	size_t host = authority_host(req->target);

	req->authority = req->target;
	if (host == 0 || host + 1 >= req->target.len)
		return STATUS_BAD_REQUEST;
	return STATUS_NONE;
}

static __attribute__((noinline)) enum status
take_absolute(struct request *req)
{
	struct span rest = req->target;
	enum status err;
	size_t n = 0;

	while (n < rest.len && chars_has(CHARS_TOKEN, rest.at[n]))
		n++;
	if (!span_starts(span_from(rest, n), SPAN("://")) ||
	    (!span_ieq((struct span){ rest.at, n }, SPAN("http")) &&
		!span_ieq((struct span){ rest.at, n }, SPAN("https"))))
		return STATUS_BAD_REQUEST;
	rest = span_from(rest, n + 3);
	n = 0;
	while (n < rest.len && rest.at[n] != '/' && rest.at[n] != '?')
		n++;
	req->authority = (struct span){ rest.at, n };
	err = take_path(req, span_from(rest, n));
	if (req->path.len == 0) {
		bool server =
		    req->method == METHOD_OPTIONS && req->query.at == NULL;

		req->path = server ? SPAN("*") : SPAN("/");
	}
	return target_authority(req->authority) ? err : STATUS_BAD_REQUEST;
}

enum status
target_parse(struct request *req)
{
	req->path = req->query = (struct span){ NULL, 0 };
	if (req->target.len == 0)
		return STATUS_BAD_REQUEST;
	if (req->method == METHOD_CONNECT)
		return take_authority(req);
	if (req->target.at[0] == '/')
		return take_path(req, req->target);
	if (span_eq(req->target, SPAN("*"))) {
		req->path = req->target;
		return req->method == METHOD_OPTIONS ? STATUS_NONE
						     : STATUS_BAD_REQUEST;
	}
	return take_absolute(req);
}

bool
target_decode(struct span s, struct buf *out)
{
	for (size_t i = 0; i < s.len; i++) {
		uint64_t byte;

		if (s.at[i] != '%') {
			buf_char(out, s.at[i]);
			continue;
		}
		if (s.len - i <= 2 ||
		    !num_parse_hex((struct span){ s.at + i + 1, 2 }, &byte))
			return false;
		buf_char(out, (char)byte);
		i += 2;
	}
	return !out->overflowed;
}

bool
query_next(struct span *query, struct span *name, struct span *value)
{
	while (query->len > 0) {
		struct span pair = span_cut(query, '&');

		if (pair.len == 0)
			continue;
		*value = pair;
		*name = span_cut(value, '=');
		return true;
	}
	return false;
}
