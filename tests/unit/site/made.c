#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "made.h"

static void
keep_note(void *context, const struct site_note *note)
{
	struct made *m = context;
	struct made_note *kept;

	if (note->kind == SITE_PROGRESS)
		return;
	assert_in_range(m->notes, 0, MADE_NOTES - 1);
	kept = &m->note[m->notes++];
	kept->kind = note->kind;
	kept->error = note->error;
	kept->files = note->files;
	snprintf(kept->what, sizeof kept->what, "%s", note->what);
	snprintf(kept->path, sizeof kept->path, "%.*s", (int)note->path.len,
	    note->path.len > 0 ? note->path.at : "");
}

int
made_begin(void **state)
{
	const char *tmp = getenv("TMPDIR");
	struct made *m = calloc(1, sizeof *m);

	assert_non_null(m);
	snprintf(m->base, sizeof m->base, "%s/site-XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(m->base));
	snprintf(m->root, sizeof m->root, "%s/root", m->base);
	assert_int_equal(mkdir(m->root, 0777), 0);
	m->options = (struct tree_options){
		.root = m->root,
		.index = SPAN("index.html"),
		.rules = &m->rules,
		.memory_limit = UINT64_C(1) << 40,
		.nosniff = true,
		.cache_control = true,
		.tell = keep_note,
		.context = m,
	};
	*state = m;
	return 0;
}

/* Empties an open directory, and closes it. */
static void
empty(int fd)
{
	DIR *dir = fdopendir(fd);
	const struct dirent *e;

	assert_non_null(dir);
	while ((e = readdir(dir))) {
		int below;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (unlinkat(dirfd(dir), e->d_name, 0) == 0)
			continue;
		fchmodat(dirfd(dir), e->d_name, 0700, 0);
		below = openat(
		    dirfd(dir), e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
		assert_true(below != -1);
		empty(below);
		assert_int_equal(
		    unlinkat(dirfd(dir), e->d_name, AT_REMOVEDIR), 0);
	}
	closedir(dir);
}

int
made_end(void **state)
{
	struct made *m = *state;
	int fd = open(m->base, O_RDONLY | O_DIRECTORY);

	assert_true(fd != -1);
	empty(fd);
	assert_int_equal(rmdir(m->base), 0);
	free(m);
	return 0;
}

const char *
made_path(const struct made *m, const char *name)
{
	static char path[4][PATH_MAX];
	static unsigned next;
	char *to = path[next++ % 4];

	assert_in_range(
	    snprintf(to, PATH_MAX, "%s/%s", m->root, name), 1, PATH_MAX - 1);
	return to;
}

static void
make_parents(const struct made *m, const char *name)
{
	char path[PATH_MAX];

	for (size_t n = strcspn(name, "/"); name[n] != '\0';
	     n += 1 + strcspn(name + n + 1, "/")) {
		snprintf(path, sizeof path, "%.*s", (int)n, name);
		if (n > 0 && mkdir(made_path(m, path), 0777) == -1)
			assert_int_equal(errno, EEXIST);
	}
}

void
made_bytes(const struct made *m, const char *name, struct span content)
{
	int fd;

	make_parents(m, name);
	fd = open(made_path(m, name), O_WRONLY | O_CREAT | O_TRUNC, 0666);
	assert_true(fd != -1);
	assert_int_equal(write(fd, content.at, content.len), content.len);
	assert_int_equal(close(fd), 0);
}

void
made_file(const struct made *m, const char *name, const char *content)
{
	made_bytes(m, name, span_of(content));
}

void
made_sized(const struct made *m, const char *name, size_t size, unsigned seed)
{
	char *bytes = malloc(size > 0 ? size : 1);

	assert_non_null(bytes);
	for (size_t i = 0; i < size; i++)
		bytes[i] = (char)('a' + (i * 7 + i / 251 + seed) % 26);
	made_bytes(m, name, (struct span){ bytes, size });
	free(bytes);
}

void
made_directory(const struct made *m, const char *name)
{
	make_parents(m, name);
	assert_int_equal(mkdir(made_path(m, name), 0777), 0);
}

void
made_link(const struct made *m, const char *name, const char *target)
{
	make_parents(m, name);
	assert_int_equal(symlink(target, made_path(m, name)), 0);
}

void
made_remove(const struct made *m, const char *name)
{
	assert_int_equal(unlink(made_path(m, name)), 0);
}

struct generation *
made_load(struct made *m, struct generation *old)
{
	struct generation *g;

	m->notes = 0;
	g = generation_load(&m->options, &old, old ? 1 : 0);
	if (!g)
		fail_msg("not loaded: %s: %s",
		    m->notes > 0 ? m->note[m->notes - 1].what : "no note",
		    strerror(errno));
	return g;
}

void
made_expect(const struct generation *g, const char *path, const char *content)
{
	const struct entry *e = generation_find(g, span_of(path));

	if (!e)
		fail_msg("%s: nothing", path);
	if (!e->plain.file)
		fail_msg("%s: a redirect", path);
	assert_true(e->plain.file->held);
	assert_int_equal(e->plain.file->id.size, strlen(content));
	assert_memory_equal(e->plain.file->bytes, content, strlen(content));
}

void
made_expect_nothing(const struct generation *g, const char *path)
{
	const struct entry *e = generation_find(g, span_of(path));

	if (e)
		fail_msg("%s: %s", path,
		    e->plain.file ? e->plain.path : "a redirect");
}

const struct made_note *
made_noted(const struct made *m, enum site_note_kind kind, const char *path)
{
	for (size_t i = 0; i < m->notes; i++)
		if (m->note[i].kind == kind &&
		    strcmp(m->note[i].path, path) == 0)
			return &m->note[i];
	return NULL;
}
