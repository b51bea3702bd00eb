#include "config.h"

#include <assert.h>

#include "base/num.h"
#include "config_values.h"

enum {
	SHOWN_MAX = 160, /* bytes of a value in an error */
	NAME_MAX_LENGTH = 32,
};

enum source { SOURCE_NONE, SOURCE_VARIABLE, SOURCE_FLAG };

struct reader {
	struct config *config;
	char *const *environment;
	struct buf *error;
	enum source wrong; /* where the error in *error came from */
	size_t positional; /* arguments so far that are not options */
	bool flagged[CONFIG_OPTIONS_MAX]; /* options given as a flag */
};

static char
upper_snake(char c)
{
	if (c == '-')
		return '_';
	return (char)(c >= 'a' && c <= 'z' ? c - ('a' - 'A') : c);
}

static char
lower_kebab(char c)
{
	if (c == '_')
		return '-';
	return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

/*
 * Length of the character that s begins with, or 0 if it is a control character
 * or not UTF-8 (RFC 3629).
 */
static size_t
shown_length(struct span s)
{
	static const uint32_t lowest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char first = (unsigned char)s.at[0];
	size_t n = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	uint32_t code = n == 1 ? first : first & (0xffu >> (n + 1));

	if ((first >= 0x80 && first < 0xc2) || first > 0xf4 || n > s.len)
		return 0;
	for (size_t i = 1; i < n; i++) {
		unsigned char c = (unsigned char)s.at[i];

		if ((c & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (c & 0x3f);
	}
	if (code < lowest[n] || code > 0x10ffff ||
	    (code >= 0xd800 && code <= 0xdfff))
		return 0;
	if (code < ' ' || (code >= 0x7f && code < 0xa0))
		return 0;
	/* what ends a line, or turns its direction, in a terminal */
	return code >= 0x2028 && code <= 0x202e ? 0 : n;
}

/* Appends what a user wrote so that it stays one line, and readable. */
static void
put_shown(struct buf *b, struct span s)
{
	size_t begin = b->len;

	while (s.len > 0) {
		size_t n = shown_length(s);

		if (b->len - begin + 4 > SHOWN_MAX) {
			buf_put(b, SPAN("…"));
			return;
		}
		if (n == 0) {
			buf_put(b, SPAN("\\x"));
			buf_hex(b, (unsigned char)s.at[0], 2);
			n = 1;
		} else {
			buf_put(b, (struct span){ s.at, n });
		}
		s = span_from(s, n);
	}
}

/* Appends the option as the user gave it. */
static void
put_source(struct buf *b, const struct option *o, enum source source)
{
	if (source == SOURCE_FLAG) {
		buf_put(b, SPAN("--"));
		buf_put(b, span_of(o->name));
		return;
	}
	buf_put(b, SPAN("MY_WEBSERVER_"));
	for (const char *c = o->name; *c; c++)
		buf_char(b, upper_snake(*c));
}

/* Begins an error and returns true, unless there is one already. */
static bool
fail(struct reader *r, enum source source)
{
	if (r->wrong)
		return false;
	r->wrong = source;
	buf_put(r->error, SPAN("my_webserver: "));
	return true;
}

/* value.at is NULL where there was none. */
static void
fail_value(struct reader *r, const struct option *o, enum source source,
    struct span value, const char *expected)
{
	if (!fail(r, source))
		return;
	put_source(r->error, o, source);
	if (value.at) {
		buf_char(r->error, '=');
		put_shown(r->error, value);
		buf_put(r->error, SPAN(": expected "));
	} else {
		buf_put(r->error, SPAN(": no value, expected "));
	}
	buf_put(r->error, span_of(expected));
}

static size_t
smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * Insertions, deletions and replacements from name to known (Levenshtein), case
 * and the kind of dash aside. known has at most NAME_MAX_LENGTH bytes.
 */
static size_t
distance(struct span name, struct span known)
{
	size_t row[NAME_MAX_LENGTH + 1];

	for (size_t j = 0; j <= known.len; j++)
		row[j] = j;
	for (size_t i = 0; i < name.len; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < known.len; j++) {
			size_t replaced =
			    diagonal + (lower_kebab(name.at[i]) != known.at[j]);

			diagonal = row[j + 1];
			row[j + 1] =
			    smaller(replaced, smaller(row[j], diagonal) + 1);
		}
	}
	return row[known.len];
}

/* The option that was probably meant, or NULL. */
static const struct option *
nearest(struct span name)
{
	size_t limit = smaller(3, name.len / 2), best = limit + 1;
	const struct option *found = NULL, *longer = NULL;

	if (name.len < 3 || name.len > NAME_MAX_LENGTH)
		return NULL;
	for (const struct option *o = config_options; o->name; o++) {
		size_t n = distance(name, span_of(o->name));

		if (n < best) {
			best = n;
			found = o;
		}
		if (!longer && span_starts(span_of(o->name), name))
			longer = o;
	}
	return found ? found : longer;
}

/* option with its dashes, without a value */
static void
fail_unknown(struct reader *r, struct span option)
{
	const struct option *meant;
	struct span name = option;

	if (!fail(r, SOURCE_FLAG))
		return;
	while (name.len > 0 && name.at[0] == '-')
		name = span_from(name, 1);
	meant = nearest(name);
	buf_put(r->error, SPAN("unknown option "));
	put_shown(r->error, option);
	if (meant) {
		buf_put(r->error, SPAN("; did you mean --"));
		buf_put(r->error, span_of(meant->name));
		buf_char(r->error, '?');
	} else {
		buf_put(r->error, SPAN("; --help names the known ones"));
	}
}

static void
fail_argument(struct reader *r, struct span argument, struct span expected)
{
	if (!fail(r, SOURCE_FLAG))
		return;
	buf_put(r->error, SPAN("unexpected argument \""));
	put_shown(r->error, argument);
	buf_put(r->error, SPAN("\": expected "));
	buf_put(r->error, expected);
}

static const struct option *
option_find(struct span name)
{
	for (const struct option *o = config_options; o->name; o++)
		if (span_eq(name, span_of(o->name)))
			return o;
	return NULL;
}

/* The name of a variable of the environment. */
static struct span
variable_name(const char *variable)
{
	struct span rest = span_of(variable);

	return span_cut(&rest, '=');
}

/* Its value; at == NULL if there is none, or an empty one. */
static struct span
variable_value(const char *variable)
{
	struct span value = span_of(variable);

	span_cut(&value, '=');
	return value.len > 0 ? value : (struct span){ NULL, 0 };
}

/* What the environment says; at == NULL if nothing. */
static struct span
environment_find(char *const environment[], struct span name)
{
	for (; *environment; environment++)
		if (span_eq(variable_name(*environment), name))
			return variable_value(*environment);
	return (struct span){ NULL, 0 };
}

/* What the environment says about an option; at == NULL if nothing. */
static struct span
option_variable(char *const environment[], const struct option *o)
{
	char memory[NAME_MAX_LENGTH + sizeof "MY_WEBSERVER_"];
	struct buf name = buf_over(memory, sizeof memory);

	put_source(&name, o, SOURCE_VARIABLE);
	assert(!name.overflowed);
	return environment_find(environment, buf_span(&name));
}

static void
read_value(struct reader *r, const struct option *o, enum source source,
    struct span value)
{
	const char *expected = o->read(r->config, o, value);

	if (expected)
		fail_value(r, o, source, value, expected);
}

static void
read_environment(struct reader *r)
{
	for (const struct option *o = config_options; o->name; o++) {
		struct span value, line;

		if (!o->read)
			continue;
		value = option_variable(r->environment, o);
		if (!o->repeated && value.at)
			read_value(r, o, SOURCE_VARIABLE, value);
		while (o->repeated && value.at) {
			line = span_cut(&value, '\n');
			if (line.len > 0 && line.at[line.len - 1] == '\r')
				line.len--;
			line = span_trim(line);
			if (line.len > 0)
				read_value(r, o, SOURCE_VARIABLE, line);
		}
	}
}

/*
 * True if the end of *name is this one, which is taken off then.
 */
static bool
take_end(struct span *name, struct span end)
{
	if (name->len < end.len ||
	    !span_eq(span_from(*name, name->len - end.len), end))
		return false;
	name->len -= end.len;
	return true;
}

/*
 * True if Kubernetes injects such a variable for a Service named my-webserver
 * or my-webserver-something. name comes without MY_WEBSERVER.
 * https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
 */
static bool
is_of_service(struct span name)
{
	static const char named[] = "_SERVICE_PORT_";
	size_t digits = 0;

	for (size_t i = 0; i + sizeof named <= name.len; i++)
		if (memcmp(name.at + i, named, sizeof named - 1) == 0)
			return true;
	/* the latter ends _SERVICE_PORT and _PORT_80_TCP_PORT too */
	if (take_end(&name, SPAN("_SERVICE_HOST")) ||
	    take_end(&name, SPAN("_PORT")))
		return true;
	if (!take_end(&name, SPAN("_PROTO")))
		take_end(&name, SPAN("_ADDR"));
	if (!take_end(&name, SPAN("_TCP")) && !take_end(&name, SPAN("_UDP")) &&
	    !take_end(&name, SPAN("_SCTP")))
		return false;
	while (name.len > 0 && name.at[name.len - 1] >= '0' &&
	    name.at[name.len - 1] <= '9') {
		name.len--;
		digits++;
	}
	return digits > 0 && take_end(&name, SPAN("_PORT_"));
}

static bool
is_option_variable(struct span name)
{
	char memory[NAME_MAX_LENGTH + sizeof "MY_WEBSERVER_"];

	for (const struct option *o = config_options; o->name; o++) {
		struct buf variable = buf_over(memory, sizeof memory);

		put_source(&variable, o, SOURCE_VARIABLE);
		if (o->read && span_eq(name, buf_span(&variable)))
			return true;
	}
	return false;
}

static void
collect_unknown(struct config *c, char *const environment[])
{
	for (; *environment; environment++) {
		struct span name = variable_name(*environment);

		if (!span_starts(name, SPAN("MY_WEBSERVER_")) ||
		    !variable_value(*environment).at ||
		    is_option_variable(name) ||
		    is_of_service(span_from(name, strlen("MY_WEBSERVER"))))
			continue;
		if (c->unknown_count < CONFIG_UNKNOWN_MAX)
			c->unknown[c->unknown_count++] = name;
	}
}

/* --check, --help or --version. True if nothing else counts any more. */
static bool
read_command(struct reader *r, const struct option *o, struct span value)
{
	if (value.at) {
		fail_value(r, o, SOURCE_FLAG, value, "no value");
		return false;
	}
	if (o->command == COMMAND_CHECK) {
		if (r->config->command == COMMAND_PROBE)
			fail_argument(
			    r, SPAN("--check"), SPAN("it without probe"));
		r->config->command = COMMAND_CHECK;
		return false;
	}
	if (r->wrong == SOURCE_FLAG)
		return false;
	r->config->command = o->command;
	r->wrong = SOURCE_NONE;
	r->error->len = 0;
	return true;
}

/*
 * Reads the option in argv[*i], and moves *i if its value is the next argument.
 * True if nothing else counts any more.
 */
static bool
read_flag(struct reader *r, int argc, char *const argv[], int *i)
{
	struct span value = span_of(argv[*i]);
	struct span name = span_cut(&value, '=');
	const struct option *o = NULL;
	bool *flagged;

	if (span_starts(name, SPAN("--")))
		o = option_find(span_from(name, 2));
	if (!o) {
		fail_unknown(r, name);
		return false;
	}
	if (!o->read)
		return read_command(r, o, value);
	if (!value.at && *i + 1 < argc && strncmp(argv[*i + 1], "--", 2) != 0)
		value = span_of(argv[++*i]);
	if (!value.at) {
		fail_value(
		    r, o, SOURCE_FLAG, value, o->read(r->config, o, SPAN("")));
		return false;
	}
	flagged = &r->flagged[o - config_options];
	if (o->repeated && !*flagged) /* header alone can be repeated */
		r->config->headers.len = 0;
	*flagged = true;
	read_value(r, o, SOURCE_FLAG, value);
	return false;
}

static void
read_positional(struct reader *r, struct span argument)
{
	struct config *c = r->config;

	r->positional++;
	if (r->positional == 1 && span_eq(argument, SPAN("probe"))) {
		if (c->command == COMMAND_CHECK)
			fail_argument(r, argument, SPAN("it without --check"));
		else
			c->command = COMMAND_PROBE;
	} else if (r->positional == 2 && c->command == COMMAND_PROBE) {
		c->url = argument;
	} else if (c->command == COMMAND_PROBE) {
		fail_argument(r, argument, SPAN("one URL after probe"));
	} else {
		fail_argument(
		    r, argument, SPAN("options or the command probe"));
	}
}

static void
read_arguments(struct reader *r, int argc, char *const argv[])
{
	bool options = true;

	for (int i = 1; i < argc; i++) {
		if (!options || argv[i][0] != '-')
			read_positional(r, span_of(argv[i]));
		else if (strcmp(argv[i], "--") == 0)
			options = false;
		else if (read_flag(r, argc, argv, &i))
			return;
	}
}

/* PORT is a convention of platforms, and stands behind what is ours. */
static void
read_port(struct reader *r)
{
	const struct option *o = option_find(SPAN("listen"));
	struct span value = environment_find(r->environment, SPAN("PORT"));
	struct config *c = r->config;
	struct buf text = buf_over(c->port_memory, sizeof c->port_memory);
	uint64_t port;

	assert(o); /* the table has it */
	if (r->flagged[o - config_options] ||
	    option_variable(r->environment, o).at || !value.at)
		return;
	if (num_parse_u64(value, &port) && port >= 1 && port <= 65535) {
		buf_char(&text, ':');
		buf_u64(&text, port);
		read_value(r, o, SOURCE_VARIABLE, buf_span(&text));
	} else if (fail(r, SOURCE_VARIABLE)) {
		buf_put(r->error, SPAN("PORT="));
		put_shown(r->error, value);
		buf_put(r->error, SPAN(": expected a number from 1 to 65535"));
	}
}

static void
set_defaults(struct config *c)
{
	memset(c, 0, sizeof *c);
	c->headers = buf_over(c->headers_memory, sizeof c->headers_memory);
	for (const struct option *o = config_options; o->name; o++) {
		const char *expected = NULL;

		assert(o - config_options < CONFIG_OPTIONS_MAX);
		if (o->initial)
			expected = o->read(c, o, span_of(o->initial));
		assert(!expected);
		(void)expected;
	}
}

bool
config_read(struct config *c, int argc, char *const argv[], char *const envp[],
    struct buf *error)
{
	struct reader r = { .config = c, .environment = envp, .error = error };

	set_defaults(c);
	read_environment(&r);
	read_arguments(&r, argc, argv);
	if (c->command == COMMAND_HELP || c->command == COMMAND_VERSION)
		return true;
	read_port(&r);
	if (c->shutdown_delay == CONFIG_AUTO)
		c->shutdown_delay =
		    environment_find(envp, SPAN("KUBERNETES_SERVICE_HOST")).at
		    ? 5 * NS_PER_SEC
		    : 0;
	collect_unknown(c, envp);
	return !r.wrong;
}
