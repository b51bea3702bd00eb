/*
 * watch.h - notices that something below root has changed: by inotify(7), or,
 * where that is not to be had or does not tell of all changes, by looking
 * again and again, for at most a twentieth of a core. Half a second at the
 * most, or the next look, goes by until a change is noticed.
 */
#ifndef SITE_WATCH_H
#define SITE_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "site/survey.h"

enum watch_mode {
	WATCH_OFF,
	WATCH_AUTO, /* inotify, or looking where that does not do */
	WATCH_POLL, /* looking */
};

struct watch {
	const char *root; /* must live as long */
	enum watch_mode mode;
	int fd; /* inotify; -1: none */
	struct survey last;
	uint64_t look_at;  /* monotonic ns: when to look next */
	uint64_t again_at; /* taken for changed then: see look */
	bool cheap;        /* looking takes little time */
};

/* Watches nothing yet. */
void watch_open(struct watch *w, const char *root, enum watch_mode mode);

/*
 * From here on changes are noticed; to be called before each load, since
 * directories may have come. 0, or an errno if from now on, and for good, it
 * looks (WATCH_POLL), because inotify cannot be had.
 */
int watch_renew(struct watch *w);

/*
 * True if anything may have changed since it was renewed or looked at last. To
 * be called when fd is readable or look_at has come: it reads the one, sets the
 * other on, and does not block otherwise than on the disk.
 */
bool watch_look(struct watch *w);

/* True if all has been quiet since the last look, as far as a quick look
 * tells. */
bool watch_quiet(struct watch *w);

void watch_close(struct watch *w);

#endif
