#include "site/entry.h"

#include "base/num.h"
#include "site/mime.h"

enum {
	/* What reproducible builds set a file's time to is none. */
	EPOCH_END = 1,
};

static const struct span suffixes[CODINGS] = {
	[CODING_BR] = SPAN_INIT(".br"),
	[CODING_ZSTD] = SPAN_INIT(".zst"),
	[CODING_GZIP] = SPAN_INIT(".gz"),
};

enum coding
entry_coding(struct span path, size_t *suffix)
{
	for (unsigned c = 0; c < CODINGS; c++) {
		struct span end = suffixes[c];

		if (end.len > 0 && path.len > end.len &&
		    span_eq(span_from(path, path.len - end.len), end)) {
			*suffix = end.len;
			return (enum coding)c;
		}
	}
	*suffix = 0;
	return CODING_IDENTITY;
}

/* "digits", of the content, or of a large file's size and time. */
static struct span
write_tag(const struct file *f, struct buf *memory)
{
	size_t begin = memory->len;

	buf_char(memory, '"');
	if (f->id.size <= TREE_HASHED_MAX) {
		hash_hex(memory, f->hash);
	} else {
		buf_hex(memory, f->id.size, 12);
		buf_char(memory, '-');
		buf_hex(memory,
		    (uint64_t)f->id.modified * NS_PER_SEC + f->id.modified_ns,
		    16);
	}
	buf_char(memory, '"');
	return (struct span){ memory->at + begin, memory->len - begin };
}

static struct span
cache_control(const struct tree_options *o, const struct representation *r,
    struct span type)
{
	if (!o->cache_control)
		return SPAN("");
	if (r->rule < o->rules->count)
		return o->rules->rule[r->rule].value;
	if (span_starts(type, SPAN("text/html")))
		return SPAN("no-cache");
	return SPAN("");
}

void
entry_describe(const struct tree_options *o, const struct representation *r,
    int64_t now, struct buf *memory, struct entity *e)
{
	const struct file *f = r->file;
	struct span name = { r->path, r->length - suffixes[r->coding].len };
	struct entity_facts facts = {
		.type = mime_type(name),
		.etag = write_tag(f, memory),
		.modified = -1,
		.length = f->id.size,
		.vary = r->vary,
		.nosniff = o->nosniff,
	};

	if (f->id.modified > EPOCH_END && f->id.modified <= now)
		facts.modified = f->id.modified;
	if (r->coding != CODING_IDENTITY)
		facts.encoding = coding_name(r->coding);
	facts.cache_control = cache_control(o, r, facts.type);
	entity_write(e, memory, &facts);
}
