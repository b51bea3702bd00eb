#include "http/precond.h"

#include "base/date.h"

static bool
is_absent(const struct request *req, struct span name)
{
	return req->name_lengths != 0 &&
	    !(req->name_lengths & request_length_bit(name));
}

/* The lines of a field, one after another: at == NULL after the last one. */
static struct span
next_line(const struct request *req, struct span name, unsigned *next)
{
	while (*next < req->field_count) {
		const struct field *f = &req->fields[(*next)++];

		if (f->name.len == name.len && span_ieq(f->name, name))
			return f->value;
	}
	return (struct span){ NULL, 0 };
}

struct tag {
	bool weak;
	struct span quoted; /* with its quotes */
};

/*
 * Takes an entity tag (RFC 9110, 8.8.3) off the front of *s. A backslash is a
 * character like any other in it, a comma too. False if there is none.
 */
static bool
take_tag(struct span *s, struct tag *tag)
{
	size_t end;

	tag->weak = span_starts(*s, SPAN("W/"));
	if (tag->weak)
		*s = span_from(*s, 2);
	if (s->len == 0 || s->at[0] != '"')
		return false;
	for (end = 1; end < s->len && s->at[end] != '"'; end++) {
		unsigned char c = (unsigned char)s->at[end];

		if (c <= ' ' || c == 0x7f)
			return false;
	}
	if (end == s->len)
		return false;
	tag->quoted = (struct span){ s->at, end + 1 };
	*s = span_from(*s, end + 1);
	return true;
}

static bool
is_between(char c)
{
	return c == ',' || c == ' ' || c == '\t';
}

/* Sets *hit if e's tag is in the list. False if it is no list of tags. */
static bool
look_through(struct span list, const struct entity *e, bool strong, bool *hit)
{
	struct tag tag;

	for (;;) {
		while (list.len > 0 && is_between(list.at[0]))
			list = span_from(list, 1);
		if (list.len == 0)
			return true;
		if (!take_tag(&list, &tag))
			return false;
		if (!(strong && tag.weak) && span_eq(tag.quoted, e->etag))
			*hit = true;
		list = span_trim(list);
		if (list.len > 0 && list.at[0] != ',')
			return false;
	}
}

enum match { MATCH_ABSENT, MATCH_NO, MATCH_YES };

/* What If-Match or If-None-Match says of e, over all lines of the field. What
 * is malformed anywhere matches nothing; so does a "*" that is not alone. */
static enum match
match_tags(const struct request *req, struct span name, const struct entity *e,
    bool strong)
{
	bool any = false, hit = false, good = true;
	unsigned next = 0, lines = 0;
	struct span line;

	if (is_absent(req, name))
		return MATCH_ABSENT;
	while ((line = next_line(req, name, &next)).at != NULL) {
		lines++;
		if (span_eq(line, SPAN("*")))
			any = true;
		else if (!look_through(line, e, strong, &hit))
			good = false;
	}
	if (lines == 0)
		return MATCH_ABSENT;
	return (any ? lines == 1 : good && hit) ? MATCH_YES : MATCH_NO;
}

/* The date in a field; false if there is none to go by. */
static bool
date_of(const struct request *req, struct span name, int64_t now, int64_t *date)
{
	struct span value = request_field(req, name);

	return value.at != NULL && date_http_parse(value, now, date);
}

enum status
precond_check(const struct request *req, const struct entity *e, int64_t now)
{
	enum match match = match_tags(req, SPAN("If-Match"), e, true);
	int64_t date;

	if (match == MATCH_NO)
		return STATUS_PRECONDITION_FAILED;
	if (match == MATCH_ABSENT && e->modified >= 0 &&
	    date_of(req, SPAN("If-Unmodified-Since"), now, &date) &&
	    e->modified > date)
		return STATUS_PRECONDITION_FAILED;
	match = match_tags(req, SPAN("If-None-Match"), e, false);
	if (match == MATCH_YES)
		return STATUS_NOT_MODIFIED;
	if (match == MATCH_ABSENT && e->modified >= 0 &&
	    date_of(req, SPAN("If-Modified-Since"), now, &date) &&
	    e->modified <= date)
		return STATUS_NOT_MODIFIED;
	return STATUS_NONE;
}

bool
precond_if_range(const struct request *req, const struct entity *e, int64_t now)
{
	unsigned next = 0;
	struct span value;
	int64_t date;

	if (is_absent(req, SPAN("If-Range")))
		return true;
	value = next_line(req, SPAN("If-Range"), &next);
	if (value.at == NULL)
		return true;
	if (next_line(req, SPAN("If-Range"), &next).at != NULL)
		return false; /* which of them? */
	if (date_http_parse(value, now, &date))
		/* A second may see two versions: only a date that is past for
		 * sure tells them apart (8.8.2.2). */
		return e->modified >= 0 && date == e->modified && date < now;
	return e->etag.len > 0 && span_eq(value, e->etag);
}
