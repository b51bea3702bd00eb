/*
 * process.h - the process_* metrics as every Prometheus client has them, from
 * /proc (proc(5)) and getrlimit(2). Allocates nothing.
 */
#ifndef METRICS_PROCESS_H
#define METRICS_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

struct process {
	bool has_stat;     /* the four below could be read */
	uint64_t cpu;      /* user and system time, ns */
	uint64_t virtual;  /* bytes */
	uint64_t resident; /* bytes */
	bool has_start;    /* start, which needs /proc/stat too */
	uint64_t start;    /* ns since 1970 */
	bool has_open_fds;
	uint64_t open_fds;
	bool has_max_fds;
	uint64_t max_fds; /* soft limit; UINT64_MAX: unlimited */
};

/* Reads what is readable; has_* tell what that was. */
void process_read(struct process *p);

#endif
