#include "metrics/metrics.h"

#include <string.h>

#include "base/num.h"

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

/* Turns of the loop are much shorter than requests may be. */
static const uint64_t turns[] = {
	10 * NS_PER_US,
	25 * NS_PER_US,
	50 * NS_PER_US,
	100 * NS_PER_US,
	250 * NS_PER_US,
	500 * NS_PER_US,
	1 * NS_PER_MS,
	2500 * NS_PER_US,
	5 * NS_PER_MS,
	10 * NS_PER_MS,
	25 * NS_PER_MS,
	50 * NS_PER_MS,
	100 * NS_PER_MS,
	250 * NS_PER_MS,
	500 * NS_PER_MS,
	1 * NS_PER_SEC,
};

void
metrics_init(
    struct metrics *m, const uint64_t *bound, size_t bounds, uint64_t created)
{
	memset(m, 0, sizeof *m);
	histogram_init(&m->latency, bound, bounds);
	histogram_init(&m->first_byte, bound, bounds);
	histogram_init(&m->turn, turns, sizeof turns / sizeof turns[0]);
	m->created = created;
	m->latency.created = created;
	m->first_byte.created = created;
	m->turn.created = created;
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

static void
example(struct metrics *m, const struct finished *f)
{
	struct exemplar e = { .value = f->latency, .wall = f->wall };

	if (f->trace_id.len != sizeof e.trace_id)
		return;
	memcpy(e.trace_id, f->trace_id.at, sizeof e.trace_id);
	histogram_example(&m->latency, &e);
}

void
metrics_request(struct metrics *m, const struct finished *f)
{
	size_t method = f->method < METRICS_OTHER ? f->method : METRICS_OTHER;
	size_t cell = histogram_cell(&m->latency, f->latency);

	metric_add(&m->requests[method][column(f->status)], f->count);
	histogram_count(&m->latency, cell, f->latency, f->count);
	if (f->trace_id.len > 0)
		example(m, f);
	if (f->aborted)
		metric_add(&m->aborted, f->count);
	if (!f->answered)
		return;
	/* mostly all of an answer goes out at once */
	if (f->first_byte != f->latency)
		cell = histogram_cell(&m->first_byte, f->first_byte);
	histogram_count(&m->first_byte, cell, f->first_byte, f->count);
}
