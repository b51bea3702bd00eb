#include "app/app.h"
#include "http/accept.h"
#include "http/target.h"
#include "metrics/proto.h"
#include "metrics/text.h"

enum { NAMES_MAX = 64, NAME_MAX = 128 };

/*
 * Collects the values of name[]=... from the query, decoded into memory.
 * Returns how many there are, those over NAMES_MAX left out.
 */
static size_t
wanted(struct span query, struct span *names, struct buf *memory)
{
	struct span name, value;
	char key_memory[NAME_MAX];
	size_t count = 0;

	while (count < NAMES_MAX && query_next(&query, &name, &value)) {
		struct buf key = buf_over(key_memory, sizeof key_memory);
		size_t from = memory->len;

		if (!target_decode(name, &key) ||
		    !span_eq(buf_span(&key), SPAN("name[]")))
			continue;
		/* one that is no name names nothing, but is asked for */
		if (!target_decode(value, memory)) {
			memory->len = from;
			memory->overflowed = false;
		}
		names[count++] =
		    (struct span){ memory->at + from, memory->len - from };
	}
	return count;
}

/* The first is for who does not mind, and for who wants something else. */
const struct span scrape_types[SCRAPE_TYPES] = {
	SPAN_INIT("text/plain; version=0.0.4; charset=utf-8"),
	SPAN_INIT("application/openmetrics-text; version=1.0.0; charset=utf-8"),
	SPAN_INIT("application/vnd.google.protobuf; "
		  "proto=io.prometheus.client.MetricFamily; "
		  "encoding=delimited"),
};

static void (*const writers[SCRAPE_TYPES])(
    struct buf *b, const struct scrape_source *what) = {
	text_write,
	text_write_open,
	proto_write,
};

void
scrape(const struct app *app, const struct request *req, struct response *res)
{
	struct span names[NAMES_MAX];
	char memory[TARGET_MAX];
	struct buf values = buf_over(memory, sizeof memory);
	struct family_filter filter = { names,
		wanted(req->query, names, &values) };
	struct process process;
	const struct scrape_source what = {
		.metrics = app->metrics,
		.process = &process,
		.build = app->build,
		.latency_name = app->latency_name,
		.filter = filter.count > 0 ? &filter : NULL,
	};

	size_t type = accept_pick(req, scrape_types, SCRAPE_TYPES);

	if (type == SCRAPE_TYPES)
		type = 0;
	process_read(&process);
	res->type = scrape_types[type];
	res->vary_accept = true;
	writers[type](&res->body, &what);
}
