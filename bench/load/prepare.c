#include "prepare.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"

enum {
	REQUEST_MAX = 64 * 1024,
	FILES_MORE = 8, /* standard ones, epoll, signals, some to spare */
};

static int
fail(struct buf *error, const char *what, const char *why)
{
	buf_put(error, span_of(what));
	buf_put(error, SPAN(": "));
	buf_put(error, span_of(why));
	return -1;
}

static int
raise_files(const struct options *o, struct buf *error)
{
	uint64_t needed = o->connections + FILES_MORE;
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files))
		return fail(error, "open files", strerror(errno));
	files.rlim_cur = files.rlim_max;
	if (files.rlim_max < needed) {
		buf_put(error, SPAN("--connections="));
		buf_u64(error, o->connections);
		buf_put(error, SPAN(": they need "));
		buf_u64(error, needed);
		buf_put(error, SPAN(" open files, and the hard limit is "));
		buf_u64(error, files.rlim_max);
		buf_put(error, SPAN(" (ulimit -Hn): for more than "));
		buf_u64(error, files.rlim_max - FILES_MORE);
		buf_put(error, SPAN(" connections, run several at a time"));
		return -1;
	}
	if (setrlimit(RLIMIT_NOFILE, &files))
		return fail(error, "open files", strerror(errno));
	return 0;
}

static int
make_requests(struct load *l, struct buf *error)
{
	size_t copies = (size_t)l->options->pipeline + 1;
	struct buf one;
	char *memory = malloc(REQUEST_MAX);

	if (!memory)
		return fail(error, "memory", strerror(errno));
	one = buf_over(memory, REQUEST_MAX);
	options_request(l->options, &one);
	l->text = one.overflowed ? NULL : malloc(one.len * copies);
	if (l->text) {
		for (size_t i = 0; i < copies; i++)
			memcpy(l->text + i * one.len, one.at, one.len);
		l->requests = (struct span){ l->text, one.len * copies };
		l->request_size = one.len;
	}
	free(memory);
	if (one.overflowed)
		return fail(error, "the request", "longer than 64 KiB");
	return l->text ? 0 : fail(error, "memory", strerror(errno));
}

static int
make_conns(struct load *l, struct buf *error)
{
	size_t count = (size_t)l->options->connections;
	size_t depth = (size_t)l->options->pipeline;

	l->conns = calloc(count, sizeof *l->conns);
	l->times = calloc(count * depth, sizeof *l->times);
	l->memory = malloc(READ_MAX);
	if (!l->conns || !l->times || !l->memory)
		return fail(error, "memory", strerror(errno));
	for (size_t i = 0; i < count; i++) {
		l->conns[i].fd = -1;
		l->conns[i].number = (uint32_t)i;
		l->conns[i].times = l->times + i * depth;
	}
	return 0;
}

int
prepare(struct load *l, const struct options *o, struct buf *error)
{
	l->options = o;
	l->schedule.rate = o->rate;
	l->schedule.random = o->random;
	l->schedule.prng.state = o->seed;
	l->schedule.requests = o->requests;
	l->tally.expect_status = o->expect_status;
	l->tally.expect_length = o->expect_length;
	l->tally.from = l->tally.to = CLOCK_NEVER;
	return raise_files(o, error) || make_requests(l, error) ||
		make_conns(l, error)
	    ? -1
	    : 0;
}

void
release(struct load *l)
{
	for (size_t i = 0; l->conns && i < l->options->connections; i++)
		if (l->conns[i].fd >= 0)
			close(l->conns[i].fd);
	free(l->conns);
	free(l->times);
	free(l->memory);
	free(l->text);
}
