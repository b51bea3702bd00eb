/*
 * event.h - what happens to the program itself, on standard error: a JSON line
 * with the access log's nesting, or plain text on a terminal. Never blocks: a
 * line that standard error does not take now is lost.
 */
#ifndef LOG_EVENT_H
#define LOG_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

enum event_level { EVENT_INFO, EVENT_WARNING, EVENT_ERROR };

struct events {
	int fd;
	bool text;              /* plain text instead of JSON */
	struct span name_space; /* the key group; must outlive this */
};

/* Events to fd (standard error), as text if that is a terminal. */
void events_init(struct events *e, int fd, struct span name_space);

/* A line being written. */
struct event {
	const struct events *to;
	struct buf line;
	char memory[4096]; /* PIPE_BUF: one write is all or nothing */
};

/*
 * Begins a line: {"timestamp": now, "<group>": {"level": ..., "event": what.
 * what and the names below are literals of ours; values are escaped.
 */
void event_begin(struct event *ev, const struct events *to,
    enum event_level level, const char *what);
void event_str(struct event *ev, const char *name, struct span value);
void event_u64(struct event *ev, const char *name, uint64_t value);
/* A duration in ns, as seconds: "<name>_seconds": 5.0 */
void event_seconds(struct event *ev, const char *name, uint64_t ns);
/* "error": the text of an errno. */
void event_errno(struct event *ev, int error);
/* Ends the line and writes it. */
void event_end(struct event *ev);

/* All in one, for an event with nothing more to say. */
void
event_note(const struct events *to, enum event_level level, const char *what);

#endif
