#include "conn_log.h"

#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "log/access.h"
#include "unit/log/json_check.h"

void
log_begin(struct log_reader *r, int fd, bool seed)
{
	r->fd = fd;
	r->seed = seed;
	r->len = 0;
	r->lines = r->aborted = 0;
	memset(r->last_time, 0, sizeof r->last_time);
	memset(r->count, 0, sizeof r->count);
}

/* What stands behind key; the key is there. */
static const char *
behind(struct span line, const char *key)
{
	const char *at = memmem(line.at, line.len, key, strlen(key));

	CHECK(at != NULL);
	return at + strlen(key);
}

uint64_t
log_hash(struct span s)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

	for (size_t i = 0; i < s.len; i++)
		hash =
		    (hash ^ (unsigned char)s.at[i]) * UINT64_C(0x100000001b3);
	return hash;
}

/* What the message says: \"GET / HTTP/1.1\" 200 -" */
static void
take_message(struct span line, struct log_entry *e)
{
	const char *at = behind(line, "\"message\": \"");
	const char *start = at + 2;

	for (; *at != '"'; at++)
		if (*at == '\\')
			at++;
	CHECK(memcmp(at - 2, " -", 2) == 0);
	CHECK(memcmp(at - 8, "\\\" ", 3) == 0);
	CHECK(memcmp(start - 2, "\\\"", 2) == 0 && start <= at - 8);
	e->line = log_hash(span_between(start, at - 8));
	for (at -= 5; *at != ' '; at++) {
		CHECK(*at >= '0' && *at <= '9');
		e->status = e->status * 10 + (unsigned)(*at - '0');
	}
}

/* Clients are 10.0.0.N. */
static unsigned
client_of(struct span line)
{
	unsigned client =
	    (unsigned)(*behind(line, "\"client_ip\": \"10.0.0.") - '0');

	CHECK(client < LOG_CLIENTS);
	return client;
}

static void
take_line(struct log_reader *r, struct span line)
{
	struct span aborted = SPAN(", \"aborted\": true}}\n");
	struct log_entry e = { 0 };
	unsigned client;

	CHECK(line.len <= ACCESS_LINE_MAX && check_line(line));
	client = client_of(line);
	take_message(line, &e);
	e.aborted = line.len > aborted.len &&
	    span_eq(span_from(line, line.len - aborted.len), aborted);
	if (!r->seed) {
		const char *time = behind(line, "{\"timestamp\": \"");

		CHECK(memcmp(r->last_time, time, 27) <= 0);
		memcpy(r->last_time, time, 27);
		CHECK(e.status != 499 || e.aborted);
		e.bytes = strtoul(behind(line, ", \"bytes\": "), NULL, 10);
	}
	r->lines++;
	r->aborted += e.aborted;
	CHECK(r->count[client] < LOG_LINES);
	r->entry[client][r->count[client]++] = e;
}

void
log_read(struct log_reader *r)
{
	ssize_t n;

	while ((n = read(r->fd, r->bytes + r->len, sizeof r->bytes - r->len)) >
	    0) {
		struct span rest = { r->bytes, r->len + (size_t)n };

		for (;;) {
			size_t end = span_find(rest, '\n');

			if (end == rest.len)
				break;
			take_line(r, (struct span){ rest.at, end + 1 });
			rest = span_from(rest, end + 1);
		}
		CHECK(rest.len < ACCESS_LINE_MAX);
		memmove(r->bytes, rest.at, rest.len);
		r->len = rest.len;
	}
}
