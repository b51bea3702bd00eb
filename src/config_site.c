#include <fcntl.h>
#include <unistd.h>

#include "base/num.h"
#include "config_values.h"

#define MEMORY_MOST (UINT64_C(64) << 20) /* of auto */

const char *
read_root(struct config *c, const struct option *o, struct span value)
{
	(void)o;
	if (value.len == 0)
		return "a directory";
	c->root = value.at; /* a value ends where its string ends */
	return NULL;
}

const char *
read_index(struct config *c, const struct option *o, struct span value)
{
	(void)o;
	if (value.len == 0 || value.at[0] == '.' ||
	    span_find(value, '/') < value.len)
		return "a file's name such as index.html";
	c->index = value;
	return NULL;
}

const char *
read_fallback(struct config *c, const struct option *o, struct span value)
{
	struct span path = value, rest;

	(void)o;
	if (span_starts(path, SPAN("/")))
		path = span_from(path, 1);
	rest = path;
	while (rest.at) {
		struct span segment = span_cut(&rest, '/');

		if (segment.len == 0 || span_eq(segment, SPAN(".")) ||
		    span_eq(segment, SPAN("..")))
			return "a file's path in root such as index.html";
	}
	c->fallback = path;
	return NULL;
}

const char *
read_cache_control(struct config *c, const struct option *o, struct span value)
{
	(void)o;
	return rules_add(&c->cache_rules, value);
}

void
forget_cache_control(struct config *c)
{
	c->cache_rules = (struct cache_rules){ 0 };
}

const char *
read_memory_limit(struct config *c, const struct option *o, struct span value)
{
	(void)o;
	if (span_eq(value, SPAN("auto")))
		c->memory_limit = CONFIG_AUTO;
	else if (!num_parse_size(value, &c->memory_limit))
		return "auto, or a size such as 0, 64KiB or 1MiB";
	else if (c->memory_limit > o->high)
		return "a size of at most 1024GiB";
	return NULL;
}

const char *
read_watch(struct config *c, const struct option *o, struct span value)
{
	(void)o;
	c->watch = span_eq(value, SPAN("auto"));
	if (!c->watch && !span_eq(value, SPAN("off")))
		return "auto or off";
	return NULL;
}

/* The number that a file begins with; false if it has none, such as "max". */
static bool
read_limit(const char *path, uint64_t *bytes)
{
	char text[32];
	struct span rest = { text, 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, text, sizeof text);
	close(fd);
	if (n > 0)
		rest.len = (size_t)n;
	return num_parse_u64(span_cut(&rest, '\n'), bytes);
}

uint64_t
config_memory_auto(const char *const files[])
{
	uint64_t most = MEMORY_MOST, limit;

	for (; *files; files++)
		if (read_limit(*files, &limit) && limit / 2 < most)
			most = limit / 2;
	return most;
}
