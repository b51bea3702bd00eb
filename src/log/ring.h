/*
 * ring.h - lines on their way to a descriptor that may not take them now: a
 * bounded buffer, written without ever blocking.
 */
#ifndef LOG_RING_H
#define LOG_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

/* How the descriptor is written without blocking. */
enum ring_sink {
	RING_PLAIN, /* regular files, /dev/null: write(2) does not block long */
	RING_OWN,   /* a description of our own with O_NONBLOCK */
	RING_POLL,  /* a pipe or terminal shared with others: poll(2), then at
	             * most PIPE_BUF bytes */
	RING_SOCKET, /* send(2) with MSG_DONTWAIT */
};

struct ring {
	char *memory;
	size_t cap;
	size_t head, len; /* oldest byte, bytes held */
	uint64_t lines;   /* lines held, one begun included */
	size_t begun;     /* bytes of the oldest line already written */
	int fd;
	enum ring_sink sink;
	uint64_t written; /* lines handed to the kernel whole */
	uint64_t dropped; /* lines lost */
	int error;    /* errno of the last failed write, 0 after a good one */
	bool blocked; /* the last write found no room: wait until writable */
};

/*
 * Takes over cap bytes at memory and prepares fd: a pipe, FIFO or terminal is
 * reopened through /proc/self/fd for a description of our own, so that
 * O_NONBLOCK does not reach the others who share it. Where that is refused, the
 * descriptor itself is polled before each write. ring->fd is what to wait on
 * when blocked.
 */
void ring_init(struct ring *r, char *memory, size_t cap, int fd);

/*
 * Lends free bytes of the ring, cap of them in one piece, for a line to be
 * written into before it is put; where there is no such piece, memory (cap
 * bytes of the caller's) instead.
 */
struct buf ring_lend(const struct ring *r, char *memory, size_t cap);

/*
 * Keeps a whole line (its newline included) for the next flush. False if there
 * is no room: nothing was kept, and nothing counted.
 */
bool ring_put(struct ring *r, struct span line);

/* Counts n lines as lost that could not be put. */
void ring_drop(struct ring *r, uint64_t n);

/*
 * Writes what it can: with one system call where the descriptor takes all
 * (RING_POLL: one poll and one write for each PIPE_BUF bytes). When the
 * descriptor is full, what is left stays, and blocked is set. Any other error
 * drops and counts the lines held (but not one that was already begun: its
 * rest must follow, or the stream holds half a line), and is in r->error.
 */
void ring_flush(struct ring *r);

/* True when all that was put has been written or dropped. */
static inline bool
ring_empty(const struct ring *r)
{
	return r->len == 0;
}

/* Counts what is still held as dropped and closes a description of our own. */
void ring_close(struct ring *r);

#endif
