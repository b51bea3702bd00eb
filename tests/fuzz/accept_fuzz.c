/*
 * Weights: an input is field lines; A and a are Accept-Encoding, what has
 * another letter is Accept. Each line is taken for an element of a list, too.
 */
#include <string.h>

#include "fuzz.h"
#include "http/accept.h"
#include "lines.h"
#include "oracle_rules.h"
#include "unit/guard.h"

static const struct line_name names[] = { { 'A', "Accept-Encoding" },
	{ 'a', "aCCEPT-eNCODING" }, { 'E', "Accept-Encodings" },
	{ '\0', "Accept" } };

static void
check_element(struct span element)
{
	struct span expected = element, value;
	unsigned weight = 4711;
	int good = oracle_weight(&expected);

	CHECK(accept_element(element, &value, &weight) == (good >= 0));
	CHECK(value.len == expected.len);
	CHECK(value.len == 0 || value.at == expected.at);
	CHECK(good < 0 || weight == (unsigned)good);
}

static void
check_codings(const struct request *req)
{
	unsigned got[CODINGS];
	int expected[CODINGS];

	memset(got, 0xff, sizeof got);
	accept_codings(req, got);
	oracle_codings(req, expected);
	for (int i = 0; i < CODINGS; i++) {
		CHECK(got[i] <= ACCEPT_FULL);
		CHECK(got[i] == (unsigned)expected[i]);
	}
}

static void
check_media(const struct request *req)
{
	static const struct span offers[] = {
		SPAN_INIT("text/plain; version=0.0.4; charset=utf-8"),
		SPAN_INIT("application/openmetrics-text; version=1.0.0; "
			  "charset=utf-8"),
		SPAN_INIT("application/vnd.google.protobuf; "
			  "proto=io.prometheus.client.MetricFamily; "
			  "encoding=delimited"),
		SPAN_INIT("a/b;c=d"),
		SPAN_INIT("text/html"),
	};
	enum { OFFERS = sizeof offers / sizeof offers[0] };
	size_t expected = OFFERS;
	int most = 0;

	for (size_t i = 0; i < OFFERS; i++) {
		int weight = oracle_media(req, offers[i]);

		/* alone it is taken if it is wanted at all */
		CHECK(accept_pick(req, &offers[i], 1) == (weight == 0));
		if (weight > most) {
			most = weight;
			expected = i;
		}
	}
	CHECK(accept_pick(req, offers, OFFERS) == expected);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct request req;

	if (size > GUARD_ROOM)
		return 0;
	lines_read(
	    guard_put((struct span){ (const char *)data, size }), names, &req);
	check_codings(&req);
	check_media(&req);
	req.name_lengths = 0;
	check_codings(&req);
	for (unsigned i = 0; i < req.field_count; i++)
		check_element(req.fields[i].value);
	return 0;
}
