#include "load.h"

#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { LOAD_MS = 60000 };

struct job
load_start(const char *const *args, rlim_t files)
{
	return load_start_on(args, files, memfd_create("err", 0));
}

struct job
load_start_on(const char *const *args, rlim_t files, int err)
{
	const char *path = getenv("LOAD_BINARY");
	struct job job = { .out = memfd_create("out", 0), .err = err };
	const char *argv[32] = { "load" };
	size_t n = 1;

	while (*args && n < COUNT(argv) - 1)
		argv[n++] = *args++;
	assert_true(job.out >= 0 && job.err >= 0);
	job.pid = fork();
	assert_true(job.pid >= 0);
	if (job.pid > 0)
		return job;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(job.out, 1);
	dup2(job.err, 2);
	if (files > 0)
		setrlimit(RLIMIT_NOFILE, &(struct rlimit){ files / 2, files });
	execv(path && *path ? path : "build/load", (char *const *)argv);
	_exit(127);
}

static char *
whole_file(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char *text = keep((size_t)size + 1);

	assert_int_equal(pread(fd, text, (size_t)size, 0), size);
	close(fd);
	return text;
}

struct outcome
load_wait(struct job job)
{
	int pidfd = (int)syscall(SYS_pidfd_open, job.pid, 0), status;
	struct pollfd p = { pidfd, POLLIN, 0 };
	struct outcome o;

	assert_true(pidfd >= 0);
	if (poll(&p, 1, LOAD_MS) != 1) {
		kill(job.pid, SIGKILL);
		fail_msg("load does not end");
	}
	close(pidfd);
	assert_int_equal(waitpid(job.pid, &status, 0), job.pid);
	assert_true(WIFEXITED(status));
	o.code = WEXITSTATUS(status);
	o.out = whole_file(job.out);
	o.err = whole_file(job.err);
	return o;
}

char *
load(int code, const char *const *args)
{
	struct outcome o = load_wait(load_start(args, 0));

	if (o.code != code)
		fail_msg("exit status %d: %s%s", o.code, o.out, o.err);
	assert_string_equal(o.err, "");
	if (!json_check(o.out, strlen(o.out) - 1, NULL, 0))
		fail_msg("not JSON: %s", o.out);
	return o.out;
}

long
number(const char *json, const char *name)
{
	const char *value = json_get(json, name);

	if (!value)
		fail_msg("no %s in %s", name, json);
	return atol(value);
}

char *
url_of(uint16_t port, const char *path)
{
	return keepf("http://127.0.0.1:%u%s", port, path);
}

void
assert_failures(const char *json, const char *kind, long count)
{
	static const char *const kinds[] = { "connect", "reset", "timeout",
		"short", "odd", "status", "length", "unsent" };

	for (size_t i = 0; i < COUNT(kinds); i++) {
		long wanted = strcmp(kinds[i], kind) ? 0 : count;

		if (number(json, kinds[i]) != wanted)
			fail_msg("%s is not %ld: %s", kinds[i], wanted, json);
	}
	assert_int_equal(number(json, "failed"), count);
}
