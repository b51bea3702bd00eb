/*
 * conformance.c - holds every dialogue with the real server, and says which
 * went as written, as TAP. Usage: conformance [--peer=PORT [--site=PORT]]
 * [FILE.http]... Without files: all of tests/conformance. A peer's second port
 * is one where it serves tests/site.
 */
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "accounts.h"
#include "escape.h"
#include "replay.h"

struct score {
	size_t passed, failed, skipped, connections;
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
judge(struct score *score, size_t number, const char *name, bool good,
    const struct fault *f)
{
	char comment[sizeof f->text + 200] = "";

	if (!good)
		snprintf(
		    comment, sizeof comment, "# %.150s: %s\n", name, f->text);
	/* in one write: other processes tell the same way */
	printf("%sok %zu - %s\n%s", good ? "" : "not ", number, name, comment);
	fflush(stdout);
	if (good)
		score->passed++;
	else
		score->failed++;
}

/* Those that want the same options, with one server. What it has to show at the
 * end is a test as well. */
struct group {
	struct dialogue *dialogues;
	size_t count;
	const char *more; /* one more option for all of them, or NULL */
	size_t number;    /* of the first test */
};

static void
hold_group(const struct group *g, struct score *score)
{
	const char *options = g->dialogues[0].options;
	struct fault f = { "no server" };
	struct target t;
	char name[200];
	bool there = target_start(&t, options, g->more), good = there;
	struct play *play = play_new(&t);

	for (size_t i = 0; i < g->count; i++) {
		struct dialogue *d = &g->dialogues[i];

		snprintf(name, sizeof name, "%s%s%s", d->name,
		    g->more ? " " : "", g->more ? g->more : "");
		good = there && replay(play, d, &score->connections, &f);
		judge(score, g->number + i, name, good, &f);
	}
	play_free(play);
	good = there && accounts_add_up(&t, &f);
	if (there && !target_stop(&t))
		good = fault_set(&f, "did not end as it should");
	snprintf(name, sizeof name, "accounts add up [%s%s%s]", options,
	    g->more ? " " : "", g->more ? g->more : "");
	judge(score, g->number + g->count, name, good, &f);
}

/* In a process of its own, as some groups wait for time to pass. Returns where
 * its score can be read, or -1. */
static int
fork_group(const struct group *g)
{
	struct score score = { 0 };
	int ends[2];
	pid_t pid;

	if (pipe(ends) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(ends[0]);
		hold_group(g, &score);
		fflush(stdout);
		if (write(ends[1], &score, sizeof score) != sizeof score)
			perror("write");
		_exit(0);
	}
	close(ends[1]);
	if (pid > 0)
		return ends[0];
	close(ends[0]);
	return -1;
}

/* The score of the group behind fd, or a failure if it has none to tell. */
static void
add_score(struct score *sum, int fd)
{
	struct score score;

	if (fd < 0 || read(fd, &score, sizeof score) != sizeof score)
		score = (struct score){ .failed = 1 };
	if (fd >= 0)
		close(fd);
	sum->passed += score.passed;
	sum->failed += score.failed;
	sum->connections += score.connections;
}

/*
 * All groups, into groups, which has room for two of each dialogue. What a root
 * holds is served twice: from memory, and with none to keep it in, from files.
 */
static size_t
find_groups(struct group *groups, struct dialogue *all, size_t count)
{
	size_t n = 0, number = 1, end;

	for (size_t at = 0; at < count; at = end) {
		const char *options = all[at].options;

		for (end = at; end < count; end++)
			if (strcmp(all[end].options, options) != 0)
				break;
		groups[n] = (struct group){ all + at, end - at, NULL, number };
		number += groups[n++].count + 1;
		if (!strstr(options, "--root=") ||
		    strstr(options, "--memory-limit="))
			continue;
		groups[n] = (struct group){ all + at, end - at,
			"--memory-limit=0", number };
		number += groups[n++].count + 1;
	}
	printf("1..%zu\n", number - 1);
	return n;
}

static void
hold_all(struct dialogue *all, size_t count, struct score *score)
{
	struct group *groups = grown(NULL, 2 * count * sizeof *groups);
	size_t n = find_groups(groups, all, count);
	int *scores = grown(NULL, n * sizeof *scores);

	fflush(stdout);
	for (size_t i = 0; i < n; i++)
		scores[i] = fork_group(&groups[i]);
	for (size_t i = 0; i < n; i++)
		add_score(score, scores[i]);
	while (wait(NULL) > 0)
		;
	free(scores);
	free(groups);
}

/* With somebody else's server: those that need none of our options, or only a
 * root, where there is a server that has the same. */
static void
hold_peer(struct dialogue *all, size_t count, const uint16_t ports[2],
    struct score *score)
{
	static const char *const options[2] = { "", "--root=tests/site" };

	printf("1..%zu\n", count);
	for (int k = 0; k < 2; k++) {
		struct target t;
		struct play *play = play_new(&t);

		target_peer(&t, ports[k], options[k]);
		for (size_t i = 0; i < count; i++) {
			struct fault f = { "" };

			if (strcmp(all[i].options, options[k]) != 0 ||
			    all[i].metrics || !ports[k])
				continue;
			judge(score, i + 1, all[i].name,
			    replay(play, &all[i], &score->connections, &f), &f);
		}
		play_free(play);
		target_stop(&t);
	}
	score->skipped = count - score->passed - score->failed;
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
	static const char *const peers[2] = { "--peer=", "--site=" };
	struct score score = { 0 };
	struct dialogue *all;
	glob_t found = { 0 };
	char **paths = argv + 1;
	size_t count = (size_t)argc - 1;
	uint16_t ports[2] = { 0 };

	for (int k = 0; k < 2; k++)
		if (count > 0 && strncmp(paths[0], peers[k], 7) == 0) {
			ports[k] = (uint16_t)atoi(*paths++ + 7);
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
	if (ports[0])
		hold_peer(all, count, ports, &score);
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
