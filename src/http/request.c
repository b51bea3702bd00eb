#include "http/request.h"

enum {
	ID_MAX = 128,
	/* version "-" trace-id "-" parent-id "-" flags */
	TRACE_ID_AT = 3,
	TRACE_ID_LEN = 32,
	PARENT_ID_AT = 36,
	PARENT_ID_LEN = 16,
	FLAGS_AT = 53,
	TRACEPARENT_LEN = 55,
};

static const struct span nothing = { NULL, 0 };

static bool
is_named(const struct field *f, struct span name)
{
	return f->name.len == name.len && span_ieq(f->name, name);
}

struct span
request_field_search(const struct request *req, struct span name)
{
	const struct field *found = NULL;

	for (unsigned i = 0; i < req->field_count; i++) {
		if (!is_named(&req->fields[i], name))
			continue;
		if (found != NULL)
			return nothing;
		found = &req->fields[i];
	}
	return found != NULL ? found->value : nothing;
}

/*
 * Takes the first element off a list: up to a comma that does not stand in a
 * quoted string (RFC 9110, 5.6.4).
 */
static struct span
cut_element(struct span *rest)
{
	struct span all = *rest;
	bool quoted = false;

	for (size_t i = 0; i < all.len; i++) {
		if (all.at[i] == '"') {
			quoted = !quoted;
		} else if (quoted && all.at[i] == '\\') {
			i++;
		} else if (!quoted && all.at[i] == ',') {
			*rest = span_from(all, i + 1);
			return (struct span){ all.at, i };
		}
	}
	*rest = nothing;
	return all;
}

bool
request_list(const struct request *req, struct span name,
    struct field_walk *walk, struct span *element)
{
	for (;;) {
		while (walk->rest.at != NULL) {
			*element = span_trim(cut_element(&walk->rest));
			if (element->len > 0)
				return true;
		}
		while (walk->next < req->field_count &&
		    !is_named(&req->fields[walk->next], name))
			walk->next++;
		if (walk->next == req->field_count)
			return false;
		walk->rest = req->fields[walk->next++].value;
	}
}

struct span
request_id(const struct request *req)
{
	struct span id = request_field(req, SPAN("X-Request-Id"));

	if (id.len < 1 || id.len > ID_MAX)
		return nothing;
	for (size_t i = 0; i < id.len; i++)
		if (id.at[i] < 0x21 || id.at[i] > 0x7e)
			return nothing;
	return id;
}

/* Lower-case hex digits alone, as Trace Context has them. */
static bool
is_hex(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!(s.at[i] >= '0' && s.at[i] <= '9') &&
		    !(s.at[i] >= 'a' && s.at[i] <= 'f'))
			return false;
	return true;
}

/* An id of zeros alone is invalid. */
static bool
is_trace_id(struct span s)
{
	size_t zeros = 0;

	while (zeros < s.len && s.at[zeros] == '0')
		zeros++;
	return zeros < s.len && is_hex(s);
}

struct span
request_trace_id(const struct request *req)
{
	struct span s = request_field(req, SPAN("traceparent"));
	struct span version, id, parent, flags;

	if (s.len < TRACEPARENT_LEN)
		return nothing;
	version = (struct span){ s.at, TRACE_ID_AT - 1 };
	id = (struct span){ s.at + TRACE_ID_AT, TRACE_ID_LEN };
	parent = (struct span){ s.at + PARENT_ID_AT, PARENT_ID_LEN };
	flags = (struct span){ s.at + FLAGS_AT, TRACEPARENT_LEN - FLAGS_AT };
	if (s.at[TRACE_ID_AT - 1] != '-' || s.at[PARENT_ID_AT - 1] != '-' ||
	    s.at[FLAGS_AT - 1] != '-')
		return nothing;
	if (!is_hex(version) || !is_hex(flags) || !is_trace_id(id) ||
	    !is_trace_id(parent) || span_eq(version, SPAN("ff")))
		return nothing;
	/* a later version may go on, behind another dash */
	if (s.len > TRACEPARENT_LEN &&
	    (span_eq(version, SPAN("00")) || s.at[TRACEPARENT_LEN] != '-'))
		return nothing;
	return id;
}
