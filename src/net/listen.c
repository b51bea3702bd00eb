#include "net/listen.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "base/ip.h"
#include "base/num.h"

enum {
	/* Dead connections passed over at once, before other work's turn. */
	ACCEPT_TRIES = 64,
	/* The kernel takes net.core.somaxconn where that is less. Not
	 * SOMAXCONN: in one libc that is 128. */
	QUEUE_MAX = 65535,
};

/* All of it: { 0 } is sure to clear the first member of the union only. */
static void
clear(struct address *a)
{
	memset(a, 0, sizeof *a);
}

static bool
parse_port(struct span s, in_port_t *port)
{
	uint64_t value;

	if (s.len > 1 && s.at[0] == '0')
		return false;
	if (!num_parse_u64(s, &value) || value > UINT16_MAX)
		return false;
	*port = htons((uint16_t)value);
	return true;
}

/* No socket for IPv6 alone can be bound to a mapped address: IPv4 is meant. */
static void
unmap(struct address *a)
{
	struct in6_addr ip = a->sock.v6.sin6_addr;

	if (!IN6_IS_ADDR_V4MAPPED(&ip))
		return;
	clear(a);
	a->sock.v4.sin_family = AF_INET;
	memcpy(&a->sock.v4.sin_addr, ip.s6_addr + 12, 4);
}

static bool
parse_v6(struct span host, struct address *a)
{
	struct ip ip;

	a->sock.v6.sin6_family = AF_INET6; /* all zeros is the wildcard */
	if (host.len > 0) {
		if (host.at[host.len - 1] != ']')
			return false;
		host = (struct span){ host.at + 1, host.len - 2 };
		if (span_find(host, ':') == host.len || !ip_parse(host, &ip))
			return false;
		memcpy(&a->sock.v6.sin6_addr, ip.at, sizeof ip.at);
	}
	a->dual = IN6_IS_ADDR_UNSPECIFIED(&a->sock.v6.sin6_addr);
	unmap(a);
	return true;
}

static bool
parse_v4(struct span host, struct address *a)
{
	struct ip ip;

	a->sock.v4.sin_family = AF_INET;
	if (span_ieq(host, SPAN("localhost")))
		host = SPAN("127.0.0.1");
	if (span_find(host, ':') < host.len || !ip_parse(host, &ip))
		return false;
	memcpy(&a->sock.v4.sin_addr, ip.at + 12, 4);
	return true;
}

bool
address_parse(struct span s, struct address *a)
{
	struct address parsed;
	size_t colon = s.len;
	struct span host;
	in_port_t port;
	bool v6;

	clear(&parsed);
	while (colon > 0 && s.at[colon - 1] != ':')
		colon--;
	if (colon == 0 || !parse_port(span_from(s, colon), &port))
		return false;
	host = (struct span){ s.at, colon - 1 };
	v6 = host.len == 0 || host.at[0] == '[';
	if (!(v6 ? parse_v6(host, &parsed) : parse_v4(host, &parsed)))
		return false;
	if (parsed.sock.any.sa_family == AF_INET6)
		parsed.sock.v6.sin6_port = port;
	else
		parsed.sock.v4.sin_port = port;
	*a = parsed;
	return true;
}

/* True if IPv6 notation is needed. */
static bool
is_v6(const struct address *a)
{
	return a->sock.any.sa_family == AF_INET6 &&
	    !IN6_IS_ADDR_V4MAPPED(&a->sock.v6.sin6_addr);
}

void
address_write(struct buf *b, const struct address *a)
{
	bool v6 = is_v6(a);

	if (v6)
		buf_char(b, '[');
	address_host(b, a);
	if (v6)
		buf_char(b, ']');
	buf_char(b, ':');
	buf_u64(b, address_port(a));
}

bool
address_any(const struct address *a)
{
	return a->sock.any.sa_family == AF_INET6
	    ? IN6_IS_ADDR_UNSPECIFIED(&a->sock.v6.sin6_addr)
	    : a->sock.v4.sin_addr.s_addr == htonl(INADDR_ANY);
}

uint16_t
address_port(const struct address *a)
{
	return ntohs(a->sock.any.sa_family == AF_INET6 ? a->sock.v6.sin6_port
						       : a->sock.v4.sin_port);
}

void
address_host(struct buf *b, const struct address *a)
{
	struct ip ip = { .at = { [10] = 0xff, [11] = 0xff } };

	if (a->sock.any.sa_family == AF_INET6)
		memcpy(ip.at, &a->sock.v6.sin6_addr, 16);
	else
		memcpy(ip.at + 12, &a->sock.v4.sin_addr, 4);
	ip_write(b, &ip);
}

static socklen_t
sock_size(const struct address *a)
{
	return a->sock.any.sa_family == AF_INET6 ? sizeof a->sock.v6
						 : sizeof a->sock.v4;
}

static int
set_option(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof value);
}

/* Accepted sockets inherit TCP_NODELAY. */
static int
bind_listen(int fd, struct address *a)
{
	socklen_t size = sock_size(a);

	if (set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1) < 0 ||
	    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1) < 0)
		return -1;
	if (a->sock.any.sa_family == AF_INET6 &&
	    set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, !a->dual) < 0)
		return -1;
	if (bind(fd, &a->sock.any, size) < 0 || listen(fd, QUEUE_MAX) < 0)
		return -1;
	return getsockname(fd, &a->sock.any, &size);
}

static int
open_one(struct address *a)
{
	int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
	int fd = socket(a->sock.any.sa_family, type, 0);
	int saved;

	if (fd < 0 || bind_listen(fd, a) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

int
listen_open(struct address *a)
{
	struct address v4;
	int fd = open_one(a);

	if (fd >= 0 || !a->dual)
		return fd;
	if (errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL)
		return -1;
	clear(&v4);
	v4.sock.v4.sin_family = AF_INET; /* all zeros is the wildcard */
	v4.sock.v4.sin_port = a->sock.v6.sin6_port;
	fd = open_one(&v4);
	if (fd >= 0)
		*a = v4;
	return fd;
}

/* What accept(2) hands on of a connection that died in the queue: "treat them
 * like EAGAIN by retrying". */
static bool
died_in_queue(int error)
{
	switch (error) {
	case EINTR:
	case ECONNABORTED:
	case ENETDOWN:
	case EPROTO:
	case ENOPROTOOPT:
	case EHOSTDOWN:
	case ENONET:
	case EHOSTUNREACH:
	case EOPNOTSUPP:
	case ENETUNREACH:
		return true;
	default:
		return false;
	}
}

int
listen_accept(int fd, struct address *peer)
{
	for (int i = 0; i < ACCEPT_TRIES; i++) {
		socklen_t size = sizeof peer->sock;
		int got;

		clear(peer);
		got = accept4(
		    fd, &peer->sock.any, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (got >= 0 || !died_in_queue(errno))
			return got;
	}
	errno = EAGAIN; /* the rest at the next event */
	return -1;
}

/* socket(7), SO_ATTACH_FILTER. linux/filter.h, which has these as sock_filter
 * and sock_fprog, comes with no libc; its layout and its codes never change. */
struct filter_step {
	uint16_t code;
	uint8_t if_true, if_false; /* steps to skip */
	uint32_t k;
};

struct filter {
	unsigned short count;
	const struct filter_step *steps;
};

/*
 * A TCP socket's filter sees a segment from its TCP header on, over IPv4 and
 * IPv6 alike; byte 13 has the flags (RFC 9293, 3.1). What acknowledges
 * something (0x10) belongs to a handshake that has begun, or to a connection:
 * those that come of this socket inherit the filter.
 */
void
listen_stop(int fd)
{
	static const struct filter_step steps[] = {
		{ 0x30, 0, 0, 13 },        /* BPF_LD BPF_B BPF_ABS */
		{ 0x54, 0, 0, 0x12 },      /* BPF_ALU BPF_AND: ACK and SYN */
		{ 0x15, 0, 1, 0x02 },      /* BPF_JMP BPF_JEQ: SYN alone? */
		{ 0x06, 0, 0, 0 },         /* BPF_RET: drop it */
		{ 0x06, 0, 0, UINT32_MAX } /* BPF_RET: all of it */
	};
	struct filter filter = { sizeof steps / sizeof steps[0], steps };

	/* Some sandboxes know no filters. Then the kernel resets who connects
	 * just before the close: a risk, no reason to do anything else. */
	(void)setsockopt(
	    fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);
}
