/*
 * Ranges: the first line of an input is the length of what is asked for, and
 * the others are fields: R and r a Range, everything else another one.
 */
#include <string.h>

#include "fuzz.h"
#include "http/range.h"
#include "lines.h"
#include "oracle_rules.h"
#include "unit/guard.h"

static const struct line_name names[] = { { 'R', "Range" }, { 'r', "rANGE" },
	{ 'I', "If-Range" }, { '\0', "Ranges" } };

/* Whatever was asked for: inside, apart from each other, less than all. */
static void
check_sane(const struct range *r, unsigned count, uint64_t length)
{
	uint64_t sum = 0;

	CHECK(count >= 1 && count <= RANGES_MAX);
	for (unsigned i = 0; i < count; i++) {
		CHECK(r[i].first <= r[i].last && r[i].last < length);
		sum += r[i].last - r[i].first + 1;
		CHECK(sum <= length);
		for (unsigned j = 0; j < i; j++)
			CHECK(r[i].last < r[j].first || r[j].last < r[i].first);
	}
	CHECK(count == 1 || sum < length);
}

static void
check(const struct request *req, uint64_t length)
{
	struct range r[RANGES_MAX];
	unsigned count = 99;
	enum range_pick got = range_pick(req, length, r, &count);
	struct oracle_ranges expected = oracle_range(req, length);

	switch (got) {
	case RANGE_WHOLE:
		CHECK(expected.answers & ORACLE_200);
		return;
	case RANGE_UNSATISFIABLE:
		CHECK(expected.answers & ORACLE_416);
		return;
	case RANGE_SOME:
		break;
	}
	CHECK(expected.answers & ORACLE_206);
	check_sane(r, count, length);
	CHECK(count == expected.count);
	for (unsigned i = 0; i < count; i++)
		CHECK(r[i].first == expected.first[i] &&
		    r[i].last == expected.last[i]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct request req;
	struct span fields = { (const char *)data, size }, line;
	uint64_t length = 0;

	if (size > GUARD_ROOM)
		return 0;
	fields = guard_put(fields);
	line = span_cut(&fields, '\n');
	for (size_t i = 0; i < line.len; i++)
		length = length * 10 + (unsigned char)line.at[i] % 16;
	length &= INT64_MAX; /* off_t */
	lines_read(fields, names, &req);
	check(&req, length);
	/* it is not known which lengths names have */
	req.name_lengths = 0;
	check(&req, length);
	return 0;
}
