#include "site/watch.h"

#include <errno.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/num.h"

enum { READS_MAX = 64 }; /* in a row: whoever writes may be faster */

#define ROOT_EVERY (400 * NS_PER_MS) /* has root been replaced? */
#define LOOK_EVERY (500 * NS_PER_MS)
#define LOOK_SHARE UINT64_C(20) /* of processor time, one part */
#define LOOK_CHEAP (20 * NS_PER_MS)
/* The coarsest step of a file's times, FAT's: within it a file may have been
 * written to twice and bear the same time. */
#define TIMES_STEP (2000 * NS_PER_MS)

static uint64_t
processor_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * NS_PER_SEC + (uint64_t)t.tv_nsec;
}

static uint64_t
larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Surveys without inotify: true if it is not as it was. Sets the next look so
 * far off that looking is a small part of a core's time, and of the disk's. */
static bool
survey(struct watch *w)
{
	uint64_t before = clock_monotonic(), spent = processor_time();
	struct survey now;
	bool same;
	uint64_t took;

	if (survey_take(&now, w->root, -1) < 0)
		now.signature = ~w->last.signature; /* not known */
	same = now.signature == w->last.signature;
	w->last = now;
	took = clock_monotonic() - before;
	spent = processor_time() - spent;
	w->cheap = took <= LOOK_CHEAP;
	w->look_at = before + took +
	    larger(LOOK_EVERY, larger(took, LOOK_SHARE * spent));
	return !same;
}

/* A file that is written to again within the step of its time looks the same:
 * so each change is followed by another load. */
static bool
look(struct watch *w)
{
	bool changed = survey(w);
	uint64_t now = clock_monotonic();

	if (changed) {
		w->again_at = now + TIMES_STEP;
	} else if (now >= w->again_at) {
		w->again_at = CLOCK_NEVER;
		changed = true;
	}
	return changed;
}

/* Reads what inotify has to tell: true if there was anything. What it was does
 * not matter, IN_Q_OVERFLOW included. */
static bool
drain(struct watch *w)
{
	char events[4096];
	bool any = false;

	for (int i = 0; i < READS_MAX; i++) {
		ssize_t n = read(w->fd, events, sizeof events);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		any = true;
	}
	return any;
}

static bool
root_replaced(struct watch *w)
{
	struct survey_root now = survey_root(w->root);

	w->look_at = clock_monotonic() + ROOT_EVERY;
	return !survey_root_equal(&now, &w->last.root);
}

static void
end_inotify(struct watch *w)
{
	if (w->fd >= 0)
		close(w->fd);
	w->fd = -1;
}

/* A new set of watches, without any on what does not lie below root any more.
 * What the old one has still to tell is older than what comes now. */
static int
begin_inotify(struct watch *w)
{
	int error;

	end_inotify(w);
	w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (w->fd >= 0 && survey_take(&w->last, w->root, w->fd) == 0) {
		w->look_at = clock_monotonic() + ROOT_EVERY;
		return 0;
	}
	error = errno;
	end_inotify(w);
	return error;
}

void
watch_open(struct watch *w, const char *root, enum watch_mode mode)
{
	*w = (struct watch){
		.root = root,
		.mode = mode,
		.fd = -1,
		.look_at = mode == WATCH_OFF ? CLOCK_NEVER : 0,
		.again_at = CLOCK_NEVER,
	};
}

int
watch_renew(struct watch *w)
{
	int error = 0;

	if (w->mode == WATCH_OFF)
		return 0;
	if (w->mode == WATCH_AUTO) {
		error = begin_inotify(w);
		if (error == 0 && !w->last.remote)
			return 0;
		end_inotify(w);
		w->mode = WATCH_POLL;
		w->look_at = 0;
	}
	/* otherwise the last look is what changes are measured by */
	if (w->look_at == 0)
		survey(w);
	return error;
}

bool
watch_look(struct watch *w)
{
	uint64_t now = clock_monotonic();
	bool changed;

	switch (w->mode) {
	case WATCH_OFF:
		return false;
	case WATCH_AUTO:
		if (w->fd < 0)
			return false;
		changed = drain(w);
		if (now >= w->look_at)
			changed |= root_replaced(w);
		return changed;
	case WATCH_POLL:
		return now >= w->look_at && look(w);
	}
	return false;
}

bool
watch_quiet(struct watch *w)
{
	switch (w->mode) {
	case WATCH_OFF:
		return true;
	case WATCH_AUTO:
		return w->fd < 0 || !drain(w);
	case WATCH_POLL:
		return !w->cheap || !look(w);
	}
	return true;
}

void
watch_close(struct watch *w)
{
	end_inotify(w);
}
