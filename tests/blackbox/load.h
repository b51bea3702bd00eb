/*
 * load.h - runs the load generator, build/load or what LOAD_BINARY names, and
 * reads its results.
 */
#ifndef BLACKBOX_LOAD_H
#define BLACKBOX_LOAD_H

#include <sys/resource.h>

#include "harness.h"

/* A run under way. */
struct job {
	pid_t pid;
	int out, err; /* files in memory */
};

/* What a run left. */
struct outcome {
	int code;
	char *out, *err;
};

/* Starts it; files is the limit on open files, 0 to leave it. */
struct job load_start(const char *const *args, rlim_t files);
/* The same with this standard error. load_wait reads job.err to its end, so
 * that has to be a file by then. */
struct job load_start_on(const char *const *args, rlim_t files, int err);
/* Waits for its end, for at most a minute. */
struct outcome load_wait(struct job job);
/* A run that has to end with this status and nothing on standard error. Its
 * JSON; args has to ask for that. */
char *load(int code, const char *const *args);

#define LOAD(code, ...) load(code, ARGS("--json", __VA_ARGS__))

/* A number of the JSON by its name, at the top or one below. */
long number(const char *json, const char *name);
/* Fails unless there are count failures of this kind and no others. */
void assert_failures(const char *json, const char *kind, long count);

/* http://127.0.0.1:port and the path. */
char *url_of(uint16_t port, const char *path);

#endif
