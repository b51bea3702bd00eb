#include "tally.h"

#include <stdio.h>

const char *const failure_names[FAILURES] = {
	[FAILURE_CONNECT] = "connect",
	[FAILURE_RESET] = "reset",
	[FAILURE_TIMEOUT] = "timeout",
	[FAILURE_SHORT] = "short",
	[FAILURE_ODD] = "odd",
	[FAILURE_STATUS] = "status",
	[FAILURE_LENGTH] = "length",
	[FAILURE_UNSENT] = "unsent",
};

/* True if an answer is as expected. The first right one teaches the length. */
static int
is_right(struct tally *t, unsigned status, uint64_t length)
{
	char why[TALLY_TEXT_MAX];

	if (status != t->expect_status) {
		snprintf(why, sizeof why, "status %u instead of %u", status,
		    (unsigned)t->expect_status);
		tally_failure(t, FAILURE_STATUS, 1, why);
		return 0;
	}
	if (t->expect_length == UINT64_MAX - 1)
		return 1;
	if (t->expect_length == UINT64_MAX)
		t->expect_length = length;
	if (length != t->expect_length) {
		snprintf(why, sizeof why, "%llu bytes instead of %llu",
		    (unsigned long long)length,
		    (unsigned long long)t->expect_length);
		tally_failure(t, FAILURE_LENGTH, 1, why);
		return 0;
	}
	return 1;
}

void
tally_answer(struct tally *t, uint64_t meant, uint64_t done, unsigned status,
    uint64_t length)
{
	int right = is_right(t, status, length);

	if (done >= t->from && done <= t->to)
		t->timely++;
	if (meant < t->from) {
		t->warm++;
		return;
	}
	t->answers++;
	t->statuses[status]++;
	if (right)
		histogram_add(&t->latency, done - meant);
}

void
tally_bytes(struct tally *t, uint64_t now, uint64_t bytes)
{
	if (now >= t->from && now <= t->to)
		t->bytes += bytes;
}

void
tally_failure(
    struct tally *t, enum failure kind, uint64_t count, const char *why)
{
	t->failures[kind] += count;
	if (!t->first[0])
		snprintf(t->first, sizeof t->first, "%s", why);
}

uint64_t
tally_failed(const struct tally *t)
{
	uint64_t sum = 0;

	for (int i = 0; i < FAILURES; i++)
		sum += t->failures[i];
	return sum;
}
