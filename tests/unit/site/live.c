#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/num.h"
#include "live.h"

enum { PATIENCE_S = 5 };

/* Called by the loader too, where a test cannot fail. */
static void
keep(void *context, const struct site_note *note)
{
	struct live *l = context;

	l->loader = gettid();
	switch (note->kind) {
	case SITE_PROGRESS:
		break;
	case SITE_WARNING:
		l->warning_error = note->error;
		l->warning = note->what;
		l->warnings++;
		break;
	case SITE_LOADED:
		l->number = note->generation;
		l->loaded++;
		break;
	case SITE_FAILED:
		l->failed_error = note->error;
		l->failed++;
		break;
	}
}

int
live_begin(void **state)
{
	struct live *l = calloc(1, sizeof *l);

	assert_non_null(l);
	made_begin((void **)&l->made);
	made_file(l->made, "index.html", "");
	l->made->options.tell = keep;
	l->made->options.context = l;
	*state = l;
	return 0;
}

int
live_end(void **state)
{
	struct live *l = *state;
	void *made = l->made;

	live_close(l);
	free(l);
	return made_end(&made);
}

void
live_start(struct live *l, enum watch_mode mode)
{
	assert_int_equal(site_open(&l->site, &l->made->options), 0);
	assert_int_equal(site_start(&l->site, mode), 0);
}

void
live_close(struct live *l)
{
	if (l->site.started)
		site_close(&l->site);
}

struct patience
patience(const char *what)
{
	return (struct patience){ clock_monotonic() + PATIENCE_S * NS_PER_SEC,
		what };
}

void
patience_wait(const struct patience *p)
{
	const struct timespec ms = { .tv_nsec = NS_PER_MS };

	if (clock_monotonic() > p->deadline)
		fail_msg("waited in vain for %s", p->what);
	nanosleep(&ms, NULL);
}

bool
live_has(const struct generation *g, const char *path, const char *content)
{
	const struct entry *e = generation_find(g, span_of(path));
	const struct file *f = e ? e->plain.file : NULL;

	if (!f || !content)
		return !f && !content;
	return f->held &&
	    span_eq((struct span){ f->bytes, f->id.size }, span_of(content));
}

uint64_t
live_await(struct live *l, const char *path, const char *content)
{
	struct patience p = patience(content ? content : path);

	while (!live_has(site_current(&l->site), path, content))
		patience_wait(&p);
	return generation_number(site_current(&l->site));
}

/* A current generation is taken over while waiting, as a loop that is asked
 * does. */
static void
await_count(struct live *l, const _Atomic unsigned *count, unsigned least,
    const char *what)
{
	struct patience p = patience(what);

	while (*count < least) {
		site_current(&l->site);
		patience_wait(&p);
	}
	site_current(&l->site);
}

void
live_await_loaded(struct live *l, unsigned count)
{
	await_count(l, &l->loaded, count, "a load");
}

void
live_await_failed(struct live *l, unsigned count)
{
	await_count(l, &l->failed, count, "a failure");
}

void
live_await_warnings(struct live *l, unsigned count)
{
	await_count(l, &l->warnings, count, "a warning");
}

static void
volume_fill(const struct made *m, unsigned version)
{
	char name[64], content[64];

	for (char c = 'a'; c <= 'b'; c++) {
		snprintf(name, sizeof name, "..v%u/%c", version, c);
		snprintf(content, sizeof content, "%c%u", c, version);
		made_file(m, name, content);
	}
}

static void
volume_remove(const struct made *m, unsigned version)
{
	char name[64];

	for (char c = 'a'; c <= 'b'; c++) {
		snprintf(name, sizeof name, "..v%u/%c", version, c);
		made_remove(m, name);
	}
	snprintf(name, sizeof name, "..v%u", version);
	assert_int_equal(rmdir(made_path(m, name)), 0);
}

void
volume_make(const struct made *m, unsigned version)
{
	char target[64];

	volume_fill(m, version);
	snprintf(target, sizeof target, "..v%u", version);
	made_link(m, "..data", target);
	made_link(m, "a", "..data/a");
	made_link(m, "b", "..data/b");
}

void
volume_swap(const struct made *m, unsigned version)
{
	char target[64];

	volume_fill(m, version);
	snprintf(target, sizeof target, "..v%u", version);
	made_link(m, "..data_tmp", target);
	assert_int_equal(
	    rename(made_path(m, "..data_tmp"), made_path(m, "..data")), 0);
	volume_remove(m, version - 1);
}
