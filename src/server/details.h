/*
 * details.h - what some formats of the log, and some of its options, ask for
 * beyond what is noted of every request anyway. Without them nothing here runs.
 */
#ifndef SERVER_DETAILS_H
#define SERVER_DETAILS_H

#include "base/ip.h"
#include "log/access.h"
#include "server/conn.h"
#include "server/work.h"

/* Fields of the headers to log in one request. */
enum { DETAILS_FOUND_MAX = 32 };

/* Belongs to one event loop. */
struct details {
	const struct cidr_set *trusted; /* proxies; may hold nobody */
	const struct access_header_name *headers;
	size_t header_count;
	/* of the request that is being logged */
	struct access_header found[DETAILS_FOUND_MAX];
	char ip[IP_TEXT_MAX];
};

/* Notes what only its head tells: head is a good and whole one, or empty. */
void
details_begin(struct exchange *ex, const struct request *req, struct span head);

/*
 * Fills in what a detailed style looks at, and who the client is. Of the
 * record, client_ip and headers are good until the next call.
 */
void details_fill(struct details *d, const struct conn *c, struct exchange *ex);

#endif
