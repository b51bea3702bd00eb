/*
 * content.h - what a load of the site has to say, as events and metrics.
 */
#ifndef CONTENT_H
#define CONTENT_H

#include "log/event.h"
#include "metrics/metrics.h"
#include "site/note.h"

/* Context of content_tell: both outlive the site. */
struct content {
	const struct events *events;
	struct metrics *metrics;
};

/*
 * A site_tell, for any thread. The first load that succeeds is no event, since
 * "listening" tells of it (content_listening); one that fails is that of the
 * start as long as none has succeeded, and after that a failed reload.
 */
void content_tell(void *content, const struct site_note *note);

/* Adds how many files and bytes there are, if there is any content. */
void content_listening(struct event *ev, const struct metrics *m);

#endif
