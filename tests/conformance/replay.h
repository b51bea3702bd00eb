/*
 * replay.h - holds a dialogue with a server, in all the ways its bytes can
 * come.
 */
#ifndef CONFORMANCE_REPLAY_H
#define CONFORMANCE_REPLAY_H

#include "talk.h"

/* Where dialogues are played: memory for the players, taken once. */
struct play;
struct play *play_new(struct target *t);
void play_free(struct play *play);

/*
 * Plays d once as it stands and, unless it asks for less, once behind a good
 * request in the same packet, once byte by byte, and twice for each place where
 * what is sent can be cut in two: alone and behind a good request. With a peer,
 * only as it stands. Adds the number of connections made to *count.
 */
bool
replay(struct play *play, struct dialogue *d, size_t *count, struct fault *f);

#endif
