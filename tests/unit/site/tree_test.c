#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "made.h"

/* Reads that the loads asked for, and seconds that they take the time to be
 * later than it is. */
static size_t reads;
static time_t later;

ssize_t __real_read(int fd, void *to, size_t size);
ssize_t
__wrap_read(int fd, void *to, size_t size)
{
	reads++;
	return __real_read(fd, to, size);
}

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int
__wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
	int err = __real_clock_gettime(clock, now);

	if (clock == CLOCK_REALTIME)
		now->tv_sec += later;
	return err;
}

static int
begin(void **state)
{
	later = 3600;
	reads = 0;
	return made_begin(state);
}

static void
files_and_directories(void **state)
{
	struct made *m = *state;
	struct generation *g;

	made_file(m, "index.html", "front");
	made_file(m, "a.txt", "a");
	made_file(m, "sub/index.html", "sub's");
	made_file(m, "sub/b.js", "b");
	made_file(m, "none/c", "c");
	g = made_load(m, NULL);
	assert_int_equal(m->notes, 0);
	made_expect(g, "/", "front");
	made_expect(g, "/index.html", "front");
	made_expect(g, "/a.txt", "a");
	made_expect(g, "/sub/", "sub's");
	made_expect(g, "/sub/index.html", "sub's");
	made_expect(g, "/sub/b.js", "b");
	made_expect(g, "/none/c", "c");
	assert_null(generation_find(g, SPAN("/sub"))->plain.file);
	made_expect_nothing(g, "/none/");
	made_expect_nothing(g, "/none");
	made_expect_nothing(g, "/a.txt/");
	made_expect_nothing(g, "");
	made_expect_nothing(g, "a.txt");
	made_expect_nothing(g, "//a.txt");
	made_expect_nothing(g, "/sub//b.js");
	made_expect_nothing(g, "/sub/../a.txt");
	made_expect_nothing(g, "/./a.txt");
	assert_int_equal(generation_files(g), 5);
	assert_int_equal(generation_bytes(g), 13);
	assert_int_equal(generation_number(g), 1);
	assert_in_range(generation_duration(g), 1, UINT64_C(600) << 30);
	assert_int_equal(generation_directories(g), 3);
	generation_free(g);
}

static void
what_did_not_change_is_not_read(void **state)
{
	struct made *m = *state;
	struct generation *g, *h, *i;
	size_t before;

	made_file(m, "index.html", "front");
	made_file(m, "a.txt", "a");
	made_sized(m, "large", TREE_SMALL + 1, 1);
	g = made_load(m, NULL);
	assert_true(reads > 0);
	before = reads;
	h = made_load(m, g);
	assert_int_equal(reads, before);
	assert_true(generation_equal(g, h));
	generation_free(g);
	made_file(m, "a.txt", "b");
	i = made_load(m, h);
	assert_true(reads > before);
	assert_true(reads <= before + 2);
	assert_false(generation_equal(h, i));
	made_expect(h, "/a.txt", "a");
	generation_free(h);
	made_expect(i, "/a.txt", "b");
	made_expect(i, "/", "front");
	assert_int_equal(generation_number(i), 3);
	generation_free(i);
}

/* What was written just before a load may be written again without a trace. */
static void
what_is_fresh_is_read_again(void **state)
{
	struct made *m = *state;
	struct generation *g, *h;
	size_t before;

	later = 0;
	made_file(m, "index.html", "front");
	g = made_load(m, NULL);
	before = reads;
	h = made_load(m, g);
	assert_int_equal(reads, before + 1);
	assert_true(generation_equal(g, h));
	generation_free(g);
	generation_free(h);
}

static void
names(void **state)
{
	struct made *m = *state;
	struct generation *g;
	char longest[3 + 255 + 1] = "/";

	made_file(m, "a b.txt", "space");
	made_file(m, "100%", "percent");
	made_file(m, "%41", "escape");
	made_file(m, "a?b", "question");
	made_file(m, "a#b", "hash");
	made_file(m, "a\\b", "backslash");
	made_file(m, "\xc3\xa9", "accent");
	made_file(m, "a+b", "plus");
	made_file(m, "new\nline", "newline");
	made_file(m, "wei rd/index.html", "directory");
	memset(longest + 1, 'l', 255);
	longest[256] = '\0';
	made_file(m, longest + 1, "long");
	g = made_load(m, NULL);
	assert_int_equal(m->notes, 1); /* no index */
	made_expect(g, "/a%20b.txt", "space");
	made_expect(g, "/a b.txt", "space");
	made_expect(g, "/100%25", "percent");
	made_expect_nothing(g, "/100%");
	made_expect(g, "/%2541", "escape");
	made_expect_nothing(g, "/%41");
	made_expect(g, "/a%3Fb", "question");
	made_expect(g, "/a%3fb", "question");
	made_expect(g, "/a%23b", "hash");
	made_expect(g, "/a%5Cb", "backslash");
	made_expect(g, "/a\\b", "backslash");
	made_expect(g, "/%C3%A9", "accent");
	made_expect(g, "/\xc3\xa9", "accent");
	made_expect(g, "/a+b", "plus");
	made_expect(g, "/new%0Aline", "newline");
	made_expect(g, longest, "long");
	made_expect(g, "/wei%20rd/", "directory");
	made_expect(g, "/%77ei%20rd/%69ndex.html", "directory");
	assert_null(generation_find(g, SPAN("/wei%20rd"))->plain.file);
	made_expect_nothing(g, "/wei%20rd%2F");
	made_expect_nothing(g, "/wei%20rd%2findex.html");
	made_expect_nothing(g, "/a%20b.txt%00");
	made_expect_nothing(g, "/%c1%81"); /* A, overlong */
	made_expect_nothing(g, "/a/b");
	generation_free(g);
}

static void
name_that_is_not_utf8(void **state)
{
	struct made *m = *state;
	const struct made_note *note;
	struct generation *g;

	made_file(m, "caf\xe9", "latin");
	g = made_load(m, NULL);
	made_expect(g, "/caf%E9", "latin");
	note = made_noted(m, SITE_WARNING, "/caf\xe9");
	assert_non_null(note);
	assert_non_null(strstr(note->what, "UTF-8"));
	generation_free(g);
}

/* A path longer than any file's is none. */
static void
paths_without_end(void **state)
{
	struct made *m = *state;
	struct generation *g;
	char path[8192];

	made_file(m, "index.html", "front");
	g = made_load(m, NULL);
	memset(path, 'a', sizeof path);
	path[0] = '/';
	assert_null(generation_find(g, (struct span){ path, sizeof path }));
	path[sizeof path - 3] = '%';
	path[sizeof path - 2] = path[sizeof path - 1] = '4';
	assert_null(generation_find(g, (struct span){ path, sizeof path }));
	generation_free(g);
}

static void
hidden(void **state)
{
	struct made *m = *state;
	struct generation *g;

	made_file(m, "index.html", "front");
	made_file(m, ".env", "secret");
	made_file(m, ".git/index.html", "secret");
	made_file(m, ".well-known/acme", "seen");
	g = made_load(m, NULL);
	assert_int_equal(m->notes, 0);
	made_expect_nothing(g, "/.env");
	made_expect_nothing(g, "/.git/");
	made_expect_nothing(g, "/.git/index.html");
	made_expect(g, "/.well-known/acme", "seen");
	made_expect(g, "/%2Ewell-known/acme", "seen");
	generation_free(g);
}

static void
no_index(void **state)
{
	struct made *m = *state;
	const struct made_note *note;
	struct generation *g = made_load(m, NULL);

	assert_int_equal(generation_files(g), 0);
	made_expect_nothing(g, "/");
	assert_int_equal(m->notes, 0);
	assert_true(generation_empty(g));
	generation_free(g);
	assert_int_equal(symlink("/etc/passwd", made_path(m, "out")), 0);
	g = made_load(m, NULL);
	assert_int_equal(generation_files(g), 0);
	assert_false(generation_empty(g));
	generation_free(g);
	assert_int_equal(unlink(made_path(m, "out")), 0);
	made_file(m, "other.html", "other");
	g = made_load(m, NULL);
	made_expect_nothing(g, "/");
	note = made_noted(m, SITE_WARNING, "index.html");
	assert_non_null(note);
	assert_non_null(strstr(note->what, "no index"));
	generation_free(g);
	m->options.index = SPAN("start.htm");
	made_file(m, "start.htm", "start");
	g = made_load(m, NULL);
	made_expect(g, "/", "start");
	assert_int_equal(m->notes, 0);
	generation_free(g);
}

static void
no_fallback(void **state)
{
	struct made *m = *state;
	struct generation *g;

	made_file(m, "index.html", "front");
	m->options.fallback = SPAN("app/shell.html");
	g = made_load(m, NULL);
	assert_null(g->fallback);
	assert_non_null(made_noted(m, SITE_WARNING, "app/shell.html"));
	generation_free(g);
	made_file(m, "app/shell.html", "shell");
	g = made_load(m, NULL);
	assert_non_null(g->fallback);
	assert_int_equal(m->notes, 0);
	generation_free(g);
}

/* The first are told one by one; and again only if they are others. */
static void
many_warnings(void **state)
{
	struct made *m = *state;
	struct generation *g, *h;
	char name[16];

	made_file(m, "index.html", "front");
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof name, "link%d", i);
		made_link(m, name, "/etc/passwd");
	}
	g = made_load(m, NULL);
	assert_int_equal(m->notes, TREE_WARNINGS_MAX + 1);
	assert_int_equal(
	    m->note[TREE_WARNINGS_MAX].files, 20 - TREE_WARNINGS_MAX);
	h = made_load(m, g);
	assert_int_equal(m->notes, 0);
	generation_free(g);
	made_link(m, "one-more", "/etc/passwd");
	g = made_load(m, h);
	assert_int_equal(m->notes, TREE_WARNINGS_MAX + 1);
	generation_free(h);
	generation_free(g);
}

static void
assert_fails(struct made *m, const char *root, int error)
{
	m->options.root = root;
	m->notes = 0;
	assert_null(generation_load(&m->options, NULL, 0));
	assert_int_equal(errno, error);
	assert_int_equal(m->notes, 1);
	assert_int_equal(m->note[0].kind, SITE_FAILED);
	assert_int_equal(m->note[0].error, error);
	assert_string_equal(m->note[0].path, root);
}

static void
no_root(void **state)
{
	struct made *m = *state;

	made_file(m, "file", "file");
	assert_fails(m, made_path(m, "no/such"), ENOENT);
	assert_fails(m, made_path(m, "file"), ENOTDIR);
}

static void
large_and_empty(void **state)
{
	struct made *m = *state;
	const struct entry *e;
	struct generation *g;

	made_file(m, "empty.txt", "");
	made_sized(m, "small", TREE_SMALL, 1);
	made_sized(m, "large", TREE_SMALL + 1, 1);
	g = made_load(m, NULL);
	made_expect(g, "/empty.txt", "");
	e = generation_find(g, SPAN("/empty.txt"));
	assert_int_equal(e->plain.entity->length, 0);
	assert_true(generation_find(g, SPAN("/small"))->plain.file->held);
	assert_false(generation_find(g, SPAN("/large"))->plain.file->held);
	assert_int_equal(generation_bytes(g), 2 * TREE_SMALL + 1);
	assert_true(generation_held(g) > TREE_SMALL);
	assert_true(generation_held(g) < TREE_SMALL + 2048);
	generation_free(g);
}

/* It takes no time that depends on its size, and no room. */
static void
five_gibibytes(void **state)
{
	struct made *m = *state;
	const uint64_t size = UINT64_C(5) << 30;
	const struct entry *e;
	struct generation *g;

	made_file(m, "huge", "");
	assert_int_equal(truncate(made_path(m, "huge"), (off_t)size), 0);
	g = made_load(m, NULL);
	e = generation_find(g, SPAN("/huge"));
	assert_non_null(e);
	assert_int_equal(e->plain.file->id.size, size);
	assert_false(e->plain.file->held);
	assert_int_equal(generation_bytes(g), size);
	assert_int_equal(reads, 0);
	generation_free(g);
}

/* The smallest are held, as long as there is room. */
static void
memory_limit(void **state)
{
	static const uint64_t limits[] = { 0, 1, 1024, 30000, 100000, 300000,
		UINT64_MAX };
	struct made *m = *state;
	uint64_t before = 0;
	char name[16];

	for (size_t i = 0; i < 20; i++) {
		snprintf(name, sizeof name, "f%zu", i);
		made_sized(m, name, i * 1000 + 1, 0);
		snprintf(name, sizeof name, "g%zu", i);
		made_sized(m, name, i * 1000 + 1, 0);
	}
	for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
		bool held = true;
		struct generation *g;

		m->options.memory_limit = limits[i];
		g = made_load(m, NULL);
		assert_int_equal(generation_files(g), 40);
		assert_true(generation_held(g) <= limits[i]);
		assert_true(generation_held(g) >= before);
		if (limits[i] > 2000) /* the limit is made use of */
			assert_true(generation_held(g) >= limits[i] / 2 ||
			    generation_held(g) > 380000);
		before = generation_held(g);
		for (size_t j = 0; j < 20; j++) {
			const struct entry *e;

			snprintf(name, sizeof name, "/f%zu", j);
			e = generation_find(g, span_of(name));
			assert_true(held || !e->plain.file->held);
			held = e->plain.file->held;
		}
		generation_free(g);
	}
}

/* Of those that are as large as the first that does not fit some are held, but
 * none that is larger. */
static void
memory_limit_within_a_size(void **state)
{
	struct made *m = *state;
	unsigned held = 0;
	struct generation *g;
	char name[16];

	for (unsigned i = 0; i < 20; i++) {
		snprintf(name, sizeof name, "f%u", i);
		made_sized(m, name, 5000, i);
		snprintf(name, sizeof name, "larger%u", i);
		made_sized(m, name, 5100, i);
	}
	m->options.memory_limit = 30000;
	g = made_load(m, NULL);
	for (unsigned i = 0; i < 20; i++) {
		snprintf(name, sizeof name, "/f%u", i);
		held += generation_find(g, span_of(name))->plain.file->held;
		snprintf(name, sizeof name, "/larger%u", i);
		assert_false(
		    generation_find(g, span_of(name))->plain.file->held);
	}
	assert_int_equal(held, 5);
	assert_true(generation_held(g) <= 30000);
	generation_free(g);
}

/* A file behind a link may lead elsewhere before the next load: it is held, as
 * far as memory lasts. */
static void
behind_links(void **state)
{
	struct made *m = *state;
	struct generation *g;

	made_sized(m, ".x/large", TREE_SMALL + 1, 0);
	made_sized(m, ".x/largest", TREE_LINKED, 0);
	made_sized(m, ".x/too-large", TREE_LINKED + 1, 0);
	made_sized(m, "plain", TREE_SMALL + 1, 0);
	made_link(m, "large", ".x/large");
	made_link(m, "largest", ".x/largest");
	made_link(m, "too-large", ".x/too-large");
	g = made_load(m, NULL);
	assert_true(generation_find(g, SPAN("/large"))->plain.file->held);
	assert_true(generation_find(g, SPAN("/largest"))->plain.file->held);
	assert_false(generation_find(g, SPAN("/too-large"))->plain.file->held);
	assert_false(generation_find(g, SPAN("/plain"))->plain.file->held);
	generation_free(g);
	m->options.memory_limit = TREE_LINKED;
	g = made_load(m, NULL);
	assert_true(generation_find(g, SPAN("/large"))->plain.file->held);
	assert_false(generation_find(g, SPAN("/largest"))->plain.file->held);
	assert_true(generation_held(g) <= TREE_LINKED);
	generation_free(g);
}

/* What the limit pushed out of memory, or lets in, between two loads. */
static void
memory_limit_changes(void **state)
{
	struct made *m = *state;
	struct generation *g, *h;
	size_t before;

	made_sized(m, "f", 1000, 0);
	g = made_load(m, NULL);
	assert_true(generation_find(g, SPAN("/f"))->plain.file->held);
	before = reads;
	m->options.memory_limit = 0;
	h = made_load(m, g);
	assert_int_equal(reads, before);
	assert_false(generation_find(h, SPAN("/f"))->plain.file->held);
	assert_int_equal(generation_held(h), 0);
	assert_int_equal(generation_find(h, SPAN("/f"))->plain.file->hash.first,
	    generation_find(g, SPAN("/f"))->plain.file->hash.first);
	generation_free(g);
	m->options.memory_limit = 1 << 20;
	g = made_load(m, h);
	assert_true(reads > before);
	assert_true(generation_find(g, SPAN("/f"))->plain.file->held);
	generation_free(g);
	generation_free(h);
}

/* Files "0" to "19" of about 1000 bytes each, those from first on with other
 * bytes than before, and another size for each hundred of seed: in one tick of
 * the clock nothing else tells them apart. */
static void
write_twenty(const struct made *m, unsigned first, unsigned seed)
{
	char name[16];

	for (unsigned i = first; i < 20; i++) {
		snprintf(name, sizeof name, "%u", i);
		made_sized(m, name, 1000 + seed / 100, seed + i);
	}
}

/* Two generations that have nothing in common do not hold more than one may;
 * what is left out for that has room when the first is gone. */
static void
memory_limit_of_all_generations(void **state)
{
	enum { LIMIT = 20000 };
	struct made *m = *state;
	struct generation *g, *h;

	m->options.memory_limit = LIMIT;
	write_twenty(m, 0, 0);
	g = made_load(m, NULL);
	assert_true(generation_held(g) > LIMIT / 2);
	assert_false(generation_squeezed(g));
	write_twenty(m, 0, 100);
	h = made_load(m, g);
	assert_true(generation_squeezed(h));
	assert_true(generation_held(g) + generation_held(h) <= LIMIT);
	made_expect_nothing(h, "/20");
	generation_free(g);
	g = made_load(m, h);
	assert_false(generation_squeezed(g));
	assert_false(generation_equal(g, h));
	assert_true(generation_held(g) > LIMIT / 2);
	generation_free(g);
	generation_free(h);
}

/* What was written a moment ago is read again, and is the same: it is there
 * once all the same. */
static void
what_is_fresh_counts_once(void **state)
{
	struct made *m = *state;
	struct generation *g, *h;
	size_t before;

	later = 0;
	m->options.memory_limit = 40000; /* 26 files */
	write_twenty(m, 0, 0);
	g = made_load(m, NULL);
	before = reads;
	h = made_load(m, g);
	assert_true(reads > before);
	assert_false(generation_squeezed(h));
	assert_true(generation_equal(g, h));
	assert_ptr_equal(generation_find(g, SPAN("/0"))->plain.file,
	    generation_find(h, SPAN("/0"))->plain.file);
	generation_free(g);
	generation_free(h);
}

/* What they share is there once, and counts once, in whatever generation. */
static void
what_is_shared_counts_once(void **state)
{
	struct made *m = *state;
	struct generation *held[3] = { NULL };

	m->options.memory_limit = 40000; /* 26 files */
	write_twenty(m, 0, 0);
	for (unsigned i = 0; i < 3; i++) {
		write_twenty(m, 18, 100 * i);
		held[i] = generation_load(&m->options, held, i);
		assert_non_null(held[i]);
		assert_false(generation_squeezed(held[i]));
	}
	made_sized(m, "another", 1000, 7);
	write_twenty(m, 18, 300);
	m->options.memory_limit = 38000; /* 25: two each of the three */
	generation_free(held[0]);
	held[0] = held[1], held[1] = held[2];
	held[2] = generation_load(&m->options, held, 2);
	assert_non_null(held[2]);
	assert_false(generation_squeezed(held[2]));
	for (unsigned i = 0; i < 3; i++)
		generation_free(held[i]);
}

static void
two_generations_differ(void **state)
{
	struct made *m = *state;
	struct generation *g, *h;

	made_file(m, "a", "a");
	g = made_load(m, NULL);
	made_file(m, "b", "b");
	h = made_load(m, g);
	assert_false(generation_equal(g, h));
	assert_false(generation_equal(h, g));
	generation_free(g);
	made_remove(m, "b");
	made_file(m, "c", "b");
	g = made_load(m, h);
	assert_false(generation_equal(g, h));
	generation_free(h);
	made_directory(m, "empty");
	h = made_load(m, g);
	assert_false(generation_equal(g, h)); /* there is more to watch */
	generation_free(g);
	generation_free(h);
}

static void
users(void **state)
{
	struct made *m = *state;
	struct generation *g = made_load(m, NULL);

	assert_int_equal(generation_users(g), 0);
	generation_take(g);
	generation_take(g);
	assert_int_equal(generation_users(g), 2);
	generation_drop(g);
	assert_int_equal(generation_users(g), 1);
	generation_drop(g);
	assert_int_equal(generation_users(g), 0);
	generation_free(g);
	generation_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, made_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(files_and_directories),
		TEST(what_did_not_change_is_not_read),
		TEST(what_is_fresh_is_read_again),
		TEST(names),
		TEST(name_that_is_not_utf8),
		TEST(paths_without_end),
		TEST(hidden),
		TEST(no_index),
		TEST(no_fallback),
		TEST(many_warnings),
		TEST(no_root),
		TEST(large_and_empty),
		TEST(five_gibibytes),
		TEST(memory_limit),
		TEST(memory_limit_within_a_size),
		TEST(behind_links),
		TEST(memory_limit_changes),
		TEST(memory_limit_of_all_generations),
		TEST(what_is_shared_counts_once),
		TEST(what_is_fresh_counts_once),
		TEST(two_generations_differ),
		TEST(users),
	};

	return cmocka_run_group_tests_name("site/tree", tests, NULL, NULL);
}
