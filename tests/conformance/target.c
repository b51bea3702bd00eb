#include "target.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "escape.h"

static const char demo_page[] = "\n"
				"<!DOCTYPE html>\n"
				"<html>\n"
				"    <head>\n"
				"        <title>Hello!</title>\n"
				"    </head>\n"
				"    <body>\n"
				"        <p>This is a demo page!</p>\n"
				"    </body>\n"
				"</html>";

enum { ARGS_MAX = 16, START_MS = 20000, ANSWER_MS = 10000, HOME_MAX = 8192 };

int
target_dial(uint16_t port)
{
	/* from many addresses, so that no port is missed while the kernel
	 * keeps it from being used again */
	static unsigned next;
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in from = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(0x7f000001 + (next++ % 200 << 8)) };
	struct timeval patience = { ANSWER_MS / 1000, 0 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0)
		return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	if (bind(fd, (struct sockaddr *)&from, sizeof from) < 0 ||
	    connect(fd, (struct sockaddr *)&to, sizeof to) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* The child. options is cut into its parts. */
static void
become(char *options, int err)
{
	const char *path = getenv("MY_WEBSERVER_BINARY");
	char *args[ARGS_MAX] = { (char *)(uintptr_t)(path && *path
					 ? path
					 : "build/my_webserver"),
		(char[]){ "--listen=127.0.0.1:0" },
		(char[]){ "--metrics-listen=127.0.0.1:0" },
		(char[]){ "--shutdown-delay=0s" } };
	size_t n = 4;
	int null = open("/dev/null", O_RDWR);

	for (char *word = strtok(options, " "); word && n < ARGS_MAX - 1;
	     word = strtok(NULL, " "))
		args[n++] = word;
	dup2(null, 0);
	dup2(null, 1);
	dup2(err, 2);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_DFL);
	/* not an option of the program */
	unsetenv("MY_WEBSERVER_BINARY");
	execv(args[0], args);
	perror(args[0]);
	_exit(127);
}

/* Appends what stands on its standard error; false at the end or in vain. */
static bool
hear_error(struct target *t, char *said, size_t cap, int ms)
{
	struct pollfd p = { t->err, POLLIN, 0 };
	size_t len = strlen(said);
	ssize_t n;

	if (len + 1 >= cap || poll(&p, 1, ms) <= 0)
		return false;
	n = read(t->err, said + len, cap - len - 1);
	if (n <= 0)
		return false;
	said[len + (size_t)n] = '\0';
	return true;
}

/* The port in "name": "address:port", 0 if it does not stand there. */
static uint16_t
port_of(const char *said, const char *name)
{
	const char *at = strstr(said, name);
	const char *end = at ? strchr(at + strlen(name), '"') : NULL;

	while (end && end > at && end[-1] != ':')
		end--;
	return end ? (uint16_t)strtoul(end, NULL, 10) : 0;
}

/* The value of an option, cut at the next one; otherwise if it is not there. */
static char *
option(const char *options, const char *name, const char *otherwise)
{
	const char *at = strstr(options, name);

	if (!at)
		return strdup(otherwise);
	at += strlen(name);
	return strndup(at, strcspn(at, " "));
}

/* What a GET of "/" has to bring: the root's index, or the demo page. */
static void
find_home(struct target *t, const char *options)
{
	char *root = option(options, "--root=", "");
	char *index = option(options, "--index=", "index.html");
	char path[200];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", root, index);
	t->home = grown(NULL, HOME_MAX);
	t->home_len = strlen(demo_page);
	memcpy(t->home, demo_page, t->home_len);
	if (*root) {
		file = fopen(path, "r");
		t->home_len = file ? fread(t->home, 1, HOME_MAX, file) : 0;
		if (file)
			fclose(file);
	}
	free(root);
	free(index);
}

bool
target_start(struct target *t, const char *options, const char *more)
{
	char said[4096] = "", *copy;
	int err[2];

	*t = (struct target){ .barrier = -1, .err = -1, .pid = -1 };
	find_home(t, options);
	if (asprintf(&copy, "%s %s", options, more ? more : "") < 0)
		return false;
	if (pipe2(err, O_CLOEXEC) < 0) {
		free(copy);
		return false;
	}
	t->pid = fork();
	if (t->pid == 0)
		become(copy, err[1]);
	free(copy);
	close(err[1]);
	t->err = err[0];
	while (
	    !strchr(said, '\n') && hear_error(t, said, sizeof said, START_MS))
		;
	t->page = port_of(said, "\"listen\": \"");
	t->metrics = port_of(said, "\"metrics_listen\": \"");
	if (t->page != 0 && t->metrics != 0)
		return true;
	fprintf(stderr, "no server with [%s%s%s]: %s\n", options,
	    more ? " " : "", more ? more : "", said);
	target_stop(t);
	return false;
}

void
target_peer(struct target *t, uint16_t port, const char *options)
{
	*t = (struct target){
		.page = port, .peer = true, .barrier = -1, .err = -1, .pid = -1
	};
	find_home(t, options);
}

bool
target_stop(struct target *t)
{
	char said[16384] = "";
	int status = 0;

	free(t->home);
	t->home = NULL;
	if (t->barrier >= 0)
		close(t->barrier);
	if (t->pid > 0) {
		kill(t->pid, SIGTERM);
		while (hear_error(t, said, sizeof said, START_MS))
			;
		waitpid(t->pid, &status, 0);
		close(t->err);
		if (status != 0)
			fprintf(stderr, "ended with status %#x: %s\n",
			    (unsigned)status, said);
	}
	return status == 0;
}

/* One exchange on the connection kept for that. */
static bool
exchange(struct target *t)
{
	static const char request[] = "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n";
	static const char page[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
	const char *ask = t->metrics ? request : page;
	struct pollfd p = { t->barrier, POLLIN, 0 };
	char answer[4096];
	size_t len = 0;
	ssize_t n;

	if (send(t->barrier, ask, strlen(ask), MSG_NOSIGNAL) < 0)
		return false;
	do {
		const char *head, *length;

		if (poll(&p, 1, ANSWER_MS) <= 0)
			return false;
		n = recv(t->barrier, answer + len, sizeof answer - 1 - len, 0);
		if (n <= 0)
			return false;
		len += (size_t)n;
		answer[len] = '\0';
		head = strstr(answer, "\r\n\r\n");
		length = strstr(answer, "Content-Length: ");
		if (head && length &&
		    answer + len == head + 4 + strtoul(length + 16, NULL, 10))
			return true;
	} while (len < sizeof answer - 1);
	return false;
}

bool
target_settle(struct target *t)
{
	/* a second try: it may have been closed for having been idle */
	for (int tries = 0; tries < 2; tries++) {
		if (t->barrier < 0)
			t->barrier =
			    target_dial(t->metrics ? t->metrics : t->page);
		if (t->barrier >= 0 && exchange(t))
			return true;
		close(t->barrier);
		t->barrier = -1;
	}
	return false;
}
