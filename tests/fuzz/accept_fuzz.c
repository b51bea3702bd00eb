/*
 * Weights: an input is field lines; A and a are Accept-Encoding. Each line is
 * taken for an element of a list, too, of media types, say.
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

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct request req;

	if (size > GUARD_ROOM)
		return 0;
	lines_read(
	    guard_put((struct span){ (const char *)data, size }), names, &req);
	check_codings(&req);
	req.name_lengths = 0;
	check_codings(&req);
	for (unsigned i = 0; i < req.field_count; i++)
		check_element(req.fields[i].value);
	return 0;
}
