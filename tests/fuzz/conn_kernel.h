/*
 * conn_kernel.h - the kernel as a connection under test meets it: real sockets,
 * but a clock that stands still until it is moved, and calls that fall short or
 * fail when they are told to.
 */
#ifndef TESTS_FUZZ_CONN_KERNEL_H
#define TESTS_FUZZ_CONN_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kernel {
	uint64_t now;               /* monotonic, ns */
	size_t read_cap, send_cap;  /* most bytes of a call; 0: no limit */
	int read_error, send_error; /* errno of the next call; 0: none */
	int plain_fd;               /* a socket to which all this is foreign */
	uint64_t received, sent;    /* bytes that went through */
	unsigned calls;
	bool failed; /* a call met an error that no repetition mends */
};

extern struct kernel kernel;

/* As at the beginning, at that time. */
void kernel_reset(uint64_t now, int plain_fd);

/*
 * Two connected stream sockets, both non-blocking; the first one's send buffer
 * is small if that is asked for.
 */
void kernel_pair(int fd[2], int small);

#endif
