#include "metrics/metrics.h"

#include <string.h>

/* In the order of enum method (http/request.h). */
const struct span metrics_methods[METRICS_METHODS] = {
	SPAN_INIT("GET"),
	SPAN_INIT("HEAD"),
	SPAN_INIT("POST"),
	SPAN_INIT("PUT"),
	SPAN_INIT("DELETE"),
	SPAN_INIT("CONNECT"),
	SPAN_INIT("OPTIONS"),
	SPAN_INIT("TRACE"),
	SPAN_INIT("PATCH"),
	SPAN_INIT("_OTHER"),
};

/* The usual one first: columns are searched from the left. */
const unsigned metrics_codes[METRICS_CODES] = { 200, 204, 206, 301, 304, 308,
	400, 404, 405, 408, 412, 413, 414, 416, 417, 431, 499, 500, 501, 503,
	505 };

void
metrics_init(struct metrics *m, const uint64_t *bound, size_t bounds)
{
	memset(m, 0, sizeof *m);
	histogram_init(&m->latency, bound, bounds);
}

static size_t
column(unsigned status)
{
	if (status == metrics_codes[0])
		return 0;
	for (size_t i = 1; i < METRICS_CODES && metrics_codes[i] != 0; i++)
		if (metrics_codes[i] == status)
			return i;
	return column(500);
}

void
metrics_request(struct metrics *m, size_t method, unsigned status,
    uint64_t latency, bool aborted)
{
	if (method > METRICS_OTHER)
		method = METRICS_OTHER;
	metric_add(&m->requests[method][column(status)], 1);
	histogram_observe(&m->latency, latency);
	if (aborted)
		metric_add(&m->aborted, 1);
}
