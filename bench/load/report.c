#include "report.h"

#include "base/num.h"

static const struct percentile {
	const char *label, *name; /* in the table, in JSON */
	uint64_t parts;           /* of 10000 */
} percentiles[] = {
	{ "50 %", "p50", 5000 },
	{ "90 %", "p90", 9000 },
	{ "99 %", "p99", 9900 },
	{ "99.9 %", "p99_9", 9990 },
	{ "99.99 %", "p99_99", 9999 },
};

enum { PERCENTILES = sizeof percentiles / sizeof percentiles[0] };

static const char *const failure_words[FAILURES] = {
	[FAILURE_CONNECT] = "connecting failed",
	[FAILURE_RESET] = "connection reset",
	[FAILURE_TIMEOUT] = "no answer in time",
	[FAILURE_SHORT] = "closed before the answer's end",
	[FAILURE_ODD] = "answer not understood",
	[FAILURE_STATUS] = "another status",
	[FAILURE_LENGTH] = "another length",
	[FAILURE_UNSENT] = "due and never sent",
};

static double
seconds(uint64_t ns)
{
	return (double)ns / 1e9;
}

/* Per second of the measured time. */
static double
per_second(const struct result *r, uint64_t count)
{
	return r->elapsed > 0 ? (double)count / seconds(r->elapsed) : 0;
}

static uint64_t
per_answer(const struct result *r, uint64_t ns)
{
	return r->tally.answers > 0 ? ns / r->tally.answers : 0;
}

static const char *
mode(const struct options *o)
{
	if (o->close)
		return "closing";
	return o->pipeline > 1 ? "pipelined" : "keep-alive";
}

/* ---- the table ---- */

/* Three figures and a unit that suits. */
static void
put_time(FILE *out, const char *label, uint64_t ns)
{
	static const struct {
		uint64_t unit;
		const char *name;
	} units[] = { { NS_PER_SEC, "s" }, { NS_PER_MS, "ms" },
		{ NS_PER_US, "us" }, { 1, "ns" } };
	unsigned i = 0;
	double value;

	while (units[i].unit > 1 && ns < units[i].unit)
		i++;
	value = (double)ns / (double)units[i].unit;
	fprintf(out, "  %-10s %8.*f %s\n", label,
	    units[i].unit == 1  ? 0
		: value < 10    ? 2
		: value < 99.95 ? 1
				: 0,
	    value, units[i].name);
}

static void
table_latency(FILE *out, const char *title, const struct histogram *h)
{
	if (h->count == 0)
		return;
	fprintf(out, "%s\n", title);
	for (unsigned i = 0; i < PERCENTILES; i++)
		put_time(out, percentiles[i].label,
		    histogram_at(h, percentiles[i].parts, 10000));
	put_time(out, "max", h->max);
	put_time(out, "mean", histogram_mean(h));
}

static void
table_failures(FILE *out, const struct tally *t)
{
	if (tally_failed(t) == 0) {
		fprintf(out, "failures     none\n");
		return;
	}
	fprintf(out, "failures\n");
	for (int i = 0; i < FAILURES; i++)
		if (t->failures[i] > 0)
			fprintf(out, "  %-30s %10llu\n", failure_words[i],
			    (unsigned long long)t->failures[i]);
	fprintf(out, "  the first: %s\n", t->first);
}

static void
table_target(FILE *out, const struct options *o, const struct result *r)
{
	fprintf(out, "%.*s %.*s\n", (int)o->method.len, o->method.at,
	    (int)o->url.len, o->url.at);
	fprintf(out, "%s, %llu connections", mode(o),
	    (unsigned long long)o->connections);
	if (o->pipeline > 1)
		fprintf(out, ", %llu requests on each",
		    (unsigned long long)o->pipeline);
	if (o->rate > 0)
		fprintf(out, ", %llu requests/s due %s (open loop)",
		    (unsigned long long)o->rate,
		    o->random ? "at random" : "evenly");
	else
		fprintf(out, ", closed loop");
	fprintf(out, ", %.2f s", seconds(r->elapsed));
	if (o->warmup > 0)
		fprintf(out, " after %.2f s of warm-up", seconds(o->warmup));
	fprintf(out, "%s\n\n", r->interrupted ? ", interrupted" : "");
}

void
report_table(FILE *out, const struct options *o, const struct result *r)
{
	const struct tally *t = &r->tally;

	table_target(out, o, r);
	fprintf(out, "answers      %llu, %.0f a second\n",
	    (unsigned long long)t->answers, per_second(r, t->timely));
	fprintf(out, "received     %.1f MB, %.1f MB a second\n",
	    (double)t->bytes / 1e6, per_second(r, t->bytes) / 1e6);
	if (t->reconnects > 0)
		fprintf(out,
		    "reconnected  %llu times, %llu requests sent again\n",
		    (unsigned long long)t->reconnects,
		    (unsigned long long)t->resent);
	table_failures(out, t);
	if (o->server != OPTIONS_NONE)
		fprintf(out,
		    "the server   %.0f %% of a core, %.2f us a request\n",
		    100 * per_second(r, r->server) / 1e9,
		    (double)per_answer(r, r->server) / 1e3);
	fprintf(out, "load itself  %.0f %% of a core, %.2f us a request\n\n",
	    100 * per_second(r, r->user + r->system) / 1e9,
	    (double)per_answer(r, r->user + r->system) / 1e3);
	table_latency(out,
	    o->rate > 0 ? "latency, from when the request was due"
			: "latency, from sending the request",
	    &t->latency);
	if (o->rate > 0)
		table_latency(out, "of that, before it was sent", &t->late);
}

/* ---- JSON ---- */

struct json {
	FILE *out;
	bool begun; /* the object has a member already */
};

static void
json_name(struct json *j, const char *name)
{
	fprintf(j->out, "%s\"%s\": ", j->begun ? ", " : "", name);
	j->begun = true;
}

static void
json_open(struct json *j, const char *name)
{
	if (name)
		json_name(j, name);
	fputc('{', j->out);
	j->begun = false;
}

static void
json_close(struct json *j)
{
	fputc('}', j->out);
	j->begun = true;
}

static void
json_string(struct json *j, const char *name, struct span s)
{
	json_name(j, name);
	fputc('"', j->out);
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.at[i];

		if (c == '"' || c == '\\' || c < ' ' || c > '~')
			fprintf(j->out, "\\u%04x", c);
		else
			fputc(c, j->out);
	}
	fputc('"', j->out);
}

static void
json_number(struct json *j, const char *name, uint64_t value)
{
	json_name(j, name);
	fprintf(j->out, "%llu", (unsigned long long)value);
}

static void
json_histogram(struct json *j, const char *name, const struct histogram *h)
{
	json_open(j, name);
	json_number(j, "count", h->count);
	for (unsigned i = 0; i < PERCENTILES; i++)
		json_number(j, percentiles[i].name,
		    histogram_at(h, percentiles[i].parts, 10000));
	json_number(j, "max", h->max);
	json_number(j, "mean", histogram_mean(h));
	json_close(j);
}

static void
json_how(struct json *j, const struct options *o, const struct result *r)
{
	json_string(j, "url", o->url);
	json_string(j, "method", o->method);
	json_string(j, "mode", span_of(mode(o)));
	json_string(j, "loop", o->rate > 0 ? SPAN("open") : SPAN("closed"));
	json_number(j, "connections", o->connections);
	json_number(j, "pipeline", o->pipeline);
	json_number(j, "rate", o->rate);
	json_name(j, "interrupted");
	fputs(r->interrupted ? "true" : "false", j->out);
	json_number(j, "elapsed_ns", r->elapsed);
}

static void
json_failures(struct json *j, const struct tally *t)
{
	json_number(j, "failed", tally_failed(t));
	json_open(j, "failures");
	for (int i = 0; i < FAILURES; i++)
		json_number(j, failure_names[i], t->failures[i]);
	json_close(j);
	if (t->first[0])
		json_string(j, "first_failure", span_of(t->first));
	json_open(j, "statuses");
	for (int i = 0; i < TALLY_STATUSES; i++)
		if (t->statuses[i] > 0) {
			char name[] = { (char)('0' + i / 100),
				(char)('0' + i / 10 % 10), (char)('0' + i % 10),
				'\0' };

			json_number(j, name, t->statuses[i]);
		}
	json_close(j);
}

void
report_json(FILE *out, const struct options *o, const struct result *r)
{
	const struct tally *t = &r->tally;
	struct json j = { out, false };

	json_open(&j, NULL);
	json_how(&j, o, r);
	json_number(&j, "answers", t->answers);
	json_name(&j, "answers_per_second");
	fprintf(out, "%.1f", per_second(r, t->timely));
	json_number(&j, "bytes", t->bytes);
	json_number(&j, "connects", t->connects);
	json_number(&j, "reconnects", t->reconnects);
	json_number(&j, "resent", t->resent);
	json_failures(&j, t);
	json_number(&j, "user_ns", r->user);
	json_number(&j, "system_ns", r->system);
	if (o->server != OPTIONS_NONE)
		json_number(&j, "server_ns", r->server);
	json_histogram(&j, "latency_ns", &t->latency);
	if (o->rate > 0)
		json_histogram(&j, "late_ns", &t->late);
	json_close(&j);
	fputc('\n', out);
}
