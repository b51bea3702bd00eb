/*
 * footprint.c - what the server costs before anybody asks for anything, and
 * what it does when nobody reads its log:
 *
 *	from exec(2) to the first 200
 *	resident memory, idle
 *	user memory for each idle keep-alive connection
 *	100,000 requests with a log pipe that nobody reads
 *
 * Usage: footprint SERVER [CONNECTIONS]. Everything stays on 127.0.0.1, and
 * ends by itself.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STARTS = 31, CONNECTIONS = 10000, REQUESTS = 100000, TRIES = 1000000 };

static const char get[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
static const char scrape[] = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n"
			     "Connection: close\r\n\r\n";

struct server {
	pid_t pid;
	uint16_t page, metrics;
	int log; /* read end of its standard output */
};

static void
fail(const char *what)
{
	fprintf(stderr, "footprint: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static struct sockaddr_in
loopback(uint16_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
}

/* A port that was free a moment ago. */
static uint16_t
free_port(void)
{
	struct sockaddr_in a = loopback(0);
	socklen_t size = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, size) < 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &size) < 0)
		fail("no free port");
	close(fd);
	return ntohs(a.sin_port);
}

/* Connects; -1 if nobody listens. */
static int
dial(uint16_t port)
{
	struct sockaddr_in a = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		fail("socket");
	if (connect(fd, (struct sockaddr *)&a, sizeof a) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Sends a request and reads its answer, which must be a 200 and is over when
 * its last bytes are there. */
static void
ask(int fd)
{
	char answer[4096];
	size_t len = 0;
	ssize_t n;

	if (send(fd, get, sizeof get - 1, MSG_NOSIGNAL) < 0)
		fail("send");
	do {
		n = recv(fd, answer + len, sizeof answer - 1 - len, 0);
		if (n <= 0)
			fail("recv");
		len += (size_t)n;
		answer[len] = '\0';
	} while (!strstr(answer, "</html>"));
	if (strncmp(answer, "HTTP/1.1 200 ", 13) != 0)
		fail("not a 200");
}

static void
run_server(const struct server *s, const char *path, int out)
{
	char page[64], metrics[64];
	int null = open("/dev/null", O_WRONLY);

	/* whatever becomes of us, it does not stay behind */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	snprintf(page, sizeof page, "--listen=127.0.0.1:%u", s->page);
	snprintf(metrics, sizeof metrics, "--metrics-listen=127.0.0.1:%u",
	    s->metrics);
	if (null < 0 || dup2(out, STDOUT_FILENO) < 0 ||
	    dup2(null, STDERR_FILENO) < 0)
		_exit(127);
	execl(path, path, page, metrics, (char *)NULL);
	_exit(127);
}

/* Starts it and waits until a request has been answered; returns how long that
 * took, in ms. */
static double
start(struct server *s, const char *path, bool read_log)
{
	int log[2], fd = -1;
	double from;

	*s = (struct server){ .page = free_port(), .metrics = free_port() };
	if (pipe2(log, O_CLOEXEC) < 0)
		fail("pipe");
	if (!read_log) {
		close(log[1]);
		log[1] = open("/dev/null", O_WRONLY | O_CLOEXEC);
	}
	from = now_ms();
	s->pid = fork();
	if (s->pid < 0)
		fail("fork");
	if (s->pid == 0)
		run_server(s, path, log[1]);
	for (int i = 0; i < TRIES && (fd = dial(s->page)) < 0; i++)
		continue;
	if (fd < 0)
		fail("it does not listen");
	ask(fd);
	from = now_ms() - from;
	close(fd);
	close(log[1]);
	s->log = log[0];
	return from;
}

static void
stop(const struct server *s)
{
	int status;

	kill(s->pid, SIGTERM);
	if (waitpid(s->pid, &status, 0) < 0 || status != 0)
		fail("it did not end with 0");
}

/* A line such as "Pss:  12 kB" of a file of /proc. */
static long
proc_kib(pid_t pid, const char *file, const char *name)
{
	char path[64], line[256];
	long kib = -1;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
	f = fopen(path, "r");
	if (!f)
		fail(path);
	while (kib < 0 && fgets(line, sizeof line, f))
		if (strncmp(line, name, strlen(name)) == 0)
			kib = strtol(line + strlen(name), NULL, 10);
	fclose(f);
	return kib;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Without a drain: the kernel does away with the listener's filter for some
 * milliseconds after it, and all that starts meanwhile takes longer. */
static void
cut_off(const struct server *s)
{
	kill(s->pid, SIGKILL);
	if (waitpid(s->pid, NULL, 0) < 0)
		fail("it did not end");
}

static void
starts(const char *path)
{
	double took[STARTS];
	struct server s;

	for (int i = 0; i < STARTS; i++) {
		took[i] = start(&s, path, false);
		cut_off(&s);
		close(s.log);
	}
	qsort(took, STARTS, sizeof took[0], by_size);
	printf(
	    "exec to first 200:           median %.2f ms, worst %.2f ms of %d\n",
	    took[STARTS / 2], took[STARTS - 1], STARTS);
}

static void
idle(const char *path, int connections)
{
	int *fd = calloc((size_t)connections, sizeof *fd);
	struct server s;
	long before, after;

	start(&s, path, false);
	printf("resident memory, idle:       %ld KiB\n",
	    proc_kib(s.pid, "status", "VmRSS:"));
	before = proc_kib(s.pid, "smaps_rollup", "Pss:");
	for (int i = 0; fd && i < connections; i++) {
		fd[i] = dial(s.page);
		if (fd[i] < 0)
			fail("connect");
		ask(fd[i]);
	}
	after = proc_kib(s.pid, "smaps_rollup", "Pss:");
	printf("each of %d idle connections: %ld bytes (%ld to %ld KiB)\n",
	    connections, (after - before) * 1024 / connections, before, after);
	for (int i = 0; fd && i < connections; i++)
		close(fd[i]);
	free(fd);
	stop(&s);
	close(s.log);
}

static uint64_t
dropped_lines(uint16_t port)
{
	static const char name[] = "\nmy_webserver_log_lines_dropped_total ";
	char text[64 * 1024];
	size_t len = 0;
	ssize_t n;
	char *at;
	int fd = dial(port);

	if (fd < 0 || send(fd, scrape, sizeof scrape - 1, MSG_NOSIGNAL) < 0)
		fail("scrape");
	while ((n = recv(fd, text + len, sizeof text - 1 - len, 0)) > 0)
		len += (size_t)n;
	close(fd);
	text[len] = '\0';
	at = strstr(text, name);
	if (!at)
		fail("no count of dropped lines");
	return strtoull(at + sizeof name - 1, NULL, 10);
}

static uint64_t
count_lines(int fd)
{
	char part[64 * 1024];
	uint64_t lines = 0;
	ssize_t n;

	while ((n = read(fd, part, sizeof part)) > 0)
		for (ssize_t i = 0; i < n; i++)
			lines += part[i] == '\n';
	return lines;
}

/* Lines may be held when it is told to end: it is given a reader then. */
static void
unread(const char *path)
{
	struct server s;
	double longest = 0;
	uint64_t dropped, lines;
	int fd;

	start(&s, path, true);
	fd = dial(s.page);
	for (int i = 1; i < REQUESTS; i++) { /* the start was one, too */
		double from = now_ms();

		ask(fd);
		from = now_ms() - from;
		longest = from > longest ? from : longest;
	}
	close(fd);
	dropped = dropped_lines(s.metrics);
	kill(s.pid, SIGTERM);
	lines = count_lines(s.log);
	close(s.log);
	waitpid(s.pid, NULL, 0);
	printf(
	    "nobody reads the log:        %d requests, longest wait %.1f ms; "
	    "%" PRIu64 " lines + %" PRIu64 " dropped = %" PRIu64 "\n",
	    REQUESTS, longest, lines, dropped, lines + dropped);
	if (lines + dropped != REQUESTS) {
		fputs("footprint: lines are missing\n", stderr);
		exit(1);
	}
}

int
main(int argc, char *argv[])
{
	int connections =
	    argc > 2 ? (int)strtol(argv[2], NULL, 10) : CONNECTIONS;
	struct rlimit files;
	struct stat st;

	if (argc < 2 || argc > 3 || connections < 1) {
		fputs("usage: footprint SERVER [CONNECTIONS]\n", stderr);
		return 2;
	}
	if (stat(argv[1], &st) < 0)
		fail(argv[1]);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	signal(SIGPIPE, SIG_IGN);
	printf(
	    "binary:                      %lld bytes\n", (long long)st.st_size);
	starts(argv[1]);
	idle(argv[1], connections);
	unread(argv[1]);
	return 0;
}
