/*
 * conformance.c - holds every dialogue with the real server, and says which
 * went as written, as TAP. Usage: conformance [--peer=PORT] [FILE.http]...
 * Without files: all of tests/conformance.
 */
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "escape.h"
#include "replay.h"

struct score {
	size_t number, passed, failed, skipped, connections;
};

/* By what the server must be started with, then by name. */
static int
compare(const void *a, const void *b)
{
	const struct dialogue *x = a, *y = b;
	int order = strcmp(x->options, y->options);

	return order != 0 ? order : strcmp(x->name, y->name);
}

/* Reads the files; NULL if one of them is no dialogue. */
static struct dialogue *
read_all(char **paths, size_t count)
{
	struct dialogue *all = grown(NULL, (count + 1) * sizeof *all);
	bool good = count > 0;

	for (size_t i = 0; i < count; i++)
		good &= dialogue_read(&all[i], paths[i]);
	if (good) {
		qsort(all, count, sizeof *all, compare);
		return all;
	}
	for (size_t i = 0; i < count; i++)
		dialogue_free(&all[i]);
	free(all);
	return NULL;
}

static void
judge(struct score *score, const struct dialogue *d, bool good,
    const struct fault *f)
{
	printf("%sok %zu - %s\n", good ? "" : "not ", ++score->number, d->name);
	if (!good)
		printf("# %s: %s\n", d->name, f->text);
	fflush(stdout);
	if (good)
		score->passed++;
	else
		score->failed++;
}

/* Those that want the same options, with one server. */
static void
hold_group(const struct dialogue *d, size_t count, struct score *score)
{
	struct fault none = { "no server" };
	struct target t;
	bool there = target_start(&t, d->options);

	for (size_t i = 0; i < count; i++) {
		struct fault f = none;
		bool good = there && replay(&t, &d[i], &score->connections, &f);

		judge(score, &d[i], good, &f);
	}
	if (there && !target_stop(&t)) {
		printf("# not a good end with [%s]\n", d->options);
		score->failed++;
	}
}

static void
hold_all(const struct dialogue *all, size_t count, struct score *score)
{
	size_t end;

	for (size_t at = 0; at < count; at = end) {
		end = at + 1;
		while (end < count &&
		    strcmp(all[end].options, all[at].options) == 0)
			end++;
		hold_group(all + at, end - at, score);
	}
}

/* With somebody else's server: those that need none of our options. */
static void
hold_peer(const struct dialogue *all, size_t count, uint16_t port,
    struct score *score)
{
	struct target t;

	target_peer(&t, port);
	for (size_t i = 0; i < count; i++) {
		struct fault f = { "" };

		if (all[i].options[0] || all[i].metrics)
			score->skipped++;
		else
			judge(score, &all[i],
			    replay(&t, &all[i], &score->connections, &f), &f);
	}
	target_stop(&t);
}

static void
more_files(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
}

int
main(int argc, char **argv)
{
	struct score score = { 0 };
	struct dialogue *all;
	glob_t found = { 0 };
	char **paths = argv + 1;
	size_t count = (size_t)argc - 1;
	uint16_t port = 0;

	if (count > 0 && strncmp(paths[0], "--peer=", 7) == 0) {
		port = (uint16_t)atoi(*paths++ + 7);
		count--;
	}
	if (count == 0 &&
	    glob("tests/conformance/*.http", 0, NULL, &found) == 0) {
		paths = found.gl_pathv;
		count = found.gl_pathc;
	}
	all = read_all(paths, count);
	globfree(&found);
	if (!all)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	more_files();
	printf("1..%zu\n", count);
	if (port)
		hold_peer(all, count, port, &score);
	else
		hold_all(all, count, &score);
	printf("# %zu dialogues over %zu connections: %zu as written, %zu not, "
	       "%zu left out\n",
	    count, score.connections, score.passed, score.failed,
	    score.skipped);
	for (size_t i = 0; i < count; i++)
		dialogue_free(&all[i]);
	free(all);
	return score.failed > 0;
}
