/*
 * accounts.h - what a server's metrics must say when all its clients have gone.
 */
#ifndef CONFORMANCE_ACCOUNTS_H
#define CONFORMANCE_ACCOUNTS_H

#include "talk.h"

/*
 * Waits until our program has no connection to the page left. Then no request
 * may be in flight, and requests, the histogram's observations and lines of log
 * must be as many as each other.
 */
bool accounts_add_up(struct target *t, struct fault *f);

#endif
