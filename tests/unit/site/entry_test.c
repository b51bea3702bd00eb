/* What is told of a file, and which files are others in another coding. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "made.h"

static void
add_rule(struct made *m, const char *rule)
{
	assert_null(rules_add(&m->rules, span_of(rule)));
}

static const struct entry *
find(const struct generation *g, const char *path)
{
	const struct entry *e = generation_find(g, span_of(path));

	if (!e)
		fail_msg("%s: nothing", path);
	return e;
}

static void
set_time(const struct made *m, const char *name, time_t seconds)
{
	const struct timespec times[2] = { { .tv_sec = seconds },
		{ .tv_sec = seconds, .tv_nsec = 5 } };

	assert_int_equal(utimensat(AT_FDCWD, made_path(m, name), times, 0), 0);
}

/* The field's value, or at == NULL. */
static struct span
field(const struct entity *e, const char *name)
{
	struct span rest = e->fields;

	while (rest.len > 0) {
		struct span value = span_cut(&rest, '\n');
		struct span got = span_cut(&value, ':');

		if (span_ieq(got, span_of(name))) {
			value.len--; /* CR */
			return span_trim(value);
		}
	}
	return (struct span){ NULL, 0 };
}

static void
assert_field(
    const struct representation *r, const char *name, const char *expected)
{
	struct span got = field(r->entity, name);

	if ((expected != NULL) != (got.at != NULL) ||
	    (expected && !span_eq(got, span_of(expected))))
		fail_msg("%s of %s: %.*s", name, r->path, (int)got.len,
		    got.at ? got.at : "");
}

static void
fields(void **state)
{
	struct made *m = *state;
	const struct representation *r;
	struct generation *g;
	struct hash hash;
	char memory[64];
	struct buf tag = buf_over(memory, sizeof memory);

	made_file(m, "a/index.html", "content");
	set_time(m, "a/index.html", 784111777);
	g = made_load(m, NULL);
	r = &find(g, "/a/index.html")->plain;
	assert_field(r, "Content-Length", "7");
	assert_field(r, "Content-Type", "text/html; charset=utf-8");
	assert_field(r, "X-Content-Type-Options", "nosniff");
	assert_field(r, "Cache-Control", "no-cache");
	assert_field(r, "Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT");
	assert_field(r, "Accept-Ranges", "bytes");
	assert_field(r, "Vary", NULL);
	assert_field(r, "Content-Encoding", NULL);
	hash_begin(&hash, (struct hash_key){ 0, 0 });
	hash_feed(&hash, SPAN("content"));
	buf_char(&tag, '"');
	hash_hex(&tag, hash_end(&hash));
	buf_char(&tag, '"');
	assert_true(span_eq(r->entity->etag, buf_span(&tag)));
	assert_true(span_eq(field(r->entity, "ETag"), buf_span(&tag)));
	/* the directory shares it */
	assert_ptr_equal(find(g, "/a/")->plain.entity, r->entity);
	generation_free(g);
}

static void
fields_that_are_not_wanted(void **state)
{
	struct made *m = *state;
	struct generation *g;
	const struct representation *r;

	add_rule(m, "*=public");
	made_file(m, "index.html", "content");
	m->options.nosniff = m->options.cache_control = false;
	g = made_load(m, NULL);
	r = &find(g, "/")->plain;
	assert_field(r, "X-Content-Type-Options", NULL);
	assert_field(r, "Cache-Control", NULL);
	generation_free(g);
}

static void
times_that_are_not_told(void **state)
{
	static const time_t times[] = { 0, 1, -1, 4000000000 };
	struct made *m = *state;

	made_file(m, "f", "content");
	for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
		struct generation *g;

		set_time(m, "f", times[i]);
		g = made_load(m, NULL);
		assert_field(&find(g, "/f")->plain, "Last-Modified", NULL);
		assert_true(find(g, "/f")->plain.entity->modified < 0);
		generation_free(g);
	}
}

/* The tag is the content's alone: not its name's, time's, or place's. */
static void
tags(void **state)
{
	struct made *m = *state;
	struct generation *g;
	const struct entity *a, *b, *c;

	made_sized(m, "a", 40000, 0);
	made_sized(m, "sub/b.js", 40000, 0);
	made_sized(m, "c", 40000, 1);
	set_time(m, "a", 1000000000);
	g = made_load(m, NULL);
	a = find(g, "/a")->plain.entity;
	b = find(g, "/sub/b.js")->plain.entity;
	c = find(g, "/c")->plain.entity;
	assert_int_equal(a->etag.len, 34);
	assert_true(span_eq(a->etag, b->etag));
	assert_false(span_eq(a->etag, c->etag));
	generation_free(g);
}

static struct span
describe(const struct generation *g, const char *path, struct entity *e)
{
	static char memory[ENTRY_DESCRIBE_MAX];
	struct buf b = buf_over(memory, sizeof memory);

	entry_describe(g->options, &find(g, path)->plain, 2000000000, &b, e);
	assert_false(b.overflowed);
	return e->etag;
}

/* A file that is too large to be read is told apart by size and time; one that
 * is not held has the tag it would have if it were. */
static void
tags_of_large_files(void **state)
{
	struct made *m = *state;
	struct generation *g;
	struct entity e;

	made_sized(m, "held", 1000, 0);
	made_file(m, "limit", "");
	assert_int_equal(
	    truncate(made_path(m, "limit"), (off_t)TREE_HASHED_MAX), 0);
	made_file(m, "over", "");
	assert_int_equal(
	    truncate(made_path(m, "over"), (off_t)TREE_HASHED_MAX + 1), 0);
	set_time(m, "over", 0x3b9aca00);
	g = made_load(m, NULL);
	assert_int_equal(describe(g, "/limit", &e).len, 34);
	/* 10^9 s and 5 ns */
	assert_true(span_eq(describe(g, "/over", &e),
	    SPAN("\"000004000001-0de0b6b3a7640005\"")));
	assert_true(span_eq(
	    describe(g, "/held", &e), find(g, "/held")->plain.entity->etag));
	assert_true(span_eq(e.fields, find(g, "/held")->plain.entity->fields));
	generation_free(g);
}

static void
assert_cache(const struct generation *g, const char *path, const char *expected)
{
	assert_field(&find(g, path)->plain, "Cache-Control", expected);
}

static void
cache_rules(void **state)
{
	struct made *m = *state;
	struct generation *g;

	add_rule(m, "/assets/*=immutable");
	add_rule(m, "/=front");
	add_rule(m, "*.html=html");
	add_rule(m, "/docs/*=docs");
	made_file(m, "index.html", "f");
	made_file(m, "assets/a.js", "a");
	made_file(m, "assets/a.html", "a");
	made_file(m, "docs/index.html", "d");
	made_file(m, "docs/index.html.gz", "d");
	made_file(m, "docs/x", "x");
	made_file(m, "other", "o");
	made_file(m, "plain/index.html", "o");
	g = made_load(m, NULL);
	assert_cache(g, "/assets/a.js", "immutable");
	assert_cache(g, "/assets/a.html", "immutable");
	/* of an index, the first that matches the directory or the file */
	assert_cache(g, "/", "front");
	assert_cache(g, "/index.html", "html");
	assert_cache(g, "/docs/", "html");
	assert_cache(g, "/docs/index.html", "html");
	assert_cache(g, "/plain/", "html");
	assert_cache(g, "/docs/x", "docs");
	assert_cache(g, "/docs/index.html.gz", "docs");
	assert_field(
	    &find(g, "/docs/index.html")->other[0], "Cache-Control", "html");
	assert_cache(g, "/other", NULL);
	generation_free(g);
}

/* An index has its codings under the directory's rule as well. */
static void
cache_rules_of_codings(void **state)
{
	struct made *m = *state;
	const struct entry *e, *f;
	struct generation *g;

	add_rule(m, "/=front");
	made_file(m, "index.html", "f");
	made_file(m, "index.html.br", "b");
	g = made_load(m, NULL);
	e = find(g, "/");
	f = find(g, "/index.html");
	assert_int_equal(e->others, 1);
	assert_int_equal(f->others, 1);
	assert_field(&e->other[0], "Cache-Control", "front");
	assert_field(&f->other[0], "Cache-Control", "no-cache");
	generation_free(g);
}

static void
codings(void **state)
{
	struct made *m = *state;
	const struct entry *e, *coded;
	struct generation *g;
	unsigned seen = 0;

	made_file(m, "a.js", "plain");
	made_file(m, "a.js.br", "b");
	made_file(m, "a.js.gz", "gz");
	made_file(m, "a.js.zst", "zst");
	made_file(m, "a.js.xz", "xz");
	made_file(m, "alone.css.gz", "gz");
	made_file(m, "sub/a.css", "gz");
	made_file(m, "a.css.gz", "elsewhere");
	made_file(m, ".well-known/.gz", "no name");
	g = made_load(m, NULL);
	e = find(g, "/a.js");
	assert_int_equal(e->others, 3);
	assert_field(&e->plain, "Vary", "Accept-Encoding");
	for (unsigned i = 0; i < e->others; i++) {
		static const char *const name[CODINGS] = { "", "br", "zstd",
			"gzip" };
		const struct representation *r = &e->other[i];

		seen |= 1U << r->coding;
		assert_field(r, "Vary", "Accept-Encoding");
		assert_field(r, "Content-Encoding", name[r->coding]);
		assert_field(r, "Content-Type",
		    "text/javascript; "
		    "charset=utf-8");
		assert_int_equal(r->entity->length, r->file->id.size);
		assert_false(span_eq(r->entity->etag, e->plain.entity->etag));
	}
	assert_int_equal(
	    seen, 1U << CODING_BR | 1U << CODING_ZSTD | 1U << CODING_GZIP);
	/* under its own name it is a file like any other */
	coded = find(g, "/a.js.gz");
	assert_int_equal(coded->others, 0);
	assert_field(&coded->plain, "Content-Type", "application/gzip");
	assert_field(&coded->plain, "Content-Encoding", NULL);
	assert_field(&coded->plain, "Vary", NULL);
	made_expect_nothing(g, "/alone.css");
	assert_int_equal(find(g, "/sub/a.css")->others, 0);
	assert_field(&find(g, "/sub/a.css")->plain, "Vary", NULL);
	generation_free(g);
}

static void
coding_of_a_name(void **state)
{
	static const struct {
		const char *path;
		enum coding coding;
		size_t suffix;
	} rows[] = {
		{ "/a.br", CODING_BR, 3 },
		{ "/a.zst", CODING_ZSTD, 4 },
		{ "/a.gz", CODING_GZIP, 3 },
		{ "/a.GZ", CODING_IDENTITY, 0 },
		{ "/agz", CODING_IDENTITY, 0 },
		{ ".gz", CODING_IDENTITY, 0 },
		{ "", CODING_IDENTITY, 0 },
		{ "/a.br.gz", CODING_GZIP, 3 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		size_t suffix = 99;

		assert_int_equal(entry_coding(span_of(rows[i].path), &suffix),
		    rows[i].coding);
		assert_int_equal(suffix, rows[i].suffix);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, made_begin, made_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(fields),
		TEST(fields_that_are_not_wanted),
		TEST(times_that_are_not_told),
		TEST(tags),
		TEST(tags_of_large_files),
		TEST(cache_rules),
		TEST(cache_rules_of_codings),
		TEST(codings),
		cmocka_unit_test(coding_of_a_name),
	};

	return cmocka_run_group_tests_name("site/entry", tests, NULL, NULL);
}
