#include "faults/faults.h"

#include <dirent.h>
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

enum { OPS_TRIED = 3 };

static struct plan *plan;
static char variable[64];

/* Once for all tests: what a test opens, its end closes. */
static bool
share_plan(void)
{
	int fd = memfd_create("plan", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, sizeof *plan) < 0)
		return false;
	plan =
	    mmap(NULL, sizeof *plan, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	snprintf(variable, sizeof variable, "%s=/proc/%d/fd/%d",
	    FAULTS_VARIABLE, getpid(), fd);
	return plan != MAP_FAILED;
}

int
faults_setup(void **state)
{
	if (!plan && !share_plan())
		return -1;
	inject_nothing();
	return harness_setup(state);
}

static struct spawn
with_plan(const struct spawn *how)
{
	struct spawn with = *how;
	const char **env;
	size_t n = 0;

	while (how->env && how->env[n])
		n++;
	env = keep((n + 2) * sizeof *env);
	env[0] = variable;
	for (size_t i = 0; i < n; i++)
		env[i + 1] = how->env[i];
	with.env = env;
	return with;
}

struct server *
faults_start(const struct spawn *how)
{
	struct spawn with = with_plan(how);

	return server_start(&with);
}

struct run
faults_run(const struct spawn *how)
{
	struct spawn with = with_plan(how);

	return run(&with);
}

void
inject(unsigned slot, struct failing what, int effect)
{
	struct fault *f = &plan->fault[slot];

	assert_true(slot < FAULTS_MAX);
	atomic_store(&f->armed, false);
	snprintf(f->call, sizeof f->call, "%s", what.call);
	snprintf(
	    f->detail, sizeof f->detail, "%s", what.detail ? what.detail : "");
	f->effect = effect;
	f->from = what.from ? what.from : 1;
	f->count = what.count ? what.count : 1;
	atomic_store(&f->calls, 0);
	atomic_store(&f->hits, 0);
	atomic_store(&f->armed, true);
}

void
inject_nothing(void)
{
	for (size_t i = 0; i < FAULTS_MAX; i++)
		atomic_store(&plan->fault[i].armed, false);
}

unsigned
fault_calls(unsigned slot)
{
	return atomic_load(&plan->fault[slot].calls);
}

unsigned
fault_hits(unsigned slot)
{
	return atomic_load(&plan->fault[slot].hits);
}

void
await_calls(unsigned slot, unsigned calls)
{
	int64_t end = now_ms() + WAIT_MS;

	while (fault_calls(slot) < calls) {
		if (now_ms() > end)
			fail_msg("%s was called %u times, not %u",
			    plan->fault[slot].call, fault_calls(slot), calls);
		pass_ms(1);
	}
}

const char *
describe(struct failing what, int effect)
{
	const char *name = effect > 0 ? strerrorname_np(effect)
	    : effect == FAULT_SHORT   ? "one byte"
	    : effect == FAULT_HALF    ? "half"
				      : "the end";

	return keepf("%s %s %u: %s", what.call, what.detail ? what.detail : "",
	    what.from, name);
}

unsigned
descriptors(const struct server *s)
{
	DIR *dir = opendir(keepf("/proc/%d/fd", s->pid));
	unsigned n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n - 2; /* . and .. */
}

/* All at the same time, each with half a head first. */
static void
assert_slots(struct server *s, uint16_t port, unsigned slots, int status)
{
	struct client *c[16];

	assert_true(slots <= COUNT(c));
	for (unsigned i = 0; i < slots; i++) {
		c[i] = dial(port);
		tell(c[i], "GET /check HTTP/1.1\r\n");
	}
	for (unsigned i = 0; i < slots; i++)
		tell(c[i], "Host: a\r\nConnection: close\r\n\r\n");
	for (unsigned i = 0; i < slots; i++) {
		assert_int_equal(hear(c[i], NULL, false), status);
		assert_int_equal(hear_end(c[i]), 0);
		hang_up(c[i]);
	}
	server_pull(s);
}

static void
assert_counts(struct server *s)
{
	const char *text = scrape(s);
	double requests = sample_sum(text, "http_requests_total");

	assert_true(requests > 0);
	assert_true(sample(text, "http_requests_in_flight") == 0);
	assert_true(sample(text, "my_webpage_request_latency_seconds_count") ==
	    requests);
	assert_true(sample(text, "my_webserver_log_lines_total") +
		sample(text, "my_webserver_log_lines_dropped_total") ==
	    requests);
	server_pull(s);
	assert_true(sample(text, "my_webserver_log_lines_total") ==
	    (double)server_lines(s));
}

void
assert_sound(struct server *s, unsigned page_slots, unsigned before)
{
	int64_t end = now_ms() + WAIT_MS;

	inject_nothing();
	assert_slots(s, s->page, page_slots, 404);
	assert_slots(s, s->metrics, OPS_TRIED, 404);
	for (unsigned i = 0; i < page_slots; i++) {
		const char *line = server_line(s);

		if (!strstr(line, "/check"))
			fail_msg("one line too many: %s", line);
	}
	await_sample(s, "http_connections{listener=\"page\"}", 0);
	await_sample(s, "http_connections{listener=\"metrics\"}", 1);
	assert_counts(s);
	while (descriptors(s) != before) {
		if (now_ms() > end)
			fail_msg(
			    "%u descriptors, not %u", descriptors(s), before);
		pass_ms(1);
	}
}
