#include "http/accept.h"

#include <stdio.h>

#include "unit/http/asked.h"

static void
check(const char *lines, unsigned identity, unsigned br, unsigned zstd,
    unsigned gzip)
{
	unsigned w[CODINGS];

	accept_codings(asked(lines), w);
	if (w[CODING_IDENTITY] != identity || w[CODING_BR] != br ||
	    w[CODING_ZSTD] != zstd || w[CODING_GZIP] != gzip)
		fail_msg("%s: %u %u %u %u", lines, w[CODING_IDENTITY],
		    w[CODING_BR], w[CODING_ZSTD], w[CODING_GZIP]);
}

/* RFC 9110, 12.5.3. */
static void
codings(void **state)
{
	(void)state;
	check("", 1, 0, 0, 0);
	check("Accept-Encoding:\r\n", 1, 0, 0, 0);
	check("Accept-Encoding: gzip, deflate, br, zstd\r\n", 1, 1000, 1000,
	    1000);
	check("Accept-Encoding: GZip;q=0.5, BR ; Q=0.25\r\n", 1, 250, 0, 500);
	check("Accept-Encoding: x-gzip\r\n", 1, 0, 0, 1000);
	check("Accept-Encoding: gzip\r\nAccept-Encoding: br;q=.5, zstd;q=1\r\n",
	    1, 0, 1000, 1000);
	check("Accept-Encoding: identity\r\n", 1000, 0, 0, 0);
	check("Accept-Encoding: identity;q=0, gzip\r\n", 0, 0, 0, 1000);
	check("Accept-Encoding: *\r\n", 1000, 1000, 1000, 1000);
	check("Accept-Encoding: *;q=0\r\n", 0, 0, 0, 0);
	check("Accept-Encoding: *;q=0, br\r\n", 0, 1000, 0, 0);
	check("Accept-Encoding: gzip;q=0, *;q=0.1\r\n", 100, 100, 100, 0);
	check("Accept-Encoding: gzip;q=0\r\n", 1, 0, 0, 0);
	check("Accept-Encoding: gzip;q=1.001, gzip;q=0.0001, br;q=\r\n", 1, 0,
	    0, 0);
	check("Accept-Encoding: gzip;level=9;q=0.5\r\n", 1, 0, 0, 500);
}

static void
elements(void **state)
{
	static const struct {
		const char *element, *value;
		int weight; /* -1: none */
	} rows[] = {
		{ "text/html", "text/html", 1000 },
		{ "text/html;q=1", "text/html", 1000 },
		{ "text/html;q=1.", "text/html", 1000 },
		{ "text/html;q=1.000", "text/html", 1000 },
		{ "text/html;q=0", "text/html", 0 },
		{ "text/html;q=0.", "text/html", 0 },
		{ "text/html;q=0.001", "text/html", 1 },
		{ "text/html ; q=0.75 ", "text/html", 750 },
		{ "a/b;version=1.0.0;escaping=allow-utf-8;q=0.6", "a/b", 600 },
		{ "a/b;c=\"x;q=0\\\";q=0\";q=0.3", "a/b", 300 },
		{ "a/b;c=\"x;q=0", "a/b", 1000 },
		{ "*/*;q=0.1", "*/*", 100 },
		{ "a/b;q", "a/b", -1 },
		{ "a/b;q=", "a/b", -1 },
		{ "a/b;q=2", "a/b", -1 },
		{ "a/b;q=1.5", "a/b", -1 },
		{ "a/b;q=1.0000", "a/b", -1 },
		{ "a/b;q=-1", "a/b", -1 },
		{ "a/b;q=0,5", "a/b", -1 },
		{ "a/b;q=0.5x", "a/b", -1 },
		{ "a/b;q=0./", "a/b", -1 },
		{ "a/b;q=05", "a/b", -1 },
		{ "a/b;q=.5", "a/b", -1 },
		{ "a/b;q=\"1\"", "a/b", -1 },
		{ "a/b;q =0", "a/b", -1 },
		{ "a/b;q= 0", "a/b", -1 },
		{ ";q=0.5", "", 500 },
		{ "", "", 1000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct span value;
		unsigned weight;
		bool good = accept_element(
		    guard_put(span_of(rows[i].element)), &value, &weight);

		if (good != (rows[i].weight >= 0) ||
		    (good && (int)weight != rows[i].weight) ||
		    !span_eq(value, span_of(rows[i].value)))
			fail_msg("%s: %d %u", rows[i].element, good, weight);
	}
}

static void
names(void **state)
{
	(void)state;
	assert_true(span_eq(coding_name(CODING_BR), SPAN("br")));
	assert_true(span_eq(coding_name(CODING_ZSTD), SPAN("zstd")));
	assert_true(span_eq(coding_name(CODING_GZIP), SPAN("gzip")));
	assert_true(span_eq(coding_name(CODING_IDENTITY), SPAN("identity")));
}

/* What a scrape is offered: text, OpenMetrics, protobuf. */
static const struct span formats[] = {
	SPAN_INIT("text/plain; version=0.0.4; charset=utf-8"),
	SPAN_INIT("application/openmetrics-text; version=1.0.0; charset=utf-8"),
	SPAN_INIT("application/vnd.google.protobuf; "
		  "proto=io.prometheus.client.MetricFamily; "
		  "encoding=delimited"),
};

enum { TEXT, OPEN, PROTO, FORMATS };

#define PROTOBUF                           \
	"application/vnd.google.protobuf;" \
	"proto=io.prometheus.client.MetricFamily;encoding=delimited"

static const struct {
	const char *accept;
	size_t picked;
} picks[] = {
	{ "", TEXT },
	{ "*/*", TEXT },
	{ "text/html,application/xml;q=0.9,*/*;q=0.8", TEXT },
	/* Prometheus 2.42, and with native histograms */
	{ "application/openmetrics-text;version=1.0.0,"
	  "application/openmetrics-text;version=0.0.1;q=0.75,"
	  "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
	    OPEN },
	{ PROTOBUF ",application/openmetrics-text;version=1.0.0;q=0.8,"
		   "application/openmetrics-text;version=0.0.1;q=0.75,"
		   "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
	    PROTO },
	/* 3.5 and later, and with protobuf first */
	{ "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;"
	  "q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,"
	  "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
	  "text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
	    OPEN },
	{ PROTOBUF ";q=0.6,"
		   "application/openmetrics-text;version=1.0.0;"
		   "escaping=allow-utf-8;q=0.5,"
		   "application/openmetrics-text;version=0.0.1;q=0.4,"
		   "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
		   "text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
	    PROTO },
	/* 3.0: the parameter stands behind every one */
	{ "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;"
	  "q=0.5,application/openmetrics-text;version=0.0.1;"
	  "escaping=allow-utf-8;q=0.4,text/plain;version=1.0.0;"
	  "escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;"
	  "escaping=allow-utf-8;q=0.2,*/*;escaping=allow-utf-8;q=0.1",
	    OPEN },
	/* one of each alone; parameters that are not ours, or not known */
	{ "text/plain", TEXT },
	{ "application/openmetrics-text", OPEN },
	{ "APPLICATION/OpenMetrics-Text; Version=1.0.0", OPEN },
	{ "application/openmetrics-text; version=\"1.0.0\"", OPEN },
	{ "application/openmetrics-text;version=0.0.1", FORMATS },
	{ "application/openmetrics-text;version=1.0.0;x=y;z", OPEN },
	{ "application/openmetrics-text;version=", FORMATS },
	{ "application/vnd.google.protobuf", PROTO },
	{ "application/vnd.google.protobuf;encoding=text", FORMATS },
	{ "application/vnd.google.protobuf;proto=another;encoding=delimited",
	    FORMATS },
	/* ranges: what is more specific decides, wherever it stands */
	{ "text/*", TEXT },
	{ "application/*", OPEN },
	{ "application/*, application/openmetrics-text;q=0.1", PROTO },
	{ "application/openmetrics-text;q=0, application/*", PROTO },
	{ "*/*, text/plain;q=0", OPEN },
	{ "*/*;q=0, application/*;q=0.5", OPEN },
	{ "text/plain;version=0.0.4;q=0, text/plain, application/*;q=0.1",
	    OPEN },
	{ "text/plain;q=0.2, text/*, application/openmetrics-text;q=0.5",
	    OPEN },
	/* parameters that are not known make nothing more specific */
	{ "*/*;a=1;b=2;c=3, text/plain;q=0, application/*;q=0.5", OPEN },
	{ "text/*;a;b;c;q=0, text/plain", TEXT },
	{ "*/*;version=0.0.4;charset=utf-8;x;q=0, text/*", TEXT },
	{ "text/plain, text/plain;x=y;q=0", TEXT },
	/* wanted alike: the first on offer */
	{ PROTOBUF ", application/openmetrics-text, text/plain", TEXT },
	{ PROTOBUF ", application/openmetrics-text", OPEN },
	/* nothing of it */
	{ "*/*;q=0", FORMATS },
	{ "image/png", FORMATS },
	{ "text", FORMATS },
	{ "*", FORMATS },
	{ "text/plai", FORMATS },
	{ "text/plainer", FORMATS },
	{ "/*", FORMATS },
	{ "text/plain;q=2", FORMATS },
	{ ",;,=,;;q=1,*/,", FORMATS },
	/* more than is looked at: after the weight, extensions of it */
	{ "text/plain;q=0.5;version=9", TEXT },
};

static void
media_types(void **state)
{
	char line[1024];

	(void)state;
	for (size_t i = 0; i < sizeof picks / sizeof picks[0]; i++) {
		snprintf(line, sizeof line, "Accept: %s\r\n", picks[i].accept);
		if (accept_pick(asked(line), formats, FORMATS) !=
		    picks[i].picked)
			fail_msg("%s: %zu", picks[i].accept,
			    accept_pick(asked(line), formats, FORMATS));
	}
	assert_int_equal(accept_pick(asked(""), formats, FORMATS), TEXT);
	assert_int_equal(accept_pick(asked(""), formats, 0), 0);
	/* lines are one list */
	assert_int_equal(accept_pick(asked("Accept: */*;q=0.1\r\n"
					   "Accept: application/*\r\n"),
			     formats, FORMATS),
	    OPEN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codings),
		cmocka_unit_test(elements),
		cmocka_unit_test(media_types),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
