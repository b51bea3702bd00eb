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
 * Takes an entity tag (RFC 9110, 8.8.3) and the comma behind it off a list. A
 * backslash is a character like any other in it, a comma too. False at the end
 * of the list, or of what can be understood of it.
 */
static bool
next_tag(struct span *list, struct tag *tag)
{
	size_t end;

	while (list->len > 0 &&
	    (list->at[0] == ',' || list->at[0] == ' ' || list->at[0] == '\t'))
		*list = span_from(*list, 1);
	tag->weak = span_starts(*list, SPAN("W/"));
	if (tag->weak)
		*list = span_from(*list, 2);
	if (list->len == 0 || list->at[0] != '"')
		return false;
	for (end = 1; end < list->len && list->at[end] != '"'; end++) {
		unsigned char c = (unsigned char)list->at[end];

		if (c <= ' ' || c == 0x7f)
			return false;
	}
	if (end == list->len)
		return false;
	tag->quoted = (struct span){ list->at, end + 1 };
	*list = span_trim(span_from(*list, end + 1));
	return list->len == 0 || list->at[0] == ',';
}

enum match { MATCH_ABSENT, MATCH_NO, MATCH_YES };

/* What If-Match or If-None-Match says of e, over all lines of the field. */
static enum match
match_tags(const struct request *req, struct span name, const struct entity *e,
    bool strong)
{
	enum match match = MATCH_ABSENT;
	unsigned next = 0;
	struct span line;
	struct tag tag;

	if (is_absent(req, name))
		return MATCH_ABSENT;
	while ((line = next_line(req, name, &next)).at != NULL) {
		if (match == MATCH_ABSENT)
			match = MATCH_NO;
		if (span_eq(line, SPAN("*")))
			match = MATCH_YES;
		while (next_tag(&line, &tag))
			if (!(strong && tag.weak) &&
			    span_eq(tag.quoted, e->etag))
				match = MATCH_YES;
	}
	return match;
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
