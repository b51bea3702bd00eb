#include "http/entity.h"

#include "base/date.h"

static void
put_line(struct buf *b, struct span name_colon, struct span value)
{
	if (value.len == 0)
		return;
	buf_put(b, name_colon);
	buf_put(b, value);
	buf_put(b, SPAN("\r\n"));
}

static void
put_cache(struct buf *b, const struct entity_facts *f)
{
	if (f->vary)
		buf_put(b, SPAN("Vary: Accept-Encoding\r\n"));
	put_line(b, SPAN("Cache-Control: "), f->cache_control);
	put_line(b, SPAN("ETag: "), f->etag);
	if (f->modified >= 0) {
		buf_put(b, SPAN("Last-Modified: "));
		date_http(b, f->modified);
		buf_put(b, SPAN("\r\n"));
	}
	buf_put(b, SPAN("Accept-Ranges: bytes\r\n"));
}

void
entity_write(struct entity *e, struct buf *memory, const struct entity_facts *f)
{
	size_t begin = memory->len;

	*e = (struct entity){
		.type = f->type,
		.etag = f->etag,
		.modified = f->modified,
		.length = f->length,
	};
	buf_put(memory, SPAN("Content-Length: "));
	buf_u64(memory, f->length);
	buf_put(memory, SPAN("\r\n"));
	e->type_at = (uint32_t)(memory->len - begin);
	put_line(memory, SPAN("Content-Type: "), f->type);
	e->about_at = (uint32_t)(memory->len - begin);
	put_line(memory, SPAN("Content-Encoding: "), f->encoding);
	if (f->nosniff)
		buf_put(memory, SPAN("X-Content-Type-Options: nosniff\r\n"));
	e->cache_at = (uint32_t)(memory->len - begin);
	put_cache(memory, f);
	e->fields = (struct span){ memory->at + begin, memory->len - begin };
}
