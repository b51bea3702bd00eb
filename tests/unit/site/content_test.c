/* Files that change, or fail, while they are read. */
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
#include <unistd.h>

#include "made.h"
#include "site/content.h"

/* What happens before each of the next reads. */
static struct {
	size_t times;
	void (*act)(const struct made *m);
	const struct made *made;
	int error;    /* that they fail with */
	size_t most;  /* bytes of each, if not 0 */
	size_t count; /* of reads */
} reads;

ssize_t __real_read(int fd, void *to, size_t size);
ssize_t
__wrap_read(int fd, void *to, size_t size)
{
	reads.count++;
	if (reads.times > 0) {
		reads.times--;
		if (reads.act)
			reads.act(reads.made);
		if (reads.error) {
			errno = reads.error;
			return -1;
		}
	}
	if (reads.most > 0 && size > reads.most)
		size = reads.most;
	return __real_read(fd, to, size);
}

static int
begin(void **state)
{
	memset(&reads, 0, sizeof reads);
	made_begin(state);
	reads.made = *state;
	made_file(*state, "index.html", "front");
	return 0;
}

static void
append(const struct made *m)
{
	int fd = open(made_path(m, "f"), O_WRONLY | O_APPEND);

	assert_true(fd != -1);
	assert_int_equal(write(fd, "+", 1), 1);
	close(fd);
}

static void
cut(const struct made *m)
{
	assert_int_equal(truncate(made_path(m, "f"), 1), 0);
}

static void
replace(const struct made *m)
{
	made_file(m, "../f", "replaced");
	assert_int_equal(rename(made_path(m, "../f"), made_path(m, "f")), 0);
}

/* As many times as this, and the content is whole all the same. */
static void
once_or_twice(void **state)
{
	struct made *m = *state;
	struct generation *g;

	made_file(m, "f", "begin");
	made_remove(m, "index.html");
	reads.act = append;
	reads.times = 1;
	g = made_load(m, NULL);
	made_expect(g, "/f", "begin+");
	generation_free(g);
	reads.times = 2;
	g = made_load(m, NULL);
	made_expect(g, "/f", "begin+++");
	generation_free(g);
	reads.act = cut;
	reads.times = 1;
	g = made_load(m, NULL);
	made_expect(g, "/f", "b");
	generation_free(g);
	reads.act = replace;
	reads.times = 1;
	g = made_load(m, NULL);
	made_expect(g, "/f", "replaced");
	generation_free(g);
}

static void
without_end(void **state)
{
	struct made *m = *state;
	struct generation *g, *h;

	made_file(m, "f", "begin");
	g = made_load(m, NULL);
	reads.act = append;
	reads.times = SIZE_MAX;
	h = made_load(m, NULL);
	made_expect_nothing(h, "/f");
	made_expect(h, "/", "front");
	assert_int_equal(m->notes, 1);
	assert_non_null(strstr(m->note[0].what, "left out"));
	assert_string_equal(m->note[0].path, "/f");
	generation_free(h);
	/* what it was before is still good */
	h = made_load(m, g);
	generation_free(g);
	made_expect(h, "/f", "begin");
	assert_int_equal(m->notes, 1);
	assert_non_null(strstr(m->note[0].what, "as it was before"));
	generation_free(h);
}

static void
error_of_the_disk(void **state)
{
	struct made *m = *state;
	struct generation *g;

	made_remove(m, "index.html");
	made_file(m, "f", "begin");
	reads.error = EIO;
	reads.times = SIZE_MAX;
	g = made_load(m, NULL);
	made_expect_nothing(g, "/f");
	assert_non_null(made_noted(m, SITE_WARNING, "/f"));
	assert_int_equal(made_noted(m, SITE_WARNING, "/f")->error, EIO);
	generation_free(g);
}

static void
in_small_pieces(void **state)
{
	struct made *m = *state;
	struct generation *g, *h;
	const struct file *a, *b;

	made_sized(m, "f", 50000, 3);
	made_sized(m, "large", 300000, 4);
	g = made_load(m, NULL);
	reads.most = 999;
	reads.error = EINTR;
	reads.times = 3;
	h = made_load(m, NULL);
	a = generation_find(g, SPAN("/f"))->plain.file;
	b = generation_find(h, SPAN("/f"))->plain.file;
	assert_memory_equal(a->bytes, b->bytes, 50000);
	assert_memory_equal(&a->hash, &b->hash, sizeof a->hash);
	a = generation_find(g, SPAN("/large"))->plain.file;
	b = generation_find(h, SPAN("/large"))->plain.file;
	assert_memory_equal(&a->hash, &b->hash, sizeof a->hash);
	generation_free(g);
	generation_free(h);
}

/* What became of a file between walk and read. */
static void
not_a_file_any_more(void **state)
{
	struct made *m = *state;
	struct arena memory = { NULL };
	struct report report;
	struct content c;
	struct below root;
	struct stat st;
	struct found found;

	report_begin(&report, &m->options, false);
	assert_int_equal(below_begin(&root, m->root, &memory), 0);
	assert_int_equal(content_begin(&c, &root, &report), 0);
	assert_int_equal(stat(made_path(m, "index.html"), &st), 0);
	found = (struct found){ .path = SPAN("/f"), .id = identity_of(&st) };
	assert_int_equal(mkfifo(made_path(m, "f"), 0666), 0);
	assert_int_equal(content_load(&c, &found, NULL, true), 0);
	assert_null(found.file);
	assert_true(c.moved);
	made_remove(m, "f");
	made_directory(m, "f");
	assert_int_equal(content_load(&c, &found, NULL, true), 0);
	assert_null(found.file);
	assert_int_equal(rmdir(made_path(m, "f")), 0);
	c.moved = false;
	assert_int_equal(content_load(&c, &found, NULL, true), 0);
	assert_null(found.file);
	assert_true(c.moved);
	/* that it is gone is no news: editors do that all the time */
	assert_int_equal(report.count, 2);
	content_end(&c);
	below_end(&root);
	arena_free(&memory);
}

/* As whoever may not read everything. */
static void
not_allowed(void **state)
{
	struct made *m = *state;
	struct generation *g;
	uid_t user = geteuid();

	made_file(m, "f", "secret");
	made_file(m, "d/f", "secret");
	made_file(m, "e/f", "secret");
	assert_int_equal(chmod(made_path(m, "f"), 0), 0);
	assert_int_equal(chmod(made_path(m, "d"), 0), 0);
	assert_int_equal(chmod(made_path(m, "e"), 0444), 0);
	assert_int_equal(chmod(m->base, 0755), 0);
	if (user == 0)
		assert_int_equal(seteuid(65534), 0);
	g = made_load(m, NULL);
	made_expect(g, "/", "front");
	made_expect_nothing(g, "/f");
	made_expect_nothing(g, "/d/f");
	made_expect_nothing(g, "/e/f");
	assert_int_equal(m->notes, 3);
	assert_int_equal(made_noted(m, SITE_WARNING, "/f")->error, EACCES);
	assert_int_equal(made_noted(m, SITE_WARNING, "/d")->error, EACCES);
	assert_int_equal(made_noted(m, SITE_WARNING, "/e/f")->error, EACCES);
	generation_free(g);
	assert_int_equal(seteuid(user), 0);
	assert_int_equal(chmod(m->root, 0), 0);
	if (user == 0)
		assert_int_equal(seteuid(65534), 0);
	m->notes = 0;
	assert_null(generation_load(&m->options, NULL, 0));
	assert_int_equal(errno, EACCES);
	assert_int_equal(m->notes, 1);
	assert_int_equal(m->note[0].kind, SITE_FAILED);
	assert_int_equal(m->note[0].error, EACCES);
	assert_int_equal(seteuid(user), 0);
	assert_int_equal(chmod(m->root, 0700), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, made_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(once_or_twice),
		TEST(without_end),
		TEST(error_of_the_disk),
		TEST(in_small_pieces),
		TEST(not_a_file_any_more),
		TEST(not_allowed),
	};

	return cmocka_run_group_tests_name("site/content", tests, NULL, NULL);
}
