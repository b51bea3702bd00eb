/*
 * site_answer.h - an answer of a site as a client sees it.
 */
#ifndef TESTS_FUZZ_SITE_ANSWER_H
#define TESTS_FUZZ_SITE_ANSWER_H

#include "http/response.h"
#include "oracle_rules.h"
#include "site_tree.h"

enum { ANSWER_HEAD = 16 * 1024, ANSWER_BODY = 256 * 1024 };

struct answer {
	unsigned status;
	char head[ANSWER_HEAD]; /* ends in a NUL */
	size_t head_len;
	char body[ANSWER_BODY];
	size_t body_len;
};

/* Writes and gathers a finished response, and gives back what it borrowed. The
 * head must be clean HTTP. */
void answer_take(struct answer *a, struct response *res);

/* A field's value; at == NULL: it is not there. Twice it must not be. */
struct span answer_field(const struct answer *a, const char *name);

/* All bytes of f. */
void answer_check_whole(const struct answer *a, const struct tree_file *f);

#endif
