/*
 * live.h - a site on a made directory, with its loader running: the test is the
 * loop. Waits end after five seconds with a failed test.
 */
#ifndef TESTS_SITE_LIVE_H
#define TESTS_SITE_LIVE_H

#include <stdatomic.h>
#include <sys/types.h>

#include "made.h"
#include "site/site.h"

struct live {
	struct made *made;
	struct site site;
	/* What was told. */
	_Atomic unsigned loaded, failed, warnings;
	_Atomic uint64_t number;       /* of the last SITE_LOADED */
	_Atomic(const char *) warning; /* the last one's words */
	_Atomic int warning_error, failed_error;
	_Atomic pid_t loader; /* the thread that told the last of them */
};

/* cmocka's setup and teardown: *state is a struct live, not opened; root holds
 * an index. */
int live_begin(void **state);
int live_end(void **state);

/* Opens and starts it; live_end closes it. */
void live_start(struct live *l, enum watch_mode mode);
/* Closes it now: all the loader did can be looked at. */
void live_close(struct live *l);

/* Waits until the path is answered with this; with NULL: with nothing. Returns
 * the number of the generation that does. */
uint64_t live_await(struct live *l, const char *path, const char *content);
/* Waits until at least so many were told. */
void live_await_loaded(struct live *l, unsigned count);
void live_await_failed(struct live *l, unsigned count);
void live_await_warnings(struct live *l, unsigned count);

/* Is path answered with this by a generation? NULL: with nothing. */
bool
live_has(const struct generation *g, const char *path, const char *content);

/* Fails the test if it has waited for too long; else waits a millisecond. */
struct patience {
	uint64_t deadline;
	const char *what;
};
struct patience patience(const char *what);
void patience_wait(const struct patience *p);

/* A volume of a ConfigMap, as kubelet writes it: files a and b are links to
 * ..data/a and ..data/b, and ..data is one to a directory that holds them, with
 * content "a<version>" and "b<version>". The next version is put in its place
 * by renaming a link, and the old directory is removed. */
void volume_make(const struct made *m, unsigned version);
void volume_swap(const struct made *m, unsigned version);

#endif
