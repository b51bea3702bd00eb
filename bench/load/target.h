/* target.h - whom to load: a URL with a literal address. No names, no TLS. */
#ifndef LOAD_TARGET_H
#define LOAD_TARGET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "base/span.h"

struct target {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} address;
	socklen_t size;
	struct span host; /* host and port as given, for Host */
	struct span path; /* with its query; empty for / */
	bool loopback;    /* 127.0.0.0/8 or ::1 */
};

/*
 * Reads http://127.0.0.1:8080/path, http://[::1]:8080/ or
 * http://localhost:8080/ (which is 127.0.0.1); the port may be missing (80).
 * host and path stay parts of url. Returns NULL, or what was expected.
 */
const char *target_parse(struct target *t, struct span url);

#endif
