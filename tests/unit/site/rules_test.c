#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "site/rules.h"
#include "unit/guard.h"

static struct cache_rules rules;

static const char *
add(const char *text)
{
	return rules_add(&rules, span_of(text));
}

static int
begin(void **state)
{
	(void)state;
	memset(&rules, 0, sizeof rules);
	return 0;
}

static void
assert_value(const char *path, const char *expected)
{
	bool found = expected == NULL;
	struct span got = rules_find(&rules, guard_put(span_of(path)), &found);

	if (found != (expected != NULL) ||
	    !span_eq(got, span_of(expected ? expected : "")))
		fail_msg("%s: got \"%.*s\" for \"%s\"", path, (int)got.len,
		    got.at, expected ? expected : "nothing");
}

static void
assert_match(const char *pattern, const char *path, bool expected)
{
	char text[256];

	begin(NULL);
	assert_true(strlen(pattern) + 3 <= sizeof text);
	strcpy(text, pattern);
	strcat(text, "=v");
	assert_null(add(text));
	assert_value(path, expected ? "v" : NULL);
}

static void
no_rules(void **state)
{
	(void)state;
	assert_value("/", NULL);
	assert_value("", NULL);
}

static void
first_match_wins(void **state)
{
	(void)state;
	assert_null(add("/assets/*=public, max-age=31536000, immutable"));
	assert_null(add(" *.html = no-store "));
	assert_null(add("/assets/x.html=never"));
	assert_null(add("*=max-age=60"));
	assert_value("/assets/a.js", "public, max-age=31536000, immutable");
	assert_value("/assets/x.html", "public, max-age=31536000, immutable");
	assert_value("/index.html", "no-store");
	assert_value("/assets", "max-age=60");
	assert_value("/", "max-age=60");
}

static void
patterns(void **state)
{
	static const struct {
		const char *pattern, *path;
		bool match;
	} cases[] = {
		{ "/", "/", true },
		{ "/", "/a", false },
		{ "/a", "/", false },
		{ "/a", "/a", true },
		{ "/a", "/A", false },
		{ "/a", "/ab", false },
		{ "/a*", "/a", true },
		{ "/a*", "/a/b/c", true },
		{ "/a*", "/b", false },
		{ "*", "/", true },
		{ "*", "", true },
		{ "**", "/x", true },
		{ "*.js", "/a/b.js", true },
		{ "*.js", "/a/b.js.map", false },
		{ "*.js", ".js", true },
		{ "*.js", "js", false },
		{ "/a*/b*.js", "/a/b.js", true },
		{ "/a*/b*.js", "/ax/y/bz.js.js", true },
		{ "/a*/b*.js", "/a/c.js", false },
		{ "/a*b*b", "/ab", false },
		{ "/a*b*b", "/abb", true },
		{ "/a*ab", "/aab", true },
		{ "/ab*ba", "/aba", false },
		{ "/ab*ba", "/abba", true },
		{ "*aab*aab", "/aaab.aab", true },
		{ "*aab*aab", "/aaabab", false },
		{ "/?.js", "/a.js", false },
		{ "/?.js", "/?.js", true },
		{ "/[a]\\*", "/[a]\\x", true },
		{ "/[a]\\*", "/a*", false },
		{ "/a.js", "/aajs", false },
		{ "/a%20b", "/a b", false },
		{ "/a b", "/a b", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_match(cases[i].pattern, cases[i].path, cases[i].match);
}

/* The same, by trying everything a star may stand for. */
static bool
matches_slowly(const char *pattern, const char *path)
{
	if (*pattern == '*')
		return matches_slowly(pattern + 1, path) ||
		    (*path && matches_slowly(pattern, path + 1));
	return *pattern == *path &&
	    (!*pattern || matches_slowly(pattern + 1, path + 1));
}

/* All words of up to five letters, behind a slash. */
enum { PATTERNS = 4 * 4 * 4 * 4 * 4, PATHS = 3 * 3 * 3 * 3 * 3 };

static const char *
word(char memory[8], unsigned number, unsigned letters, const char *alphabet)
{
	size_t n = 0;

	memory[n++] = '/';
	for (; number > 0; number /= letters + 1)
		if (number % (letters + 1) > 0)
			memory[n++] = alphabet[number % (letters + 1) - 1];
	memory[n] = '\0';
	return memory;
}

static void
all_short_patterns(void **state)
{
	char pattern[8], path[8];

	(void)state;
	for (unsigned i = 0; i < PATTERNS; i++)
		for (unsigned j = 0; j < PATHS; j++) {
			word(pattern, i, 3, "ab*");
			word(path, j, 2, "ab");
			assert_match(
			    pattern, path, matches_slowly(pattern, path));
		}
}

/* Would take until the end of time, if every star were tried everywhere. */
static void
many_stars(void **state)
{
	static char text[4096], path[8192];
	bool found;

	(void)state;
	for (size_t i = 0; i < 4000; i += 2)
		memcpy(text + i, i == 0 ? "/*" : "a*", 2);
	strcpy(text + 4000, "b=v");
	assert_null(add(text));
	memset(path, 'a', sizeof path);
	path[0] = '/';
	rules_find(&rules, (struct span){ path, sizeof path }, &found);
	assert_false(found);
	path[sizeof path - 1] = 'b';
	rules_find(&rules, (struct span){ path, sizeof path }, &found);
	assert_true(found);
}

static void
refused(void **state)
{
	static const char rule[] = "PATTERN=VALUE, such as "
				   "/assets/*=max-age=3600";
	static const char visible[] =
	    "a value of visible ASCII characters and spaces";
	static const char length[] =
	    "a value of 1 to 256 characters behind the =";
	static char value[300] = "/=";

	(void)state;
	assert_string_equal(add(""), rule);
	assert_string_equal(add("/assets/*"), rule);
	assert_string_equal(add("=no-cache"), rule);
	assert_string_equal(add(" =no-cache"), rule);
	assert_string_equal(
	    add("assets/*=no-cache"), "a pattern that begins with / or *");
	assert_string_equal(add("/a="), length);
	assert_string_equal(add("/a=  "), length);
	assert_string_equal(add("/a=b\rc"), visible);
	assert_string_equal(add("/a=b\nc: d"), visible);
	assert_string_equal(add("/a=b\tc"), visible);
	assert_string_equal(add("/a=b\177c"), visible);
	assert_string_equal(add("/a=\303\251"), visible);
	memset(value + 2, 'x', 257);
	assert_string_equal(add(value), length);
	assert_int_equal(rules.count, 0);
	assert_int_equal(rules.text, 0);
	value[2 + 256] = '\0';
	assert_null(add(value));
	assert_value("/", value + 2);
}

static void
as_many_as_there_is_room_for(void **state)
{
	static char first[8000], second[193];

	(void)state;
	for (int i = 0; i < RULES_MAX; i++)
		assert_null(add("/a=b"));
	assert_string_equal(add("/c=d"), "at most 64 rules");
	assert_value("/c", NULL);
	begin(NULL);
	memset(first, '/', sizeof first);
	memcpy(first + sizeof first - 2, "=v", 2);
	assert_null(rules_add(&rules, (struct span){ first, sizeof first }));
	memset(second, '/', sizeof second);
	memcpy(second + sizeof second - 2, "=v", 2);
	assert_string_equal(
	    rules_add(&rules, (struct span){ second, sizeof second }),
	    "at most 8192 bytes of rules in all");
	assert_null(
	    rules_add(&rules, (struct span){ second + 1, sizeof second - 1 }));
	assert_string_equal(add("/=v"), "at most 8192 bytes of rules in all");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(no_rules, begin),
		cmocka_unit_test_setup(first_match_wins, begin),
		cmocka_unit_test_setup(patterns, begin),
		cmocka_unit_test_setup(all_short_patterns, begin),
		cmocka_unit_test_setup(many_stars, begin),
		cmocka_unit_test_setup(refused, begin),
		cmocka_unit_test_setup(as_many_as_there_is_room_for, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
