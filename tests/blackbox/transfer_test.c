/*
 * transfer_test.c - a large file on its way to a slow reader: what happens to
 * the file, or to the server, meanwhile.
 */
#include "site.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>

/* More than both ends' sockets hold. */
enum { LARGE = 24 << 20, READ_FIRST = 100000 };

/* A connection whose kernel takes little for it. */
static struct client *
dial_slow(uint16_t port)
{
	struct client *c = dial(port);
	int room = 32768;

	setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
	return c;
}

struct slow {
	const char *root;
	const unsigned char *bytes;
	unsigned char *got; /* what was taken last */
	struct server *s;
	struct download d;
};

/* A server that has begun to send a large file and cannot go on. */
static void
begin(struct slow *t, const char *const *options)
{
	t->root = root_new();
	t->bytes = pattern(LARGE, 1);
	t->got = keep(LARGE);
	root_put(t->root, "index.html", "home");
	root_write(t->root, "large", t->bytes, LARGE);
	t->s = START(root_option(t->root), options[0], options[1]);
	assert_int_equal(
	    download_begin(&t->d, dial_slow(t->s->page), GET("/large")), 200);
	assert_int_equal(t->d.length, LARGE);
	assert_int_equal(download_take(&t->d, t->got, READ_FIRST), READ_FIRST);
	/* it has sent all that the sockets take */
	await_sample(t->s, "http_requests_in_flight", 1);
	assert_memory_equal(t->got, t->bytes, READ_FIRST);
}

#define BEGIN(t, ...) begin(t, (const char *const[]){ __VA_ARGS__ })

static void
assert_cut_short(struct slow *t)
{
	const char *line;

	download_take(&t->d, t->got, LARGE);
	if (t->d.got == LARGE)
		fail_msg("it came to its end, and is another file now");
	assert_true(t->d.ended);
	hang_up(t->d.c);
	do {
		line = server_line(t->s);
		assert_non_null(line);
	} while (!strstr(line, "\"aborted\": true"));
	assert_json(line, "status", "200");
	assert_json(line, "path", "/large");
	await_sample(t->s, "http_requests_in_flight", 0);
	assert_int_equal(ask_once(t->s->page, GET("/"), NULL), 200);
}

static void
a_file_written_over_is_cut_short(void **state)
{
	struct slow t;

	(void)state;
	BEGIN(&t, "--watch=off", NULL);
	root_write(t.root, "large", pattern(LARGE, 2), LARGE);
	assert_cut_short(&t);
}

static void
a_file_written_over_is_cut_short_with_a_reload_meanwhile(void **state)
{
	struct slow t;
	struct download d;
	char *got = keep(LARGE);
	int64_t end;

	(void)state;
	BEGIN(&t, NULL, NULL);
	root_write(t.root, "large", pattern(LARGE, 2), LARGE);
	end = now_ms() + WAIT_MS;
	do { /* the new one is served, or 503 until it is */
		struct client *c = dial(t.s->page);

		assert_true(now_ms() < end);
		pass_ms(5);
		download_begin(&d, c, GET("/large"));
		if (d.r.status == 200)
			download_take(&d, got, LARGE);
		hang_up(c);
	} while (d.r.status != 200 || d.got < LARGE);
	assert_memory_equal(got, pattern(LARGE, 2), LARGE);
	assert_cut_short(&t);
}

static void
one_byte_that_changes_behind_is_enough(void **state)
{
	struct slow t;
	int fd;

	(void)state;
	BEGIN(&t, "--watch=off", NULL);
	fd = open(root_path(t.root, "large"), O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, "!", 1, LARGE - 1), 1);
	close(fd);
	assert_cut_short(&t);
}

static void
a_file_that_shrinks_is_cut_short(void **state)
{
	struct slow t;

	(void)state;
	BEGIN(&t, "--watch=off", NULL);
	assert_int_equal(
	    truncate(root_path(t.root, "large"), LARGE - 1000000), 0);
	assert_cut_short(&t);
}

static void
a_file_that_is_emptied_is_cut_short(void **state)
{
	struct slow t;

	(void)state;
	BEGIN(&t, NULL, NULL);
	assert_int_equal(truncate(root_path(t.root, "large"), 0), 0);
	assert_cut_short(&t);
}

static void
a_file_that_grows_is_cut_short_or_ends_where_it_did(void **state)
{
	struct slow t;
	int fd;

	(void)state;
	BEGIN(&t, "--watch=off", NULL);
	fd = open(root_path(t.root, "large"), O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(write(fd, "more", 4), 4);
	close(fd);
	download_take(&t.d, t.got, LARGE);
	assert_memory_equal(
	    t.got, t.bytes + READ_FIRST, (size_t)t.d.got - READ_FIRST);
	assert_true(t.d.got == LARGE || t.d.ended);
}

/* The bytes that were announced are still there, in the old file. */
static void
a_file_that_is_replaced_is_never_mixed(void **state)
{
	struct slow t;

	(void)state;
	BEGIN(&t, NULL, NULL);
	root_write(t.root, ".aside", pattern(LARGE, 2), LARGE);
	assert_int_equal(
	    rename(root_path(t.root, ".aside"), root_path(t.root, "large")), 0);
	download_take(&t.d, t.got, LARGE);
	assert_memory_equal(
	    t.got, t.bytes + READ_FIRST, (size_t)t.d.got - READ_FIRST);
	assert_true(t.d.got == LARGE || t.d.ended);
}

/* Without watching, the first who asks for it learns that it has changed. */
static void
a_changed_file_is_503_until_it_is_loaded_again(void **state)
{
	const char *root = root_new();
	struct server *s;
	struct client *c;
	struct response r;
	struct download d;
	char *got = keep(420001);
	int64_t end = now_ms() + WAIT_MS;

	(void)state;
	root_put(root, "index.html", "home");
	root_write(root, "large", pattern(400000, 1), 400000);
	s = START(root_option(root), "--watch=off");
	c = dial(s->page);
	assert_int_equal(download_begin(&d, c, GET("/large")), 200);
	download_take(&d, got, 400000);
	root_write(root, "large", pattern(420000, 2), 420000);
	assert_int_equal(ask(c, GET("/large"), &r), 503);
	assert_field(&r, "Retry-After", "1");
	assert_int_equal(ask(c, GET("/"), NULL), 200);
	while (download_begin(&d, dial(s->page), GET("/large")) != 200) {
		assert_true(now_ms() < end);
		hang_up(d.c);
		pass_ms(5);
	}
	assert_int_equal(download_take(&d, got, 420001), 420000);
	assert_memory_equal(got, pattern(420000, 2), 420000);
}

static void
a_drain_finishes_a_large_file(void **state)
{
	struct slow t;

	(void)state;
	BEGIN(&t, "--watch=off", NULL);
	server_signal(t.s, SIGTERM);
	await_ready(t.s, 503);
	download_take(&t.d, t.got, LARGE);
	assert_int_equal(t.d.got, LARGE);
	assert_memory_equal(t.got, t.bytes + READ_FIRST, LARGE - READ_FIRST);
	hang_up(t.d.c);
	assert_int_equal(server_wait(t.s), 0);
	assert_json(server_line(t.s), "bytes", keepf("%d", LARGE));
}

static void
a_drain_that_is_over_cuts_it_off(void **state)
{
	struct slow t;

	(void)state;
	BEGIN(&t, "--drain-timeout=200ms", NULL);
	assert_int_equal((server_signal(t.s, SIGTERM), server_wait(t.s)), 0);
	download_take(&t.d, t.got, LARGE);
	assert_true(t.d.got < LARGE);
	assert_json(server_line(t.s), "aborted", "true");
}

static void
who_reads_nothing_is_given_up(void **state)
{
	struct slow t;

	(void)state;
	BEGIN(&t, "--write-timeout=300ms", NULL);
	await_sample(t.s, "http_timeouts_total{phase=\"write\"}", 1);
	await_sample(t.s, "http_requests_in_flight", 0);
	assert_json(server_line(t.s), "aborted", "true");
}

/* Large files take turns with everybody else. */
static void
many_slow_readers_stop_nobody(void **state)
{
	struct slow t;
	struct client *c;

	(void)state;
	BEGIN(&t, "--watch=off", NULL);
	for (int i = 0; i < 80; i++)
		tell(dial_slow(t.s->page), GET("/large"));
	await_sample(t.s, "http_requests_in_flight", 81);
	c = dial(t.s->page);
	for (int i = 0; i < 100; i++)
		assert_int_equal(ask(c, GET("/"), NULL), 200);
	download_take(&t.d, t.got, LARGE);
	assert_int_equal(t.d.got, LARGE);
	assert_memory_equal(t.got, t.bytes + READ_FIRST, LARGE - READ_FIRST);
}

/* Each of them has a connection and a file open. */
static void
few_descriptors_in_use_for_files_leave_some_to_others(void **state)
{
	enum { N = 200, SIZE = 65 << 20 }; /* too large to be read at a load */
	const char *root = root_new(), *most;
	int full = 0, refused = 0;
	struct download d;
	struct server *s;

	(void)state;
	for (int i = 0; i < N; i++) {
		const char *name = keepf("large%d", i);

		root_put(root, name, "");
		assert_int_equal(truncate(root_path(root, name), SIZE), 0);
	}
	s = server_start(
	    &(struct spawn){ .args = ARGS(root_option(root)), .nofile = 512 });
	most = strstr(s->err_text.at, "\"max_connections\": ");
	assert_non_null(most);
	for (long i = strtol(strchr(most, ':') + 1, NULL, 10); i > 0; i--)
		switch (download_begin(&d, dial_slow(s->page),
		    keepf(
			"GET /large%ld HTTP/1.1\r\nHost: a\r\n\r\n", i % N))) {
		case 200:
			full++;
			break;
		case 503:
			refused++;
			break;
		}
	assert_true(full >= 128);
	assert_true(refused > 0);
	assert_int_equal(probe(s, "/livez"), 200);
	root_put(root, "new", "");
	await_sample(s, "my_webserver_content_generation", 2);
	assert_true(sample(scrape(s),
			"my_webserver_content_reload_failures_total") == 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SITE_TEST(a_file_written_over_is_cut_short),
		SITE_TEST(
		    a_file_written_over_is_cut_short_with_a_reload_meanwhile),
		SITE_TEST(one_byte_that_changes_behind_is_enough),
		SITE_TEST(a_file_that_shrinks_is_cut_short),
		SITE_TEST(a_file_that_is_emptied_is_cut_short),
		SITE_TEST(a_file_that_grows_is_cut_short_or_ends_where_it_did),
		SITE_TEST(a_file_that_is_replaced_is_never_mixed),
		SITE_TEST(a_changed_file_is_503_until_it_is_loaded_again),
		SITE_TEST(a_drain_finishes_a_large_file),
		SITE_TEST(a_drain_that_is_over_cuts_it_off),
		SITE_TEST(who_reads_nothing_is_given_up),
		SITE_TEST(many_slow_readers_stop_nobody),
		SITE_TEST(
		    few_descriptors_in_use_for_files_leave_some_to_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
