#include "conn_dialogue.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "fuzz.h"
#include "oracle.h"
#include "oracle_rules.h"

/* What must come next, by what was sent. */
struct next {
	bool whole;   /* the request is there as a whole, or is faulty */
	bool begun;   /* some of it is there */
	bool parsed;  /* req is filled */
	bool to_head; /* the method is HEAD, whatever else is wrong */
	unsigned faults;
	size_t length; /* of the request, without faults */
	struct request req;
};

struct answer {
	unsigned status;
	size_t length; /* of all of it */
	struct span body, type, id, allow, connection, content_length;
	struct span range;
	bool date, extra;
};

static struct next
next_of(struct span sent)
{
	struct next n = { 0 };
	struct oracle_body body;
	size_t skip = 0, length = 0;

	while (sent.len - skip >= 2 && memcmp(sent.at + skip, "\r\n", 2) == 0)
		skip += 2;
	sent = (struct span){ sent.at + skip, sent.len - skip };
	n.begun = sent.len > 0 && !(sent.len == 1 && *sent.at == '\r');
	n.to_head = span_starts(sent, SPAN("HEAD "));
	switch (oracle_find(sent, &length)) {
	case ORACLE_PARTIAL:
		return n;
	case ORACLE_BAD:
		n.faults = FAULT_400;
		break;
	case ORACLE_LARGE:
		n.faults = FAULT_414 | FAULT_431;
		break;
	case ORACLE_WHOLE:
		n.faults =
		    oracle_head((struct span){ sent.at, length }, &n.req);
		n.parsed = n.faults == 0;
		break;
	}
	n.whole = n.faults != 0;
	if (n.faults)
		return n;
	body = oracle_body(
	    &n.req, (struct span){ sent.at + length, sent.len - length });
	n.faults = body.faults;
	n.whole = body.done || body.faults;
	n.length = skip + length + body.used;
	return n;
}

static bool
is(struct span s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.at, text, s.len) == 0;
}

/* Fields that say one thing only. */
static void
check_fixed(struct span name, struct span value)
{
	if (is(name, "Cache-Control"))
		CHECK(is(value, "no-store") || is(value, "no-cache"));
	else if (is(name, "ETag"))
		CHECK(value.len == 34 && value.at[0] == '"');
	else if (is(name, "Accept-Ranges"))
		CHECK(is(value, "bytes"));
	else if (is(name, "Last-Modified"))
		CHECK(is(value, "Sun, 06 Nov 1994 08:49:37 GMT"));
	else
		CHECK(
		    is(name, "X-Content-Type-Options") && is(value, "nosniff"));
}

static void
take_field(struct answer *a, struct span name, struct span value)
{
	struct {
		const char *name;
		struct span *to;
	} known[] = { { "Content-Type", &a->type },
		{ "Content-Length", &a->content_length },
		{ "Content-Range", &a->range }, { "Allow", &a->allow },
		{ "X-Request-Id", &a->id }, { "Connection", &a->connection } };

	CHECK(value.len > 0);
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		if (!is(name, known[i].name))
			continue;
		CHECK(known[i].to->at == NULL); /* once */
		*known[i].to = value;
		return;
	}
	if (is(name, "Date")) {
		CHECK(!a->date && value.len == 29);
		CHECK(memcmp(value.at + 25, " GMT", 4) == 0);
		a->date = true;
	} else if (is(name, "X-Extra")) {
		CHECK(!a->extra && is(value, "yes, always"));
		a->extra = true;
	} else {
		check_fixed(name, value);
	}
}

/* The head of an answer; false if it is not all there. Its length or 0. */
static size_t
take_head(struct span s, struct answer *a)
{
	const char *end = s.len ? memmem(s.at, s.len, "\r\n\r\n", 4) : NULL;
	const char *at = s.at, *eol, *colon;

	*a = (struct answer){ 0 };
	if (end == NULL)
		return 0;
	CHECK(s.len > 15 && memcmp(at, "HTTP/1.1 ", 9) == 0);
	CHECK(at[9] >= '1' && at[9] <= '5' && at[12] == ' ');
	for (int i = 9; i < 12; i++) {
		CHECK(at[i] >= '0' && at[i] <= '9');
		a->status = a->status * 10 + (unsigned)(at[i] - '0');
	}
	eol = memmem(at, s.len, "\r\n", 2);
	CHECK(eol > at + 13); /* a reason */
	for (at = eol + 2; at < end; at = eol + 2) {
		eol = memmem(at, (size_t)(end + 2 - at), "\r\n", 2);
		colon = memchr(at, ':', (size_t)(eol - at));
		CHECK(colon && colon[1] == ' ');
		for (const char *c = at; c < eol; c++)
			CHECK((unsigned char)*c >= 0x20 && *c != 0x7f);
		take_field(a, (struct span){ at, (size_t)(colon - at) },
		    (struct span){ colon + 2, (size_t)(eol - colon - 2) });
	}
	return (size_t)(end + 4 - s.at);
}

/* A whole final answer; false if it is not all there. */
static bool
take_answer(struct span s, bool to_head, struct answer *a)
{
	size_t head = take_head(s, a), length = 0;

	if (head == 0)
		return false;
	CHECK(a->status >= 200 && a->date && a->extra);
	if (a->status == 204 || a->status == 304) {
		CHECK(a->content_length.at == NULL && a->type.at == NULL);
	} else {
		CHECK(a->content_length.len > 0 && a->content_length.len < 9);
		for (size_t i = 0; i < a->content_length.len; i++) {
			unsigned digit =
			    (unsigned)(a->content_length.at[i] - '0');

			CHECK(digit < 10);
			length = length * 10 + digit;
		}
		CHECK((a->type.at != NULL) || length == 0);
	}
	/* a timeout may have come before the method was known */
	if (to_head && (a->status != 408 || s.len == head))
		length = 0;
	a->length = head + length;
	a->body = (struct span){ s.at + head, length };
	return s.len >= a->length;
}

/* The status of a good request, but for random errors. */
static unsigned
status_of(const struct request *req)
{
	struct span m = req->method_name;
	bool read = is(m, "GET") || is(m, "HEAD");

	if (is(m, "OPTIONS"))
		return 204;
	if (!read && !is(m, "POST") && !is(m, "PUT") && !is(m, "DELETE") &&
	    !is(m, "CONNECT") && !is(m, "TRACE") && !is(m, "PATCH"))
		return 501;
	if (!read && (!is(m, "POST") || is(req->path, "/")))
		return 405;
	if (is(req->path, "/none"))
		return 204;
	if (is(req->path, "/gone"))
		return 503;
	return is(req->path, "/over") ? 500 : 200;
}

/*
 * A GET or HEAD of something that has validators: the status that an answer may
 * have, and, with 206, what of it. The other statuses are status's.
 */
static unsigned
apply_rules(const struct request *req, unsigned status, unsigned got,
    struct oracle_ranges *r)
{
	struct dialogue_content c = dialogue_content(req->path);
	struct oracle_facts facts = {
		.etag = c.etag, .modified = c.modified, .now = 1764000000
	};
	bool get = is(req->method_name, "GET");
	unsigned failed;

	r->count = 0;
	if (status != 200 || !c.content.at ||
	    !(get || is(req->method_name, "HEAD")))
		return status;
	failed = oracle_precond(req, &facts);
	if (failed)
		return failed;
	if (!get || !oracle_if_range(req, &facts))
		return 200;
	*r = oracle_range(req, c.content.len);
	if (got == 206 && r->answers & ORACLE_206)
		return 206;
	return r->answers & ORACLE_416 && got != 200 ? 416
	    : r->answers & ORACLE_200                ? 200
						     : 206;
}

static void
check_echo(const struct request *req, struct span body)
{
	size_t path = req->path.len, query = req->query.len;

	CHECK(body.len == path + (req->query.at ? 1 + query : 0));
	CHECK(memcmp(body.at, req->path.at, path) == 0);
	if (req->query.at) {
		CHECK(body.at[path] == '?');
		CHECK(memcmp(body.at + path + 1, req->query.at, query) == 0);
	}
}

static void
check_big(const struct request *req, struct span body)
{
	size_t n = 0;

	for (size_t i = 4; i < req->path.len && n < DIALOGUE_BIG; i++) {
		unsigned digit = (unsigned)(req->path.at[i] - '0');

		if (digit > 9)
			break;
		n = n * 10 + digit;
	}
	CHECK(body.len == (n < DIALOGUE_BIG ? n : DIALOGUE_BIG));
	/* each byte is as the one before it */
	CHECK(n == 0 ||
	    (*body.at == 'b' &&
		memcmp(body.at, body.at + 1, body.len - 1) == 0));
}

static void
check_content(const struct request *req, const struct answer *a,
    const struct oracle_ranges *r)
{
	struct dialogue_content c = dialogue_content(req->path);
	bool to_head = is(req->method_name, "HEAD");

	CHECK(a->status == 206 || a->status == 416 || a->range.at == NULL);
	if (to_head) {
		CHECK(a->body.len == 0);
		return;
	}
	if (a->status == 206)
		CHECK(oracle_parts(
		    a->body, a->type, a->range, c.content, c.type, r));
	if (a->status != 200)
		return;
	if (c.content.at)
		CHECK(span_eq(a->body, c.content));
	else if (req->path.len >= 4 && memcmp(req->path.at, "/big", 4) == 0)
		check_big(req, a->body);
	else
		check_echo(req, a->body);
}

/* X-Request-Id comes back if it is one of 1 to 128 visible characters. */
static void
check_id(const struct request *req, struct span got)
{
	struct span id = { NULL, 0 };
	unsigned lines = 0;

	for (unsigned i = 0; i < req->field_count; i++) {
		const struct field *f = &req->fields[i];

		if (f->name.len != 12 ||
		    strncasecmp(f->name.at, "x-request-id", 12) != 0)
			continue;
		id = f->value;
		lines++;
	}
	for (size_t i = 0; i < id.len; i++)
		if (id.at[i] < 0x21 || id.at[i] > 0x7e)
			lines = 0;
	if (lines != 1 || id.len < 1 || id.len > 128)
		CHECK(got.at == NULL);
	else
		CHECK(span_eq(got, id));
}

/* An answer to a request without a fault. */
static void
check_good(const struct dialogue *d, const struct next *n,
    const struct answer *a, bool close)
{
	struct oracle_ranges r;
	unsigned status =
	    apply_rules(&n->req, status_of(&n->req), a->status, &r);
	bool early = n->req.expect_continue && a->status >= 400;

	CHECK(n->whole || early);
	CHECK(a->status == status || (d->random_errors && a->status == 500));
	if (a->status == 405 ||
	    (a->status == 204 && is(n->req.method_name, "OPTIONS")))
		CHECK(memmem(a->allow.at, a->allow.len, "OPTIONS", 7));
	else
		CHECK(a->allow.at == NULL);
	check_id(&n->req, a->id);
	check_content(&n->req, a, &r);
	if (!n->req.keep_alive)
		CHECK(close);
	else if (!early && !d->draining)
		CHECK(!close);
	CHECK((a->connection.at != NULL) == (close || n->req.version == 10));
}

static void
check_answer(struct dialogue *d, const struct next *n, const struct answer *a)
{
	bool close = a->connection.at && is(a->connection, "close");
	bool early = n->parsed && n->req.expect_continue;

	CHECK(close || !a->connection.at || is(a->connection, "keep-alive"));
	CHECK(n->begun);
	if (a->status == 408) {
		CHECK(d->timed_out && close);
	} else if (n->faults && oracle_allows(n->faults, a->status)) {
		CHECK(close);
		d->refused = true;
	} else {
		CHECK(!n->faults || early);
		CHECK(n->parsed);
		check_good(d, n, a, close);
	}
	d->closed = close;
}

/* 100 Continue, once, and only where somebody waits for it. */
static size_t
interim(const struct next *n, struct span received)
{
	struct span text = SPAN("HTTP/1.1 100 Continue\r\n\r\n");

	if (!span_starts(received, text))
		return 0;
	CHECK(n->parsed && n->req.expect_continue);
	CHECK(n->req.framing != FRAMING_NONE);
	return text.len;
}

/* The status of an answer that was cut off. */
static unsigned
cut_status(struct span received)
{
	unsigned status = 0;

	if (received.len < 12)
		return DIALOGUE_ANY;
	for (int i = 9; i < 12; i++)
		status = status * 10 + (unsigned)(received.at[i] - '0');
	return status;
}

void
dialogue_check(struct dialogue *d)
{
	static struct next n;
	struct span sent = d->sent, received = d->received;
	struct answer a = { 0 };
	bool cut = false;

	d->count = d->cut_status = 0;
	d->closed = d->refused = false;
	for (;;) {
		n = next_of(sent);
		received = span_from(received, interim(&n, received));
		if (received.len == 0)
			break;
		if (!take_answer(received, n.to_head, &a)) {
			d->cut_status = cut_status(received);
			cut = true;
			break;
		}
		check_answer(d, &n, &a);
		CHECK(d->count < DIALOGUE_ANSWERS);
		d->body[d->count] = a.body;
		d->expects[d->count] = n.parsed && n.req.expect_continue;
		d->line[d->count] =
		    n.parsed && a.status != 408 ? n.req.line : SPAN("");
		d->status[d->count++] = a.status;
		received = span_from(received, a.length);
		if (d->closed)
			break;
		sent = span_from(sent, n.length);
	}
	CHECK(!d->closed || received.len == 0);
	CHECK(!cut || d->broken);
	if (!d->closed && !d->broken && !d->timed_out)
		CHECK(!n.whole);
}
