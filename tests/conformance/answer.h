/*
 * answer.h - one answer as it came, and what must hold for it.
 */
#ifndef CONFORMANCE_ANSWER_H
#define CONFORMANCE_ANSWER_H

#include "talk.h"

enum { ANSWER_FIELDS = 64 };

struct answer {
	const char *bytes;
	const struct target *target;
	struct values *values; /* to be compared with, and added to */
	size_t head_len;       /* the empty line included */
	size_t body_len;       /* as framed; 0 for HEAD */
	int status;
	size_t field_count;
	struct {
		const char *name, *value;
		size_t name_len, value_len;
	} fields[ANSWER_FIELDS];
};

/* Parses the head of the given length, strictly by the grammar, and finds the
 * length of the body. */
bool answer_parse(struct answer *a, const char *bytes, struct fault *f);
/* What holds for every answer of an origin server with a clock. */
bool answer_rules(const struct answer *a, struct fault *f);
/* What this one was expected to be. Keeps the values that it shall. */
bool answer_expected(
    const struct answer *a, const struct expected *e, struct fault *f);
bool answer_says_close(const struct answer *a);

#endif
