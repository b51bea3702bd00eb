#include <stdio.h>
#include <string.h>

#include "oracle_rules.h"

/* Takes text off *rest; false if it does not begin with it. */
static bool
take(struct span *rest, struct span text)
{
	if (rest->len < text.len || memcmp(rest->at, text.at, text.len) != 0)
		return false;
	*rest = (struct span){ rest->at + text.len, rest->len - text.len };
	return true;
}

/* "bytes 0-1/2", as it is to stand there. */
static struct span
range_text(char *to, size_t room, struct span content,
    const struct oracle_ranges *r, unsigned i)
{
	int n = snprintf(to, room, "bytes %llu-%llu/%zu",
	    (unsigned long long)r->first[i], (unsigned long long)r->last[i],
	    content.len);

	return (struct span){ to, (size_t)n };
}

static struct span
slice(struct span content, const struct oracle_ranges *r, unsigned i)
{
	return (struct span){ content.at + r->first[i],
		(size_t)(r->last[i] - r->first[i] + 1) };
}

static bool
several(struct span body, struct span boundary, struct span content,
    struct span of, const struct oracle_ranges *r)
{
	char text[1024], range[128];

	/* what separates parts stands in none of them */
	if (boundary.len < 1 || boundary.len > 70 ||
	    memmem(content.at, content.len, boundary.at, boundary.len))
		return false;
	for (unsigned i = 0; i < r->count; i++) {
		struct span s = range_text(range, sizeof range, content, r, i);
		int n = snprintf(text, sizeof text,
		    "%s--%.*s\r\nContent-Type: %.*s\r\n"
		    "Content-Range: %.*s\r\n\r\n",
		    i > 0 ? "\r\n" : "", (int)boundary.len, boundary.at,
		    (int)of.len, of.at, (int)s.len, s.at);

		if (!take(&body, (struct span){ text, (size_t)n }) ||
		    !take(&body, slice(content, r, i)))
			return false;
	}
	snprintf(text, sizeof text, "\r\n--%.*s--\r\n", (int)boundary.len,
	    boundary.at);
	return take(&body, span_of(text)) && body.len == 0;
}

bool
oracle_parts(struct span body, struct span type, struct span range,
    struct span content, struct span of, const struct oracle_ranges *r)
{
	char text[128];
	struct span expected;

	if (r->count > 1)
		return range.at == NULL &&
		    take(&type, SPAN("multipart/byteranges; boundary=")) &&
		    several(body, type, content, of, r);
	expected = range_text(text, sizeof text, content, r, 0);
	return take(&range, expected) && range.len == 0 && take(&type, of) &&
	    type.len == 0 && take(&body, slice(content, r, 0)) && body.len == 0;
}
