/*
 * Fields and lists: an input is field lines; the first letter of each says
 * which field it is. Lists come apart without loss, and ids are what their
 * definitions say.
 */
#include <string.h>

#include "fuzz.h"
#include "http/request.h"
#include "unit/guard.h"

/* The same name in three spellings, and others. */
static struct span
name_of(char c)
{
	switch (c) {
	case 'A':
		return SPAN("Accept");
	case 'a':
		return SPAN("accept");
	case 'b':
		return SPAN("aCCEPT");
	case 'X':
		return SPAN("X-Request-Id");
	case 'x':
		return SPAN("x-request-id");
	case 'T':
		return SPAN("traceparent");
	default:
		return SPAN("Accepts");
	}
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t';
}

static struct span
without_space(struct span s)
{
	while (s.len > 0 && is_space(s.at[0]))
		s = span_from(s, 1);
	while (s.len > 0 && is_space(s.at[s.len - 1]))
		s.len--;
	return s;
}

static void
split(struct span bytes, struct request *req)
{
	while (bytes.at && req->field_count < FIELDS_MAX) {
		struct field *f = &req->fields[req->field_count];
		struct span line = span_cut(&bytes, '\n');

		if (line.len == 0)
			continue;
		f->name = name_of(line.at[0]);
		f->value = without_space(span_from(line, 1));
		req->field_count++;
	}
}

/*
 * True if s is within quotes at its end: a quote opens or closes them, unless
 * a backslash stands before it within them.
 */
static bool
is_open(struct span s)
{
	bool quoted = false;

	for (size_t i = 0; i < s.len; i++) {
		if (quoted && s.at[i] == '\\')
			i++;
		else if (s.at[i] == '"')
			quoted = !quoted;
	}
	return quoted;
}

/* Between two elements: white space and commas alone, at least one of which if
 * anything stands before. */
static void
check_gap(const char *from, const char *to, bool comma)
{
	bool seen = false;

	for (; from < to; from++) {
		CHECK(*from == ',' || is_space(*from));
		seen |= *from == ',';
	}
	CHECK(seen || !comma);
}

static void
check_element(struct span e)
{
	CHECK(e.len > 0 && !is_space(e.at[0]));
	CHECK(!is_space(e.at[e.len - 1]) || is_open(e));
	/* no comma in it but in quotes */
	for (size_t i = 0; i < e.len; i++)
		if (e.at[i] == ',')
			CHECK(is_open((struct span){ e.at, i }));
}

static void
check_list(const struct request *req, const char *name)
{
	struct field_walk walk = { 0 };
	struct span e = { NULL, 0 };
	bool more = request_list(req, span_of(name), &walk, &e);

	for (unsigned i = 0; i < req->field_count; i++) {
		struct span line = req->fields[i].value;
		const char *at = line.at, *end = line.at + line.len;
		bool first = true;

		if (!span_ieq(req->fields[i].name, span_of(name)))
			continue;
		while (more && e.at >= at && e.at < end) {
			check_gap(at, e.at, !first);
			check_element(e);
			CHECK(e.at + e.len <= end);
			at = e.at + e.len;
			first = false;
			more = request_list(req, span_of(name), &walk, &e);
		}
		check_gap(at, end, false);
	}
	CHECK(!more);
	CHECK(!request_list(req, span_of(name), &walk, &e));
}

static struct span
only(const struct request *req, const char *name)
{
	struct span value = { NULL, 0 };
	unsigned lines = 0;

	for (unsigned i = 0; i < req->field_count; i++)
		if (span_ieq(req->fields[i].name, span_of(name))) {
			value = req->fields[i].value;
			lines++;
		}
	return lines == 1 ? value : (struct span){ NULL, 0 };
}

static void
check_id(const struct request *req)
{
	struct span value = only(req, "X-Request-Id"), id = request_id(req);
	bool good = value.len >= 1 && value.len <= 128;

	for (size_t i = 0; i < value.len; i++)
		good &= value.at[i] > ' ' && value.at[i] < 0x7f;
	CHECK((id.at != NULL) == good);
	CHECK(!good || span_eq(id, value));
}

/* Trace Context level 1, 3.2: "x" is a lower-case hex digit. */
static bool
is_traceparent(struct span s)
{
	static const char form[] =
	    "xx-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx-xxxxxxxxxxxxxxxx-xx";
	static const char zeros[] = "00000000000000000000000000000000";

	if (s.len < sizeof form - 1)
		return false;
	for (size_t i = 0; i < sizeof form - 1; i++) {
		if (form[i] == '-' ? s.at[i] != '-'
				   : s.at[i] == '\0' ||
			    !strchr("0123456789abcdef", s.at[i]))
			return false;
	}
	if (memcmp(s.at, "ff", 2) == 0 || memcmp(s.at + 3, zeros, 32) == 0 ||
	    memcmp(s.at + 36, zeros, 16) == 0)
		return false;
	if (s.len == sizeof form - 1)
		return true;
	return memcmp(s.at, "00", 2) != 0 && s.at[sizeof form - 1] == '-';
}

static void
check_trace(const struct request *req)
{
	struct span value = only(req, "traceparent");
	struct span id = request_trace_id(req);

	CHECK((id.at != NULL) == is_traceparent(value));
	if (id.at)
		CHECK(id.at == value.at + 3 && id.len == 32);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "Accept", "X-Request-Id",
		"Accepts", "none" };
	static struct request req;

	if (size > GUARD_ROOM)
		return 0;
	req.field_count = 0;
	split(guard_put((struct span){ (const char *)data, size }), &req);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct span expected = only(&req, names[i]);
		struct span got = request_field(&req, span_of(names[i]));

		CHECK(got.at == expected.at && got.len == expected.len);
		check_list(&req, names[i]);
	}
	check_id(&req);
	check_trace(&req);
	return 0;
}
