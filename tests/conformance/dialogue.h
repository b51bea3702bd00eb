/*
 * dialogue.h - a conversation with a server, read from a .http file. README.md
 * describes the format.
 */
#ifndef CONFORMANCE_DIALOGUE_H
#define CONFORMANCE_DIALOGUE_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

#include "values.h"

enum step_kind {
	STEP_SEND,
	STEP_SHUT,   /* the client sends no more */
	STEP_PAUSE,  /* time passes */
	STEP_ANSWER, /* one answer arrives */
	STEP_QUIET,  /* the server has read everything and says nothing */
	STEP_OPEN,   /* the connection takes another request */
	STEP_CLOSED, /* the server ends it cleanly */
	STEP_ENDED,  /* the server ends it, cleanly or by a reset */
};

struct bytes {
	char *at; /* ends in a NUL that len does not count */
	size_t len;
};

/* What is asked of a field of an answer. */
struct wish {
	char *name;
	enum {
		WISH_ANY,
		WISH_NONE,
		WISH_VALUE,
		WISH_PATTERN,
		WISH_KEPT,  /* value names what it is, or shall be */
		WISH_OTHER, /* value names what it is not */
	} kind;
	char *value;
	regex_t pattern;
};

enum body_kind {
	BODY_FREE,   /* as long as Content-Length says */
	BODY_ABSENT, /* not there, whatever Content-Length says: HEAD */
	BODY_PAGE,   /* the demo page */
	BODY_LENGTH,
	BODY_IS,
	BODY_HAS,
	BODY_PARTS, /* of text: several ranges */
};

enum { PARTS_MAX = 16 };

struct expected {
	int status[4]; /* one of these; 0: no more */
	struct wish *wishes;
	size_t wish_count;
	enum body_kind body;
	size_t length;
	struct bytes text;
	struct {
		size_t first, last;
	} parts[PARTS_MAX];
	size_t part_count;
};

struct step {
	enum step_kind kind;
	unsigned line; /* of the file */
	int ms;
	char *source;       /* to send, as written, if it names values */
	struct bytes bytes; /* to send */
	size_t *cuts;       /* where they are worth being cut, ascending: */
	size_t cut_count;   /* a piece ends before bytes.at[cut] */
	struct expected answer;
};

struct dialogue {
	char *name;    /* file name without folder and .http */
	char *options; /* for the server, separated by spaces; "" for none */
	bool metrics;  /* on the operations listener */
	bool unsplit;  /* in one piece alone */
	bool first;    /* never behind another request */
	struct step *steps;
	size_t step_count;
};

/* Reads a file. Says what is wrong on stderr and returns false. */
bool dialogue_read(struct dialogue *d, const char *path);
void dialogue_free(struct dialogue *d);

/* Makes the bytes of a step that names values. False if one is not known. */
bool step_fill(struct step *s, const struct values *values);

#endif
