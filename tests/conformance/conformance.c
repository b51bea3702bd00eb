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
 * end is a test as well, of the number given. */
static void
hold_group(const struct dialogue *all, size_t from, size_t end, size_t number,
    struct score *score)
{
	struct fault f = { "no server" };
	struct target t;
	char name[200];
	bool there = target_start(&t, all[from].options), good = there;
	struct play *play = play_new(&t);

	for (size_t i = from; i < end; i++) {
		good = there && replay(play, &all[i], &score->connections, &f);
		judge(score, i + 1, all[i].name, good, &f);
	}
	play_free(play);
	good = there && accounts_add_up(&t, &f);
	if (there && !target_stop(&t))
		good = fault_set(&f, "did not end as it should");
	snprintf(name, sizeof name, "accounts add up [%s]", all[from].options);
	judge(score, number, name, good, &f);
}

/* In a process of its own, as some groups wait for time to pass. Returns where
 * its score can be read, or -1. */
static int
fork_group(const struct dialogue *all, size_t from, size_t end, size_t number)
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
		hold_group(all, from, end, number, &score);
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

/* Where the group ends that begins at from. */
static size_t
group_end(const struct dialogue *all, size_t from, size_t count)
{
	size_t end = from + 1;

	while (end < count && strcmp(all[end].options, all[from].options) == 0)
		end++;
	return end;
}

static void
hold_all(const struct dialogue *all, size_t count, struct score *score)
{
	int *scores = grown(NULL, count * sizeof *scores);
	size_t groups = 0;

	for (size_t at = 0; at < count; at = group_end(all, at, count))
		groups++;
	printf("1..%zu\n", count + groups);
	fflush(stdout);
	groups = 0;
	for (size_t at = 0; at < count; at = group_end(all, at, count)) {
		scores[groups] = fork_group(
		    all, at, group_end(all, at, count), count + groups + 1);
		groups++;
	}
	for (size_t i = 0; i < groups; i++)
		add_score(score, scores[i]);
	while (wait(NULL) > 0)
		;
	free(scores);
}

/* With somebody else's server: those that need none of our options. */
static void
hold_peer(const struct dialogue *all, size_t count, uint16_t port,
    struct score *score)
{
	struct target t;
	struct play *play = play_new(&t);

	target_peer(&t, port);
	printf("1..%zu\n", count);
	for (size_t i = 0; i < count; i++) {
		struct fault f = { "" };

		if (all[i].options[0] || all[i].metrics)
			score->skipped++;
		else
			judge(score, i + 1, all[i].name,
			    replay(play, &all[i], &score->connections, &f), &f);
	}
	play_free(play);
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
