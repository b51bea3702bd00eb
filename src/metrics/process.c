#include "metrics/process.h"

#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/num.h"
#include "base/span.h"

/* Fields of /proc/self/stat behind the last ')', counted from 0. */
enum {
	STAT_UTIME = 11,
	STAT_STIME = 12,
	STAT_START = 19,
	STAT_VIRTUAL = 20,
	STAT_RESIDENT = 21,
	STAT_FIELDS = 22
};

/* Fields of /proc/self/statm, in pages. */
enum { STATM_RESIDENT = 1, STATM_FIELDS = 2 };

/* /proc/stat grows with processors and interrupts: where to give up, bytes. */
enum { PROC_STAT_MAX = 4 << 20 };

/* What getdents64(2) writes; libc hides it behind readdir, which allocates. */
struct entry {
	uint64_t ino;
	int64_t off;
	uint16_t size;
	uint8_t type;
	char name[];
};

static int
open_read(const char *path, int flags)
{
	return open(path, O_RDONLY | O_CLOEXEC | flags);
}

/* Ticks as ns; the product alone would overflow after 5 years at 100 Hz. */
static uint64_t
ticks_ns(uint64_t ticks)
{
	long per_second = sysconf(_SC_CLK_TCK);
	uint64_t hz = per_second > 0 ? (uint64_t)per_second : 100;

	return ticks / hz * NS_PER_SEC + ticks % hz * NS_PER_SEC / hz;
}

/* Numbers in a row, cut by spaces. One that is not unsigned is 0. */
static bool
take_fields(struct span rest, uint64_t *field, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (rest.at == NULL)
			return false;
		field[i] = 0;
		num_parse_u64(span_cut(&rest, ' '), &field[i]);
	}
	return true;
}

/* Reads a small file; its first bytes, or nothing. */
static struct span
read_file(const char *path, char *memory, size_t cap)
{
	int fd = open_read(path, 0);
	ssize_t n;

	if (fd < 0)
		return (struct span){ NULL, 0 };
	n = read(fd, memory, cap);
	close(fd);
	return (struct span){ memory, n > 0 ? (size_t)n : 0 };
}

/* The numbers behind the command's name, which may hold spaces and
 * parentheses itself. */
static bool
read_stat(uint64_t field[STAT_FIELDS])
{
	char text[1024];
	struct span all = read_file("/proc/self/stat", text, sizeof text);
	size_t name = all.len;

	while (name > 0 && text[name - 1] != ')')
		name--;
	if (name == 0 || name == all.len)
		return false;
	return take_fields(span_from(all, name + 1), field, STAT_FIELDS);
}

/*
 * Resident pages. The kernel adds up what each processor counted for statm; in
 * stat it leaves out what a processor has not handed on yet, which may be all
 * that we use: a program this small would show as 0.
 */
static uint64_t
read_resident(uint64_t otherwise)
{
	char text[128];
	uint64_t field[STATM_FIELDS];
	struct span all = read_file("/proc/self/statm", text, sizeof text);

	return take_fields(all, field, STATM_FIELDS) ? field[STATM_RESIDENT]
						     : otherwise;
}

/* A search for the line "btime SECONDS" through text that comes in parts. */
struct search {
	size_t matched; /* of the pattern */
	bool done;
	uint64_t value;
};

static void
search_feed(struct search *s, char c)
{
	static const char pattern[] = "\nbtime ";
	enum { WHOLE = sizeof pattern - 1 };

	if (s->matched < WHOLE) {
		/* the first byte comes once: no other place to fall back to */
		if (c == pattern[s->matched])
			s->matched++;
		else
			s->matched = c == pattern[0];
	} else if (c >= '0' && c <= '9') {
		s->value = s->value * 10 + (uint64_t)(c - '0');
	} else {
		s->done = true;
	}
}

/* When the machine started, seconds since 1970. */
static bool
read_boot(uint64_t *seconds)
{
	struct search search = { .matched = 1 }; /* the text begins a line */
	int fd = open_read("/proc/stat", 0);
	char part[1024];
	size_t total = 0;
	ssize_t n = 0;

	if (fd < 0)
		return false;
	while (!search.done && total < PROC_STAT_MAX &&
	    (n = read(fd, part, sizeof part)) > 0) {
		total += (size_t)n;
		for (ssize_t i = 0; i < n && !search.done; i++)
			search_feed(&search, part[i]);
	}
	close(fd);
	*seconds = search.value;
	return search.done && search.value > 0;
}

/* How many names a batch of directory entries holds, "." and ".." left out. */
static uint64_t
count_names(const char *at, size_t size)
{
	uint64_t names = 0;

	for (size_t i = 0; i + offsetof(struct entry, name) < size;) {
		const char *entry = at + i;
		const char *name = entry + offsetof(struct entry, name);
		uint16_t length;

		memcpy(&length, entry + offsetof(struct entry, size),
		    sizeof length);
		if (length == 0)
			break;
		if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
			names++;
		i += length;
	}
	return names;
}

static bool
read_fds(uint64_t *count)
{
	char batch[4096];
	long n;
	int fd = open_read("/proc/self/fd", O_DIRECTORY);

	if (fd < 0)
		return false;
	*count = 0;
	while ((n = syscall(SYS_getdents64, fd, batch, sizeof batch)) > 0)
		*count += count_names(batch, (size_t)n);
	close(fd);
	if (n < 0 || *count == 0)
		return false;
	*count -= 1; /* fd itself */
	return true;
}

void
process_read(struct process *p)
{
	uint64_t field[STAT_FIELDS], boot;
	struct rlimit limit;

	*p = (struct process){ 0 };
	p->has_stat = read_stat(field);
	if (p->has_stat) {
		p->cpu = ticks_ns(field[STAT_UTIME] + field[STAT_STIME]);
		p->virtual = field[STAT_VIRTUAL];
		p->resident = read_resident(field[STAT_RESIDENT]) *
		    (uint64_t)sysconf(_SC_PAGESIZE);
	}
	p->has_start = p->has_stat && read_boot(&boot);
	if (p->has_start)
		p->start = boot * NS_PER_SEC + ticks_ns(field[STAT_START]);
	p->has_open_fds = read_fds(&p->open_fds);
	p->has_max_fds = getrlimit(RLIMIT_NOFILE, &limit) == 0;
	if (p->has_max_fds)
		p->max_fds = limit.rlim_cur == RLIM_INFINITY
		    ? UINT64_MAX
		    : (uint64_t)limit.rlim_cur;
}
