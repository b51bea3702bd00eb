#include "metrics/text.h"

#include "base/num.h"

enum kind { COUNTER, GAUGE, HISTOGRAM };

static const struct span kinds[] = {
	[COUNTER] = SPAN_INIT("counter"),
	[GAUGE] = SPAN_INIT("gauge"),
	[HISTOGRAM] = SPAN_INIT("histogram"),
};

struct family {
	struct span name;
	enum kind kind;
	struct span help;
};

/* A family of one metric, or of one for each value of a label. */
struct plain {
	struct family family;
	size_t offset; /* of the first in struct metrics */
	struct span label;
	const struct span *values;
	size_t count;
};

struct out {
	struct buf *b;
	const struct text_filter *filter;
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

static const struct family build_info = {
	SPAN_INIT("my_webserver_build_info"),
	GAUGE,
	SPAN_INIT("What this server was built from and with; always 1."),
};

static const struct span latency_help =
    SPAN_INIT("Time it took to process incoming HTTP requests, in seconds.");

static const struct family requests = {
	SPAN_INIT("http_requests_total"),
	COUNTER,
	SPAN_INIT("Finished HTTP requests by status code and method; 499 is a "
		  "client that left before there was an answer."),
};

#define FAMILY(name, kind, help)                         \
	{                                                \
		SPAN_INIT(name), (kind), SPAN_INIT(help) \
	}
#define ALONE(member) offsetof(struct metrics, member), SPAN_INIT(""), NULL, 1

static const struct plain plains[] = {
	{ FAMILY("http_requests_in_flight", GAUGE,
	      "HTTP requests whose first byte has come and whose answer is "
	      "not finished."),
	    ALONE(in_flight) },
	{ FAMILY("http_request_bytes_total", COUNTER,
	      "Bytes received in HTTP requests, heads and bodies."),
	    ALONE(request_bytes) },
	{ FAMILY("http_response_bytes_total", COUNTER,
	      "Bytes sent in HTTP answers, heads and bodies."),
	    ALONE(response_bytes) },
	{ FAMILY("http_requests_aborted_total", COUNTER,
	      "HTTP requests whose connection was lost before the answer was "
	      "sent."),
	    ALONE(aborted) },
	{ FAMILY("http_connections", GAUGE, "Open connections by listener."),
	    offsetof(struct metrics, connections), SPAN_INIT("listener"),
	    listeners, LISTENERS },
	{ FAMILY("http_connections_accepted_total", COUNTER,
	      "Connections accepted by listener."),
	    offsetof(struct metrics, accepted), SPAN_INIT("listener"),
	    listeners, LISTENERS },
	{ FAMILY("http_timeouts_total", COUNTER,
	      "Connections closed for taking too long, by what they were "
	      "doing."),
	    offsetof(struct metrics, timeouts), SPAN_INIT("phase"), phases,
	    PHASES },
	{ FAMILY("my_webserver_log_lines_total", COUNTER,
	      "Access log lines written to standard output."),
	    ALONE(log_lines) },
	{ FAMILY("my_webserver_log_lines_dropped_total", COUNTER,
	      "Access log lines lost because nobody read standard output in "
	      "time or it could not be written."),
	    ALONE(log_dropped) },
	{ FAMILY("my_webserver_ready", GAUGE,
	      "1 if the server is ready for requests, else 0."),
	    ALONE(ready) },
	{ FAMILY("my_webserver_draining", GAUGE,
	      "1 if the server is shutting down, else 0."),
	    ALONE(draining) },
};

/* Where there is content at all. */
static const struct plain contents[] = {
	{ FAMILY("my_webserver_content_files", GAUGE, "Files that are served."),
	    ALONE(content_files) },
	{ FAMILY("my_webserver_content_bytes", GAUGE,
	      "Bytes of the files that are served."),
	    ALONE(content_bytes) },
	{ FAMILY("my_webserver_content_generation", GAUGE,
	      "Which load of the files is served; 1 is that of the start."),
	    ALONE(content_generation) },
	{ FAMILY("my_webserver_content_reload_failures_total", COUNTER,
	      "Loads of changed files that failed: what was served before "
	      "went on."),
	    ALONE(content_failures) },
};

enum {
	PLAINS = sizeof plains / sizeof plains[0],
	CONTENTS = sizeof contents / sizeof contents[0]
};

/* Backslashes and line feeds are escaped; in label values quotes too. */
static void
put_escaped(struct buf *b, struct span s, bool quotes)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.at[i];

		if (c == '\n') {
			buf_put(b, SPAN("\\n"));
			continue;
		}
		if (c == '\\' || (c == '"' && quotes))
			buf_char(b, '\\');
		buf_char(b, c);
	}
}

static void
put_label(struct buf *b, struct span name, struct span value)
{
	buf_put(b, name);
	buf_put(b, SPAN("=\""));
	put_escaped(b, value, true);
	buf_char(b, '"');
}

/* What stands before the value of a sample with one label, or none. */
static void
put_sample(
    struct buf *b, struct span name, struct span label, struct span value)
{
	buf_put(b, name);
	if (label.len > 0) {
		buf_char(b, '{');
		put_label(b, label, value);
		buf_char(b, '}');
	}
	buf_char(b, ' ');
}

static void
put_count(struct buf *b, uint64_t value)
{
	buf_u64(b, value);
	buf_char(b, '\n');
}

static bool
names(struct span wanted, const struct family *f)
{
	static const struct span endings[] = { SPAN_INIT("_bucket"),
		SPAN_INIT("_sum"), SPAN_INIT("_count") };

	if (!span_starts(wanted, f->name))
		return false;
	wanted = span_from(wanted, f->name.len);
	if (wanted.len == 0)
		return true;
	if (f->kind != HISTOGRAM)
		return false;
	for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
		if (span_eq(wanted, endings[i]))
			return true;
	return false;
}

static bool
is_wanted(const struct text_filter *filter, const struct family *f)
{
	if (filter == NULL || filter->names == NULL)
		return true;
	for (size_t i = 0; i < filter->count; i++)
		if (names(filter->names[i], f))
			return true;
	return false;
}

/* Writes HELP and TYPE; false if the family is not wanted. */
static bool
begin(const struct out *o, const struct family *f)
{
	if (!is_wanted(o->filter, f))
		return false;
	buf_put(o->b, SPAN("# HELP "));
	buf_put(o->b, f->name);
	buf_char(o->b, ' ');
	put_escaped(o->b, f->help, false);
	buf_put(o->b, SPAN("\n# TYPE "));
	buf_put(o->b, f->name);
	buf_char(o->b, ' ');
	buf_put(o->b, kinds[f->kind]);
	buf_char(o->b, '\n');
	return true;
}

static void
write_process(const struct out *o, const struct process *p)
{
	const struct {
		struct family family;
		bool has, seconds;
		uint64_t value;
	} rows[] = {
		{ FAMILY("process_cpu_seconds_total", COUNTER,
		      "Total user and system CPU time spent in seconds."),
		    p->has_stat, true, p->cpu },
		{ FAMILY("process_open_fds", GAUGE,
		      "Number of open file descriptors."),
		    p->has_open_fds, false, p->open_fds },
		{ FAMILY("process_max_fds", GAUGE,
		      "Maximum number of open file descriptors."),
		    p->has_max_fds, false, p->max_fds },
		{ FAMILY("process_virtual_memory_bytes", GAUGE,
		      "Virtual memory size in bytes."),
		    p->has_stat, false, p->virtual },
		{ FAMILY("process_resident_memory_bytes", GAUGE,
		      "Resident memory size in bytes."),
		    p->has_stat, false, p->resident },
		{ FAMILY("process_start_time_seconds", GAUGE,
		      "Start time of the process since unix epoch in "
		      "seconds."),
		    p->has_start, true, p->start },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (!rows[i].has || !begin(o, &rows[i].family))
			continue;
		put_sample(o->b, rows[i].family.name, SPAN(""), SPAN(""));
		if (rows[i].seconds)
			num_seconds(o->b, rows[i].value);
		else
			buf_u64(o->b, rows[i].value);
		buf_char(o->b, '\n');
	}
}

static void
write_build(const struct out *o, const struct build *build)
{
	if (!begin(o, &build_info))
		return;
	buf_put(o->b, build_info.name);
	buf_char(o->b, '{');
	put_label(o->b, SPAN("version"), build->version);
	buf_char(o->b, ',');
	put_label(o->b, SPAN("revision"), build->revision);
	buf_char(o->b, ',');
	put_label(o->b, SPAN("compiler"), build->compiler);
	buf_char(o->b, ',');
	put_label(o->b, SPAN("libc"), build->libc);
	buf_char(o->b, ',');
	put_label(o->b, SPAN("arch"), build->arch);
	buf_put(o->b, SPAN("} 1\n"));
}

static void
write_histogram(
    const struct out *o, const struct family *f, const struct histogram *h)
{
	struct histogram_snapshot s;

	if (!begin(o, f))
		return;
	histogram_read(h, &s);
	for (size_t i = 0; i <= s.bounds; i++) {
		buf_put(o->b, f->name);
		buf_put(o->b, SPAN("_bucket{le=\""));
		if (i < s.bounds)
			num_seconds(o->b, s.bound[i]);
		else
			buf_put(o->b, SPAN("+Inf"));
		buf_put(o->b, SPAN("\"} "));
		put_count(o->b, s.cumulative[i]);
	}
	buf_put(o->b, f->name);
	buf_put(o->b, SPAN("_sum "));
	num_seconds(o->b, s.sum);
	buf_char(o->b, '\n');
	buf_put(o->b, f->name);
	buf_put(o->b, SPAN("_count "));
	put_count(o->b, s.cumulative[s.bounds]);
}

/* One cell of http_requests_total, if anything was counted there. */
static void
write_cell(struct buf *b, struct span method, unsigned code, uint64_t value)
{
	if (value == 0)
		return;
	buf_put(b, requests.name);
	buf_put(b, SPAN("{code=\""));
	buf_u64(b, code);
	buf_put(b, SPAN("\","));
	put_label(b, SPAN("method"), method);
	buf_put(b, SPAN("} "));
	put_count(b, value);
}

static void
write_requests(const struct out *o, const struct metrics *m)
{
	bool begun = false;

	for (size_t i = 0; i < METRICS_METHODS; i++)
		for (size_t j = 0; j < METRICS_CODES; j++) {
			uint64_t value = metric_get(&m->requests[i][j]);

			if (value > 0 && !begun && !begin(o, &requests))
				return;
			begun |= value > 0;
			write_cell(
			    o->b, metrics_methods[i], metrics_codes[j], value);
		}
}

static void
write_plain(
    const struct out *o, const struct metrics *m, const struct plain *row)
{
	const metric *at =
	    (const metric *)(const void *)((const char *)m + row->offset);

	if (!begin(o, &row->family))
		return;
	for (size_t i = 0; i < row->count; i++) {
		put_sample(o->b, row->family.name, row->label,
		    row->values ? row->values[i] : SPAN(""));
		put_count(o->b, metric_get(&at[i]));
	}
}

void
text_write(struct buf *b, const struct metrics *m, const struct process *p,
    const struct build *build, struct span latency_name,
    const struct text_filter *filter)
{
	struct out o = { b, filter };
	struct family latency = { latency_name, HISTOGRAM, latency_help };

	write_process(&o, p);
	write_build(&o, build);
	write_histogram(&o, &latency, &m->latency);
	write_requests(&o, m);
	for (size_t i = 0; i < PLAINS; i++)
		write_plain(&o, m, &plains[i]);
	for (size_t i = 0; i < CONTENTS; i++)
		if (metric_get(&m->content_generation) > 0)
			write_plain(&o, m, &contents[i]);
}
