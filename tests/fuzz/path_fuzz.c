/*
 * The look-up of paths: the input's lines are what files are called, and the
 * last line is a path of a request. What it finds is what a slow decoder and a
 * comparison with each name find.
 */
#include <string.h>

#include "fuzz.h"
#include "site/path.h"
#include "site/table.h"
#include "unit/guard.h"

enum { NAMES_MAX = 64, INPUT_MAX = 8192 };

static int
digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *hit = NULL;

	if (c != '\0')
		hit = strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c);
	return hit ? (int)(hit - digits) : -1;
}

/* False if it cannot be the name of anything. */
static bool
decode(struct span s, char *to, size_t *len)
{
	*len = 0;
	for (size_t i = 0; i < s.len; i++) {
		int high, low;

		if (s.at[i] != '%') {
			to[(*len)++] = s.at[i];
			continue;
		}
		if (i + 2 >= s.len)
			return false;
		high = digit(s.at[i + 1]);
		low = digit(s.at[i + 2]);
		if (high < 0 || low < 0 || high * 16 + low == '/' ||
		    high * 16 + low == 0)
			return false;
		to[(*len)++] = (char)(high * 16 + low);
		i += 2;
	}
	return true;
}

/* By code points, which are put together and then judged. */
static bool
is_utf8(struct span s)
{
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };

	for (size_t i = 0; i < s.len;) {
		uint32_t c = (unsigned char)s.at[i++];
		unsigned more = c < 0x80 ? 0
		    : c >> 5 == 6        ? 1
		    : c >> 4 == 14       ? 2
		    : c >> 3 == 30       ? 3
					 : 9;

		if (more > 3 || more > s.len - i)
			return false;
		if (more > 0)
			c &= 0x3fU >> more;
		for (unsigned j = 0; j < more; j++) {
			uint32_t next = (unsigned char)s.at[i++];

			if (next >> 6 != 2)
				return false;
			c = c << 6 | (next & 0x3f);
		}
		if (c < least[more] || c > 0x10ffff ||
		    (c >= 0xd800 && c <= 0xdfff))
			return false;
	}
	return true;
}

static bool
holds(struct span s, const char *text)
{
	size_t n = strlen(text);

	return s.len > 0 && memmem(s.at, s.len, text, n) != NULL;
}

/* s is decoded. */
static bool
is_page(struct span s)
{
	const char *slash = s.len > 0 ? memrchr(s.at, '/', s.len) : NULL;

	return slash && s.at[0] == '/' && !holds(s, "//") && !holds(s, "/.") &&
	    memchr(slash, '.', (size_t)(s.at + s.len - slash)) == NULL;
}

static void
check_request(const struct table *t, struct span path)
{
	static char memory[INPUT_MAX];
	struct span decoded = { memory, 0 };
	bool good = decode(path, memory, &decoded.len);
	const struct entry *expected = NULL, *got;
	bool escapes;

	for (size_t i = 0; i < t->count; i++)
		if (good && span_eq(t->entry[i].path, decoded))
			expected = &t->entry[i];
	path = guard_put(path);
	path_hash(t->seed, path, &escapes);
	CHECK(escapes == (span_find(path, '%') < path.len));
	got = table_find(t, path);
	CHECK(got == expected || decoded.len > 4096);
	if (decoded.len < 4096)
		CHECK(path_is_page(path) == (good && is_page(decoded)));
	CHECK(path_is_utf8(path) == is_utf8(path));
}

/* As it is told in a Location, it finds what it was. */
static void
check_encoded(const struct table *t, const struct entry *e)
{
	static char memory[3 * INPUT_MAX];
	struct buf b = buf_over(memory, sizeof memory);
	struct span path;

	path_encode(&b, guard_put(e->path));
	path = buf_span(&b);
	CHECK(!b.overflowed);
	for (size_t i = 0; i < path.len; i++)
		CHECK(path.at[i] > ' ' && path.at[i] < 0x7f &&
		    !strchr("?#\\\"<>^`{|}", path.at[i]));
	/* and leads to no other host */
	if (span_starts(e->path, SPAN("/")) &&
	    !span_starts(e->path, SPAN("//")))
		CHECK(
		    path.at[0] == '/' && (path.len == 1 || path.at[1] != '/'));
	if (e->path.len <= 4096 && !memchr(e->path.at, 0, e->path.len))
		CHECK(table_find(t, path) == e);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = { (const char *)data, size }, line;
	struct table t;

	if (size > INPUT_MAX || size == 0)
		return 0;
	CHECK(table_begin(&t, NAMES_MAX, size) == 0);
	for (;;) {
		line = span_cut(&rest, '\n');
		if (!rest.at)
			break;
		if (line.len > 0 && t.count < NAMES_MAX)
			table_add(&t, line);
	}
	check_request(&t, line);
	for (size_t i = 0; i < t.count; i++)
		check_encoded(&t, &t.entry[i]);
	table_end(&t);
	return 0;
}
