/*
 * harness.h - drives the real server from outside: starts it, talks to it over
 * sockets, reads its log, looks samples up, stops it. Every wait ends after
 * WAIT_MS with a failed test; whatever a test leaves behind (processes,
 * descriptors, memory) harness_teardown takes away. A server that does not end
 * as it should then is a failure too.
 *
 * MY_WEBSERVER_BINARY   the program (build/my_webserver), or a script that
 *                       executes it below a tool
 * MY_WEBSERVER_WAIT_MS  WAIT_MS, for a tool that makes it slow
 * MY_WEBSERVER_FDS      how many descriptors that tool keeps for itself, off
 *                       the limit
 * MY_WEBSERVER_EMULATED set where the program is another processor's and runs
 *                       below qemu's user mode
 */
#ifndef BLACKBOX_HARNESS_H
#define BLACKBOX_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include <cmocka.h>

#define WAIT_MS wait_ms() /* 10000 */
int wait_ms(void);
/* What a process started with no other limit has, at most. */
unsigned long most_descriptors(void);
/* Below qemu: /proc/self/stat then tells neither time used nor memory. */
bool emulated(void);

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)

int harness_setup(void **state);
int harness_teardown(void **state);

/* Zeroed memory until the test ends. */
void *keep(size_t size);
/* Text until the test ends. */
char *keepf(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Milliseconds of the monotonic clock. */
int64_t now_ms(void);
/* Waits ms: only where passing time itself is what is tested. */
void pass_ms(int ms);

/* ---- the server ---- */

struct text {
	char *at; /* ends in NUL */
	size_t len, cap;
};

enum { OUT_PIPE = 0, OUT_CLOSED = -2 };

/* How to start the program; all zero is the ordinary way. */
struct spawn {
	const char *const *args; /* up to NULL; may be NULL */
	const char *const *env;  /* "NAME=value", up to NULL; may be NULL */
	int out;         /* OUT_PIPE, OUT_CLOSED or a descriptor to use */
	int read_end;    /* with a descriptor: what server_line reads, or 0 */
	int err;         /* a descriptor instead of a pipe, or 0 */
	bool unread;     /* nobody reads the pipe but server_line */
	bool bare;       /* args alone: no free ports, no wait for the start */
	bool closed_std; /* descriptors 0 to 2 closed (and bare) */
	bool first;      /* as process 1 of its own PID namespace */
	unsigned nofile; /* limit on open files; 0: leave it */
	uid_t uid;       /* 0: stay who we are */
};

struct server {
	pid_t pid;
	int pidfd, out, err; /* -1: not there, or at its end */
	bool unread;
	struct text out_text, err_text;
	size_t out_at; /* next byte for server_line */
	uint16_t page, metrics;
	int code; /* after server_wait */
	struct server *next;
};

#define ARGS(...) ((const char *const[]){ __VA_ARGS__, NULL })
/* Starts it with the given flags. */
#define START(...)    server_start(&(struct spawn){ .args = ARGS(__VA_ARGS__) })
#define START_PLAIN() server_start(&(struct spawn){ 0 })

/* Starts it and, unless bare, waits until it listens. Fails the test. */
struct server *server_start(const struct spawn *how);
void server_signal(struct server *s, int signal);
/* Waits for its end: the exit code, or 128 + the signal that ended it. Goes on
 * reading what it writes. */
int server_wait(struct server *s);
/* SIGTERM and server_wait. */
int server_stop(struct server *s);
/* Takes in what is there on its standard output and error now. */
void server_pull(struct server *s);
/* The next line of its log, checked to be JSON of at most 8 KiB, without the
 * newline; NULL at the end of the log. */
char *server_line(struct server *s);
/* Waits until its standard error holds this. */
void server_says(struct server *s, const char *needle);
/* How many whole lines of log it wrote that we have taken in so far. */
size_t server_lines(const struct server *s);
/* Checks each whole line taken in so far and not read by server_line. */
void server_check_lines(struct server *s);

/* A run to its end. Fails the test if it does not end. */
struct run {
	int code;
	const char *out, *err;
};
struct run run(const struct spawn *how);
#define RUN(...) run(&(struct spawn){ .args = ARGS(__VA_ARGS__) })

size_t count_lines(const char *text);
/* A TCP port of 127.0.0.1 that was free a moment ago. */
uint16_t free_port(void);

/* ---- clients ---- */

enum { CLIENT_MEMORY = 64 * 1024 };

struct client {
	int fd;
	size_t len; /* bytes received and not consumed */
	char memory[CLIENT_MEMORY];
};

struct response {
	int status;
	size_t size;      /* on the wire, head and body */
	const char *head; /* text of status line and fields */
	const char *body; /* ends in NUL */
	size_t body_len;
};

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"
#define GET_CLOSE(path) \
	"GET " path " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

/* The demo page. */
extern const char page[];

struct client *dial(uint16_t port);
/* Like dial, but false instead of failing; *fd is connected. */
bool dial_fd(uint16_t port, int *fd);
/* Sends all of it. False if the peer has closed; fails on a time-out. */
bool tell(struct client *c, const char *text);
bool tell_bytes(struct client *c, const void *bytes, size_t n);
/* Reads exactly one answer (to a HEAD request if head). Returns its status, 0
 * at a clean end, -1 after a reset; fails on anything else. */
int hear(struct client *c, struct response *r, bool head);
/* Reads to the end: how many bytes came, or -1 after a reset. */
long hear_end(struct client *c);
/* True if nothing, not even the end, arrives within ms. */
bool quiet(struct client *c, int ms);
/* tell and hear. r may be NULL. */
int ask(struct client *c, const char *request, struct response *r);
/* dial, ask, hang up. */
int ask_once(uint16_t port, const char *request, struct response *r);
/* As ask_once with any bytes, for a request that must be refused: the answer
 * says close, and a clean end follows. Returns the status. */
int refused(uint16_t port, const void *bytes, size_t n);
void hang_up(struct client *c);
/* Closes with a reset. */
void hang_up_hard(struct client *c);

/* The value of the only field of this name, or NULL. Fails on two. */
const char *field(const struct response *r, const char *name);
void
assert_field(const struct response *r, const char *name, const char *value);

/* Many pipelined GETs of the page whose answers are all the same size. */
struct flood {
	struct client *client;
	size_t requests;
	size_t sent, got; /* bytes */
	size_t size;      /* bytes of an answer */
};
/* Measures an answer on c and gets ready. */
void flood_begin(struct flood *f, struct client *c, size_t requests);
/* Sends and receives what goes within ms. False if nothing went. */
bool flood_step(struct flood *f, int ms);
bool flood_done(const struct flood *f);
/* All of it; s, if not NULL, has its log read meanwhile. */
void flood_run(struct flood *f, struct server *s);

/* ---- metrics ---- */

/* The text of /metrics; reads the log meanwhile, unless unread. */
const char *scrape(struct server *s);
/* A sample's value by all that stands before it, labels included; NAN without
 * one. */
double sample(const char *text, const char *series);
/* The sum over all series of a name. */
double sample_sum(const char *text, const char *name);
/* Scrapes until the sample has this value. */
void await_sample(struct server *s, const char *series, double value);
void await_sum(struct server *s, const char *name, double value);
/* The status of a path on the operations listener. */
int probe(struct server *s, const char *path);
/* Asks for /readyz until it answers this. */
void await_ready(struct server *s, int status);

/* ---- JSON ---- */

/* True if text is one JSON object in valid UTF-8; keys, if not NULL, gets its
 * names in order, such as "a,b{c,d}". */
bool json_check(const char *text, size_t n, char *keys, size_t cap);
/* The value of a name at the top or one below: strings decoded, the rest as it
 * stands. NULL if there is none. */
const char *json_get(const char *line, const char *name);
void assert_json(const char *line, const char *name, const char *value);

#endif
