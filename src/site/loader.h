/*
 * loader.h - the site's thread: sleeps until something has changed, was asked
 * for or is to be tried again, waits for it to settle, loads, publishes, and
 * frees what is not used any more.
 */
#ifndef SITE_LOADER_H
#define SITE_LOADER_H

#include "site/site.h"

/* What the loader is asked for: bits of site's asked. */
enum loader_asked {
	LOADER_RELOAD = 1 << 0, /* a load, whatever it brings */
	LOADER_CHECK = 1 << 1,  /* a load: something has changed */
	LOADER_TAKEN = 1 << 2,  /* nothing: the loop took a generation over */
	LOADER_END = 1 << 3,    /* its end */
};

/* Any thread's, and for signal handlers too. Never blocks. */
void loader_ask(struct site *s, enum loader_asked what);

/* The first load, in the caller's thread. 0, or -1 with errno. */
int loader_first(struct site *s);

/* The thread: its argument is the site. */
void *loader_run(void *site);

#endif
