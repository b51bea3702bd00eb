#include "metrics/families.h"

#include "base/num.h"

/* A family of one metric, or of one for each value of a label. */
struct plain {
	struct family family;
	size_t offset; /* of the first in struct metrics */
	struct span label;
	const struct span *values;
	size_t count;
};

/* A walk on its way. */
struct visit {
	const struct scrape_source *what;
	const struct family_writer *writer;
	void *to;
};

static const struct span listeners[LISTENERS] = {
	[LISTENER_PAGE] = SPAN_INIT("page"),
	[LISTENER_METRICS] = SPAN_INIT("metrics"),
};

static const struct span phases[PHASES] = {
	[PHASE_HEADER] = SPAN_INIT("header"),
	[PHASE_IDLE] = SPAN_INIT("idle"),
	[PHASE_BODY] = SPAN_INIT("body"),
	[PHASE_WRITE] = SPAN_INIT("write"),
};

#define FAMILY(name, kind, help)                                        \
	{                                                               \
		SPAN_INIT(name), (kind), SPAN_INIT(help), SPAN_INIT("") \
	}
#define MEASURED(name, kind, unit, help)                                  \
	{                                                                 \
		SPAN_INIT(name), (kind), SPAN_INIT(help), SPAN_INIT(unit) \
	}
#define ALONE(member) offsetof(struct metrics, member), SPAN_INIT(""), NULL, 1

static const struct family build_info = FAMILY("my_webserver_build_info",
    FAMILY_GAUGE, "What this server was built from and with; always 1.");

static const struct family requests =
    FAMILY("http_requests_total", FAMILY_COUNTER,
	"Finished HTTP requests by status code and method; 499 is a "
	"client that left before there was an answer.");

static const struct plain plains[] = {
	{ FAMILY("http_requests_in_flight", FAMILY_GAUGE,
	      "HTTP requests whose first byte has come and whose answer is "
	      "not finished."),
	    ALONE(in_flight) },
	{ MEASURED("http_request_bytes_total", FAMILY_COUNTER, "bytes",
	      "Bytes received in HTTP requests, heads and bodies."),
	    ALONE(request_bytes) },
	{ MEASURED("http_response_bytes_total", FAMILY_COUNTER, "bytes",
	      "Bytes sent in HTTP answers, heads and bodies."),
	    ALONE(response_bytes) },
	{ FAMILY("http_requests_aborted_total", FAMILY_COUNTER,
	      "HTTP requests whose connection was lost before the answer was "
	      "sent."),
	    ALONE(aborted) },
	{ FAMILY("http_connections", FAMILY_GAUGE,
	      "Open connections by listener."),
	    offsetof(struct metrics, connections), SPAN_INIT("listener"),
	    listeners, LISTENERS },
	{ FAMILY("http_connections_accepted_total", FAMILY_COUNTER,
	      "Connections accepted by listener."),
	    offsetof(struct metrics, accepted), SPAN_INIT("listener"),
	    listeners, LISTENERS },
	{ FAMILY("http_timeouts_total", FAMILY_COUNTER,
	      "Connections closed for taking too long, by what they were "
	      "doing."),
	    offsetof(struct metrics, timeouts), SPAN_INIT("phase"), phases,
	    PHASES },
	{ FAMILY("my_webserver_log_lines_total", FAMILY_COUNTER,
	      "Access log lines written to standard output."),
	    ALONE(log_lines) },
	{ FAMILY("my_webserver_log_lines_dropped_total", FAMILY_COUNTER,
	      "Access log lines lost because nobody read standard output in "
	      "time or it could not be written."),
	    ALONE(log_dropped) },
	{ FAMILY("my_webserver_ready", FAMILY_GAUGE,
	      "1 if the server is ready for requests, else 0."),
	    ALONE(ready) },
	{ FAMILY("my_webserver_draining", FAMILY_GAUGE,
	      "1 if the server is shutting down, else 0."),
	    ALONE(draining) },
};

/* Where there is content at all. */
static const struct plain contents[] = {
	{ FAMILY("my_webserver_content_files", FAMILY_GAUGE,
	      "Files that are served."),
	    ALONE(content_files) },
	{ MEASURED("my_webserver_content_bytes", FAMILY_GAUGE, "bytes",
	      "Bytes of the files that are served."),
	    ALONE(content_bytes) },
	{ FAMILY("my_webserver_content_generation", FAMILY_GAUGE,
	      "Which load of the files is served; 1 is that of the start."),
	    ALONE(content_generation) },
	{ FAMILY("my_webserver_content_reload_failures_total", FAMILY_COUNTER,
	      "Loads of changed files that failed: what was served before "
	      "went on."),
	    ALONE(content_failures) },
};

enum {
	PLAINS = sizeof plains / sizeof plains[0],
	CONTENTS = sizeof contents / sizeof contents[0]
};

/* What may stand behind a family's name in a filter. */
static bool
is_ending(enum family_kind kind, struct span s)
{
	switch (kind) {
	case FAMILY_COUNTER:
		return span_eq(s, SPAN("_total")) ||
		    span_eq(s, SPAN("_created"));
	case FAMILY_GAUGE:
		return false;
	case FAMILY_HISTOGRAM:
		return span_eq(s, SPAN("_bucket")) ||
		    span_eq(s, SPAN("_sum")) || span_eq(s, SPAN("_count")) ||
		    span_eq(s, SPAN("_created"));
	}
	return false;
}

struct span
family_base(const struct family *f)
{
	struct span name = f->name;

	if (f->kind == FAMILY_COUNTER)
		name.len -= sizeof "_total" - 1;
	return name;
}

static bool
names(struct span wanted, const struct family *f)
{
	struct span base = family_base(f);

	if (!span_starts(wanted, base))
		return false;
	wanted = span_from(wanted, base.len);
	return wanted.len == 0 || is_ending(f->kind, wanted);
}

/* True if the family is wanted. */
static bool
begin(const struct visit *v, const struct family *f)
{
	const struct family_filter *filter = v->what->filter;
	bool wanted = filter == NULL;

	for (size_t i = 0; !wanted && i < filter->count; i++)
		wanted = names(filter->names[i], f);
	if (wanted)
		v->writer->begin(v->to, f);
	return wanted;
}

static void
end(const struct visit *v, const struct family *f)
{
	if (v->writer->end)
		v->writer->end(v->to, f);
}

static void
visit_process(const struct visit *v)
{
	const struct process *p = v->what->process;
	const struct {
		struct family family;
		bool has, nanoseconds;
		uint64_t value;
	} rows[] = {
		{ MEASURED("process_cpu_seconds_total", FAMILY_COUNTER,
		      "seconds",
		      "Total user and system CPU time spent in seconds."),
		    p->has_stat, true, p->cpu },
		{ FAMILY("process_open_fds", FAMILY_GAUGE,
		      "Number of open file descriptors."),
		    p->has_open_fds, false, p->open_fds },
		{ FAMILY("process_max_fds", FAMILY_GAUGE,
		      "Maximum number of open file descriptors."),
		    p->has_max_fds, false, p->max_fds },
		{ MEASURED("process_virtual_memory_bytes", FAMILY_GAUGE,
		      "bytes", "Virtual memory size in bytes."),
		    p->has_stat, false, p->virtual },
		{ MEASURED("process_resident_memory_bytes", FAMILY_GAUGE,
		      "bytes", "Resident memory size in bytes."),
		    p->has_stat, false, p->resident },
		{ MEASURED("process_start_time_seconds", FAMILY_GAUGE,
		      "seconds",
		      "Start time of the process since unix epoch in "
		      "seconds."),
		    p->has_start, true, p->start },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct sample sample = {
			.value = rows[i].value,
			.nanoseconds = rows[i].nanoseconds,
			.created = v->what->metrics->created,
		};

		if (!rows[i].has || !begin(v, &rows[i].family))
			continue;
		v->writer->sample(v->to, &rows[i].family, &sample);
		end(v, &rows[i].family);
	}
}

static void
visit_build(const struct visit *v)
{
	const struct build *build = v->what->build;
	const struct label labels[] = {
		{ SPAN("version"), build->version },
		{ SPAN("revision"), build->revision },
		{ SPAN("compiler"), build->compiler },
		{ SPAN("libc"), build->libc },
		{ SPAN("arch"), build->arch },
	};
	const struct sample sample = { .label = labels,
		.labels = sizeof labels / sizeof labels[0],
		.value = 1 };

	if (!begin(v, &build_info))
		return;
	v->writer->sample(v->to, &build_info, &sample);
	end(v, &build_info);
}

static void
visit_histogram(const struct visit *v, struct span name, struct span help,
    const struct histogram *h)
{
	static const struct span seconds = SPAN_INIT("seconds");
	struct family f = { name, FAMILY_HISTOGRAM, help, SPAN("") };
	struct histogram_snapshot s;

	if (name.len > seconds.len + 1 &&
	    span_eq(span_from(name, name.len - seconds.len), seconds) &&
	    name.at[name.len - seconds.len - 1] == '_')
		f.unit = seconds;
	if (!begin(v, &f))
		return;
	histogram_read(h, &s);
	v->writer->histogram(v->to, &f, &s);
	end(v, &f);
}

/* One cell of http_requests_total, if anything was counted there. Returns
 * whether the family is wanted. */
static bool
visit_cell(const struct visit *v, bool *begun, size_t method, size_t code)
{
	const struct metrics *m = v->what->metrics;
	char memory[sizeof "499"];
	struct buf text = buf_over(memory, sizeof memory);
	struct label labels[] = {
		{ SPAN("code"), SPAN("") },
		{ SPAN("method"), metrics_methods[method] },
	};
	struct sample sample = {
		.label = labels,
		.labels = 2,
		.value = metric_get(&m->requests[method][code]),
		.created = m->created,
	};

	if (sample.value == 0)
		return true;
	if (!*begun && !begin(v, &requests))
		return false;
	*begun = true;
	buf_u64(&text, metrics_codes[code]);
	labels[0].value = buf_span(&text);
	v->writer->sample(v->to, &requests, &sample);
	return true;
}

static void
visit_requests(const struct visit *v)
{
	bool begun = false;

	for (size_t i = 0; i < METRICS_METHODS; i++)
		for (size_t j = 0; j < METRICS_CODES; j++)
			if (!visit_cell(v, &begun, i, j))
				return;
	if (begun)
		end(v, &requests);
}

static void
visit_plain(const struct visit *v, const struct plain *row)
{
	const struct metrics *m = v->what->metrics;
	const metric *at =
	    (const metric *)(const void *)((const char *)m + row->offset);

	if (!begin(v, &row->family))
		return;
	for (size_t i = 0; i < row->count; i++) {
		const struct label label = { row->label,
			row->values ? row->values[i] : SPAN("") };
		const struct sample sample = {
			.label = &label,
			.labels = row->label.len > 0,
			.value = metric_get(&at[i]),
			.created = m->created,
		};

		v->writer->sample(v->to, &row->family, &sample);
	}
	end(v, &row->family);
}

void
families_visit(const struct scrape_source *what,
    const struct family_writer *writer, void *to)
{
	const struct visit v = { what, writer, to };
	const struct metrics *m = what->metrics;

	visit_process(&v);
	visit_build(&v);
	visit_histogram(&v, what->latency_name,
	    SPAN("Time it took to process incoming HTTP requests, in "
		 "seconds."),
	    &m->latency);
	visit_histogram(&v, SPAN("my_webserver_time_to_first_byte_seconds"),
	    SPAN("Time from a request's first byte to the first byte of its "
		 "answer, in seconds."),
	    &m->first_byte);
	visit_histogram(&v, SPAN("my_webserver_loop_turn_seconds"),
	    SPAN("Time the event loop took for what was ready at one time, in "
		 "seconds."),
	    &m->turn);
	visit_requests(&v);
	for (size_t i = 0; i < PLAINS; i++)
		visit_plain(&v, &plains[i]);
	for (size_t i = 0; i < CONTENTS; i++)
		if (metric_get(&m->content_generation) > 0)
			visit_plain(&v, &contents[i]);
}
