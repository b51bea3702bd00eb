/*
 * target.h - the server that dialogues are held with: our program, started with
 * the options they ask for, or somebody else's that runs already.
 */
#ifndef CONFORMANCE_TARGET_H
#define CONFORMANCE_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct target {
	uint16_t page, metrics; /* ports of 127.0.0.1; metrics 0: none */
	bool peer;              /* not our program */
	char *home;             /* what is at "/" */
	size_t home_len;
	pid_t pid;
	int err; /* its standard error */
	int barrier;
};

/* Starts our program (MY_WEBSERVER_BINARY, or build/my_webserver) with these
 * options and, if it is not NULL, one more, and waits until it listens. Says
 * what is wrong and returns false. */
bool target_start(struct target *t, const char *options, const char *more);
/* Somebody else's server. Options: what ours would be started with. */
void target_peer(struct target *t, uint16_t port, const char *options);
/* Ends it. False, with its standard error shown, if that is not in order. */
bool target_stop(struct target *t);

/*
 * Returns when the server has read everything that has been sent to it so far:
 * it turns one loop and takes what became readable first, first, so when a
 * request sent now has its answer, all that came before has been looked at.
 */
bool target_settle(struct target *t);

/* A new connection to a port of 127.0.0.1, or -1. */
int target_dial(uint16_t port);

#endif
