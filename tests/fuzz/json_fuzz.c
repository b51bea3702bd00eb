/*
 * What the log makes of any bytes. An input's first bytes say how to write, the
 * rest is the values. Strings mean what was put in and are cut where they must
 * be; lines are JSON in UTF-8, whole, and short enough.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "log/access.h"
#include "log/event.h"
#include "log/json.h"
#include "unit/guard.h"
#include "unit/log/json_check.h"

enum { TEXT_MAX = 4 * 1024, LONG = 64 * 1024, VALUES = 9, HEAD = 4 };

#define ELLIPSIS    SPAN("\xe2\x80\xa6")
#define REPLACEMENT SPAN("\xef\xbf\xbd")

/* What s means once bytes that are not UTF-8 have been replaced. */
static size_t
meaning(struct span s, enum json_bad_bytes bad, char *to)
{
	struct buf b = buf_over(to, 3 * LONG);

	while (s.len > 0) {
		size_t len = check_utf8(s);
		char escape[4];

		if (len > 0) {
			buf_put(&b, (struct span){ s.at, len });
			s = span_from(s, len);
			continue;
		}
		snprintf(
		    escape, sizeof escape, "%%%02X", (unsigned char)s.at[0]);
		buf_put(
		    &b, bad == JSON_REPLACE ? REPLACEMENT : span_of(escape));
		s = span_from(s, 1);
	}
	return b.len;
}

/* A code point below U+0100, as \u00XX has it, in UTF-8. */
static void
put_code(struct buf *b, unsigned code)
{
	if (code >= 0x80)
		buf_char(b, (char)(0xc0 | code >> 6));
	buf_char(b, (char)(code < 0x80 ? code : 0x80 | (code & 0x3f)));
}

/* The inside of a JSON string as what it stands for. */
static size_t
unescape(struct span s, char *to)
{
	static const char letters[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
	struct buf b = buf_over(to, 3 * LONG);

	for (size_t i = 0; i < s.len; i++) {
		char hex[5] = "";

		if (s.at[i] != '\\') {
			buf_char(&b, s.at[i]);
			continue;
		}
		CHECK(++i < s.len);
		if (s.at[i] == 'u') {
			CHECK(s.len - i > 4);
			memcpy(hex, s.at + i + 1, 4);
			put_code(&b, (unsigned)strtoul(hex, NULL, 16));
			i += 4;
			continue;
		}
		for (size_t k = 0; letters[k]; k += 2)
			if (letters[k] == s.at[i])
				buf_char(&b, letters[k + 1]);
	}
	return b.len;
}

/* True if it may stand between quotes. */
static bool
is_inside(struct span s)
{
	static char quoted[6 * TEXT_MAX + 2];
	struct buf b = buf_over(quoted, sizeof quoted);
	struct span all;

	buf_char(&b, '"');
	buf_put(&b, s);
	buf_char(&b, '"');
	all = buf_span(&b);
	return !b.overflowed && check_string(&all) && all.len == 0;
}

static void
check_escape_of(struct span s, enum json_bad_bytes bad, size_t max)
{
	static char whole[6 * TEXT_MAX], expected[3 * LONG], got[3 * LONG];
	struct buf all = buf_over(whole, sizeof whole), cut;
	enum json_written how = json_escape(&all, s, bad, sizeof whole);
	size_t len = meaning(s, bad, expected), kept;
	char *memory = malloc(max + 1);

	CHECK(how != JSON_CUT && !all.overflowed);
	CHECK(is_inside(buf_span(&all)));
	CHECK(unescape(buf_span(&all), got) == len);
	CHECK(memcmp(got, expected, len) == 0);
	CHECK(how != JSON_PLAIN || span_eq(buf_span(&all), s));
	/* now into max bytes, and not one more */
	cut = buf_over(memory, max);
	how = json_escape(&cut, s, bad, max);
	CHECK(!cut.overflowed && cut.len <= max);
	CHECK((how == JSON_CUT) == (all.len > max));
	CHECK(is_inside(buf_span(&cut)));
	kept = cut.len;
	if (how == JSON_CUT) {
		kept -= ELLIPSIS.len;
		CHECK(span_eq(span_from(buf_span(&cut), kept), ELLIPSIS));
		CHECK(max - cut.len < 6); /* no more than it must */
	}
	CHECK(kept <= all.len && memcmp(memory, whole, kept) == 0);
	CHECK(how == JSON_CUT || kept == all.len);
	/* a writer with less room takes nothing */
	if (cut.len > 0) {
		cut = buf_over(memory, cut.len - 1);
		json_escape(&cut, s, bad, max);
		CHECK(cut.overflowed && cut.len == 0);
	}
	free(memory);
}

/* The value of a member, as it stands there; at == NULL without it. */
static struct span
member(struct span line, const char *key)
{
	const char *at = memmem(line.at, line.len, key, strlen(key));
	struct span value = { NULL, 0 };

	if (!at)
		return value;
	value.at = at + strlen(key);
	while (value.at[value.len] != '"')
		value.len += value.at[value.len] == '\\' ? 2 : 1;
	return value;
}

static bool
ends(struct span s, struct span end)
{
	return s.len >= end.len && span_eq(span_from(s, s.len - end.len), end);
}

static bool
is_simple(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] <= ' ' || s.at[i] > '~')
			return false;
	return s.len > 0;
}

/* Quote, request line, quote, status, dash: to the end, whatever the line. */
static void
check_message(struct span line, const struct access_record *r, size_t values)
{
	static char text[3 * LONG], expected[3 * LONG];
	struct span message = member(line, "\"message\": \"");
	size_t len, last = r->line.len, meant;
	char end[128];

	CHECK(message.at != NULL);
	len = unescape(message, text);
	snprintf(end, sizeof end, "\" %u -", r->status);
	CHECK(len > strlen(end) && text[0] == '"');
	CHECK(ends((struct span){ text, len }, span_of(end)));
	/* what cannot be too long is not cut */
	if (6 * values + 700 <= ACCESS_LINE_MAX) {
		meant = meaning(r->line, JSON_PERCENT, expected);
		CHECK(len == meant + 1 + strlen(end));
		CHECK(memcmp(text + 1, expected, meant) == 0);
	}
	while (last > 0 && r->line.at[last - 1] != ' ')
		last--;
	if (last > span_find(r->line, ' ') + 1 && r->line.len - last <= 8 &&
	    is_simple(span_from(r->line, last))) {
		snprintf(end, sizeof end, " %.*s\" %u -",
		    (int)(r->line.len - last), r->line.at + last, r->status);
		CHECK(ends((struct span){ text, len }, span_of(end)));
	}
}

/* A member means what was put in; it is not there for nothing. */
static void
check_member(
    struct span line, const char *key, struct span put, enum json_bad_bytes bad)
{
	static char text[3 * LONG], expected[3 * LONG];
	struct span value = member(line, key);
	size_t len = value.at ? unescape(value, text) : 0;

	CHECK((value.at != NULL) == (put.len > 0));
	CHECK(len == meaning(put, bad, expected));
	CHECK(memcmp(text, expected, len) == 0);
}

/* As long as nothing need be cut. */
static void
check_members(struct span line, const struct access_record *r)
{
	check_member(line, "\", \"method\": \"", r->method, JSON_REPLACE);
	check_member(line, "\", \"path\": \"", r->path, JSON_PERCENT);
	check_member(line, "\", \"query\": \"", r->query, JSON_PERCENT);
	check_member(line, "\", \"protocol\": \"", r->protocol, JSON_REPLACE);
	check_member(line, ", \"user_agent\": \"", r->user_agent, JSON_REPLACE);
	check_member(line, ", \"referer\": \"", r->referer, JSON_REPLACE);
}

static void
check_access(
    const struct access_record *r, enum access_format format, size_t values)
{
	struct access_style style = { .format = format,
		.name_space = SPAN("my_webserver") };
	static struct access_style kept[ACCESS_OFF]; /* between lines */
	char *memory = malloc(ACCESS_LINE_MAX), again[ACCESS_LINE_MAX];
	struct buf b = buf_over(memory, ACCESS_LINE_MAX);
	struct buf same = buf_over(again, sizeof again);

	access_write(&b, r, &style);
	CHECK(!b.overflowed && b.len <= ACCESS_LINE_MAX);
	CHECK(check_line(buf_span(&b)));
	check_message(buf_span(&b), r, values);
	kept[format].format = format;
	kept[format].name_space = style.name_space;
	access_write(&same, r, &kept[format]);
	CHECK(span_eq(buf_span(&same), buf_span(&b)));
	if (format == ACCESS_JSON && 6 * values + 700 <= ACCESS_LINE_MAX)
		check_members(buf_span(&b), r);
	if (format == ACCESS_JSON)
		CHECK(r->aborted ==
		    ends(buf_span(&b), SPAN(", \"aborted\": true}}\n")));
	free(memory);
}

/* Nothing but printable ASCII in one line, and ellipses of ours. */
static void
check_printable(struct span s)
{
	static const char dots[] = "\xe2\x80\xa6";

	CHECK(s.len > 0 && s.at[--s.len] == '\n');
	while (s.len > 0) {
		size_t n =
		    span_starts(s, SPAN("\xe2\x80\xa6")) ? sizeof dots - 1 : 1;

		CHECK(n > 1 || (s.at[0] >= ' ' && s.at[0] <= '~'));
		s = span_from(s, n);
	}
}

/* What has all there is to tell, a header too. */
static void
check_other(
    const struct access_record *r, enum access_format format, size_t values)
{
	const struct access_header header = { SPAN("header_a"), r->user_agent };
	struct access_style style = { .format = format,
		.name_space = SPAN("my_webserver"),
		.detailed = true };
	char *memory = malloc(ACCESS_LINE_MAX);
	struct buf b = buf_over(memory, ACCESS_LINE_MAX);
	struct access_record more = *r;

	more.headers = &header;
	more.header_count = r->user_agent.len > 0;
	access_write(&b, &more, &style);
	CHECK(!b.overflowed && b.len <= ACCESS_LINE_MAX);
	if (format == ACCESS_PRETTY)
		check_printable(buf_span(&b));
	else
		CHECK(check_line(buf_span(&b)));
	if (format == ACCESS_ECS && 6 * values + 1500 <= ACCESS_LINE_MAX &&
	    6 * r->user_agent.len <= ACCESS_HEADER_MAX) {
		check_member(buf_span(&b), ", \"http.request.method\": \"",
		    r->method, JSON_REPLACE);
		check_member(
		    buf_span(&b), ", \"url.path\": \"", r->path, JSON_PERCENT);
		check_member(buf_span(&b), ", \"url.query\": \"", r->query,
		    JSON_PERCENT);
		check_member(buf_span(&b), ", \"labels.header_a\": \"",
		    r->user_agent, JSON_REPLACE);
	}
	if (format == ACCESS_GCP && 6 * values + 1500 <= ACCESS_LINE_MAX) {
		check_member(buf_span(&b), ", \"requestMethod\": \"", r->method,
		    JSON_REPLACE);
		check_member(buf_span(&b), ", \"userAgent\": \"", r->user_agent,
		    JSON_REPLACE);
	}
	free(memory);
}

/* Most often the values are parts of the line. */
static void
take_apart(struct access_record *r)
{
	struct span rest = r->line;

	r->method = span_cut(&rest, ' ');
	r->query = span_cut(&rest, ' ');
	r->path = span_cut(&r->query, '?');
	r->protocol = rest;
}

/* Nine values, one a line; each repeated so that it gets long. */
static void
check_record(const uint8_t *head, struct span bytes)
{
	static char memory[LONG];
	struct buf b = buf_over(memory, sizeof memory);
	struct access_record r = { .status = 100u + head[1] * 3u % 500u,
		.aborted = head[1] % 2,
		.bytes = head[2] * UINT64_C(0x0101010101),
		.duration = head[3] * UINT64_C(0x010101010101),
		.wall = UINT64_C(1764000000000000000) +
		    head[2] * UINT64_C(0x01010101010101) };
	struct span *const to[VALUES] = { &r.line, &r.path, &r.query,
		&r.user_agent, &r.referer, &r.method, &r.protocol,
		&r.request_id, &r.trace_id };
	size_t values;
	unsigned times = head[3] < 0xc0 ? 1 : 1 + head[3] % 32;

	for (int i = 0; i < VALUES && bytes.at; i++) {
		struct span value = span_cut(&bytes, '\n');
		size_t from = b.len;

		for (unsigned n = 0; n < times && !b.overflowed; n++)
			buf_put(&b, value);
		*to[i] = (struct span){ memory + from, b.len - from };
	}
	values = b.len;
	if (head[3] % 2) {
		take_apart(&r);
		values += r.line.len; /* it is there twice */
	}
	r.client_ip = head[2] % 2 ? SPAN("2001:db8::1") : SPAN("");
	check_access(&r, head[0] % 2 ? ACCESS_SEED : ACCESS_JSON, values);
	check_other(&r, ACCESS_ECS, 2 * values);
	check_other(&r, ACCESS_GCP, 2 * values);
	check_other(&r, ACCESS_PRETTY, 2 * values);
	check_other(&r, ACCESS_JSON, 2 * values);
}

static void
check_event(const uint8_t *head, struct span bytes)
{
	static int fd[2] = { -1, -1 };
	struct events to;
	struct event ev;
	char line[8192];
	ssize_t n;

	if (fd[0] < 0)
		CHECK(pipe2(fd, O_NONBLOCK | O_CLOEXEC) == 0);
	events_init(&to, fd[1], SPAN("my_webserver"));
	CHECK(!to.text);
	to.text = head[0] % 4 == 3;
	event_begin(&ev, &to, EVENT_WARNING, "something");
	while (bytes.at)
		event_str(&ev, "value", span_cut(&bytes, '\n'));
	event_seconds(&ev, "time", head[3] * UINT64_C(0x010101010101));
	event_u64(&ev, "number", head[2]);
	event_errno(&ev, head[1] % 130);
	event_end(&ev);
	n = read(fd[0], line, sizeof line);
	CHECK(n > 0 && n <= 4096);
	if (!to.text)
		CHECK(check_line((struct span){ line, (size_t)n }));
	else
		CHECK(span_find((struct span){ line, (size_t)n }, '\n') ==
		    (size_t)n - 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span bytes;
	size_t max;

	if (size < HEAD || size > TEXT_MAX)
		return 0;
	bytes = (struct span){ (const char *)data + HEAD, size - HEAD };
	bytes = guard_put(bytes);
	max = 3 + (data[1] < 0xe0 ? data[1] : (data[1] - 0xdfu) * 512u);
	check_escape_of(bytes, JSON_REPLACE, max);
	check_escape_of(bytes, JSON_PERCENT, max);
	check_record(data, bytes);
	check_event(data, bytes);
	return 0;
}
