/*
 * config_values.h - the options there are, and how their values are read. For
 * config*.c alone.
 */
#ifndef CONFIG_VALUES_H
#define CONFIG_VALUES_H

#include "config.h"

/* A number that is decided when everything has been read. */
#define CONFIG_AUTO UINT64_MAX

/* Upper limit for the number of options. */
enum { CONFIG_OPTIONS_MAX = 64 };

struct option {
	const char *name;     /* without "--" */
	const char *argument; /* its stand-in in --help; NULL: takes none */
	const char *initial;  /* default, as a user would say it; NULL: none */
	const char *meaning;  /* a few words for --help */

	/*
	 * Reads a value into *c. NULL if that is fine, else what was expected,
	 * to go behind the word "expected". Never fine with an empty value.
	 */
	const char *(*read)(
	    struct config *c, const struct option *o, struct span value);
	size_t field;         /* offset of a uint64_t in struct config */
	uint64_t low, high;   /* its limits */
	bool repeated;        /* values add up; one a line in the variable */
	enum command command; /* of an option that takes no argument */
};

/* All of them, in the order of --help; the last one has no name. */
extern const struct option config_options[];

#endif
