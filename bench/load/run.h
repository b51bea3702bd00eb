/* run.h - a whole run: opens the connections, keeps them busy, waits. */
#ifndef LOAD_RUN_H
#define LOAD_RUN_H

#include "options.h"
#include "tally.h"

struct result {
	struct tally tally;
	uint64_t elapsed;      /* of the measured time, ns */
	uint64_t user, system; /* our own CPU time within it, ns */
	uint64_t server;       /* with --server: that process's */
	bool interrupted;      /* by SIGINT or SIGTERM */
};

/*
 * Runs. With progress, a line a second goes to standard error. Returns 0, or -1
 * with the reason in *error if it could not begin. Blocks SIGINT and SIGTERM.
 */
int run(const struct options *o, bool progress, struct result *r,
    struct buf *error);

#endif
