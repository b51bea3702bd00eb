/*
 * The configuration: an input's lines are arguments, and variables where they
 * begin with '@' (in which \x01 stands for the end of a line). Whatever they
 * are, the configuration is in range, or there is one readable line of error;
 * a value is judged the same wherever it comes from. Values are taken for
 * numbers, too.
 */
#include <string.h>

#include "config.h"
#include "config_number.h"
#include "fuzz.h"
#include "unit/log/json_check.h"

enum { WORDS_MAX = 32 };

#define SECOND UINT64_C(1000000000)
#define DAY    (86400 * SECOND)

/* Strings, each in memory of exactly its size. */
struct words {
	char *at[WORDS_MAX + 1];
	int count;
};

static void
put(struct words *w, struct span before, struct span s)
{
	char *copy = malloc(before.len + s.len + 1);

	CHECK(copy != NULL && w->count < WORDS_MAX);
	memcpy(copy, before.at, before.len);
	for (size_t i = 0; i < s.len; i++)
		copy[before.len + i] = s.at[i] == '\x01' ? '\n' : s.at[i];
	copy[before.len + s.len] = '\0';
	w->at[w->count++] = copy;
	w->at[w->count] = NULL;
}

static void
drop(struct words *w)
{
	while (w->count > 0)
		free(w->at[--w->count]);
}

/* A line that a terminal shows as one line, and as it is. */
static void
check_shown(struct span s)
{
	while (s.len > 0) {
		size_t n = check_utf8(s);

		CHECK(n > 0);
		CHECK((unsigned char)s.at[0] >= 0x20 && s.at[0] != 0x7f);
		if (n == 2 && (unsigned char)s.at[0] == 0xc2)
			CHECK((unsigned char)s.at[1] >= 0xa0);
		s = span_from(s, n);
	}
}

static bool
is_duration(uint64_t ns, uint64_t least)
{
	return ns >= least && ns <= DAY;
}

/* Lines that may stand in an answer's head. */
static void
check_headers(struct span s)
{
	while (s.len > 0) {
		size_t end = span_find(s, '\r');
		struct span line = { s.at, end };
		size_t colon = span_find(line, ':');

		CHECK(end + 1 < s.len && s.at[end + 1] == '\n');
		CHECK(colon > 0 && colon + 2 < line.len);
		CHECK(line.at[colon + 1] == ' ');
		CHECK(line.at[colon + 2] != ' ' && line.at[end - 1] != ' ');
		for (size_t i = 0; i < line.len; i++) {
			unsigned char c = (unsigned char)line.at[i];

			CHECK((c >= 0x20 && c != 0x7f) || c == '\t');
			if (i < colon)
				CHECK(c > 0x20 && c < 0x7f);
		}
		s = span_from(s, end + 2);
	}
}

/* They are written as they are into JSON, and into the exposition. */
static void
check_name(struct span s, size_t most, const char *others)
{
	CHECK(s.len >= 1 && s.len <= most);
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.at[i];

		CHECK((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
		    (c >= 'a' && c <= 'z') || (c && strchr(others, c)));
	}
}

/* Each may stand in an answer's head, and whatever matches is one of them. */
static void
check_rules(const struct cache_rules *rules)
{
	bool found;
	struct span value;

	CHECK(rules->count <= RULES_MAX && rules->text <= RULES_TEXT_MAX);
	for (size_t i = 0; i < rules->count; i++) {
		struct span pattern = rules->rule[i].pattern;

		value = rules->rule[i].value;
		CHECK(pattern.len >= 1 && value.len >= 1);
		CHECK(value.len <= RULES_VALUE_MAX);
		CHECK(value.at[0] != ' ' && value.at[value.len - 1] != ' ');
		for (size_t j = 0; j < value.len; j++)
			CHECK(value.at[j] >= ' ' && value.at[j] <= '~');
		/* a pattern matches itself: its stars stand for stars */
		value = rules_find(rules, pattern, &found);
		CHECK(found && value.len >= 1);
	}
	value = rules_find(rules, SPAN("no path of ours"), &found);
	CHECK(found == (value.len > 0));
}

/* Names that stay below root. */
static void
check_names(const struct config *c)
{
	struct span rest = c->fallback;

	CHECK(c->index.len >= 1 && c->index.at[0] != '.');
	CHECK(span_find(c->index, '/') == c->index.len);
	while (rest.len > 0) {
		struct span segment = span_cut(&rest, '/');

		CHECK(segment.len > 0 && !span_eq(segment, SPAN("..")) &&
		    !span_eq(segment, SPAN(".")));
		CHECK(!rest.at || rest.len > 0);
	}
	CHECK(!c->root || c->root[0]);
}

/* They have room in every line of each format, under names of their own. */
static void
check_log(const struct config *c)
{
	char memory[ACCESS_EXTRA_MAX];

	CHECK(c->log_format <= ACCESS_OFF);
	for (int format = 0; format < ACCESS_OFF; format++) {
		struct access_style style = { .format =
						  (enum access_format)format,
			.name_space = c->log_namespace };
		struct buf b = buf_over(memory, sizeof memory);

		access_extra(&b, &style, SPAN("0.9.0-rc1"), c->log_fields,
		    c->log_field_count);
		CHECK(!b.overflowed);
	}
	for (size_t i = 0; i < c->log_field_count; i++) {
		check_name(c->log_fields[i].name, 64, "_.-");
		CHECK(!access_name_taken(c->log_fields[i].name));
	}
	CHECK(c->log_header_count <= ACCESS_HEADERS_MAX);
	for (size_t i = 0; i < c->log_header_count; i++) {
		struct span key = c->log_headers[i].key;

		CHECK(c->log_headers[i].name.len + 7 == key.len);
		check_name(key, 64, "_");
		for (size_t j = 0; j < i; j++)
			CHECK(!span_eq(key, c->log_headers[j].key));
	}
	CHECK(c->trusted_proxies.count <= CIDR_SET_MAX);
}

static void
check_ranges(const struct config *c)
{
	check_log(c);
	check_names(c);
	check_rules(&c->cache_rules);
	CHECK(c->memory_limit <= UINT64_C(1) << 40);
	CHECK(c->max_connections >= 1 && c->max_connections <= 1000000);
	CHECK(is_duration(c->header_timeout, SECOND / 1000));
	CHECK(is_duration(c->body_timeout, SECOND / 1000));
	CHECK(is_duration(c->idle_timeout, SECOND / 1000));
	CHECK(is_duration(c->write_timeout, SECOND / 1000));
	CHECK(is_duration(c->probe_timeout, SECOND / 1000));
	CHECK(is_duration(c->shutdown_delay, 0));
	CHECK(is_duration(c->drain_timeout, 0));
	CHECK(c->delay_min <= c->delay_max && is_duration(c->delay_max, 0));
	CHECK(c->random_error <= UINT64_C(100) * CONFIG_PERCENT);
	CHECK(c->log_buffer >= 16 * 1024 && c->log_buffer <= 1u << 30);
	check_name(c->log_namespace, 64, "_.-");
	check_name(c->latency_metric, 128, "_:");
	CHECK(c->bucket_count <= CONFIG_BUCKETS_MAX);
	for (size_t i = 1; i < c->bucket_count; i++)
		CHECK(c->buckets[i - 1] < c->buckets[i]);
	CHECK(c->unknown_count <= CONFIG_UNKNOWN_MAX);
	CHECK(c->headers.len <= sizeof c->headers_memory);
	check_headers(buf_span(&c->headers));
}

/* What --help and --version leave aside is not in range. */
static bool
is_read(const struct config *c)
{
	return c->command != COMMAND_HELP && c->command != COMMAND_VERSION;
}

static bool
check_config(
    struct config *c, struct words *arguments, struct words *environment)
{
	char memory[CONFIG_ERROR_MAX];
	struct buf error = buf_over(memory, sizeof memory);
	bool good;

	memset(c, 0xa5, sizeof *c);
	good = config_read(
	    c, arguments->count, arguments->at, environment->at, &error);
	CHECK(!error.overflowed);
	CHECK(c->command <= COMMAND_VERSION);
	if (good) {
		CHECK(error.len == 0);
		if (is_read(c))
			check_ranges(c);
		return true;
	}
	CHECK(span_starts(buf_span(&error), SPAN("my_webserver: ")));
	check_shown(buf_span(&error));
	return false;
}

/* MY_WEBSERVER_NAME=value of --name=value. */
static bool
to_variable(const char *argument, struct words *environment)
{
	char name[64];
	struct buf b = buf_over(name, sizeof name);
	struct span value = span_of(argument), flag = span_cut(&value, '=');

	if (!span_starts(flag, SPAN("--")) || value.len == 0 ||
	    span_eq(flag, SPAN("--header")) ||
	    span_eq(flag, SPAN("--log-field")) ||
	    span_eq(flag, SPAN("--log-header")) ||
	    span_eq(flag, SPAN("--trusted-proxies")) ||
	    span_eq(flag, SPAN("--cache-control")))
		return false;
	buf_put(&b, SPAN("MY_WEBSERVER_"));
	for (size_t i = 2; i < flag.len; i++)
		if (flag.at[i] >= 'a' && flag.at[i] <= 'z')
			buf_char(&b, (char)(flag.at[i] - 'a' + 'A'));
		else
			buf_char(&b, flag.at[i] == '-' ? '_' : '?');
	buf_char(&b, '=');
	if (b.overflowed)
		return false;
	put(environment, buf_span(&b), value);
	return true;
}

/* One argument alone, in its three forms. */
static void
check_forms(const char *argument)
{
	struct config c[3];
	struct words one = { 0 }, two = { 0 }, name = { 0 }, none = { 0 },
		     variable = { 0 };
	struct span value = span_of(argument), flag = span_cut(&value, '=');
	bool good;

	if (!to_variable(argument, &variable))
		return;
	put(&one, SPAN(""), SPAN("my_webserver"));
	put(&two, SPAN(""), SPAN("my_webserver"));
	put(&name, SPAN(""), SPAN("my_webserver"));
	put(&one, SPAN(""), span_of(argument));
	put(&two, SPAN(""), flag);
	put(&two, SPAN(""), value);
	good = check_config(&c[0], &one, &none);
	if (!span_starts(value, SPAN("--")))
		CHECK(check_config(&c[1], &two, &none) == good ||
		    !is_read(&c[1]) || c[1].command != COMMAND_SERVE);
	if (good && is_read(&c[0]) && c[0].command == COMMAND_SERVE) {
		CHECK(check_config(&c[2], &name, &variable));
		CHECK(c[2].unknown_count == 0);
		CHECK(c[0].header_timeout == c[2].header_timeout);
		CHECK(c[0].log_buffer == c[2].log_buffer);
		CHECK(c[0].log_wait == c[2].log_wait);
		CHECK(c[0].delay_max == c[2].delay_max);
		CHECK(span_eq(c[0].listen_text, c[2].listen_text));
		CHECK(c[0].bucket_count == c[2].bucket_count);
		CHECK(span_eq(c[0].fallback, c[2].fallback));
		CHECK(c[0].memory_limit == c[2].memory_limit);
		CHECK(c[0].watch == c[2].watch);
	}
	drop(&one);
	drop(&two);
	drop(&name);
	drop(&variable);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct config first, second;
	struct words arguments = { 0 }, environment = { 0 };
	struct span bytes = { (const char *)data, size };
	bool good;

	if (memchr(data, 0, size))
		return 0;
	put(&arguments, SPAN(""), SPAN("my_webserver"));
	while (bytes.at && arguments.count < WORDS_MAX &&
	    environment.count < WORDS_MAX) {
		struct span line = span_cut(&bytes, '\n'), value = line;

		if (line.len > 0 && line.at[0] == '@')
			put(&environment, SPAN(""), span_from(line, 1));
		else
			put(&arguments, SPAN(""), line);
		span_cut(&value, '=');
		number_check(value);
	}
	good = check_config(&first, &arguments, &environment);
	CHECK(check_config(&second, &arguments, &environment) == good);
	for (int i = 1; i < arguments.count && i < 4; i++)
		check_forms(arguments.at[i]);
	drop(&arguments);
	drop(&environment);
	return 0;
}
