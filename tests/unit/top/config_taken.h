/*
 * config_taken.h - a configuration read from words and variables, and what is
 * in it.
 */
#ifndef TESTS_CONFIG_TAKEN_H
#define TESTS_CONFIG_TAKEN_H

#include <string.h>

#include "config.h"

static struct config config;
static char error_memory[CONFIG_ERROR_MAX];
static struct buf error;
static char *no_words[] = { NULL };

/* Reads argv and envp, each ended by NULL. */
static inline bool
take(char *const argv[], char *const envp[])
{
	int argc = 0;

	while (argv[argc])
		argc++;
	error = buf_over(error_memory, sizeof error_memory);
	return config_read(&config, argc, argv, envp, &error);
}

/* Reads one argument, or two. */
static inline bool
take_flag(const char *first, const char *second)
{
	char *argv[] = { (char *)"my_webserver", (char *)first, (char *)second,
		NULL };

	return take(argv, no_words);
}

static inline bool
take_variable(const char *variable)
{
	char *argv[] = { (char *)"my_webserver", NULL };
	char *envp[] = { (char *)"HOME=/", (char *)variable, NULL };

	return take(argv, envp);
}

static inline void
assert_span(struct span got, const char *expected)
{
	if (got.len != strlen(expected) ||
	    memcmp(got.at, expected, got.len) != 0)
		fail_msg(
		    "got \"%.*s\" for \"%s\"", (int)got.len, got.at, expected);
}

static inline void
assert_error(const char *expected)
{
	assert_false(error.overflowed);
	assert_span(buf_span(&error), expected);
}

/* What --cache-control says of a path; NULL: nothing. */
static inline void
assert_rule(const char *path, const char *expected)
{
	bool found;
	struct span got =
	    rules_find(&config.cache_rules, span_of(path), &found);

	assert_int_equal(found, expected != NULL);
	assert_span(got, expected ? expected : "");
}

#define WORDS(...)       ((char *[]){ (char *)"my_webserver", __VA_ARGS__, NULL })
#define ENVIRONMENT(...) ((char *[]){ __VA_ARGS__, NULL })
#define W(text)          ((char *)(text))

#endif
