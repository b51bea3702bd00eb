#include "config.h"

#include <assert.h>

#include "base/num.h"
#include "config_mistake.h"
#include "config_values.h"

struct reader {
	struct config *config;
	char *const *environment;
	struct mistake mistake;
	size_t positional; /* arguments so far that are not options */
	bool flagged[CONFIG_OPTIONS_MAX]; /* options given as a flag */
};

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
	char memory[OPTION_NAME_MAX + sizeof "MY_WEBSERVER_"];
	struct buf name = buf_over(memory, sizeof memory);

	option_put(&name, o, SOURCE_VARIABLE);
	assert(!name.overflowed);
	return environment_find(environment, buf_span(&name));
}

static void
read_value(struct reader *r, const struct option *o, enum source source,
    struct span value)
{
	const char *expected = o->read(r->config, o, value);

	if (expected)
		mistake_value(&r->mistake, o, source, value, expected);
}

static void
read_environment(struct reader *r)
{
	for (const struct option *o = config_options; o->name; o++) {
		struct span value, line;

		if (!o->read)
			continue;
		value = option_variable(r->environment, o);
		if (!o->forget && value.at)
			read_value(r, o, SOURCE_VARIABLE, value);
		while (o->forget && value.at) {
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
	char memory[OPTION_NAME_MAX + sizeof "MY_WEBSERVER_"];

	for (const struct option *o = config_options; o->name; o++) {
		struct buf variable = buf_over(memory, sizeof memory);

		option_put(&variable, o, SOURCE_VARIABLE);
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
		mistake_value(&r->mistake, o, SOURCE_FLAG, value, "no value");
		return false;
	}
	if (o->command == COMMAND_CHECK) {
		if (r->config->command == COMMAND_PROBE)
			mistake_argument(&r->mistake, SPAN("--check"),
			    SPAN("it without probe"));
		r->config->command = COMMAND_CHECK;
		return false;
	}
	if (r->mistake.source == SOURCE_FLAG)
		return false;
	r->config->command = o->command;
	r->mistake.source = SOURCE_NONE;
	r->mistake.text->len = 0;
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
		mistake_unknown(&r->mistake, name);
		return false;
	}
	if (!o->read)
		return read_command(r, o, value);
	if (!value.at && *i + 1 < argc && strncmp(argv[*i + 1], "--", 2) != 0)
		value = span_of(argv[++*i]);
	if (!value.at) {
		mistake_value(&r->mistake, o, SOURCE_FLAG, value,
		    o->read(r->config, o, SPAN("")));
		return false;
	}
	flagged = &r->flagged[o - config_options];
	if (o->forget && !*flagged)
		o->forget(r->config);
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
			mistake_argument(
			    &r->mistake, argument, SPAN("it without --check"));
		else
			c->command = COMMAND_PROBE;
	} else if (r->positional == 2 && c->command == COMMAND_PROBE) {
		c->url = argument;
	} else if (c->command == COMMAND_PROBE) {
		mistake_argument(
		    &r->mistake, argument, SPAN("one URL after probe"));
	} else {
		mistake_argument(&r->mistake, argument,
		    SPAN("options or the command probe"));
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
	} else if (mistake_begin(&r->mistake, SOURCE_VARIABLE)) {
		buf_put(r->mistake.text, SPAN("PORT="));
		mistake_show(r->mistake.text, value);
		buf_put(r->mistake.text,
		    SPAN(": expected a number from 1 to 65535"));
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
	/* version 2, and version 1 where it is mounted as usual */
	static const char *const cgroup[] = { "/sys/fs/cgroup/memory.max",
		"/sys/fs/cgroup/memory/memory.limit_in_bytes", NULL };
	struct reader r = { .config = c,
		.environment = envp,
		.mistake = { error, SOURCE_NONE } };

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
	if (c->memory_limit == CONFIG_AUTO)
		c->memory_limit = c->root ? config_memory_auto(cgroup) : 0;
	c->no_color = environment_find(envp, SPAN("NO_COLOR")).at != NULL;
	collect_unknown(c, envp);
	return !r.mistake.source;
}
