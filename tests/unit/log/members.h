/*
 * members.h - takes a line of the log apart into members, for tests that hold
 * each against a list of fields.
 */
#ifndef TESTS_LOG_MEMBERS_H
#define TESTS_LOG_MEMBERS_H

#include "unit/log/json_check.h"

enum member_kind { MEMBER_STRING, MEMBER_NUMBER, MEMBER_TRUE, MEMBER_STRINGS };

/* The name of a member of an object is that of the object, a dot, and its. */
struct member {
	char name[160];
	enum member_kind kind;
	struct span value; /* as it stands, without quotes */
};

enum { MEMBERS_MAX = 96 };

struct members {
	struct member at[MEMBERS_MAX];
	size_t count;
};

static inline struct span
members_string(struct span *s)
{
	const char *begin = s->at + 1;

	if (!check_string(s))
		return (struct span){ NULL, 0 };
	return span_between(begin, s->at - 1);
}

/* False if it is not what check_line accepts, or has a name twice. */
static inline bool
members_object( // NOLINT(misc-no-recursion)
    struct members *m, struct span *s, const char *prefix)
{
	if (!check_take(s, '{'))
		return false;
	do {
		struct member one = { .kind = MEMBER_NUMBER };
		struct span name = members_string(s);
		const char *from;

		if (!name.at || name.len == 0 || m->count == MEMBERS_MAX ||
		    strlen(prefix) + name.len + 2 > sizeof one.name)
			return false;
		if (*prefix) {
			strcpy(one.name, prefix);
			strcat(one.name, ".");
		}
		strncat(one.name, name.at, name.len);
		if (!check_take(s, ':') || !check_take(s, ' ') || s->len == 0)
			return false;
		if (s->at[0] == '{') {
			if (!members_object(m, s, one.name))
				return false;
			continue;
		}
		for (size_t i = 0; i < m->count; i++)
			if (strcmp(m->at[i].name, one.name) == 0)
				return false;
		from = s->at;
		if (s->at[0] == '"') {
			one.kind = MEMBER_STRING;
			one.value = members_string(s);
			if (!one.value.at)
				return false;
		} else if (s->at[0] == '[') {
			one.kind = MEMBER_STRINGS;
			if (!check_array(s))
				return false;
			one.value = span_between(from + 1, s->at - 1);
		} else if (span_starts(*s, SPAN("true"))) {
			one.kind = MEMBER_TRUE;
			*s = span_from(*s, 4);
		} else {
			if (!check_number(s))
				return false;
			one.value = span_between(from, s->at);
		}
		m->at[m->count++] = one;
	} while (check_take(s, ',') && check_take(s, ' '));
	return check_take(s, '}');
}

static inline bool
members_read(struct members *m, struct span line)
{
	m->count = 0;
	return members_object(m, &line, "") && span_eq(line, SPAN("\n"));
}

static inline const struct member *
members_find(const struct members *m, const char *name)
{
	for (size_t i = 0; i < m->count; i++)
		if (strcmp(m->at[i].name, name) == 0)
			return &m->at[i];
	return NULL;
}

#endif
