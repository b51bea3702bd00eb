#include "site/serve.h"

#include <errno.h>
#include <stdalign.h>

#include "http/accept.h"
#include "site/generation.h"
#include "site/path.h"

enum { RETRY_AFTER = 1 };

static void
release(void *owner)
{
	generation_drop(owner);
}

static const struct source generation_source = { NULL, release };

/* Room in the lent memory for what has to be aligned; NULL if there is none. */
static void *
reserve(struct buf *b, size_t size, size_t align)
{
	size_t skip = (align - (uintptr_t)(b->at + b->len) % align) % align;
	char *at = b->at + b->len + skip;

	if (buf_room(b) < skip + size)
		return NULL;
	b->len += skip + size;
	return at;
}

/* Of the greatest weight; of these the shortest, but the plain one last. */
static const struct representation *
pick(const struct entry *e, const struct request *req)
{
	const struct representation *best = &e->plain;
	unsigned weight[CODINGS];

	if (e->others == 0)
		return best;
	accept_codings(req, weight);
	for (unsigned i = 0; i < e->others; i++) {
		const struct representation *r = &e->other[i];
		unsigned more = weight[r->coding], less = weight[best->coding];

		if (more > less ||
		    (more == less && more > 0 &&
			(best == &e->plain ||
			    r->file->id.size < best->file->id.size)))
			best = r;
	}
	return best;
}

/* Sends it from the disk. */
static bool
send_file(const struct generation *g, struct files *files,
    const struct representation *r, struct response *res)
{
	const struct identity *id = &r->file->id;
	struct entity *entity =
	    reserve(&res->body, sizeof *entity, alignof(struct entity));
	struct open_file *own =
	    reserve(&res->body, sizeof *own, alignof(struct open_file));
	struct open_file *f;

	if (!entity || !own || buf_room(&res->body) < ENTRY_DESCRIBE_MAX) {
		response_error(res, STATUS_INTERNAL_ERROR);
		return true;
	}
	f = files_take(files, &g->root, r->path, id, own);
	if (!f) {
		int error = errno;

		response_error(res, STATUS_UNAVAILABLE);
		res->retry_after = RETRY_AFTER;
		return below_exhausted(error);
	}
	res->source = &files_source;
	res->owner = f;
	entry_describe(g->options, r, res->now, &res->body, entity);
	res->entity = entity;
	res->piece[0] = (struct piece){ .fd = f->fd, .length = id->size };
	res->pieces = 1;
	return true;
}

static bool
send_entry(struct generation *g, struct files *files, const struct entry *e,
    const struct request *req, struct response *res)
{
	const struct representation *r = pick(e, req);

	if (!r->entity)
		return send_file(g, files, r, res);
	res->entity = r->entity;
	response_content(
	    res, (struct span){ r->file->bytes, r->file->id.size });
	generation_take(g);
	res->source = &generation_source;
	res->owner = g;
	return true;
}

/* Built from what the directory is called: it begins with one slash, and leads
 * to no other host. */
static void
redirect(const struct entry *e, const struct request *req, struct response *res)
{
	size_t begin = res->body.len;

	path_encode(&res->body, e->path);
	buf_char(&res->body, '/');
	if (req->query.at) {
		buf_char(&res->body, '?');
		buf_put(&res->body, req->query);
	}
	response_redirect(res, begin);
}

static bool
answer_missing(struct generation *g, struct files *files,
    const struct request *req, struct response *res)
{
	if (g->fallback && path_is_page(req->path))
		return send_entry(g, files, g->fallback, req, res);
	if (!g->not_found) {
		response_error(res, STATUS_NOT_FOUND);
		return true;
	}
	res->status = STATUS_NOT_FOUND;
	return send_entry(g, files, g->not_found, req, res);
}

bool
serve_answer(struct generation *g, struct files *files,
    const struct request *req, struct response *res)
{
	const struct entry *e = generation_find(g, req->path);

	if (!e)
		return answer_missing(g, files, req, res);
	if (e->plain.file)
		return send_entry(g, files, e, req, res);
	redirect(e, req, res);
	return true;
}
