/*
 * config_values.h - the options there are, and how their values are read. For
 * config*.c alone.
 */
#ifndef CONFIG_VALUES_H
#define CONFIG_VALUES_H

#include "config.h"

/* A number that is decided when everything has been read. */
#define CONFIG_AUTO UINT64_MAX

/* Upper limits for the number of options, and the length of a name. */
enum { CONFIG_OPTIONS_MAX = 64, OPTION_NAME_MAX = 32 };

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
	size_t field;       /* offset of a uint64_t in struct config */
	uint64_t low, high; /* its limits */
	/*
	 * Of an option whose values add up, one a line in the variable: drops
	 * those there are, since flags replace what the variable gave. Else
	 * NULL.
	 */
	void (*forget)(struct config *c);
	enum command command; /* of an option that takes no argument */
};

/* All of them, in the order of --help; the last one has no name. */
extern const struct option config_options[];

/* Those of --root and what belongs to it: read and forget as above. */
const char *
read_root(struct config *c, const struct option *o, struct span value);
const char *
read_index(struct config *c, const struct option *o, struct span value);
const char *
read_fallback(struct config *c, const struct option *o, struct span value);
const char *
read_cache_control(struct config *c, const struct option *o, struct span value);
void forget_cache_control(struct config *c);
const char *
read_memory_limit(struct config *c, const struct option *o, struct span value);
const char *
read_watch(struct config *c, const struct option *o, struct span value);

/* Those of the log that are more than a word. */
const char *
read_log_format(struct config *c, const struct option *o, struct span value);
const char *
read_log_field(struct config *c, const struct option *o, struct span value);
void forget_log_fields(struct config *c);
const char *
read_log_header(struct config *c, const struct option *o, struct span value);
void forget_log_headers(struct config *c);
const char *read_trusted_proxies(
    struct config *c, const struct option *o, struct span value);
void forget_trusted_proxies(struct config *c);

/* The name of a header: a token (RFC 9110, 5.6.2). */
bool is_token(struct span s);

/*
 * What --memory-limit=auto is: half of the lowest limit that these files tell,
 * 64 MiB at most. A file that cannot be read, or tells no number, is no limit.
 * files ends with NULL.
 */
uint64_t config_memory_auto(const char *const files[]);

#endif
