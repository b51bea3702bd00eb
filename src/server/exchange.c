#include "server/exchange.h"

#include "server/details.h"

static struct exchange *
current(struct work *w)
{
	return &w->exchange[w->count];
}

/* Of fields that are told as they are. Whoever sends none of them, as load
 * generators and probes do, is seen at one glance. */
static void
take_fields(struct access_record *r, const struct request *req)
{
	static const struct span agent = SPAN_INIT("User-Agent"),
				 referer = SPAN_INIT("Referer"),
				 id = SPAN_INIT("X-Request-Id"),
				 trace = SPAN_INIT("traceparent");

	if (!request_may_have(req,
		request_length_bit(agent) | request_length_bit(referer) |
		    request_length_bit(id) | request_length_bit(trace))) {
		r->user_agent = r->referer = (struct span){ NULL, 0 };
		r->request_id = r->trace_id = (struct span){ NULL, 0 };
		return;
	}
	r->user_agent = request_field(req, agent);
	r->referer = request_field(req, referer);
	r->request_id = request_id(req);
	r->trace_id = request_trace_id(req);
}

void
exchange_begin(struct conn *c, const struct request *req)
{
	struct work *w = c->work;
	struct exchange *ex = current(w);
	struct access_record *r = &ex->record;

	/* what is not set here is set before it is used */
	ex->start = w->start;
	ex->first = ex->end = 0;
	ex->method = req->method;
	ex->keep_alive_1_0 = req->version == 10 && req->keep_alive;
	r->client_ip = (struct span){ c->ip, c->ip_len };
	r->line = req->line;
	r->method = req->method_name;
	r->path = req->path;
	r->query = req->query;
	r->protocol = req->protocol;
	take_fields(r, req);
	r->aborted = false;
	w->held = true;
	w->begun = false;
	w->scanned = 0;
	c->used = true;
	response_init(&w->res, buf_over(w->body_memory, c->service->body_room),
	    c->service->clock->date);
}

void
exchange_detail(struct conn *c, const struct request *req, struct span head)
{
	details_begin(current(c->work), req, head);
}

void
exchange_body(struct conn *c, size_t used)
{
	if (c->service->details)
		current(c->work)->request_bytes += used;
}

void
exchange_answer(struct conn *c, const struct request *req)
{
	struct service *s = c->service;
	struct response *res = &c->work->res;

	if (s->random_error > 0 &&
	    prng_between(&s->prng, 1, s->random_error_full) <=
		s->random_error) {
		response_error(res, STATUS_INTERNAL_ERROR);
		response_finish(res, req);
	} else {
		route_answer(s->routes, s->app, req, res);
	}
	res->close = !req->keep_alive;
	c->due = 0;
	if (s->delay_max > 0)
		c->due = s->clock->now +
		    prng_between(&s->prng, s->delay_min, s->delay_max);
}

void
exchange_reject(struct conn *c, enum status status)
{
	struct response *res = &c->work->res;

	response_error(res, status);
	/* not even an error has content then (RFC 9110, 9.3.2) */
	if (current(c->work)->method == METHOD_HEAD)
		res->pieces = 0;
	res->close = true;
	c->linger = true;
}

/* Small bodies in memory go behind their heads, for one send of many answers.
 * False if this one is not of that kind. */
static bool
copy_body(struct work *w, uint64_t length)
{
	struct response *res = &w->res;
	size_t begin = w->out.len;

	if (length > WORK_COPY)
		return false;
	for (unsigned i = 0; i < res->pieces; i++) {
		const struct piece *piece = &res->piece[i];

		if (!piece->at && length > 0) {
			w->out.len = begin;
			return false;
		}
		buf_put(
		    &w->out, (struct span){ piece->at, (size_t)piece->length });
	}
	response_release(res);
	return true;
}

static void
begin_tail(struct work *w, uint64_t length)
{
	w->tail = length;
	w->piece = 0;
	w->piece_sent = 0;
}

void
exchange_release(struct conn *c)
{
	struct work *w = c->work;
	struct service *s = c->service;
	struct exchange *ex = current(w);
	uint64_t body = response_wire(&w->res);

	if (s->closing && !w->res.close) {
		/* the client may already have sent its next request */
		w->res.close = true;
		c->linger = true;
	}
	ex->head_at = w->out.len;
	response_head(&w->out, &w->res,
	    &(struct response_context){ .date = s->date,
		.id = ex->record.request_id,
		.extra = s->extra,
		.keep_alive_1_0 = ex->keep_alive_1_0 });
	ex->record.status = w->res.status;
	ex->body_at = w->out.len;
	ex->ends_at = w->out.len + body;
	if (!copy_body(w, body))
		begin_tail(w, body);
	c->close = w->res.close;
	w->held = false;
	w->count++;
}

/* Rows of http_requests_total stand in the order of enum method's bits. */
static size_t
row_of(enum method method)
{
	return method == METHOD_UNKNOWN ? METRICS_OTHER
					: (size_t)__builtin_ctz(method);
}

/* A turn may have more lines than fit: those held go out first, unless nobody
 * took them a moment ago. */
static bool
put_line(struct ring *r, struct span line)
{
	if (ring_put(r, line))
		return true;
	if (r->blocked)
		return false;
	ring_flush(r);
	return ring_put(r, line);
}

/* False if the line has to wait. */
static bool
log_one(struct conn *c, struct exchange *ex, uint64_t now)
{
	struct service *s = c->service;
	struct access_record *r = &ex->record;
	struct buf line;

	if (!r->aborted)
		r->bytes = ex->ends_at - ex->body_at;
	if (!s->ring)
		return true;
	line = ring_lend(s->ring, s->line, ACCESS_LINE_MAX);
	r->duration = ex->end - ex->start;
	r->wall = clock_tell(s->clock, now);
	if (s->details)
		details_fill(s->details, c, ex);
	access_write(&line, r, &s->style);
	if (put_line(s->ring, buf_span(&line)))
		return true;
	if (s->log_wait)
		return false;
	ring_drop(s->ring, 1);
	return true;
}

/* Whether the same is to be counted for b, which ends now if it has not yet. */
static bool
count_alike(const struct exchange *a, const struct exchange *b, uint64_t now)
{
	return a->start == b->start && a->first == b->first &&
	    a->end == (b->end != 0 ? b->end : now) && a->method == b->method &&
	    a->record.status == b->record.status && !a->record.aborted &&
	    !b->record.aborted && a->record.trace_id.len == 0;
}

/* Counts n of them. */
static void
count_like(struct service *s, const struct exchange *ex, uint64_t n)
{
	uint64_t first = ex->first;

	if (first == 0 && !ex->record.aborted)
		first = ex->end; /* mostly: all of it went out at once */
	metrics_request(s->metrics,
	    &(struct finished){
		.count = n,
		.method = row_of(ex->method),
		.status = ex->record.status,
		.aborted = ex->record.aborted,
		.answered = first != 0,
		.latency = ex->end - ex->start,
		.first_byte = first - ex->start,
		.wall = s->clock->wall,
		.trace_id = ex->record.trace_id,
	    });
	metric_sub(&s->metrics->in_flight, n);
}

void
exchange_begun(struct conn *c)
{
	struct work *w = c->work;
	uint64_t now = 0;

	for (unsigned i = w->finished; i < w->count; i++) {
		struct exchange *ex = &w->exchange[i];

		if (ex->first != 0 || w->sent <= ex->head_at)
			continue;
		if (now == 0)
			now = clock_monotonic();
		ex->first = now;
	}
}

/* To wait for the log is no part of a request. */
static void
end_at(struct exchange *ex, const struct exchange *end, uint64_t now)
{
	for (; ex < end; ex++)
		if (ex->end == 0)
			ex->end = now;
}

bool
exchange_finish(struct conn *c)
{
	struct work *w = c->work;
	struct exchange *ex = &w->exchange[w->finished], *end = current(w);
	uint64_t now, alike = 1;

	w->finished = w->count;
	if (ex == end || !c->service->counted)
		return true;
	now = clock_monotonic();
	for (; ex < end; ex++) {
		if (ex->end == 0)
			ex->end = now;
		if (!log_one(c, ex, now)) {
			end_at(ex + 1, end, now);
			w->finished = (unsigned)(ex - w->exchange);
			return false;
		}
		/* pipelined ones mostly are, and to count is what costs: by
		 * atomic additions; but no line of the next one is to wait */
		if (ex + 1 < end && count_alike(ex, ex + 1, now) &&
		    !c->service->log_wait) {
			alike++;
			continue;
		}
		count_like(c->service, ex, alike);
		alike = 1;
	}
	return true;
}

void
exchange_abort(struct conn *c)
{
	struct work *w = c->work;

	if (w->held) {
		struct exchange *ex = current(w);

		ex->record.status = STATUS_CLIENT_GONE;
		ex->head_at = ex->body_at = ex->ends_at = UINT64_MAX;
		w->held = false;
		w->count++;
	}
	for (unsigned i = w->finished; i < w->count; i++) {
		struct exchange *ex = &w->exchange[i];

		if (w->sent >= ex->ends_at)
			continue;
		ex->record.aborted = true;
		if (w->sent <= ex->head_at)
			ex->record.status = STATUS_CLIENT_GONE;
		ex->record.bytes =
		    w->sent > ex->body_at ? w->sent - ex->body_at : 0;
	}
}
