/*
 * conn_file_test.c - answers that are a file's bytes, alone or between texts,
 * and files that are not any more what they were.
 */
#include "served.h"

#include <sys/mman.h>
#include <sys/sendfile.h>

/* A file with what large holds, who has it, and what it says of itself. */
static struct {
	int fd;
	unsigned held, asked;
	bool intact;
} file;

/* What the kernel was asked for; with room it takes everything, or so it says.
 */
static bool room;
static size_t most;

ssize_t __real_sendfile(int out, int in, off_t *offset, size_t count);
ssize_t __wrap_sendfile(int out, int in, off_t *offset, size_t count);

ssize_t
__wrap_sendfile(int out, int in, off_t *offset, size_t count)
{
	if (count > most)
		most = count;
	return room ? (ssize_t)count : __real_sendfile(out, in, offset, count);
}

static bool
still_intact(void *owner)
{
	assert_ptr_equal(owner, &file);
	file.asked++;
	return file.intact;
}

static void
give_back(void *owner)
{
	assert_ptr_equal(owner, &file);
	assert_true(file.held > 0);
	file.held--;
}

static void
borrow(struct response *res)
{
	static const struct source source = { still_intact, give_back };

	file.held++;
	res->source = &source;
	res->owner = &file;
	res->type = SPAN("text/plain");
}

/* /N: N bytes of the file. */
static void
answer_file(
    const struct app *app, const struct request *req, struct response *res)
{
	uint64_t size = 0;

	(void)app;
	if (!num_parse_u64(span_from(req->path, 1), &size))
		abort();
	borrow(res);
	res->piece[0] = (struct piece){ .fd = file.fd, .length = size };
	res->pieces = 1;
}

/* Texts and stretches of the file in turns. */
static void
answer_parts(
    const struct app *app, const struct request *req, struct response *res)
{
	(void)app, (void)req;
	borrow(res);
	response_content(res, SPAN("<first>"));
	res->piece[1] =
	    (struct piece){ .fd = file.fd, .offset = 7, .length = 5000 };
	res->piece[2] = (struct piece){ .at = "<second>", .length = 8 };
	res->piece[3] =
	    (struct piece){ .fd = file.fd, .offset = 100000, .length = 50000 };
	res->piece[4] = (struct piece){ .at = "<end>", .length = 5 };
	res->pieces = 5;
}

static const struct route file_routes[] = {
	{ "/parts", METHOD_GET | METHOD_HEAD, answer_parts },
	{ NULL, METHOD_GET | METHOD_HEAD, answer_file },
	{ NULL, 0, NULL },
};

static int
setup(void **state)
{
	struct served *s;

	if (served_setup(state))
		return -1;
	s = *state;
	s->service.routes = file_routes;
	room = false;
	most = 0;
	file.fd = memfd_create("file", MFD_CLOEXEC);
	file.held = file.asked = 0;
	file.intact = true;
	return write(file.fd, large, LARGE) == LARGE ? 0 : -1;
}

static int
teardown(void **state)
{
	int err = served_teardown(state);

	assert_int_equal(file.held, 0);
	close(file.fd);
	return err;
}

static void
little_room(struct served *s)
{
	int size = 4096;

	assert_int_equal(
	    setsockopt(s->conn.fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size),
	    0);
}

/* All that comes until the connection wants something else than to write. */
static struct span
hear_all(struct served *s, enum want *want)
{
	static char all[LARGE + 4096];
	size_t len = 0;
	ssize_t n;

	do {
		*want = run(s);
		while ((n = recv(s->peer, all + len, sizeof all - len,
			    MSG_DONTWAIT)) > 0)
			len += (size_t)n;
	} while (*want == WANT_WRITE || *want == WANT_AGAIN);
	return (struct span){ all, len };
}

static struct span
body_of(struct span answer)
{
	const char *end = memmem(answer.at, answer.len, "\r\n\r\n", 4);

	assert_non_null(end);
	return span_between(end + 4, answer.at + answer.len);
}

static void
a_file_goes_behind_its_head(void **state)
{
	static const size_t sizes[] = { 1, 100, WORK_COPY, LARGE };
	struct served *s = *state;
	char request[64], part[64];
	struct span body;
	enum want want;

	little_room(s);
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		snprintf(request, sizeof request,
		    "GET /%zu HTTP/1.1\r\nHost: a\r\n\r\n", sizes[i]);
		tell(s, request);
		body = body_of(hear_all(s, &want));
		assert_int_equal(want, WANT_READ);
		assert_int_equal(body.len, sizes[i]);
		assert_memory_equal(body.at, large, body.len);
		snprintf(part, sizeof part, "\"bytes\": %zu,", sizes[i]);
		assert_has(logged(s), part);
		assert_int_equal(file.held, 0);
		assert_true(file.asked > 0);
	}
}

static void
of_an_empty_file_there_is_nothing_to_send(void **state)
{
	struct served *s = *state;
	enum want want;

	tell(s, GET("/0"));
	assert_int_equal(body_of(hear_all(s, &want)).len, 0);
	assert_int_equal(want, WANT_READ);
	assert_int_equal(file.held, 0);
	assert_int_equal(most, 0);
}

static void
texts_and_stretches_of_a_file_in_order(void **state)
{
	struct served *s = *state;
	struct span body;
	enum want want;

	little_room(s);
	tell(s, GET("/parts"));
	body = body_of(hear_all(s, &want));
	assert_int_equal(body.len, 7 + 5000 + 8 + 50000 + 5);
	assert_memory_equal(body.at, "<first>", 7);
	assert_memory_equal(body.at + 7, large + 7, 5000);
	assert_memory_equal(body.at + 5007, "<second>", 8);
	assert_memory_equal(body.at + 5015, large + 100000, 50000);
	assert_memory_equal(body.at + 55015, "<end>", 5);
}

static void
head_borrows_nothing(void **state)
{
	struct served *s = *state;
	enum want want;

	tell(s, "HEAD /1000 HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_has(hear_all(s, &want).at, "Content-Length: 1000\r\n");
	assert_int_equal(file.held, 0);
	assert_int_equal(most, 0);
}

/* Its head is written only when the request is there as a whole, and tells of
 * what was borrowed. */
static void
head_borrows_until_its_head_is_written(void **state)
{
	struct served *s = *state;
	enum want want;

	tell(s, "HEAD /1000 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
	assert_int_equal(run(s), WANT_READ);
	assert_int_equal(file.held, 1);
	tell(s, "hello");
	assert_has(hear_all(s, &want).at, "Content-Length: 1000\r\n");
	assert_int_equal(file.held, 0);
}

/* ...so that others have their turn, however fast a client reads. */
static void
a_large_file_goes_in_turns(void **state)
{
	struct served *s = *state;
	unsigned turns = 0;

	room = true;
	tell(s, GET("/10000000"));
	while (run(s) == WANT_AGAIN) {
		assert_int_equal(s->conn.state, CONN_SEND);
		assert_true(++turns < 100);
	}
	assert_int_equal(turns, 10000000 / WORK_TURN);
	assert_int_equal(most, WORK_TURN);
	assert_has(logged(s), "\"bytes\": 10000000,");
}

/* The client is not to take what it got for all. */
static void
a_file_that_ends_early_ends_the_connection(void **state)
{
	struct served *s = *state;
	struct span body;
	enum want want;

	little_room(s);
	tell(s, GET("/300001"));
	body = body_of(hear_all(s, &want));
	assert_int_equal(want, WANT_CLOSE);
	assert_int_equal(body.len, 300000);
	assert_has(logged(s), "\"bytes\": 300000, \"duration_seconds\"");
}

static void
a_file_that_changes_is_not_finished(void **state)
{
	struct served *s = *state;
	struct span body;
	enum want want;

	little_room(s);
	tell(s, GET("/300000"));
	assert_int_equal(run(s), WANT_WRITE);
	file.intact = false;
	body = body_of(hear_all(s, &want));
	assert_int_equal(want, WANT_CLOSE);
	assert_true(body.len < 300000);
	assert_has(logged(s), "\"aborted\": true");
}

static void
a_lost_client_gives_the_file_back(void **state)
{
	struct served *s = *state;

	little_room(s);
	tell(s, GET("/300000"));
	assert_int_equal(run(s), WANT_WRITE);
	assert_int_equal(file.held, 1);
	assert_int_equal(conn_broken(&s->conn), WANT_CLOSE);
	conn_close(&s->conn);
	assert_int_equal(file.held, 0);
}

/* Held back, and then replaced by an error. */
static void
a_delayed_answer_holds_its_file(void **state)
{
	struct served *s = *state;

	s->service.delay_min = s->service.delay_max = NS_PER_SEC;
	tell(s, GET("/1000"));
	assert_int_equal(run(s), WANT_SLEEP);
	assert_int_equal(file.held, 1);
	later(s, 1);
	assert_int_equal(conn_timeout(&s->conn), WANT_READ);
	assert_int_equal(body_of(span_of(hear(s, LARGE))).len, 1000);
	assert_int_equal(file.held, 0);
	tell(s, "GET /1000 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
	assert_int_equal(run(s), WANT_READ);
	assert_int_equal(file.held, 1);
	later(s, BODY);
	assert_int_equal(conn_timeout(&s->conn), WANT_READ);
	assert_has(hear(s, LARGE), " 408 ");
	assert_int_equal(file.held, 0);
}

#define FILED(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FILED(a_file_goes_behind_its_head),
		FILED(of_an_empty_file_there_is_nothing_to_send),
		FILED(texts_and_stretches_of_a_file_in_order),
		FILED(head_borrows_nothing),
		FILED(head_borrows_until_its_head_is_written),
		FILED(a_large_file_goes_in_turns),
		FILED(a_file_that_ends_early_ends_the_connection),
		FILED(a_file_that_changes_is_not_finished),
		FILED(a_lost_client_gives_the_file_back),
		FILED(a_delayed_answer_holds_its_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
