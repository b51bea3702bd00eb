#include "log/access.h"

#include "log/access_format.h"

/* No limit for a value, and the least that one can be cut to. */
enum { SHARE_ALL = 2 * ACCESS_LINE_MAX, SHARE_MIN = 32 };

static inline void
put_line(struct buf *b, const struct access_record *r,
    struct access_style *style, size_t share)
{
	if (style->format <= ACCESS_SEED)
		access_json(b, r, style, share);
	else if (style->format == ACCESS_ECS)
		access_ecs(b, r, style, share);
	else if (style->format == ACCESS_GCP)
		access_gcp(b, r, style, share);
	else
		access_pretty(b, r, style, share);
}

/* The next lower share: the first that may matter is a line's. */
static size_t
lower(size_t share)
{
	share = share > ACCESS_LINE_MAX ? ACCESS_LINE_MAX : share;
	return share - share / 4;
}

void
access_write(
    struct buf *b, const struct access_record *r, struct access_style *style)
{
	size_t room = buf_room(b), share = SHARE_ALL;
	struct buf line = buf_over(
	    b->at + b->len, room < ACCESS_LINE_MAX ? room : ACCESS_LINE_MAX);

	/* one call, so that it is part of this, and this of what calls it */
	for (;;) {
		put_line(&line, r, style, share);
		if (!line.overflowed || share <= SHARE_MIN)
			break;
		share = lower(share);
		line.len = 0;
		line.overflowed = false;
	}
	if (line.overflowed)
		b->overflowed = true;
	else
		b->len += line.len;
}
