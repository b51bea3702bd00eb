#include "log/event.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/date.h"
#include "base/num.h"
#include "log/json.h"

/* The end of a line, for which room is kept from the start. */
#define JSON_END SPAN("}}\n")

/* The least that a string can be cut to. */
enum { VALUE_MIN = 16 };

void
events_init(struct events *e, int fd, struct span name_space)
{
	*e = (struct events){ fd, isatty(fd) == 1, name_space };
}

/* Begins a member: its key in JSON, "name=" in text. */
static void
put_name(struct event *ev, const char *name, const char *unit)
{
	char memory[64];
	struct buf key = buf_over(memory, sizeof(memory));

	buf_put(&key, span_of(name));
	buf_put(&key, span_of(unit));
	if (!ev->to->text) {
		json_key(&ev->line, buf_span(&key));
		return;
	}
	buf_put(&ev->line, SPAN(", "));
	buf_put(&ev->line, buf_span(&key));
	buf_char(&ev->line, '=');
}

/* Takes a member back that did not fit. */
static void
check_member(struct event *ev, size_t before)
{
	if (ev->line.overflowed)
		ev->line.len = before;
	ev->line.overflowed = false;
}

void
event_begin(struct event *ev, const struct events *to, enum event_level level,
    const char *what)
{
	static const char *const names[] = {
		[EVENT_INFO] = "info",
		[EVENT_WARNING] = "warning",
		[EVENT_ERROR] = "error",
	};
	struct span name = span_of(names[level]);
	struct timespec now = { 0 };
	struct buf *b = &ev->line;

	ev->to = to;
	*b = buf_over(ev->memory, sizeof(ev->memory) - JSON_END.len);
	if (to->text) {
		buf_put(b, name);
		buf_put(b, SPAN(": "));
		buf_put(b, span_of(what));
		return;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	buf_put(b, SPAN("{\"timestamp\": \""));
	date_rfc3339(
	    b, (uint64_t)now.tv_sec * NS_PER_SEC + (uint64_t)now.tv_nsec);
	buf_put(b, SPAN("\", \""));
	buf_put(b, to->name_space);
	buf_put(b, SPAN("\": {"));
	json_str(b, SPAN("level"), name, JSON_REPLACE, VALUE_MIN);
	event_str(ev, "event", span_of(what));
}

void
event_str(struct event *ev, const char *name, struct span value)
{
	struct buf *b = &ev->line;
	size_t before = b->len;
	/* A long value leaves half of the room to those that follow. */
	size_t max = buf_room(b) / 2;

	put_name(ev, name, "");
	if (!ev->to->text)
		buf_char(b, '"');
	json_escape(b, value, JSON_REPLACE, max > VALUE_MIN ? max : VALUE_MIN);
	if (!ev->to->text)
		buf_char(b, '"');
	check_member(ev, before);
}

void
event_u64(struct event *ev, const char *name, uint64_t value)
{
	size_t before = ev->line.len;

	put_name(ev, name, "");
	buf_u64(&ev->line, value);
	check_member(ev, before);
}

void
event_seconds(struct event *ev, const char *name, uint64_t ns)
{
	size_t before = ev->line.len;

	put_name(ev, name, "_seconds");
	num_seconds(&ev->line, ns);
	check_member(ev, before);
}

void
event_errno(struct event *ev, int error)
{
	event_str(ev, "error", span_of(strerror(error)));
}

void
event_end(struct event *ev)
{
	struct pollfd p = { .fd = ev->to->fd, .events = POLLOUT };
	struct span end = ev->to->text ? SPAN("\n") : JSON_END;
	struct span rest;

	ev->line.cap += JSON_END.len;
	buf_put(&ev->line, end);
	rest = buf_span(&ev->line);
	while (rest.len > 0 && poll(&p, 1, 0) > 0) {
		ssize_t done = write(p.fd, rest.at, rest.len);

		if (done > 0)
			rest = span_from(rest, (size_t)done);
		else if (done == 0 || errno != EINTR)
			break;
	}
}

void
event_note(const struct events *to, enum event_level level, const char *what)
{
	struct event ev;

	event_begin(&ev, to, level, what);
	event_end(&ev);
}
