/*
 * loop.h - readiness of descriptors (epoll(7), level-triggered), pulled by the
 * caller: no callbacks.
 */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include <stdint.h>

/* Errors and hang-ups are always reported, asked for or not. */
enum loop_interest {
	LOOP_NOTHING = 0,
	LOOP_READ = 1 << 0,
	LOOP_WRITE = 1 << 1,
	LOOP_BROKEN = 1 << 2, /* only reported: reset, or hung up both ways */
};

struct loop {
	int fd;
};

struct loop_event {
	uint64_t tag;   /* as given to loop_watch */
	unsigned ready; /* set of enum loop_interest */
};

enum { LOOP_BATCH = 256 };

/* 0, or -1 with errno. */
int loop_open(struct loop *l);

/* Begins to watch fd. 0, or -1 with errno (EPERM: a regular file). */
int loop_watch(struct loop *l, int fd, uint64_t tag, unsigned interest);

/* Changes what fd is watched for, or its tag. 0, or -1 with errno. */
int loop_change(struct loop *l, int fd, uint64_t tag, unsigned interest);

/* Ends it; not needed before close(2) of the only descriptor of a file. 0, or
 * -1 with errno. */
int loop_forget(struct loop *l, int fd);

/*
 * Waits until something is ready or the deadline (monotonic ns, CLOCK_NEVER for
 * none; now is the present) has passed; never wakes before it. Fills at most
 * LOOP_BATCH events and returns how many: 0 on a timeout or a signal; -1 with
 * errno if it cannot wait at all.
 */
int loop_wait(
    struct loop *l, struct loop_event *out, uint64_t now, uint64_t deadline);

#endif
