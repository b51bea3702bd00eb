/*
 * prepare.h - what a run needs before it starts: descriptors, memory, and the
 * text of its requests.
 */
#ifndef LOAD_PREPARE_H
#define LOAD_PREPARE_H

#include "base/buf.h"
#include "conn.h"

/*
 * Gets an all-zero *l ready but for its epoll. Raises the soft limit on open
 * files. Returns 0, or -1 with the reason in *error; release either way. The
 * options have to outlive *l.
 */
int prepare(struct load *l, const struct options *o, struct buf *error);

/* Closes the connections and frees what prepare has allocated. */
void release(struct load *l);

#endif
