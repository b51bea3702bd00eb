#include "site/loader.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/num.h"

/* A change is loaded when nothing else came for a while, but after some time
 * in any case: whoever writes all the time does not put it off. */
#define QUIET      (100 * NS_PER_MS)
#define SETTLE_MAX (400 * NS_PER_MS)
/* After a load, so many times what it took: changes that never end take a part
 * of a core, not all of it. */
#define PAUSE_SHARE UINT64_C(2)
/* After a failure; doubled each time. */
#define RETRY_MIN (1 * NS_PER_SEC)
#define RETRY_MAX (30 * NS_PER_SEC)
/* While answers still borrow from old generations. */
#define LOOK_EVERY (1 * NS_PER_SEC)

enum {
	NICE = 10,
	/* What may be a mix of before and after a change is not served, unless
	 * changes go on through so many loads in a row: old content that stays
	 * for ever would be worse. */
	MIXED_MAX = 20,
};

static uint64_t
sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

void
loader_ask(struct site *s, enum loader_asked what)
{
	const uint64_t one = 1;
	ssize_t n;

	if (atomic_fetch_or(&s->asked, what) & what)
		return;
	do
		n = write(s->wake, &one, sizeof one);
	while (n < 0 && errno == EINTR);
}

static void
say(const struct site *s, enum site_note_kind kind, const char *what, int error)
{
	const struct site_note note = {
		.kind = kind,
		.what = what,
		.error = error,
	};

	s->options.tell(s->options.context, &note);
}

static void
say_loaded(const struct site *s, const struct generation *g)
{
	const struct site_note note = {
		.kind = SITE_LOADED,
		.what = "content loaded",
		.files = generation_files(g),
		.bytes = generation_bytes(g),
		.generation = generation_number(g),
		.duration = generation_duration(g),
	};

	s->options.tell(s->options.context, &note);
}

static struct generation *
newest(const struct site *s)
{
	return s->held_count > 0 ? s->held[s->held_count - 1] : NULL;
}

static void
let_go(struct site *s, unsigned i)
{
	generation_free(s->held[i]);
	s->held_count--;
	for (; i < s->held_count; i++)
		s->held[i] = s->held[i + 1];
}

static void
want(struct site *s, uint64_t load_at)
{
	if (s->wanted) {
		s->load_at = sooner(s->load_at, load_at);
		return;
	}
	s->wanted = true;
	s->wanted_at = clock_monotonic();
	s->load_at = load_at;
}

/* There is memory again: for content that had no room beside what is gone. */
static void
make_use_of_room(struct site *s)
{
	if (generation_squeezed(newest(s)))
		want(s, clock_monotonic());
}

/* Frees what the loop has given up and no answer borrows from. True if some
 * that it gave up is left. */
static bool
let_retired_go(struct site *s)
{
	uint64_t taken = atomic_load_explicit(&s->taken, memory_order_acquire);
	unsigned before = s->held_count;
	bool left = false;

	for (unsigned i = s->held_count; i-- > 0;) {
		if (generation_number(s->held[i]) >= taken)
			continue;
		if (generation_users(s->held[i]) == 0)
			let_go(s, i);
		else
			left = true;
	}
	if (s->held_count < before)
		make_use_of_room(s);
	return left;
}

/* The loop takes it over from here on. What it has not taken over yet, it never
 * will: that is the newest so far. */
static void
publish(struct site *s, struct generation *g)
{
	bool unseen = atomic_exchange(&s->next, g) != NULL;

	if (unseen)
		let_go(s, s->held_count - 1);
	s->held[s->held_count++] = g;
	say_loaded(s, g);
	if (unseen)
		make_use_of_room(s);
}

static void
load_failed(struct site *s)
{
	s->anyhow = true; /* that it is over will be told */
	if (s->watch.mode == WATCH_OFF)
		return;
	s->retry_at = clock_monotonic() + s->retry_after;
	s->retry_after = sooner(2 * s->retry_after, RETRY_MAX);
}

/* Serves g, or does without it. */
static void
loaded(struct site *s, struct generation *g)
{
	s->retry_after = RETRY_MIN;
	if (!generation_whole(g) && ++s->mixed < MIXED_MAX) {
		generation_free(g);
		want(s, clock_monotonic());
		return;
	}
	s->mixed = 0;
	if (s->anyhow || !generation_equal(g, newest(s)))
		publish(s, g);
	else
		generation_free(g);
	s->anyhow = false;
}

static void
load(struct site *s)
{
	uint64_t begin = clock_monotonic(), now;
	struct generation *g;
	int error = watch_renew(&s->watch);

	if (error)
		say(s, SITE_WARNING,
		    "changes are looked for twice a second: "
		    "inotify cannot be had",
		    error);
	s->wanted = false;
	s->retry_at = CLOCK_NEVER;
	g = generation_load(&s->options, s->held, s->held_count);
	if (g)
		loaded(s, g);
	else
		load_failed(s);
	now = clock_monotonic();
	s->pause_end = now + PAUSE_SHARE * (now - begin);
}

/* Takes in what was asked for and what has changed. True if the end was. */
static bool
notice(struct site *s)
{
	uint64_t now = clock_monotonic(), count;
	unsigned asked;

	/* first this: what is asked meanwhile makes it readable again */
	if (read(s->wake, &count, sizeof count) < 0 && errno == EINTR)
		return false;
	asked = atomic_exchange(&s->asked, 0);
	if (asked & LOADER_RELOAD)
		s->anyhow = true;
	if (asked & (LOADER_RELOAD | LOADER_CHECK))
		want(s, now + QUIET);
	if (now >= s->retry_at) {
		s->retry_at = CLOCK_NEVER;
		want(s, now);
	}
	if (!s->wanted && watch_look(&s->watch))
		want(s, now + QUIET);
	return asked & LOADER_END;
}

/* True if what is wanted can be loaded now. */
static bool
is_due(struct site *s)
{
	uint64_t now = clock_monotonic();

	if (!s->wanted || now < s->load_at || now < s->pause_end)
		return false;
	if (s->held_count == SITE_HELD_MAX) {
		if (!s->crowded)
			say(s, SITE_WARNING,
			    "loading waits: slow clients still receive "
			    "content of too many generations",
			    0);
		s->crowded = true;
		return false;
	}
	s->crowded = false;
	if (now < s->wanted_at + SETTLE_MAX && !watch_quiet(&s->watch)) {
		s->load_at = sooner(now + QUIET, s->wanted_at + SETTLE_MAX);
		return false;
	}
	return true;
}

static uint64_t
next_deadline(const struct site *s, bool retired)
{
	uint64_t now = clock_monotonic(), deadline = s->retry_at;

	if (retired)
		deadline = sooner(deadline, now + LOOK_EVERY);
	if (!s->wanted)
		return sooner(deadline, s->watch.look_at);
	if (s->held_count == SITE_HELD_MAX)
		return sooner(deadline, now + LOOK_EVERY);
	return sooner(
	    deadline, s->load_at > s->pause_end ? s->load_at : s->pause_end);
}

/* Rounded up: down, the last millisecond would be spent spinning. */
static int
timeout_ms(uint64_t deadline)
{
	uint64_t now = clock_monotonic(), ms;

	if (deadline == CLOCK_NEVER)
		return -1;
	if (deadline <= now)
		return 0;
	ms = (deadline - now - 1) / NS_PER_MS + 1;
	return ms < INT_MAX ? (int)ms : INT_MAX;
}

/* Further changes change nothing about what is wanted: they are not waited for
 * then. */
static void
rest(const struct site *s, uint64_t deadline)
{
	struct pollfd fds[] = {
		{ .fd = s->wake, .events = POLLIN },
		{ .fd = s->wanted ? -1 : s->watch.fd, .events = POLLIN },
	};

	poll(fds, 2, timeout_ms(deadline));
}

/* On one core loads compete with the loop: let it go first. That process 0 is
 * the calling thread, is Linux's alone; musl's sched_setscheduler is of no use.
 */
static void
step_back(void)
{
	const struct sched_param none = { 0 };

	setpriority(PRIO_PROCESS, 0, NICE);
	pthread_setschedparam(pthread_self(), SCHED_BATCH, &none);
}

int
loader_first(struct site *s)
{
	struct generation *g = generation_load(&s->options, NULL, 0);

	if (!g)
		return -1;
	s->retry_at = CLOCK_NEVER;
	s->retry_after = RETRY_MIN;
	s->current = g;
	s->held[s->held_count++] = g;
	atomic_store(&s->taken, generation_number(g));
	say_loaded(s, g);
	return 0;
}

void *
loader_run(void *site)
{
	struct site *s = site;

	step_back();
	/* what has changed since the first load, when nobody watched */
	if (s->watch.mode != WATCH_OFF || !generation_whole(newest(s)))
		want(s, 0);
	while (!notice(s)) {
		bool retired = let_retired_go(s);

		if (is_due(s))
			load(s);
		else
			rest(s, next_deadline(s, retired));
	}
	return NULL;
}
