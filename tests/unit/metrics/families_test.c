#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "metrics/families.h"

enum { NAMES_MAX = 512, FAMILIES_LEAST = 24 };

static struct metrics m;
static const struct process process = { .has_stat = true,
	.has_start = true,
	.has_open_fds = true,
	.has_max_fds = true };
static const struct build build;

/* Every name that a family or one of its samples has in any format. */
struct seen {
	char name[NAMES_MAX][128];
	size_t names;
	size_t families, samples, begun; /* begun: and not ended */
};
static struct seen seen;

static void
claim(struct span base, const char *ending)
{
	char *name = seen.name[seen.names];

	assert_true(seen.names < NAMES_MAX);
	snprintf(name, sizeof seen.name[0], "%.*s%s", (int)base.len, base.at,
	    ending);
	for (size_t i = 0; i < seen.names; i++)
		if (strcmp(seen.name[i], name) == 0)
			fail_msg("two families have %s", name);
	seen.names++;
}

static void
begin(void *to, const struct family *f)
{
	static const char *const endings[][5] = {
		[FAMILY_COUNTER] = { "", "_total", "_created" },
		[FAMILY_GAUGE] = { "" },
		[FAMILY_HISTOGRAM] = { "", "_bucket", "_sum", "_count",
		    "_created" },
	};
	struct span base = family_base(f);

	(void)to;
	for (size_t i = 0; i < 5 && endings[f->kind][i]; i++)
		claim(base, endings[f->kind][i]);
	assert_true(f->help.len > 0);
	assert_int_equal(
	    f->kind == FAMILY_COUNTER, f->name.len == base.len + 6);
	if (f->unit.len > 0) {
		assert_true(base.len > f->unit.len + 1);
		assert_true(
		    span_eq(span_from(base, base.len - f->unit.len), f->unit));
		assert_int_equal(base.at[base.len - f->unit.len - 1], '_');
	}
	assert_int_equal(seen.begun, 0);
	seen.begun++;
	seen.families++;
	seen.samples = 0;
}

static void
sample(void *to, const struct family *f, const struct sample *s)
{
	(void)to;
	assert_int_equal(seen.begun, 1);
	assert_true(f->kind != FAMILY_HISTOGRAM);
	for (size_t i = 0; i < s->labels; i++)
		assert_true(s->label[i].name.len > 0);
	seen.samples++;
}

static void
histogram(void *to, const struct family *f, const struct histogram_snapshot *h)
{
	(void)to, (void)h;
	assert_int_equal(f->kind, FAMILY_HISTOGRAM);
	assert_int_equal(seen.samples, 0);
	seen.samples++;
}

static void
end(void *to, const struct family *f)
{
	(void)to, (void)f;
	assert_true(seen.samples > 0);
	seen.begun--;
}

/* OpenMetrics: no name of a family or sample is another's. */
static void
no_two_families_share_a_name(void **state)
{
	static const uint64_t bounds[] = { 1000 };
	static const struct family_writer writer = { begin, sample, histogram,
		end };

	(void)state;
	metrics_init(&m, bounds, 1, 1);
	metric_add(&m.requests[0][0], 1);
	metric_add(&m.requests[METRICS_OTHER][1], 1);
	metric_set(&m.content_generation, 1);
	families_visit(
	    &(struct scrape_source){ .metrics = &m,
		.process = &process,
		.build = &build,
		.latency_name = SPAN("my_webpage_request_latency_seconds") },
	    &writer, NULL);
	assert_int_equal(seen.begun, 0);
	assert_true(seen.families >= FAMILIES_LEAST);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_two_families_share_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
