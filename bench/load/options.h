/* options.h - what the command line says. */
#ifndef LOAD_OPTIONS_H
#define LOAD_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "target.h"

enum { OPTIONS_HEADERS_MAX = 32 };

/* A number that was not given. */
#define OPTIONS_NONE UINT64_MAX
/* --expect-length=any */
#define OPTIONS_ANY (UINT64_MAX - 1)

struct options {
	struct target target;
	struct span url; /* as given */
	uint64_t connections;
	uint64_t duration, warmup, timeout; /* ns */
	uint64_t requests;                  /* OPTIONS_NONE: any number */
	uint64_t rate;                      /* a second; 0: closed loop */
	bool random;                        /* --arrivals */
	uint64_t pipeline;
	bool close;
	struct span method;
	struct span headers[OPTIONS_HEADERS_MAX]; /* "Name: value" */
	size_t header_count;
	uint64_t expect_status;
	uint64_t expect_length; /* OPTIONS_NONE: as the first answer's */
	uint64_t sources;       /* 0: the kernel's choice */
	uint64_t seed;
	uint64_t server; /* process to time; OPTIONS_NONE: none */
	bool spin;       /* never sleep */
	bool seconds;    /* a line each second */
	bool json, any_host, help;
};

/*
 * Reads the arguments, which have to outlive *o. Returns 0, or -1 with a line
 * for the user in *error.
 */
int options_read(
    struct options *o, int argc, char *const argv[], struct buf *error);

/* Writes the text of --help. */
void options_help(struct buf *out);

/*
 * Writes one request. Returns its length in out->len; out latches overflowed
 * beyond its room.
 */
void options_request(const struct options *o, struct buf *out);

#endif
