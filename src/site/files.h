/*
 * files.h - files that are sent from the disk: opened when they are asked for,
 * and kept open for the next time. One loop's.
 */
#ifndef SITE_FILES_H
#define SITE_FILES_H

#include "http/response.h"
#include "site/below.h"
#include "site/file.h"

/* Kept open at one time. */
enum { FILES_MAX = 128 };

struct open_file {
	struct identity id;
	uint64_t used; /* when: the later, the larger */
	uint32_t users;
	int fd;
	bool open;
	bool forgotten;         /* closed by its last user */
	struct files *alone_of; /* for one user alone, who is counted there */
};

/* None is open when it is all zero. */
struct files {
	struct open_file file[FILES_MAX];
	unsigned top; /* none from here on */
	uint64_t uses;
	unsigned alone, alone_max; /* more files, each open for one user */
};

/*
 * Opens a file, or has it open, and makes sure it is still the one that id
 * tells of. The caller gives it back through files_source. When FILES_MAX files
 * are on their way, it is open in own, for this caller alone. NULL with errno:
 * ESTALE if it is another one by now; EMFILE also if alone_max are open so; or
 * what open(2) says.
 */
struct open_file *files_take(struct files *files, const struct below *root,
    const char *path, const struct identity *id, struct open_file *own);

/* What an answer that sends an open_file, its owner, has as its source. */
extern const struct source files_source;

/* Closes what nobody uses, and the others as soon as nobody does: they are
 * those of a generation that is gone. */
void files_forget(struct files *files);

#endif
