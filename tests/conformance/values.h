/*
 * values.h - what answers have said, by the names that a dialogue gives it, for
 * what is sent and expected later.
 */
#ifndef CONFORMANCE_VALUES_H
#define CONFORMANCE_VALUES_H

#include <stdbool.h>
#include <stddef.h>

struct values {
	struct value {
		char *name, *text;
	} * at;
	size_t count;
};

/* The text that was kept under the name, or NULL. */
const char *values_get(const struct values *v, const char *name);
void values_keep(struct values *v, const char *name, const char *text);
/* Forgets all of them. */
void values_clear(struct values *v);

/* Does the text name a value, as \(NAME)? */
bool values_named(const char *text);
/* A copy of the text with values in the place of their names, to be freed by
 * the caller; NULL if there is no such value. */
char *values_fill(const struct values *v, const char *text);

#endif
