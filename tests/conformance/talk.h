/*
 * talk.h - a client's side of one connection, and what it checks of every
 * answer, whatever was asked.
 */
#ifndef CONFORMANCE_TALK_H
#define CONFORMANCE_TALK_H

#include "dialogue.h"
#include "target.h"

/* Why a dialogue failed. */
struct fault {
	char text[700];
};

/* Notes it, and returns false. */
bool fault_set(struct fault *f, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

enum { TALK_MEMORY = 64 * 1024 };

struct talk {
	struct target *target;
	struct values *values; /* that answers have shown */
	int fd;
	bool shut;       /* we have said that we send no more */
	bool answered;   /* an answer was the last that happened */
	bool says_close; /* it, or the one before, did */
	size_t len;      /* bytes received and not taken */
	char *memory;    /* TALK_MEMORY */
};

/* Sends all of it. An end of the connection is no fault yet: what is read
 * afterwards tells. */
void talk_send(struct talk *t, const char *at, size_t len);
/* Reads one answer and checks it: by the rules that hold for every answer (of
 * our program), and by what is expected. */
bool talk_answer(struct talk *t, const struct expected *e, struct fault *f);
/* Nothing is there to be read, and the connection is still there. */
bool talk_quiet(struct talk *t, struct fault *f);
/* Sends a request and gets its answer. That nothing follows it, talk_quiet has
 * to tell when there was time for it. */
bool talk_open(struct talk *t, bool metrics, struct fault *f);
/* The end comes and nothing before it; by a reset only if hard. An answer that
 * went before it said so, unless we had shut. */
bool talk_closed(struct talk *t, bool hard, struct fault *f);

/* The request that talk_open sends. */
const char *talk_probe(bool metrics);
/* What it is answered with. */
extern const struct expected talk_probe_page, talk_probe_metrics;

#endif
