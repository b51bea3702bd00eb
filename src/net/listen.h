/*
 * listen.h - addresses, listening sockets, accepted connections.
 */
#ifndef NET_LISTEN_H
#define NET_LISTEN_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/span.h"

/* Longest text of an address with port, "[...]:65535". */
enum { ADDRESS_TEXT_MAX = 64 };

struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} sock;
	bool dual; /* the IPv6 wildcard that takes IPv4 too */
};

/*
 * Reads ":8080", "0.0.0.0:8080", "[::1]:8080", "localhost:8080" (127.0.0.1).
 * No other names: nothing is resolved. ":PORT" and "[::]:PORT" are dual; an
 * IPv4-mapped IPv6 address is IPv4. False if it is none of these.
 */
bool address_parse(struct span s, struct address *a);

/* Appends "127.0.0.1:8080" or "[::1]:8080". */
void address_write(struct buf *b, const struct address *a);

/* True if it stands for all addresses of the machine. */
bool address_any(const struct address *a);

/* The port, in host order. */
uint16_t address_port(const struct address *a);

/*
 * Appends the host alone: IPv4-mapped IPv6 as IPv4, no scope, no brackets.
 */
void address_host(struct buf *b, const struct address *a);

/*
 * Opens a non-blocking listening socket, exclusively bound, and updates *a to
 * the port it got. A dual address becomes the IPv4 wildcard where IPv6 is off.
 * Returns the descriptor, or -1 with errno.
 */
int listen_open(struct address *a);

/*
 * Takes one connection off the queue, non-blocking, and tells who it is.
 * Returns the descriptor, or -1 with errno: EAGAIN when the queue is empty;
 * connections that died in the queue are passed over.
 */
int listen_accept(int fd, struct address *peer);

/*
 * Lets no new handshake begin on a listening socket: who calls now gets no
 * answer, calls again a second later (RFC 6298, 2.1), and is refused if the
 * socket was closed meanwhile. Handshakes that have begun are finished and come
 * into the queue, up to a round trip later: wait, and take them, before closing
 * it, since the kernel resets what is in the queue then. Where the kernel takes
 * no filter, nothing changes.
 */
void listen_stop(int fd);

#endif
