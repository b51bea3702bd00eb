#include "escape.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	DULL_FROM = 64, /* a repetition of more bytes is not cut everywhere: */
	EDGE = 8,       /* bytes from its ends, */
	BETWEEN = 16,   /* places between, */
	BUFFER = 4096,  /* and multiples of this, with a byte on each side, */
	BUFFERS = 5,    /* so many of them */
};

void *
grown(void *memory, size_t size)
{
	memory = realloc(memory, size);
	if (!memory) {
		perror("realloc");
		exit(1);
	}
	return memory;
}

/* How much memory bytes of this length have: a power of two, so that it is not
 * asked for byte by byte. */
static size_t
room_of(size_t len)
{
	size_t room = 64;

	while (room <= len)
		room *= 2;
	return room;
}

static void
put(struct bytes *to, const char *s, size_t n)
{
	size_t room = room_of(to->len + n);

	if (!to->at || room != room_of(to->len))
		to->at = grown(to->at, room);
	memcpy(to->at + to->len, s, n);
	to->len += n;
	to->at[to->len] = '\0';
}

/* One byte, escaped or not, or -1. *text moves behind it. */
static int
take_byte(const char **text)
{
	static const char names[] = "rnt0\\", bytes[] = "\r\n\t\0\\";
	const char *s = *text, *name;
	char hex[3] = "";

	if (*s != '\\') {
		*text = s + 1;
		return (unsigned char)*s;
	}
	if (s[1] == 'x' && isxdigit((unsigned char)s[2]) &&
	    isxdigit((unsigned char)s[3])) {
		memcpy(hex, s + 2, 2);
		*text = s + 4;
		return (int)strtol(hex, NULL, 16);
	}
	name = s[1] ? strchr(names, s[1]) : NULL;
	*text = s + 2;
	return name ? (unsigned char)bytes[name - names] : -1;
}

/* The text between "\{N:" and "}", N times. */
static bool
take_repetition(struct bytes *to, const char **text)
{
	struct bytes unit = { NULL, 0 };
	char *s;
	unsigned long n = strtoul(*text + 2, &s, 10);
	bool good = n > 0 && *s == ':';

	if (good)
		s++;
	*text = s;
	while (good && **text && **text != '}') {
		int byte = take_byte(text);
		char c = (char)byte;

		good = byte >= 0;
		put(&unit, &c, 1);
	}
	good = good && **text == '}' && unit.len > 0;
	if (good)
		++*text;
	while (good && n-- > 0)
		put(to, unit.at, unit.len);
	free(unit.at);
	return good;
}

/* Is a cut before byte at of a repetition from..end worth it? */
static bool
is_telling(size_t at, size_t from, size_t end)
{
	size_t n = end - from;

	return n <= DULL_FROM || at - from < EDGE || end - at < EDGE ||
	    ((at + 1) % BUFFER <= 2 && at <= BUFFERS * BUFFER + 1) ||
	    (at - from) % (n / BETWEEN) == 0;
}

static void
put_cuts(size_t **cuts, size_t *count, size_t from, size_t end)
{
	if (!cuts)
		return;
	*cuts = grown(*cuts, (*count + end - from + 1) * sizeof **cuts);
	for (size_t at = from; at < end; at++)
		if (at > 0 && is_telling(at, from, end))
			(*cuts)[(*count)++] = at;
}

bool
escape_put(struct bytes *to, size_t **cuts, size_t *cut_count, const char *text)
{
	put(to, "", 0);
	while (*text) {
		size_t from = to->len;

		if (text[0] == '\\' && text[1] == '{') {
			if (!take_repetition(to, &text))
				return false;
		} else {
			int byte = take_byte(&text);
			char c = (char)byte;

			if (byte < 0)
				return false;
			put(to, &c, 1);
		}
		put_cuts(cuts, cut_count, from, to->len);
	}
	return true;
}
