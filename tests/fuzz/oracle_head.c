#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "oracle.h"

bool
oracle_allows(unsigned faults, unsigned status)
{
	static const struct {
		unsigned fault, status;
	} faulty[] = { { FAULT_400, 400 }, { FAULT_413, 413 },
		{ FAULT_414, 414 }, { FAULT_417, 417 }, { FAULT_431, 431 },
		{ FAULT_501, 501 }, { FAULT_505, 505 } };

	if (status == 0)
		return faults == 0;
	for (size_t i = 0; i < sizeof faulty / sizeof faulty[0]; i++)
		if (faulty[i].status == status)
			return (faults & faulty[i].fault) != 0;
	return false;
}

static bool
is_tchar(char c)
{
	return c != '\0' &&
	    strchr("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
		   "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
		c) != NULL;
}

static bool
is_token(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_tchar(s.at[i]))
			return false;
	return s.len > 0;
}

static bool
is_control(char c)
{
	return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7f;
}

enum oracle_found
oracle_find(struct span bytes, size_t *length)
{
	char before = 0;

	if (bytes.len == 1 && bytes.at[0] == '\r')
		return ORACLE_PARTIAL;
	for (size_t i = 0; i < bytes.len; i++) {
		char c = bytes.at[i];

		if (i == HEAD_MAX)
			return ORACLE_LARGE;
		if (i == 0 && !is_tchar(c))
			return ORACLE_BAD;
		if ((before == '\r') != (c == '\n'))
			return ORACLE_BAD;
		if (is_control(c) && c != '\r' && c != '\n')
			return ORACLE_BAD;
		if (i >= 3 && memcmp(bytes.at + i - 3, "\r\n\r\n", 4) == 0) {
			*length = i + 1;
			return ORACLE_WHOLE;
		}
		before = c;
	}
	return bytes.len >= HEAD_MAX ? ORACLE_LARGE : ORACLE_PARTIAL;
}

/* The bytes before the first c, which goes too; all if there is none. */
static struct span
until(struct span *rest, char c)
{
	struct span s = *rest;

	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] == c) {
			*rest = (struct span){ s.at + i + 1, s.len - i - 1 };
			return (struct span){ s.at, i };
		}
	*rest = (struct span){ NULL, 0 };
	return s;
}

static struct span
without_space(struct span s)
{
	while (s.len > 0 && (*s.at == ' ' || *s.at == '\t')) {
		s.at++;
		s.len--;
	}
	while (s.len > 0 && (s.at[s.len - 1] == ' ' || s.at[s.len - 1] == '\t'))
		s.len--;
	return s;
}

static bool
same(struct span s, const char *text)
{
	return s.len == strlen(text) && strncasecmp(s.at, text, s.len) == 0;
}

/* Takes a line, which ends in CRLF, without that. */
static struct span
take_line(struct span *rest)
{
	struct span line = until(rest, '\n');

	if (line.len > 0)
		line.len--;
	return line;
}

static unsigned
request_line(struct span line, struct request *req)
{
	struct span rest = line, v;
	unsigned faults = 0;

	req->line = line;
	req->method_name = until(&rest, ' ');
	if (!is_token(req->method_name) || rest.at == NULL)
		return FAULT_400;
	req->target = until(&rest, ' ');
	if (req->target.len > TARGET_MAX)
		faults |= FAULT_414;
	faults |= oracle_target(req->target, req->method_name, req);
	v = rest;
	if (v.len != 8 || memcmp(v.at, "HTTP/", 5) != 0 ||
	    !strchr("0123456789", v.at[5]) || v.at[6] != '.' ||
	    !strchr("0123456789", v.at[7]))
		return faults | FAULT_400;
	req->protocol = v;
	if (v.at[5] != '1')
		faults |= FAULT_505;
	req->version = v.at[7] == '0' ? 10 : 11;
	return faults;
}

static unsigned
fields(struct span rest, struct request *req)
{
	unsigned count = 0, faults = 0;

	while (rest.len > 2) { /* the empty line */
		struct field f = { .value = take_line(&rest) };

		f.name = until(&f.value, ':');
		if (!is_token(f.name) || f.value.at == NULL)
			return faults | FAULT_400;
		f.value = without_space(f.value);
		if (count == FIELDS_MAX)
			faults |= FAULT_431;
		else
			req->fields[count++] = f;
	}
	req->field_count = count;
	return faults;
}

/* Calls each for every member of every line of a field that is not empty;
 * returns the number of lines. */
static unsigned
members(const struct request *req, const char *name,
    void (*each)(struct span member, void *to), void *to)
{
	unsigned lines = 0;

	for (unsigned i = 0; i < req->field_count; i++) {
		struct span rest = req->fields[i].value;

		if (!same(req->fields[i].name, name))
			continue;
		lines++;
		while (each && rest.at != NULL) {
			struct span m = without_space(until(&rest, ','));

			if (m.len > 0)
				each(m, to);
		}
	}
	return lines;
}

static struct span
value_of(const struct request *req, const char *name)
{
	for (unsigned i = 0; i < req->field_count; i++)
		if (same(req->fields[i].name, name))
			return req->fields[i].value;
	return (struct span){ NULL, 0 };
}

static unsigned
host(struct request *req)
{
	unsigned lines = members(req, "Host", NULL, NULL);
	struct span value = value_of(req, "Host");

	if (lines > 1 || (lines == 0 && req->version == 11))
		return FAULT_400;
	if (lines == 0)
		return 0;
	if (value.len > 0 && !oracle_authority(value))
		return FAULT_400;
	if (req->authority.at == NULL)
		req->authority = value;
	return 0;
}

struct codings {
	unsigned all, chunked;
	bool chunked_last, quoted;
};

static void
see_coding(struct span member, void *to)
{
	struct codings *seen = to;

	seen->all++;
	seen->chunked_last = same(member, "chunked");
	seen->chunked += seen->chunked_last;
	if (memchr(member.at, '"', member.len))
		seen->quoted = true;
}

static unsigned
content_length(struct request *req)
{
	static const char most[] = "18446744073709551615";
	struct span digits = value_of(req, "Content-Length");
	int order;

	if (digits.len == 0)
		return FAULT_400;
	for (size_t i = 0; i < digits.len; i++)
		if (digits.at[i] < '0' || digits.at[i] > '9')
			return FAULT_400;
	while (digits.len > 1 && *digits.at == '0') {
		digits.at++;
		digits.len--;
	}
	order = digits.len == strlen(most)
	    ? memcmp(digits.at, most, digits.len)
	    : (digits.len < strlen(most) ? -1 : 1);
	if (order > 0)
		return FAULT_400;
	req->framing = FRAMING_LENGTH;
	for (size_t i = 0; i < digits.len; i++)
		req->content_length =
		    req->content_length * 10 + (unsigned)(digits.at[i] - '0');
	return 0;
}

static unsigned
framing(struct request *req)
{
	struct codings seen = { 0 };
	unsigned lines = members(req, "Content-Length", NULL, NULL);

	if (members(req, "Transfer-Encoding", see_coding, &seen) == 0) {
		if (lines > 1)
			return FAULT_400;
		return lines == 1 ? content_length(req) : 0;
	}
	if (req->version == 10 || lines > 0)
		return FAULT_400;
	/* a comma in a quoted parameter: refused, in one way or another */
	if (seen.quoted)
		return FAULT_400 | FAULT_501;
	if (!seen.chunked_last || seen.chunked != 1)
		return FAULT_400;
	if (seen.all > 1)
		return FAULT_501;
	req->framing = FRAMING_CHUNKED;
	return 0;
}

struct wishes {
	bool close, keep_alive, proceed, other;
};

static void
see_option(struct span member, void *to)
{
	struct wishes *w = to;

	w->close |= same(member, "close");
	w->keep_alive |= same(member, "keep-alive");
}

static void
see_expectation(struct span member, void *to)
{
	struct wishes *w = to;

	if (same(member, "100-continue"))
		w->proceed = true;
	else
		w->other = true;
}

static unsigned
wishes(struct request *req)
{
	struct wishes w = { 0 };

	members(req, "Connection", see_option, &w);
	req->keep_alive =
	    req->version == 11 ? !w.close : w.keep_alive && !w.close;
	if (req->version == 10)
		return 0;
	members(req, "Expect", see_expectation, &w);
	req->expect_continue = w.proceed;
	return w.other ? FAULT_417 : 0;
}

unsigned
oracle_head(struct span head, struct request *req)
{
	struct span rest = head;
	unsigned faults;

	*req = (struct request){ .version = 11 };
	faults = request_line(take_line(&rest), req);
	faults |= fields(rest, req);
	return faults | host(req) | framing(req) | wishes(req);
}
