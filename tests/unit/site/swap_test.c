#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "base/clock.h"
#include "base/num.h"
#include "base/prng.h"
#include "live.h"

/* Answers on their way, as a loop with clients of all speeds has them. */
enum { SLOTS = 12, SWAPS = 100 };

struct answer {
	struct generation *from; /* NULL: none */
	unsigned version;
};

/* Which version g is, by its file a. */
static unsigned
version_of(const struct generation *g)
{
	const struct entry *e = generation_find(g, SPAN("/a"));
	struct span text = { e->plain.file->bytes, e->plain.file->id.size };
	uint64_t version;

	assert_int_equal(text.at[0], 'a');
	assert_true(num_parse_u64(span_from(text, 1), &version));
	return (unsigned)version;
}

/* All of one generation is of one version, as long as it is borrowed from. */
static void
check(const struct generation *g, unsigned version)
{
	char b[16];

	snprintf(b, sizeof b, "b%u", version);
	assert_int_equal(version_of(g), version);
	assert_true(live_has(g, "/b", b));
}

static void
end(struct answer *a)
{
	check(a->from, a->version);
	generation_drop(a->from);
	a->from = NULL;
}

/* An answer begins, or ends in one of so many turns. */
static void
turn(struct live *l, struct prng *random, struct answer *a, unsigned turns)
{
	struct generation *g = site_current(&l->site);

	if (a->from) {
		if (prng_next(random) % turns == 0)
			end(a);
		return;
	}
	a->from = g;
	a->version = version_of(g);
	generation_take(g);
	check(g, a->version);
}

static void
swaps(struct live *l, enum watch_mode mode)
{
	struct answer answers[SLOTS] = { 0 };
	struct prng random = { 1 };
	char last[16];

	volume_make(l->made, 1);
	live_start(l, mode);
	for (unsigned v = 2; v <= SWAPS; v++) {
		uint64_t until = clock_monotonic() + 20 * NS_PER_MS;

		volume_swap(l->made, v);
		if (v % 10 == 0)
			site_reload(&l->site);
		while (clock_monotonic() < until)
			for (unsigned i = 0; i < SLOTS; i++)
				turn(l, &random, &answers[i], 1 << i);
	}
	snprintf(last, sizeof last, "a%d", SWAPS);
	live_await(l, "/a", last);
	for (unsigned i = 0; i < SLOTS; i++)
		if (answers[i].from)
			end(&answers[i]);
	live_close(l);
	assert_true(l->loaded > 2);
	assert_int_equal(l->failed, 0);
	assert_int_equal(l->warnings, 0);
}

static void
noticed(void **state)
{
	swaps(*state, WATCH_AUTO);
}

static void
looked_for(void **state)
{
	swaps(*state, WATCH_POLL);
}

#define LIVE(test) cmocka_unit_test_setup_teardown(test, live_begin, live_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE(noticed),
		LIVE(looked_for),
	};

	return cmocka_run_group_tests_name("site/swap", tests, NULL, NULL);
}
