/*
 * plan.h - which calls of a running server fail, and how: memory that a test
 * shares with the server it has started. shim.c is the server's side: it takes
 * the place of every function of libc that asks the kernel for something.
 */
#ifndef FAULTS_PLAN_H
#define FAULTS_PLAN_H

#include <stdatomic.h>

/* The variable that tells the server where the plan is: a path. */
#define FAULTS_VARIABLE "FAULTS"

/* An effect is an errno, or one of these. */
enum {
	FAULT_COUNT = 0,  /* nothing fails, calls are counted alone */
	FAULT_SHORT = -1, /* one byte is read or written, of many */
	FAULT_HALF = -2,  /* half of the bytes */
	FAULT_END = -3,   /* none: the end of a file */
	FAULT_BACK = -4,  /* the clock was set back, by five hours */
	FAULT_STOP = -5,  /* nothing fails: the server stops before the call */
};

enum { FAULTS_MAX = 4, FAULT_ALWAYS = 1 << 30 };

struct fault {
	char call[24];   /* a function of libc */
	char detail[40]; /* what it is called for, see shim.c; "": anything */
	int effect;
	unsigned from;  /* the first call that fails, counted from 1 */
	unsigned count; /* and how many do */
	atomic_bool armed;
	atomic_uint calls, hits; /* calls since it was armed; failed ones */
};

struct plan {
	struct fault fault[FAULTS_MAX];
};

#endif
