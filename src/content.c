#include "content.h"

static void
begin(struct event *ev, const struct content *c, enum event_level level,
    const char *event, const struct site_note *note)
{
	event_begin(ev, c->events, level, event);
	if (note->what)
		event_str(ev, "reason", span_of(note->what));
	if (note->path.len > 0)
		event_str(ev, "path", note->path);
	if (note->error)
		event_errno(ev, note->error);
}

static void
put_amount(struct event *ev, uint64_t files, uint64_t bytes)
{
	event_u64(ev, "files", files);
	event_u64(ev, "bytes", bytes);
}

static void
warn(const struct content *c, const struct site_note *note)
{
	struct event ev;

	begin(&ev, c, EVENT_WARNING, "content warning", note);
	if (note->files > 0)
		event_u64(&ev, "more", note->files);
	event_end(&ev);
}

static void
progress(const struct content *c, const struct site_note *note)
{
	struct event ev;

	event_begin(&ev, c->events, EVENT_INFO, "loading");
	put_amount(&ev, note->files, note->bytes);
	event_seconds(&ev, "duration", note->duration);
	event_end(&ev);
}

static void
loaded(const struct content *c, const struct site_note *note)
{
	struct event ev;

	metric_set(&c->metrics->content_files, note->files);
	metric_set(&c->metrics->content_bytes, note->bytes);
	metric_set(&c->metrics->content_generation, note->generation);
	if (note->generation <= 1)
		return;
	event_begin(&ev, c->events, EVENT_INFO, "content loaded");
	event_u64(&ev, "generation", note->generation);
	put_amount(&ev, note->files, note->bytes);
	event_seconds(&ev, "duration", note->duration);
	event_end(&ev);
}

static void
failed(const struct content *c, const struct site_note *note)
{
	bool reload = metric_get(&c->metrics->content_generation) > 0;
	struct event ev;

	if (reload)
		metric_add(&c->metrics->content_failures, 1);
	begin(&ev, c, EVENT_ERROR,
	    reload ? "reload failed" : "cannot load content", note);
	event_end(&ev);
}

void
content_tell(void *content, const struct site_note *note)
{
	const struct content *c = content;

	switch (note->kind) {
	case SITE_WARNING:
		warn(c, note);
		break;
	case SITE_PROGRESS:
		progress(c, note);
		break;
	case SITE_LOADED:
		loaded(c, note);
		break;
	case SITE_FAILED:
		failed(c, note);
		break;
	}
}

void
content_listening(struct event *ev, const struct metrics *m)
{
	if (metric_get(&m->content_generation) > 0)
		put_amount(ev, metric_get(&m->content_files),
		    metric_get(&m->content_bytes));
}
