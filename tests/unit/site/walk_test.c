#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "made.h"
#include "site/report.h"

enum { MANY = 1000 };

static struct below root;
static struct arena memory;
static struct report report;
static struct walk walk;

static int
begin(void **state)
{
	struct made *m;

	made_begin(state);
	m = *state;
	report_begin(&report, &m->options, false);
	assert_int_equal(below_begin(&root, m->root, &memory), 0);
	return 0;
}

static int
end(void **state)
{
	walk_end(&walk);
	below_end(&root);
	arena_free(&memory);
	return made_end(state);
}

static const struct found *
found(const char *path)
{
	for (size_t i = 0; i < walk.files; i++)
		if (span_eq(walk.file[i].path, span_of(path)))
			return &walk.file[i];
	return NULL;
}

static void
what_is_there(void **state)
{
	const struct made *m = *state;
	const struct found *f;

	made_file(m, "a", "12345");
	made_file(m, "b/c", "123");
	made_link(m, "link", "b/c");
	made_file(m, ".hidden", "");
	made_file(m, ".git/config", "");
	made_file(m, ".well-known/security.txt", "");
	made_file(m, ".well-knownx", "");
	made_file(m, "b/.well-known/d", "");
	assert_int_equal(walk_begin(&walk, &root, &memory, &report, MANY), 0);
	assert_int_equal(walk.files, 5);
	assert_int_equal(walk.directories, 4);
	f = found("/a");
	assert_non_null(f);
	assert_int_equal(f->id.size, 5);
	assert_false(f->link);
	assert_int_equal(f->path.at[f->path.len], '\0');
	assert_non_null(found("/b/c"));
	assert_non_null(found("/.well-known/security.txt"));
	assert_non_null(found("/b/.well-known/d"));
	f = found("/link");
	assert_non_null(f);
	assert_int_equal(f->id.size, 3);
	assert_true(f->link);
	assert_int_equal(report.count, 0);
}

static void
nothing(void **state)
{
	(void)state;
	assert_int_equal(walk_begin(&walk, &root, &memory, &report, MANY), 0);
	assert_int_equal(walk.files, 0);
	assert_int_equal(walk.directories, 1);
	assert_true(walk_holds(&walk));
}

/* Each level has two links to the next: 2^30 paths, were there no end. */
static void
directories_that_double(void **state)
{
	const struct made *m = *state;
	char name[32], target[32];

	for (int i = 0; i < 30; i++) {
		snprintf(target, sizeof target, "../../d/%d", i + 1);
		for (int j = 0; j < 2; j++) {
			snprintf(name, sizeof name, "d/%d/%c", i, "lr"[j]);
			made_link(m, name, target);
		}
	}
	made_file(m, "d/30/end", "end");
	assert_int_equal(walk_begin(&walk, &root, &memory, &report, MANY), 0);
	assert_in_range(walk.directories, 100, MANY);
	assert_int_equal(walk.entries, MANY + 1);
	assert_int_equal(report.count, 1);
	assert_non_null(strstr(report.warning[0].what, "too many"));
}

/* Does it hold after this? */
static bool
holds_after(const struct made *m, void (*act)(const struct made *m))
{
	bool holds;

	walk_end(&walk);
	assert_int_equal(walk_begin(&walk, &root, &memory, &report, MANY), 0);
	assert_true(walk_holds(&walk));
	act(m);
	holds = walk_holds(&walk);
	return holds;
}

static void
add(const struct made *m)
{
	made_file(m, "b/new", "new");
}

static void
take(const struct made *m)
{
	made_remove(m, "b/new");
}

static void
overwrite(const struct made *m)
{
	made_file(m, "b/c", "other");
}

static void
replace(const struct made *m)
{
	made_file(m, "../c", "other");
	assert_int_equal(rename(made_path(m, "../c"), made_path(m, "b/c")), 0);
}

static void
replace_behind_link(const struct made *m)
{
	made_file(m, "../c", "other");
	assert_int_equal(rename(made_path(m, "../c"), made_path(m, ".x/c")), 0);
}

static void
replace_directory(const struct made *m)
{
	made_file(m, "../n/e", "e");
	assert_int_equal(rename(made_path(m, "b/d"), made_path(m, "../o")), 0);
	assert_int_equal(rename(made_path(m, "../n"), made_path(m, "b/d")), 0);
}

static void
nothing_at_all(const struct made *m)
{
	(void)m;
}

static void
what_moves_is_seen(void **state)
{
	const struct made *m = *state;

	made_file(m, "b/c", "c");
	made_file(m, "b/d/e", "e");
	made_file(m, ".x/c", "c");
	made_link(m, "link", ".x/c");
	assert_true(holds_after(m, nothing_at_all));
	assert_true(holds_after(m, overwrite));
	assert_false(holds_after(m, add));
	assert_false(holds_after(m, take));
	assert_false(holds_after(m, replace));
	assert_false(holds_after(m, replace_behind_link));
	assert_false(holds_after(m, replace_directory));
	assert_true(holds_after(m, nothing_at_all));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_there),
		TEST(nothing),
		TEST(directories_that_double),
		TEST(what_moves_is_seen),
	};

	return cmocka_run_group_tests_name("site/walk", tests, NULL, NULL);
}
