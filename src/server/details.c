#include "server/details.h"

#include "http/fields.h"
#include "http/forwarded.h"

void
details_begin(struct exchange *ex, const struct request *req, struct span head)
{
	size_t first = req->line.len + 2;

	ex->request_bytes = head.len;
	ex->fields = (struct span){ NULL, 0 };
	if (head.len > first)
		ex->fields = span_from(head, first);
}

/* All fields of a name beside each other. */
static size_t
find_headers(struct details *d, struct span lines)
{
	size_t found = 0;

	for (size_t i = 0; i < d->header_count; i++) {
		const struct access_header_name *h = &d->headers[i];
		struct span rest = lines;
		struct field f;

		while (found < DETAILS_FOUND_MAX && fields_next(&rest, &f))
			if (span_ieq(f.name, h->name) && f.value.len > 0)
				d->found[found++] =
				    (struct access_header){ h->key, f.value };
	}
	return found;
}

/* Replaces the peer's address by the client's, if a proxy tells of one. */
static void
find_client(struct details *d, const struct conn *c, struct exchange *ex)
{
	struct access_record *r = &ex->record;
	struct span text = { c->ip, c->ip_len };
	struct buf b = buf_over(d->ip, sizeof d->ip);
	struct ip peer, client;

	r->client_ip = text;
	r->client_port = c->port;
	if (d->trusted->count == 0 || !ip_parse(text, &peer))
		return;
	client = forwarded_client(ex->fields, peer, d->trusted);
	ip_write(&b, &client);
	if (span_eq(buf_span(&b), text))
		return;
	r->client_ip = buf_span(&b);
	r->client_port = 0;
}

void
details_fill(struct details *d, const struct conn *c, struct exchange *ex)
{
	struct access_record *r = &ex->record;
	uint64_t sent = ex->ends_at;

	if (r->aborted)
		sent = c->work->sent;
	find_client(d, c, ex);
	r->request_bytes = ex->request_bytes;
	r->response_bytes = sent > ex->head_at ? sent - ex->head_at : 0;
	r->headers = d->found;
	r->header_count = find_headers(d, ex->fields);
}
