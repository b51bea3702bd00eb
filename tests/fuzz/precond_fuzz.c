/*
 * Conditions: an input is field lines, by the letters below; what they are
 * about is every one of some representations, at every one of some times.
 */
#include <string.h>

#include "fuzz.h"
#include "http/precond.h"
#include "lines.h"
#include "oracle_rules.h"
#include "unit/guard.h"

static const struct line_name names[] = { { 'M', "If-Match" },
	{ 'm', "iF-mATCH" }, { 'N', "If-None-Match" }, { 'n', "iF-nONE-mATCH" },
	{ 'U', "If-Unmodified-Since" }, { 'S', "If-Modified-Since" },
	{ 'R', "If-Range" }, { 'r', "iF-rANGE" }, { '\0', "If-Matches" } };

static const struct span tags[] = { SPAN_INIT(""), SPAN_INIT("\"\""),
	SPAN_INIT("\"a\""), SPAN_INIT("\"a,b\\\"") };

/* Sun, 06 Nov 1994 08:49:37 GMT, and no time. */
enum { MODIFIED = 784111777 };
static const int64_t modified[] = { MODIFIED, -1 };
static const int64_t later[] = { -1, 0, 1, 1000000000 };

static void
check(const struct request *req, const struct oracle_facts *f)
{
	struct entity e = { .etag = f->etag, .modified = f->modified };

	CHECK(precond_check(req, &e, f->now) == oracle_precond(req, f));
	CHECK(precond_if_range(req, &e, f->now) == oracle_if_range(req, f));
}

static void
check_all(const struct request *req)
{
	for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++)
		for (size_t j = 0; j < 2; j++)
			for (size_t k = 0; k < 4; k++)
				check(req,
				    &(struct oracle_facts){ .etag = tags[i],
					.modified = modified[j],
					.now = MODIFIED + later[k] });
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct request req;

	if (size > GUARD_ROOM)
		return 0;
	lines_read(
	    guard_put((struct span){ (const char *)data, size }), names, &req);
	check_all(&req);
	req.name_lengths = 0;
	check_all(&req);
	return 0;
}
