#include "options.h"

#include <limits.h>
#include <stddef.h>

#include "base/num.h"
#include "schedule.h"

enum { SHOWN_MAX = 100, COLUMN = 28 };

/* How an option is read. All of them return NULL or what was expected. */
struct option {
	const char *name;
	const char *argument; /* its stand-in in --help; NULL: takes none */
	const char *meaning;
	const char *(*read)(
	    struct options *, const struct option *, struct span);
	size_t field; /* offset in struct options */
	uint64_t low, high;
	const char *expected;
};

static uint64_t *
number_field(struct options *o, const struct option *option)
{
	return (uint64_t *)(void *)((char *)o + option->field);
}

static const char *
read_number(struct options *o, const struct option *option, struct span value)
{
	uint64_t number;

	if (!num_parse_u64(value, &number) || number < option->low ||
	    number > option->high)
		return option->expected;
	*number_field(o, option) = number;
	return NULL;
}

static const char *
read_duration(struct options *o, const struct option *option, struct span value)
{
	uint64_t ns;

	if (!num_parse_duration(value, &ns) || ns < option->low ||
	    ns > option->high)
		return option->expected;
	*number_field(o, option) = ns;
	return NULL;
}

static const char *
read_length(struct options *o, const struct option *option, struct span value)
{
	if (!span_eq(value, SPAN("any")))
		return read_number(o, option, value);
	*number_field(o, option) = OPTIONS_ANY;
	return NULL;
}

static const char *
read_flag(struct options *o, const struct option *option, struct span value)
{
	(void)value;
	*(bool *)((char *)o + option->field) = true;
	return NULL;
}

static const char *
read_arrivals(struct options *o, const struct option *option, struct span value)
{
	o->random = span_eq(value, SPAN("random"));
	return o->random || span_eq(value, SPAN("even")) ? NULL
							 : option->expected;
}

static const char *
read_method(struct options *o, const struct option *option, struct span value)
{
	for (size_t i = 0; i < value.len; i++)
		if (value.at[i] < 'A' || value.at[i] > 'Z')
			return option->expected;
	/* what follows an answer to CONNECT is not HTTP */
	if (value.len == 0 || value.len > 16 || span_eq(value, SPAN("CONNECT")))
		return option->expected;
	o->method = value;
	return NULL;
}

/* A field's name: token of RFC 9110, 5.6.2. */
static bool
is_name(struct span s)
{
	static const struct span marks = SPAN_INIT("!#$%&'*+-.^_`|~");

	for (size_t i = 0; i < s.len; i++) {
		char c = s.at[i], lower = (char)(c | 0x20);

		if ((lower < 'a' || lower > 'z') && (c < '0' || c > '9') &&
		    span_find(marks, c) == marks.len)
			return false;
	}
	return s.len > 0;
}

static const char *
read_header(struct options *o, const struct option *option, struct span value)
{
	struct span rest = value, name = span_cut(&rest, ':');

	if (!rest.at || !is_name(name))
		return option->expected;
	for (size_t i = 0; i < value.len; i++)
		if ((unsigned char)value.at[i] < ' ' || value.at[i] == 0x7f)
			return option->expected;
	if (span_ieq(name, SPAN("content-length")) ||
	    span_ieq(name, SPAN("transfer-encoding")) ||
	    span_ieq(name, SPAN("connection")))
		return "another header: no request has a body, and --close "
		       "says how connections end";
	if (o->header_count == OPTIONS_HEADERS_MAX)
		return "at most 32 of them";
	o->headers[o->header_count++] = value;
	return NULL;
}

#define FIELD(name) offsetof(struct options, name)

static const struct option options[] = {
	{ "connections", "N", "how many at a time [64]", read_number,
	    FIELD(connections), 1, 100000, "a number, 1 to 100000" },
	{ "duration", "TIME", "how long [10s; 60s with --requests]",
	    read_duration, FIELD(duration), NS_PER_MS, 3600 * NS_PER_SEC,
	    "a duration such as 500ms, 10s or 1m30s, at most 1h" },
	{ "requests", "N", "stop after so many", read_number, FIELD(requests),
	    1, UINT64_C(1) << 40, "a number above 0" },
	{ "warmup", "TIME", "answers of the first TIME do not count [0]",
	    read_duration, FIELD(warmup), 0, 600 * NS_PER_SEC,
	    "a duration such as 500ms or 2s, at most 10m" },
	{ "rate", "N", "open loop: requests a second, over all", read_number,
	    FIELD(rate), 1, SCHEDULE_RATE_MAX, "a number, 1 to 1000000" },
	{ "arrivals", "HOW", "with --rate: even or random [even]",
	    read_arrivals, 0, 0, 0, "even or random" },
	{ "seed", "N", "of the random ones [1]", read_number, FIELD(seed), 0,
	    UINT64_MAX, "a number" },
	{ "pipeline", "N", "requests under way on a connection [1]",
	    read_number, FIELD(pipeline), 1, 1024, "a number, 1 to 1024" },
	{ "close", NULL, "a connection for each request", read_flag,
	    FIELD(close), 0, 0, NULL },
	{ "method", "NAME", "GET, HEAD, ... [GET]", read_method, 0, 0, 0,
	    "a method in capitals, not CONNECT" },
	{ "header", "FIELD", "add \"Name: value\"; may be repeated",
	    read_header, 0, 0, 0, "Name: value" },
	{ "expect-status", "N", "every answer's status [200]", read_number,
	    FIELD(expect_status), 200, 599, "a status, 200 to 599" },
	{ "expect-length", "N",
	    "every answer's body in bytes, or any [as the first one's]",
	    read_length, FIELD(expect_length), 0, OPTIONS_ANY - 1,
	    "a number of bytes, or any" },
	{ "timeout", "TIME", "for connecting, and for an answer [5s]",
	    read_duration, FIELD(timeout), NS_PER_MS, 600 * NS_PER_SEC,
	    "a duration such as 500ms or 5s, 1ms to 10m" },
	{ "sources", "N", "connect from 127.0.0.1 to 127.0.0.N by turns",
	    read_number, FIELD(sources), 1, 254, "a number, 1 to 254" },
	{ "server", "PID", "tell this process's CPU time, too", read_number,
	    FIELD(server), 1, INT_MAX, "the number of a process" },
	{ "spin", NULL, "never sleep: takes a whole core, spares the server",
	    read_flag, FIELD(spin), 0, 0, NULL },
	{ "seconds", NULL,
	    "each second a line on standard error: time, answers, failed",
	    read_flag, FIELD(seconds), 0, 0, NULL },
	{ "any-host", NULL, "allow a target that is not this machine",
	    read_flag, FIELD(any_host), 0, 0, NULL },
	{ "json", NULL, "results as JSON", read_flag, FIELD(json), 0, 0, NULL },
	{ "help", NULL, "this text", read_flag, FIELD(help), 0, 0, NULL },
	{ NULL, NULL, NULL, NULL, 0, 0, 0, NULL },
};

/* Appends what a user wrote so that it stays one line, and readable. */
static void
put_shown(struct buf *b, struct span s)
{
	for (size_t i = 0; i < s.len && i < SHOWN_MAX; i++) {
		char c = s.at[i];

		buf_char(b, (char)(c < ' ' || c > '~' ? '?' : c));
	}
	if (s.len > SHOWN_MAX)
		buf_put(b, SPAN("..."));
}

/* An error about an argument: returns -1. */
static int
fail(struct buf *error, struct span before, struct span argument,
    const char *after)
{
	buf_put(error, SPAN("load: "));
	buf_put(error, before);
	put_shown(error, argument);
	buf_put(error, span_of(after));
	return -1;
}

static int
fail_expected(struct buf *error, struct span argument, const char *expected)
{
	fail(error, SPAN(""), argument, ": expected ");
	buf_put(error, span_of(expected));
	return -1;
}

static const struct option *
option_find(struct span name)
{
	for (const struct option *o = options; o->name; o++)
		if (span_eq(name, span_of(o->name)))
			return o;
	return NULL;
}

/*
 * Reads argv[*i], which begins with "--", and moves *i on if the value is an
 * argument of its own.
 */
static int
read_option(
    struct options *o, int argc, char *const argv[], int *i, struct buf *error)
{
	struct span argument = span_of(argv[*i]);
	struct span value = span_from(argument, 2);
	struct span name = span_cut(&value, '=');
	const struct option *option = option_find(name);
	const char *expected;

	if (!option)
		return fail(error, SPAN("unknown option --"), name,
		    "; --help names the known ones");
	if (!option->argument && value.at)
		return fail(error, SPAN(""), argument, ": it takes no value");
	if (option->argument && !value.at) {
		if (*i + 1 >= argc)
			return fail_expected(error, argument, option->expected);
		value = span_of(argv[++*i]);
	}
	expected = option->read(o, option, value);
	if (!expected)
		return 0;
	fail(error, SPAN("--"), name, "=");
	put_shown(error, value);
	buf_put(error, SPAN(": expected "));
	buf_put(error, span_of(expected));
	return -1;
}

/* What no option can know alone. */
static int
check(struct options *o, struct buf *error)
{
	if (o->close && o->pipeline > 1)
		return fail_expected(error, SPAN("--pipeline"),
		    "no --close with it: that is one request a connection");
	if (o->random && o->rate == 0)
		return fail_expected(
		    error, SPAN("--arrivals"), "--rate with it");
	if (!o->target.loopback && !o->any_host)
		return fail_expected(error, o->url,
		    "a loopback address; --any-host allows others");
	if (o->sources > 0 &&
	    (!o->target.loopback || o->target.address.any.sa_family != AF_INET))
		return fail_expected(
		    error, SPAN("--sources"), "a target in 127.0.0.0/8");
	if (o->duration == OPTIONS_NONE)
		o->duration =
		    (o->requests == OPTIONS_NONE ? 10 : 60) * NS_PER_SEC;
	return 0;
}

int
options_read(struct options *o, int argc, char *const argv[], struct buf *error)
{
	bool given = false;
	const char *expected;

	*o = (struct options){
		.url = SPAN("http://127.0.0.1:8080/"),
		.connections = 64,
		.duration = OPTIONS_NONE,
		.timeout = 5 * NS_PER_SEC,
		.requests = OPTIONS_NONE,
		.server = OPTIONS_NONE,
		.pipeline = 1,
		.method = SPAN("GET"),
		.expect_status = 200,
		.expect_length = OPTIONS_NONE,
		.seed = 1,
	};
	for (int i = 1; i < argc; i++) {
		struct span argument = span_of(argv[i]);

		if (span_starts(argument, SPAN("--"))) {
			if (read_option(o, argc, argv, &i, error))
				return -1;
		} else if (given || span_starts(argument, SPAN("-"))) {
			return fail_expected(
			    error, argument, "options and one URL");
		} else {
			o->url = argument;
			given = true;
		}
	}
	expected = target_parse(&o->target, o->url);
	if (expected)
		return fail_expected(error, o->url, expected);
	return o->help ? 0 : check(o, error);
}

static void
help_option(struct buf *out, const struct option *o)
{
	size_t line = out->len;

	buf_put(out, SPAN("  --"));
	buf_put(out, span_of(o->name));
	if (o->argument) {
		buf_char(out, '=');
		buf_put(out, span_of(o->argument));
	}
	while (out->len - line < COLUMN && !out->overflowed)
		buf_char(out, ' ');
	buf_put(out, span_of(o->meaning));
	buf_char(out, '\n');
}

void
options_help(struct buf *out)
{
	buf_put(out,
	    SPAN("Usage: load [OPTION]... [URL]\n"
		 "Loads a web server, checks every answer, and tells how long "
		 "they took.\n"
		 "URL is http://127.0.0.1:8080/ unless given; its host is "
		 "an address or localhost.\n\n"
		 "Options, --name=value or --name value [default]:\n"));
	for (const struct option *o = options; o->name; o++)
		help_option(out, o);
	buf_put(out,
	    SPAN("\nWithout --rate, each connection sends as soon as it has "
		 "its answer (closed loop).\n"
		 "With it, requests are due at fixed moments, and latency "
		 "runs from there, however\n"
		 "late a request could be sent (open loop).\n"
		 "TIME is 250ms, 5s or 1m30s. SIGINT ends a run early, with "
		 "its results.\n\n"
		 "Exit status: 0 if every answer was right, 1 if anything "
		 "failed, 2 for a wrong\noption.\n"));
}

void
options_request(const struct options *o, struct buf *out)
{
	bool host = false;

	buf_put(out, o->method);
	buf_char(out, ' ');
	if (o->target.path.len == 0 || o->target.path.at[0] != '/')
		buf_char(out, '/');
	buf_put(out, o->target.path);
	buf_put(out, SPAN(" HTTP/1.1\r\n"));
	for (size_t i = 0; i < o->header_count; i++) {
		struct span rest = o->headers[i];

		host |= span_ieq(span_cut(&rest, ':'), SPAN("host"));
	}
	if (!host) {
		buf_put(out, SPAN("Host: "));
		buf_put(out, o->target.host);
		buf_put(out, SPAN("\r\n"));
	}
	for (size_t i = 0; i < o->header_count; i++) {
		buf_put(out, o->headers[i]);
		buf_put(out, SPAN("\r\n"));
	}
	if (o->close)
		buf_put(out, SPAN("Connection: close\r\n"));
	buf_put(out, SPAN("\r\n"));
}
