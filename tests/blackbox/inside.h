/*
 * inside.h - what the parts of the harness know of each other: harness.c (a
 * test's beginning and end, memory, time), server.c, client.c, samples.c.
 */
#ifndef BLACKBOX_INSIDE_H
#define BLACKBOX_INSIDE_H

#include "harness.h"

/* What a test opens has this number or a higher one. */
extern int harness_first_fd;

/* Descriptors that the tool below which the server runs keeps for itself. */
unsigned tool_descriptors(void);

/* poll(2) of one descriptor; fails the test after WAIT_MS. */
void await_fd(int fd, short events, const char *what);

/* Ends and forgets the servers that the test has left. False if one did not end
 * as it should. */
bool servers_end(void);

#endif
