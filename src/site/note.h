/*
 * note.h - what a load of the site has to say. Whoever runs the site turns it
 * into words.
 */
#ifndef SITE_NOTE_H
#define SITE_NOTE_H

#include <stdint.h>

#include "base/span.h"

enum site_note_kind {
	SITE_WARNING,  /* something is served differently, or not at all */
	SITE_PROGRESS, /* a load takes long: about once a second */
	SITE_LOADED,   /* all of it, and it is served from now on */
	SITE_FAILED,   /* nothing new: the old content, if any, is kept */
};

struct site_note {
	enum site_note_kind kind;
	const char *what; /* a literal, in plain words */
	struct span path; /* below root, or root itself; may be empty */
	int error;        /* errno, or 0 */
	/*
	 * Of PROGRESS and LOADED: what there is (so far). A WARNING with files
	 * above 0 stands for so many more like those before it.
	 */
	uint64_t files, bytes;
	uint64_t generation; /* of LOADED: 1 is the first */
	uint64_t duration;   /* ns since the load began */
};

/*
 * Takes a note, whose memory it may use until it returns. It is called by the
 * loader's thread, and before there is one by whoever opens the site: by one
 * thread at a time.
 */
typedef void site_tell(void *context, const struct site_note *note);

#endif
