#include "accounts.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TRIES = 200, TRY_MS = 25 };

/* The metrics' text, of at most cap - 1 bytes. */
static bool
scrape(struct target *t, char *text, size_t cap)
{
	static const char request[] = "GET /metrics HTTP/1.0\r\n\r\n";
	int fd = target_dial(t->metrics);
	size_t len = 0;
	ssize_t n = -1;

	if (fd >= 0 && send(fd, request, sizeof request - 1, MSG_NOSIGNAL) > 0)
		while (len < cap - 1 &&
		    (n = recv(fd, text + len, cap - 1 - len, 0)) > 0)
			len += (size_t)n;
	text[len] = '\0';
	if (fd >= 0)
		close(fd);
	return n == 0;
}

/* The sum of all series whose lines begin so; -1 if there is none. */
static long
sum(const char *text, const char *begin)
{
	long total = -1;

	for (const char *line = text; line; line = strchr(line, '\n')) {
		const char *value;

		line += *line == '\n';
		if (strncmp(line, begin, strlen(begin)) != 0)
			continue;
		value = line + strcspn(line, " \n");
		total = (total < 0 ? 0 : total) + strtol(value, NULL, 10);
	}
	return total;
}

bool
accounts_add_up(struct target *t, struct fault *f)
{
	char text[32768];
	long requests, observed, lines;

	for (int tries = 0;; tries++) {
		if (!scrape(t, text, sizeof text))
			return fault_set(f, "no metrics");
		if (sum(text, "http_connections{listener=\"page\"}") == 0)
			break;
		if (tries == TRIES)
			return fault_set(f, "connections that nobody has");
		poll(NULL, 0, TRY_MS);
	}
	requests = sum(text, "http_requests_total{");
	observed = sum(text, "my_webpage_request_latency_seconds_count");
	lines = sum(text, "my_webserver_log_lines_total");
	if (requests < 0)
		requests = 0; /* all were held with the other listener */
	if (sum(text, "http_requests_in_flight") != 0)
		return fault_set(f, "requests in flight of nobody");
	if (observed != requests || lines != requests)
		return fault_set(f, "%ld requests, %ld observed, %ld lines",
		    requests, observed, lines);
	return true;
}
