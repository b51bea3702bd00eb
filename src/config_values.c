#include "config_values.h"

#include "base/num.h"
#include "metrics/histogram.h"

#define HOUR (3600 * NS_PER_SEC)
#define MIB  (UINT64_C(1) << 20)

_Static_assert((int)CONFIG_BUCKETS_MAX <= (int)HISTOGRAM_BOUNDS_MAX,
    "every bucket that can be configured has its place in the histogram");

static const char duration_expected[] = "a duration such as 250ms, 5s or 1m30s";

static uint64_t *
field(struct config *c, const struct option *o)
{
	return (uint64_t *)(void *)((char *)c + o->field);
}

static bool
is_one_of(struct span s, const char *const *list)
{
	for (; *list; list++)
		if (span_ieq(s, span_of(*list)))
			return true;
	return false;
}

static const char *
read_duration(struct config *c, const struct option *o, struct span value)
{
	uint64_t ns;

	if (!num_parse_duration(value, &ns))
		return duration_expected;
	if (ns < o->low)
		return "a duration from 1ms to 24h";
	if (ns > o->high)
		return "a duration of at most 24h";
	*field(c, o) = ns;
	return NULL;
}

static const char *
read_auto_duration(struct config *c, const struct option *o, struct span value)
{
	if (!span_eq(value, SPAN("auto"))) {
		const char *expected = read_duration(c, o, value);

		return expected == duration_expected
		    ? "auto, or a duration such as 250ms, 5s or 1m30s"
		    : expected;
	}
	*field(c, o) = CONFIG_AUTO;
	return NULL;
}

static const char *
read_address(struct span value, struct address *a, struct span *text)
{
	if (!address_parse(value, a))
		return "an address such as :8080, 127.0.0.1:8080 or [::1]:8080";
	*text = value;
	return NULL;
}

static const char *
read_listen(struct config *c, const struct option *o, struct span value)
{
	(void)o;
	return read_address(value, &c->listen, &c->listen_text);
}

static const char *
read_metrics_listen(struct config *c, const struct option *o, struct span value)
{
	(void)o;
	return read_address(value, &c->metrics_listen, &c->metrics_listen_text);
}

static const char *
read_connections(struct config *c, const struct option *o, struct span value)
{
	uint64_t n;

	if (!num_parse_u64(value, &n) || n < o->low || n > o->high)
		return "a number from 1 to 1000000";
	*field(c, o) = n;
	return NULL;
}

static const char *
read_log_buffer(struct config *c, const struct option *o, struct span value)
{
	uint64_t bytes;

	if (!num_parse_size(value, &bytes))
		return "a size such as 65536, 64KiB or 1MiB";
	if (bytes < o->low || bytes > o->high)
		return "a size from 16KiB to 1GiB";
	*field(c, o) = bytes;
	return NULL;
}

static const char *
read_log_overflow(struct config *c, const struct option *o, struct span value)
{
	(void)o;
	c->log_wait = span_eq(value, SPAN("wait"));
	if (!c->log_wait && !span_eq(value, SPAN("drop")))
		return "drop or wait";
	return NULL;
}

static bool
is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* One of the bytes of text, none of which is NUL. */
static bool
is_any(char c, const char *text)
{
	return c != '\0' && strchr(text, c) != NULL;
}

static const char *
read_log_namespace(struct config *c, const struct option *o, struct span value)
{
	/* keys that stand at the top already: ours, and those that container
	 * runtimes and log collectors put beside it */
	static const char *const taken[] = { "timestamp", "time", "stream",
		"_p", "flag", NULL };

	(void)o;
	if (value.len < 1 || value.len > 64)
		return "1 to 64 letters, digits, _ . or -";
	for (size_t i = 0; i < value.len; i++)
		if (!is_alpha(value.at[i]) && !is_digit(value.at[i]) &&
		    !is_any(value.at[i], "_.-"))
			return "1 to 64 letters, digits, _ . or -";
	for (const char *const *name = taken; *name; name++)
		if (span_eq(value, span_of(*name)))
			return "a name other than timestamp, time, stream, _p "
			       "and flag";
	c->log_namespace = value;
	return NULL;
}

static const char *
read_buckets(struct config *c, const struct option *o, struct span value)
{
	uint64_t last = 0, ns;
	size_t count = 0;

	(void)o;
	while (value.at) {
		struct span bound = span_trim(span_cut(&value, ','));

		if (!value.at && count > 0 &&
		    (span_ieq(bound, SPAN("+Inf")) ||
			span_ieq(bound, SPAN("Inf"))))
			break; /* it is always there */
		if (!num_parse_decimal(bound, 9, &ns))
			return "bounds in seconds such as 0.005,0.1,2.5, with "
			       "at most 9 decimals";
		if (ns <= last)
			return "bounds above 0 in ascending order";
		if (count == CONFIG_BUCKETS_MAX)
			return "at most 64 bounds";
		c->buckets[count++] = last = ns;
	}
	c->bucket_count = count;
	return NULL;
}

/* Whether a histogram of this name has samples that are, or that OpenMetrics
 * takes for, those of another family. */
static bool
is_taken(struct span name)
{
	static const char *const families[] = { "process_cpu_seconds",
		"process_open_fds", "process_max_fds",
		"process_virtual_memory_bytes", "process_resident_memory_bytes",
		"process_start_time_seconds", "my_webserver_build",
		"http_requests", "http_requests_in_flight",
		"http_request_bytes", "http_response_bytes",
		"http_requests_aborted", "http_connections",
		"http_connections_accepted", "http_timeouts",
		"my_webserver_log_lines", "my_webserver_log_lines_dropped",
		"my_webserver_ready", "my_webserver_draining",
		"my_webserver_sandbox",
		"my_webserver_time_to_first_byte_seconds",
		"my_webserver_loop_turn_seconds", "my_webserver_content_files",
		"my_webserver_content_bytes", "my_webserver_content_generation",
		"my_webserver_content_reload_failures", NULL };

	for (const char *const *family = families; *family; family++)
		if (span_eq(name, span_of(*family)))
			return true;
	return false;
}

static const char *
read_metric(struct config *c, const struct option *o, struct span value)
{
	static const struct span endings[] = { SPAN_INIT("_total"),
		SPAN_INIT("_created"), SPAN_INIT("_bucket"), SPAN_INIT("_sum"),
		SPAN_INIT("_count"), SPAN_INIT("_info") };
	static const char expected[] =
	    "a metric name of 1 to 128 letters, digits, _ or :, not beginning "
	    "with a digit";

	(void)o;
	if (value.len < 1 || value.len > 128 || is_digit(value.at[0]))
		return expected;
	for (size_t i = 0; i < value.len; i++)
		if (!is_alpha(value.at[i]) && !is_digit(value.at[i]) &&
		    !is_any(value.at[i], "_:"))
			return expected;
	for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
		size_t len = endings[i].len;

		if (value.len >= len &&
		    span_eq(span_from(value, value.len - len), endings[i]))
			return "a name that does not end in _total, _created, "
			       "_bucket, _sum, _count or _info";
	}
	if (is_taken(value))
		return "a name that no other metric of the server has";
	c->latency_metric = value;
	return NULL;
}

static const char *
read_delay(struct config *c, const struct option *o, struct span value)
{
	struct span high = value;
	struct span low = span_cut(&high, '-');
	uint64_t min, max;

	if (!high.at || !num_parse_duration(low, &min) ||
	    !num_parse_duration(high, &max))
		return "two durations, MIN-MAX, such as 0s-12s";
	if (min > max)
		return "the shorter duration first";
	if (max > o->high)
		return "durations of at most 24h";
	c->delay_min = min;
	c->delay_max = max;
	return NULL;
}

static const char *
read_percentage(struct config *c, const struct option *o, struct span value)
{
	uint64_t percent;

	if (value.len > 1 && value.at[value.len - 1] == '%')
		value.len--;
	if (!num_parse_decimal(value, 4, &percent) || percent > o->high)
		return "a percentage from 0 to 100, with at most 4 decimals";
	*field(c, o) = percent;
	return NULL;
}

bool
is_token(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_alpha(s.at[i]) && !is_digit(s.at[i]) &&
		    !is_any(s.at[i], "!#$%&'*+-.^_`|~"))
			return false;
	return s.len > 0;
}

static const char *
read_header(struct config *c, const struct option *o, struct span value)
{
	static const char *const managed[] = { "Accept-Ranges", "Allow",
		"Connection", "Content-Encoding", "Content-Length",
		"Content-Range", "Content-Type", "Date", "ETag", "Keep-Alive",
		"Last-Modified", "Location", "Retry-After", "Trailer",
		"Transfer-Encoding", "Upgrade", "X-Request-Id", NULL };
	struct span text = value, name = span_cut(&text, ':');

	(void)o;
	if (!text.at || !is_token(name))
		return "a field such as X-Frame-Options: DENY";
	text = span_trim(text);
	if (text.len == 0)
		return "a value behind the colon";
	for (size_t i = 0; i < text.len; i++)
		if (((unsigned char)text.at[i] < ' ' && text.at[i] != '\t') ||
		    text.at[i] == 0x7f)
			return "a value without control characters";
	if (is_one_of(name, managed))
		return "a field that the server does not set itself";
	if (name.len + text.len + 4 > buf_room(&c->headers))
		return "at most 4096 bytes of fields in all";
	buf_put(&c->headers, name);
	buf_put(&c->headers, SPAN(": "));
	buf_put(&c->headers, text);
	buf_put(&c->headers, SPAN("\r\n"));
	c->header_cache_control |= span_ieq(name, SPAN("Cache-Control"));
	c->header_nosniff |= span_ieq(name, SPAN("X-Content-Type-Options"));
	return NULL;
}

static void
forget_headers(struct config *c)
{
	c->headers.len = 0;
	c->header_cache_control = c->header_nosniff = false;
}

#define DURATION(name, initial, meaning, field, low)                        \
	{                                                                   \
		name, "DURATION", initial, meaning, read_duration,          \
		    offsetof(struct config, field), low, 24 * HOUR, NULL, 0 \
	}
#define TEXT(name, argument, initial, meaning, read)                     \
	{                                                                \
		name, argument, initial, meaning, read, 0, 0, 0, NULL, 0 \
	}
#define COMMAND(name, meaning, command)                                 \
	{                                                               \
		name, NULL, NULL, meaning, NULL, 0, 0, 0, NULL, command \
	}

const struct option config_options[] = {
	TEXT("listen", "ADDRESS", ":8080", "the page", read_listen),
	TEXT("metrics-listen", "ADDRESS", ":9999", "metrics and probes",
	    read_metrics_listen),
	{ "header", "'NAME: VALUE'", NULL, "field of every page, repeatable",
	    read_header, 0, 0, 0, forget_headers, 0 },
	TEXT("root", "DIRECTORY", NULL, "serve its files, not the demo page",
	    read_root),
	TEXT("index", "NAME", "index.html", "file that answers for a directory",
	    read_index),
	TEXT("fallback", "FILE", NULL, "in root, for pages that are not there",
	    read_fallback),
	{ "cache-control", "'RULE'", NULL, "PATTERN=VALUE, repeatable",
	    read_cache_control, 0, 0, 0, forget_cache_control, 0 },
	{ "memory-limit", "SIZE", "auto", "of files kept in memory",
	    read_memory_limit, offsetof(struct config, memory_limit), 0,
	    1024 * 1024 * MIB, NULL, 0 },
	TEXT("watch", "auto|off", "auto", "notice changed files, or at SIGHUP",
	    read_watch),
	{ "max-connections", "NUMBER", "10000", "at once, on the page",
	    read_connections, offsetof(struct config, max_connections), 1,
	    1000000, NULL, 0 },
	DURATION("header-timeout", "10s", "for a request's whole head",
	    header_timeout, NS_PER_MS),
	DURATION("body-timeout", "30s", "for a request's whole body",
	    body_timeout, NS_PER_MS),
	DURATION("idle-timeout", "75s", "between two requests", idle_timeout,
	    NS_PER_MS),
	DURATION("write-timeout", "30s", "without progress in sending",
	    write_timeout, NS_PER_MS),
	DURATION("probe-timeout", "1s", "for probe", probe_timeout, NS_PER_MS),
	{ "shutdown-delay", "DURATION", "auto", "of accepting after SIGTERM",
	    read_auto_duration, offsetof(struct config, shutdown_delay), 0,
	    24 * HOUR, NULL, 0 },
	DURATION("drain-timeout", "20s", "then, for requests in flight",
	    drain_timeout, 0),
	TEXT("log-format", "FORMAT", "json", "or seed, ecs, gcp, pretty, off",
	    read_log_format),
	TEXT("log-namespace", "NAME", "my_webserver",
	    "key that a line's fields stand under", read_log_namespace),
	{ "log-field", "NAME=VALUE", NULL, "in every line, repeatable",
	    read_log_field, 0, 0, 0, forget_log_fields, 0 },
	{ "log-header", "NAME", NULL, "of requests, repeatable",
	    read_log_header, 0, 0, 0, forget_log_headers, 0 },
	{ "trusted-proxies", "NETWORKS", NULL,
	    "whose X-Forwarded-For is believed", read_trusted_proxies, 0, 0, 0,
	    forget_trusted_proxies, 0 },
	{ "log-buffer", "SIZE", "1MiB", "kept while nobody reads the log",
	    read_log_buffer, offsetof(struct config, log_buffer),
	    UINT64_C(2) * ACCESS_LINE_MAX, 1024 * MIB, NULL, 0 },
	TEXT("log-overflow", "drop|wait", "drop", "what then happens to lines",
	    read_log_overflow),
	TEXT("latency-buckets", "SECONDS",
	    "0.005,0.01,0.025,0.05,0.075,0.1,0.25,0.5,0.75,1.0,2.5,5.0,7.5,"
	    "10.0",
	    "upper bounds, comma separated", read_buckets),
	TEXT("latency-metric", "NAME", "my_webpage_request_latency_seconds",
	    "the histogram's name", read_metric),
	{ "random-delay", "MIN-MAX", NULL, "answer pages late, for tests",
	    read_delay, 0, 0, 24 * HOUR, NULL, 0 },
	{ "random-error", "PERCENT", "0", "answer pages with 500, for tests",
	    read_percentage, offsetof(struct config, random_error), 0,
	    UINT64_C(100) * CONFIG_PERCENT, NULL, 0 },
	COMMAND("check", "check the configuration and exit", COMMAND_CHECK),
	COMMAND("help", "this text", COMMAND_HELP),
	COMMAND("version", "name and version", COMMAND_VERSION),
	{ NULL, NULL, NULL, NULL, NULL, 0, 0, 0, NULL, 0 },
};
