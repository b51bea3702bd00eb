#include "server/take.h"

#include "http/parse.h"
#include "server/exchange.h"
#include "server/work.h"

void
take_broken(struct conn *c)
{
	struct request *req = c->service->scratch;

	exchange_begin(c, req);
	if (c->service->details)
		exchange_detail(c, req, SPAN(""));
}

void
take_refuse(struct conn *c, enum status err)
{
	exchange_reject(c, err);
	c->due = 0;
	exchange_release(c);
}

/* The answer in hand goes out unless it has to wait. */
static void
release_if_due(struct conn *c)
{
	if (c->work->body.done && c->due == 0)
		exchange_release(c);
}

void
take_body(struct conn *c)
{
	struct work *w = c->work;
	size_t used;
	enum status err = body_feed(&w->body, work_unread(w), &used);

	w->in_at += used;
	conn_count(&c->service->metrics->request_bytes, c, used);
	exchange_body(c, used);
	if (err)
		take_refuse(c, err);
	else
		release_if_due(c);
}

/* A whole head of the given length: up to its answer, or to what it awaits. */
static void
take_head(struct conn *c, size_t length)
{
	struct work *w = c->work;
	struct request *req = c->service->scratch;
	struct span head = { w->in + w->in_at, length };
	enum status err;

	err = request_parse(head, req);
	w->in_at += length;
	w->keep = w->in_at;
	conn_count(&c->service->metrics->request_bytes, c, length);
	exchange_begin(c, req);
	if (c->service->details)
		exchange_detail(c, req, err ? SPAN("") : head);
	if (!err)
		err = body_begin(&w->body, req);
	if (err) {
		take_refuse(c, err);
		return;
	}
	exchange_answer(c, req);
	if (req->expect_continue && !w->body.done && work_unread(w).len == 0) {
		if (w->res.status >= 400) {
			/* no need to hear the body for that */
			w->res.close = true;
			c->linger = true;
			w->body.done = true;
		} else {
			buf_put(&w->out, SPAN("HTTP/1.1 100 Continue\r\n\r\n"));
		}
	}
	if (w->body.done)
		release_if_due(c);
	else
		take_body(c);
}

void
take_refuse_head(struct conn *c, enum status err)
{
	struct work *w = c->work;
	enum status large =
	    request_salvage(work_unread(w), c->service->scratch);

	take_broken(c);
	conn_count(&c->service->metrics->request_bytes, c, work_unread(w).len);
	w->in_at = w->in_end;
	take_refuse(c, err ? err : large);
}

static void
begin_request(struct conn *c)
{
	struct work *w = c->work;

	w->begun = true;
	if (c->service->counted)
		metric_add(&c->service->metrics->in_flight, 1);
}

/* True if a head of this length, and the answer to it, go behind those there
 * are: Location may repeat the target, and longer, where it has to be encoded.
 * The first of a batch always finds room. */
static bool
has_room(const struct work *w, size_t length)
{
	return w->in_at + length <= HEAD_MAX &&
	    buf_room(&w->out) >= WORK_ANSWER + 2 * length;
}

/* True if another answer goes into this batch. */
static bool
takes_more(const struct conn *c)
{
	const struct work *w = c->work;

	if (w->held)
		return false;
	return w->count == 0 ||
	    (w->count < WORK_BATCH && !c->close && w->tail == 0 &&
		buf_room(&w->out) >= WORK_ANSWER);
}

void
take_requests(struct conn *c)
{
	struct work *w = c->work;
	size_t length, skip;

	work_compact(w);
	while (w->in_at < w->in_end && takes_more(c)) {
		if (!w->begun) {
			skip = head_skip(work_unread(w));
			w->in_at += skip;
			/* a lone CR may become one more empty line */
			if (work_unread(w).len == 0 ||
			    span_eq(work_unread(w), SPAN("\r")))
				break;
			if (skip > 0 && w->count == 0)
				work_compact(
				    w); /* room for it, and for its body */
			begin_request(c);
		}
		switch (head_find(work_unread(w), &w->scanned, &length)) {
		case HEAD_WHOLE:
			if (w->count > 0 && !has_room(w, length)) {
				/* then to the front, and found once more */
				w->scanned = 0;
				return;
			}
			take_head(c, length);
			w->start = w->read_at;
			continue;
		case HEAD_BAD:
			take_refuse_head(c, STATUS_BAD_REQUEST);
			continue;
		case HEAD_LARGE:
			take_refuse_head(c, STATUS_NONE);
			continue;
		case HEAD_PARTIAL:
			break;
		}
		break;
	}
}
