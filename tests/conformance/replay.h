/*
 * replay.h - holds a dialogue with a server, in all the ways its bytes can
 * come.
 */
#ifndef CONFORMANCE_REPLAY_H
#define CONFORMANCE_REPLAY_H

#include "talk.h"

/*
 * Plays d once as it stands and, unless it asks for less, once behind a good
 * request in the same packet, once byte by byte, and once for each place where
 * what is sent can be cut in two. With a peer, only as it stands. Adds the
 * number of connections made to *count.
 */
bool replay(
    struct target *t, const struct dialogue *d, size_t *count, struct fault *f);

#endif
