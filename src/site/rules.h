/*
 * rules.h - the Cache-Control of what is served, by patterns of its path.
 */
#ifndef SITE_RULES_H
#define SITE_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

enum {
	RULES_MAX = 64,
	RULES_TEXT_MAX = 8192, /* bytes of all rules */
	RULES_VALUE_MAX = 256, /* bytes of one's value */
};

/* Empty when it is all zero. */
struct cache_rules {
	struct {
		struct span pattern, value;
	} rule[RULES_MAX];
	size_t count;
	size_t text; /* bytes of them */
};

/*
 * Adds a rule, PATTERN=VALUE, cut at the first '='. In a pattern '*' stands for
 * any run of bytes, none and '/' among them; every other byte stands for
 * itself. NULL, and the text has to outlive the rules; or what was expected,
 * to go behind that word, and the rules are as they were.
 */
const char *rules_add(struct cache_rules *rules, struct span text);

/*
 * The value of the first rule whose pattern matches all of path (decoded, with
 * its leading '/'); *found tells whether there is one. Takes time in proportion
 * to path and patterns.
 */
struct span
rules_find(const struct cache_rules *rules, struct span path, bool *found);

/*
 * The place of that rule among them, which is the earlier the smaller it is;
 * their count if there is none.
 */
size_t rules_rank(const struct cache_rules *rules, struct span path);

#endif
