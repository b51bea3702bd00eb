/*
 * report.h - what a load has to say while it goes on, and at its end.
 */
#ifndef SITE_REPORT_H
#define SITE_REPORT_H

#include "site/tree.h"

struct report {
	const struct tree_options *options;
	bool again;            /* there is older content */
	uint64_t begin, next;  /* of the load; of the next progress: ns */
	uint64_t files, bytes; /* loaded so far */
	uint64_t count, sum;   /* of warnings; what they are about */
	struct {
		const char *what;
		struct span path;
		int error;
	} warning[TREE_WARNINGS_MAX];
};

void report_begin(struct report *r, const struct tree_options *o, bool again);

/* Forgets what was found: the load begins again. */
void report_again(struct report *r);

/* Keeps a warning for report_warnings; what and path must last until then. */
void
report_warn(struct report *r, const char *what, struct span path, int error);

/*
 * True if an error fails the load: it tells of us, not of what is to be loaded;
 * or it is the disk's, and the content there is is better than one with holes.
 */
bool report_is_fatal(const struct report *r, int error);

/* Tells of progress, if it is time for that. To be called often. */
void report_progress(struct report *r);

/* Tells the warnings. */
void report_warnings(const struct report *r);

/* Tells that the load failed. */
void report_failed(const struct report *r, const char *what, int error);

#endif
