#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "oracle.h"

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool
is_alnum(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Takes a percent-encoded byte off s. */
static bool
take_escape(struct span *s)
{
	if (s->len < 3 || s->at[0] != '%' || !is_hex(s->at[1]) ||
	    !is_hex(s->at[2]))
		return false;
	s->at += 3;
	s->len -= 3;
	return true;
}

/* reg-name of RFC 3986, 3.2.2, IPv4address included, and not empty. */
static bool
is_name(struct span s)
{
	if (s.len == 0)
		return false;
	while (s.len > 0) {
		if (take_escape(&s))
			continue;
		if (!is_alnum(*s.at) &&
		    (*s.at == '\0' || !strchr("-._~!$&'()*+,;=", *s.at)))
			return false;
		s.at++;
		s.len--;
	}
	return true;
}

/* Four numbers up to 255, no leading zeros. */
static bool
is_ipv4(struct span s)
{
	for (int part = 0; part < 4; part++) {
		unsigned value = 0, digits = 0;

		while (s.len > 0 && is_digit(*s.at)) {
			if (digits == 1 && value == 0)
				return false;
			value = value * 10 + (unsigned)(*s.at - '0');
			if (++digits > 3 || value > 255)
				return false;
			s.at++;
			s.len--;
		}
		if (digits == 0)
			return false;
		if (part == 3)
			return s.len == 0;
		if (s.len == 0 || *s.at != '.')
			return false;
		s.at++;
		s.len--;
	}
	return false;
}

/*
 * Groups of hex digits with a colon between them, the last two perhaps as an
 * IPv4 address: how many, or -1 if it is not that. An empty s is none.
 */
static int
groups(struct span s, bool ipv4_allowed)
{
	int count = 0;

	if (s.len == 0)
		return 0;
	for (;;) {
		size_t n = 0;

		if (ipv4_allowed && is_ipv4(s))
			return count + 2;
		while (n < s.len && is_hex(s.at[n]))
			n++;
		if (n < 1 || n > 4)
			return -1;
		count++;
		if (n == s.len)
			return count;
		if (s.at[n] != ':' || n + 1 == s.len)
			return -1;
		s = (struct span){ s.at + n + 1, s.len - n - 1 };
	}
}

/* RFC 4291, 2.2: eight groups, or "::" for at least one of them. */
static bool
is_ipv6(struct span s)
{
	for (size_t i = 0; i + 1 < s.len; i++) {
		int left, right;

		if (s.at[i] != ':' || s.at[i + 1] != ':')
			continue;
		left = groups((struct span){ s.at, i }, false);
		right =
		    groups((struct span){ s.at + i + 2, s.len - i - 2 }, true);
		return left >= 0 && right >= 0 && left + right < 8;
	}
	return groups(s, true) == 8;
}

/* Cuts a port, with its colon, off the end of s; false if it is not clean. */
static bool
take_port(struct span *s, struct span *port)
{
	size_t n = s->len;
	uint64_t value = 0;

	*port = (struct span){ NULL, 0 };
	while (n > 0 && is_digit(s->at[n - 1]))
		n--;
	if (n == 0 || s->at[n - 1] != ':')
		return true;
	*port = (struct span){ s->at + n, s->len - n };
	s->len = n - 1;
	for (size_t i = 0; i < port->len; i++) {
		value = value * 10 + (unsigned)(port->at[i] - '0');
		if (value > 65535)
			return false;
	}
	return true;
}

static bool
authority(struct span s, struct span *port)
{
	*port = (struct span){ NULL, 0 };
	/* the colon of a port stands behind the bracket */
	if (s.len > 0 && s.at[s.len - 1] != ']' && !take_port(&s, port))
		return false;
	if (s.len >= 2 && s.at[0] == '[' && s.at[s.len - 1] == ']')
		return is_ipv6((struct span){ s.at + 1, s.len - 2 });
	return is_name(s);
}

bool
oracle_authority(struct span s)
{
	struct span port;

	return authority(s, &port);
}

/* Visible ASCII but '#', which begins what is never sent. */
static bool
is_visible(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] < 0x21 || s.at[i] > 0x7e || s.at[i] == '#')
			return false;
	return true;
}

static bool
escapes_are_whole(struct span s)
{
	while (s.len > 0) {
		if (*s.at == '%') {
			if (!take_escape(&s))
				return false;
			continue;
		}
		s.at++;
		s.len--;
	}
	return true;
}

static unsigned
path_and_query(struct span s, struct request *req)
{
	const char *mark = s.len > 0 ? memchr(s.at, '?', s.len) : NULL;

	req->path = s;
	if (mark) {
		req->path.len = (size_t)(mark - s.at);
		req->query =
		    (struct span){ mark + 1, s.len - req->path.len - 1 };
	}
	if (!is_visible(s) || !escapes_are_whole(req->path))
		return FAULT_400;
	return 0;
}

static unsigned
absolute(struct span target, bool options, struct request *req)
{
	static const char *const schemes[] = { "http://", "https://" };
	struct span rest = { NULL, 0 };
	unsigned faults;
	size_t n = 0;

	for (int i = 0; i < 2; i++) {
		size_t len = strlen(schemes[i]);

		if (target.len >= len &&
		    strncasecmp(target.at, schemes[i], len) == 0)
			rest =
			    (struct span){ target.at + len, target.len - len };
	}
	if (rest.at == NULL)
		return FAULT_400;
	while (n < rest.len && rest.at[n] != '/' && rest.at[n] != '?')
		n++;
	req->authority = (struct span){ rest.at, n };
	faults =
	    path_and_query((struct span){ rest.at + n, rest.len - n }, req);
	if (req->path.len == 0)
		req->path =
		    options && req->query.at == NULL ? SPAN("*") : SPAN("/");
	return oracle_authority(req->authority) ? faults : FAULT_400;
}

unsigned
oracle_target(struct span target, struct span method, struct request *req)
{
	bool options = span_eq(method, SPAN("OPTIONS"));
	struct span port;

	req->path = req->query = (struct span){ NULL, 0 };
	if (span_eq(method, SPAN("CONNECT"))) {
		req->authority = target;
		return authority(target, &port) && port.len > 0 ? 0 : FAULT_400;
	}
	if (target.len == 0)
		return FAULT_400;
	if (target.at[0] == '/')
		return path_and_query(target, req);
	if (span_eq(target, SPAN("*"))) {
		req->path = target;
		return options ? 0 : FAULT_400;
	}
	return absolute(target, options, req);
}
