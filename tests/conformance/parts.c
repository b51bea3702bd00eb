#include "parts.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Takes the text off the front of *rest, if it is there. */
static bool
take_text(struct bytes *rest, const char *text)
{
	size_t n = strlen(text);

	if (rest->len < n || memcmp(rest->at, text, n) != 0)
		return false;
	rest->at += n;
	rest->len -= n;
	return true;
}

/* Takes a line, and CRLF, into line, where it is not longer than that. */
static bool
take_line(struct bytes *rest, char line[200])
{
	const char *eol = memmem(rest->at, rest->len, "\r\n", 2);
	size_t n = eol ? (size_t)(eol - rest->at) : 200;

	if (n >= 200)
		return false;
	memcpy(line, rest->at, n);
	line[n] = '\0';
	rest->at += n + 2;
	rest->len -= n + 2;
	return true;
}

/* 1 to 70 characters, the last one no space; quoted where it must be. */
static bool
find_boundary(const char *type, char boundary[80])
{
	static const char before[] = "multipart/byteranges; boundary=";
	size_t n = strlen(before);
	const char *at = type + n;
	bool quoted;

	if (strncasecmp(type, before, n) != 0)
		return false;
	quoted = *at == '"';
	at += quoted;
	n = strspn(at,
	    quoted ? "0123456789abcdefghijklmnopqrstuvwxyz"
		     "ABCDEFGHIJKLMNOPQRSTUVWXYZ'()+_,-./:=?"
		   : "0123456789abcdefghijklmnopqrstuvwxyz"
		     "ABCDEFGHIJKLMNOPQRSTUVWXYZ'+_-.");
	if (n < 1 || n > 70 || strcmp(at + n, quoted ? "\"" : "") != 0)
		return false;
	memcpy(boundary, at, n);
	boundary[n] = '\0';
	return true;
}

static bool
take_part(
    struct bytes *rest, const struct expected *e, size_t i, struct fault *f)
{
	size_t first = e->parts[i].first;
	size_t len = e->parts[i].last - first + 1;
	char line[200], range[100];
	unsigned types = 0, ranges = 0;

	snprintf(range, sizeof range, "Content-Range: bytes %zu-%zu/%zu", first,
	    e->parts[i].last, e->text.len);
	for (;;) {
		if (!take_line(rest, line))
			return fault_set(f, "part %zu: no line of a head", i);
		if (!*line)
			break;
		if (strcasecmp(line, range) == 0)
			ranges++;
		else if (strncasecmp(line, "Content-Type: ", 14) == 0)
			types++;
		else
			return fault_set(f, "part %zu: %.80s", i, line);
	}
	if (types != 1 || ranges != 1)
		return fault_set(f, "part %zu: %u Content-Type, %u %s", i,
		    types, ranges, range);
	if (rest->len < len || memcmp(rest->at, e->text.at + first, len) != 0)
		return fault_set(f, "part %zu: other bytes", i);
	rest->at += len;
	rest->len -= len;
	return true;
}

bool
parts_hold(const char *type, struct bytes body, const struct expected *e,
    struct fault *f)
{
	char boundary[80], delimiter[90];

	if (!find_boundary(type, boundary))
		return fault_set(f, "no boundary in: %.80s", type);
	snprintf(delimiter, sizeof delimiter, "\r\n--%s", boundary);
	/* the line end before the first one is a preamble's, and may lack */
	if (!take_text(&body, delimiter) && !take_text(&body, delimiter + 2))
		return fault_set(f, "no delimiter before the first part");
	for (size_t i = 0; i < e->part_count; i++) {
		if (!take_text(&body, "\r\n"))
			return fault_set(f, "no line end before part %zu", i);
		if (!take_part(&body, e, i, f))
			return false;
		if (!take_text(&body, delimiter))
			return fault_set(f, "no delimiter behind part %zu", i);
	}
	if (!take_text(&body, "--"))
		return fault_set(f, "more parts, or no closing delimiter");
	if (!take_text(&body, "\r\n") && body.len > 0)
		return fault_set(f, "something behind the last part");
	return body.len == 0 || fault_set(f, "something behind the last part");
}
