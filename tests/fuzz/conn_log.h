/*
 * conn_log.h - the reader of the access log: takes lines off their socket when
 * it is told to, and keeps what they said of each client.
 */
#ifndef TESTS_FUZZ_CONN_LOG_H
#define TESTS_FUZZ_CONN_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

enum { LOG_CLIENTS = 10, LOG_LINES = 4096 };

struct log_entry {
	unsigned status;
	bool aborted;
	size_t bytes;  /* 0 in format seed */
	uint64_t line; /* log_hash of the request line, as it is escaped */
};

struct log_reader {
	int fd;
	bool seed; /* the lines are of that format: no aborted, local time */
	char bytes[64 * 1024];
	size_t len;
	char last_time[32];
	uint64_t lines, aborted;
	unsigned count[LOG_CLIENTS];
	struct log_entry entry[LOG_CLIENTS][LOG_LINES];
};

/* A number that stands for a text. */
uint64_t log_hash(struct span s);

void log_begin(struct log_reader *r, int fd, bool seed);

/* Reads what is there, and aborts if a line is not as it must be. */
void log_read(struct log_reader *r);

#endif
