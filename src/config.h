/*
 * config.h - what the user asked for: flags, environment, defaults.
 */
#ifndef CONFIG_H
#define CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/ip.h"
#include "base/span.h"
#include "log/access.h"
#include "net/listen.h"
#include "site/rules.h"

enum command {
	COMMAND_SERVE,
	COMMAND_PROBE,
	COMMAND_CHECK,
	COMMAND_HELP,
	COMMAND_VERSION,
};

enum {
	CONFIG_BUCKETS_MAX = 64,
	CONFIG_HEADERS_MAX = 4096,   /* bytes of --header lines with CRLF */
	CONFIG_UNKNOWN_MAX = 8,      /* unknown variables that are named */
	CONFIG_PERCENT = 10000,      /* random_error: parts of one percent */
	CONFIG_ERROR_MAX = 1024,     /* no error is longer */
	CONFIG_HELP_MAX = 5120,      /* nor --help */
	CONFIG_FIELDS_MAX = 16,      /* --log-field */
	CONFIG_FIELDS_TEXT = 2048,   /* bytes of them in a line */
	CONFIG_FIELD_REST = 20,      /* of each: quotes, "labels." and so on */
	CONFIG_HEADER_NAME_MAX = 48, /* --log-header */
};

/*
 * Durations in ns, sizes in bytes. Spans point into argv, environ, literals or
 * the struct itself, which therefore is not to be copied.
 */
struct config {
	enum command command;
	struct span url; /* of probe; at == NULL: our own /readyz */

	struct address listen, metrics_listen;
	struct span listen_text, metrics_listen_text; /* as given */
	char port_memory[sizeof ":65535"];            /* listen_text of PORT */
	char headers_memory[CONFIG_HEADERS_MAX];
	struct buf headers; /* "Name: value\r\n" lines */
	/* whether they have these fields */
	bool header_cache_control, header_nosniff;

	const char *root;  /* NULL: the demo page, and none of these counts */
	struct span index; /* a file's name */
	struct span fallback; /* a path below root, without leading '/' */
	struct cache_rules cache_rules;
	uint64_t memory_limit; /* auto is resolved; 0: keeps nothing */
	bool watch;

	uint64_t max_connections;
	uint64_t header_timeout, body_timeout, idle_timeout, write_timeout;
	uint64_t probe_timeout;
	uint64_t shutdown_delay, drain_timeout; /* auto is resolved */
	enum access_format log_format;
	struct span log_namespace;
	struct access_field log_fields[CONFIG_FIELDS_MAX];
	size_t log_field_count;
	size_t log_fields_len; /* of CONFIG_FIELDS_TEXT */
	struct access_header_name log_headers[ACCESS_HEADERS_MAX];
	char log_header_keys[ACCESS_HEADERS_MAX]
			    [CONFIG_HEADER_NAME_MAX + sizeof "header_"];
	size_t log_header_count;
	struct cidr_set trusted_proxies;
	uint64_t log_buffer;
	bool log_wait; /* --log-overflow=wait */
	bool no_color; /* https://no-color.org */
	uint64_t buckets[CONFIG_BUCKETS_MAX];
	size_t bucket_count;
	struct span latency_metric;
	uint64_t delay_min, delay_max; /* both 0: none */
	uint64_t random_error;         /* 0 .. 100 * CONFIG_PERCENT */

	struct span unknown[CONFIG_UNKNOWN_MAX]; /* MY_WEBSERVER_... names */
	size_t unknown_count;
};

/*
 * Reads flags (which win) and environment into *c. True if all is well. False
 * with one line without newline in *error, which begins with "my_webserver: "
 * and names the option, its value, what was expected, and where it came from.
 * All arguments are looked at, but the first error is told, and a wrong value
 * in a variable is one even where a flag wins. c->command is set either way (so
 * that --check can answer on standard output). --help and --version end the
 * reading, whatever follows them and whatever is in the environment: nothing
 * but c->command counts then.
 */
bool config_read(struct config *c, int argc, char *const argv[],
    char *const envp[], struct buf *error);

/* Appends the text of --help: at most 55 lines of 80 columns. */
void config_help(struct buf *out);

#endif
