/*
 * site.h - the content that is served: it stands ready before the first
 * request, and is replaced as a whole when what lies below root changes. A
 * thread of its own, the loader, does that; the loop never waits for it.
 *
 * One loop takes a new generation over at its first request after it was
 * loaded. The one before lives until the last answer that borrows from it has
 * been sent. Only the loader frees, and only the loader allocates.
 */
#ifndef SITE_SITE_H
#define SITE_SITE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "http/request.h"
#include "http/response.h"
#include "site/files.h"
#include "site/tree.h"
#include "site/watch.h"

/* Generations that are in memory at one time. When so many are, since slow
 * clients still receive answers from all of them, loading waits. Each has a
 * descriptor open. */
enum { SITE_HELD_MAX = 8 };

/* Descriptors it may have open, but for those of site_spare: files,
 * generations, what a load has open, inotify and eventfd. */
enum { SITE_DESCRIPTORS = FILES_MAX + SITE_HELD_MAX + 8 };

struct site {
	/* The loop's. */
	struct generation *current;
	struct files files;

	/* Between the two. */
	_Atomic(struct generation *) next; /* loaded, not taken over yet */
	_Atomic uint64_t taken;            /* number of the loop's current */
	_Atomic unsigned asked;            /* of the loader */
	int wake;                          /* eventfd(2) it sleeps on */

	/* The loader's, and before there is one, the opener's. */
	struct tree_options options;
	struct watch watch;
	struct generation *held[SITE_HELD_MAX]; /* the last is the newest */
	unsigned held_count;
	bool wanted;        /* a load, at load_at or soon after */
	bool anyhow;        /* it is served even if nothing has changed */
	unsigned mixed;     /* loads in a row that were none of one time */
	bool crowded;       /* that too many are held was said */
	uint64_t wanted_at; /* since when; all times are monotonic ns */
	uint64_t load_at;
	uint64_t pause_end; /* not before */
	uint64_t retry_at;  /* after a failure; CLOCK_NEVER: no need */
	uint64_t retry_after;

	pthread_t loader;
	bool started;
};

/*
 * Loads the first generation. Copies o; what it points to must live as long as
 * s. -1 with errno, which was told, or told as a SITE_FAILED in any case; there
 * is nothing to close then.
 */
int site_open(struct site *s, const struct tree_options *o);

/* The loop's: so many more descriptors there are for files on their way, when
 * more than FILES_MAX are. At first none. */
static inline void
site_spare(struct site *s, unsigned descriptors)
{
	s->files.alone_max = descriptors;
}

/*
 * Starts the loader, which may call the site's tell from now on. It takes no
 * signals, and steps back where the loop needs the processor. A load that fails
 * leaves everything as it is; it is tried again when something changes and, but
 * for WATCH_OFF, after a while. -1 with errno.
 */
int site_start(struct site *s, enum watch_mode mode);

/*
 * Asks for a load, whose generation is served even if it is no different: for
 * SIGHUP. Returns at once; what is asked before the load begins is one load.
 */
void site_reload(struct site *s);

/* For site_current: takes over what was loaded. */
struct generation *site_take_over(struct site *s);

/* The loop's: what is to be served from now on. */
static inline struct generation *
site_current(struct site *s)
{
	if (atomic_load_explicit(&s->next, memory_order_relaxed))
		return site_take_over(s);
	return s->current;
}

/* The loop's: fills res, an empty 200, for a GET or HEAD: see serve.h. */
void
site_answer(struct site *s, const struct request *req, struct response *res);

/* Ends the loader, after the load it is at, and frees everything. No answer may
 * borrow from the site any more. */
void site_close(struct site *s);

#endif
