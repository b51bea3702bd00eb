/*
 * details_test.c - what the log says more of a request, where it is asked to.
 */
#include "served.h"

#include "server/details.h"

static struct cidr_set trusted;
static const struct access_header_name headers[] = {
	{ SPAN_INIT("X-A"), SPAN_INIT("header_x_a") },
	{ SPAN_INIT("Via"), SPAN_INIT("header_via") },
};
static struct details details;

/* The peer, 192.0.2.1, is a proxy. */
static int
setup(void **state)
{
	struct served *s;

	if (served_setup(state) != 0)
		return -1;
	s = *state;
	trusted.count = 0;
	if (cidr_set_add(&trusted, SPAN("192.0.2.1")))
		return -1;
	details = (struct details){
		.trusted = &trusted, .headers = headers, .header_count = 2
	};
	s->service.details = &details;
	s->service.style.detailed = true;
	s->service.style.format = ACCESS_ECS;
	s->conn.port = 4711;
	return 0;
}

static const char *
line_of(struct served *s, const char *request)
{
	tell(s, request);
	run(s);
	return logged(s);
}

#define assert_lacks(text, part) assert_null(strstr(text, part))

static void
sizes_are_those_of_the_whole(void **state)
{
	struct served *s = *state;
	const char *line = line_of(s, GET("/"));
	char expected[64];

	assert_has(line, "\"client.ip\": \"192.0.2.1\", \"client.port\": 4711");
	snprintf(expected, sizeof expected, "\"http.request.bytes\": %zu,",
	    strlen(GET("/")));
	assert_has(line, expected);
	assert_has(line, "\"http.response.body.bytes\": 5,");
	snprintf(expected, sizeof expected, "\"http.response.bytes\": %zu,",
	    strlen(hear(s, LARGE)));
	assert_has(line, expected);
}

static void
a_body_counts_with_its_request(void **state)
{
	struct served *s = *state;
	static const char head[] =
	    "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n12";
	char expected[64];

	tell(s, head);
	assert_int_equal(run(s), WANT_READ);
	snprintf(expected, sizeof expected, "\"http.request.bytes\": %zu,",
	    strlen(head) + 2);
	assert_has(line_of(s, "34"), expected);
}

static void
the_client_is_whom_the_proxy_tells_of(void **state)
{
	struct served *s = *state;
	const char *line = line_of(s,
	    "GET / HTTP/1.1\r\nHost: a\r\n"
	    "X-Forwarded-For: 10.0.0.1, 2001:DB8::9\r\n\r\n");

	assert_has(line, "\"client.ip\": \"2001:db8::9\", \"http");
	assert_lacks(line, "client.port");
	/* the next one of the same connection has another */
	line = line_of(s,
	    "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 198.51.100.7\r\n"
	    "\r\n");
	assert_has(line, "\"client.ip\": \"198.51.100.7\"");
	line = line_of(s, GET("/"));
	assert_has(line, "\"client.ip\": \"192.0.2.1\", \"client.port\": 4711");
}

static void
nobody_else_is_believed(void **state)
{
	struct served *s = *state;

	trusted.count = 0;
	assert_int_equal(cidr_set_add(&trusted, SPAN("192.0.2.2")), CIDR_NONE);
	assert_has(line_of(s,
		       "GET / HTTP/1.1\r\nHost: a\r\n"
		       "X-Forwarded-For: 10.0.0.1\r\n\r\n"),
	    "\"client.ip\": \"192.0.2.1\", \"client.port\": 4711");
}

/* Pipelined, they are written later, from one buffer. */
static void
each_request_of_a_batch_has_its_own(void **state)
{
	struct served *s = *state;

	tell(s,
	    "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 10.0.0.1\r\n\r\n"
	    "GET / HTTP/1.1\r\nHost: a\r\nX-A: b\r\n\r\n"
	    "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 10.0.0.3\r\n\r\n");
	run(s);
	assert_has(logged(s), "\"client.ip\": \"10.0.0.1\"");
	assert_has(logged(s), "\"labels.header_x_a\": \"b\"");
	assert_has(logged(s), "\"client.ip\": \"10.0.0.3\"");
}

/* A client could have begun the list, and broken the head before the proxy's
 * part of it. */
static void
a_broken_head_is_the_peers(void **state)
{
	struct served *s = *state;
	const char *line = line_of(s,
	    "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 10.0.0.1\r\n"
	    "X-A: b\r\nbroken : x\r\n\r\n");

	assert_has(line, "\"http.response.status_code\": 400");
	assert_has(line, "\"client.ip\": \"192.0.2.1\"");
	assert_lacks(line, "header_x_a");
	assert_lacks(line, "http.request.bytes");
}

static void
headers_are_joined_as_they_came(void **state)
{
	struct served *s = *state;
	const char *line = line_of(s,
	    "GET / HTTP/1.1\r\nHost: a\r\nvia: 1\r\nX-a: \xff\"\r\n"
	    "VIA:\r\nVIA: 2 \r\nX-AB: no\r\n\r\n");

	assert_has(line,
	    ", \"labels.header_x_a\": \"\xef\xbf\xbd\\\"\", "
	    "\"labels.header_via\": \"1, 2\"}\n");
}

static void
too_many_headers_are_left_out(void **state)
{
	static char request[8192];
	struct served *s = *state;
	const char *line;

	strcpy(request, "GET / HTTP/1.1\r\nHost: a\r\n");
	for (int i = 0; i < 100; i++)
		strcat(request, "X-A: v\r\n");
	strcat(request, "Via: no\r\n\r\n");
	line = line_of(s, request);
	assert_has(line, "\"labels.header_x_a\": \"v, v, ");
	assert_lacks(line, "header_via");
	line = strstr(line, "header_x_a\": \"");
	assert_int_equal(strcspn(line + 14, "\""), 3 * DETAILS_FOUND_MAX - 2);
}

static void
who_leaves_has_got_less(void **state)
{
	struct served *s = *state;
	const char *line;

	tell(s, "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n1");
	assert_int_equal(run(s), WANT_READ);
	close(s->peer);
	s->peer = -1;
	assert_int_equal(run(s), WANT_CLOSE);
	line = logged(s);
	assert_has(line, "\"http.response.status_code\": 499");
	assert_has(line, "\"http.response.bytes\": 0,");
	assert_has(line, "\"event.reason\": \"aborted\"");
}

#define DETAILED(name) \
	cmocka_unit_test_setup_teardown(name, setup, served_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		DETAILED(sizes_are_those_of_the_whole),
		DETAILED(a_body_counts_with_its_request),
		DETAILED(the_client_is_whom_the_proxy_tells_of),
		DETAILED(nobody_else_is_believed),
		DETAILED(each_request_of_a_batch_has_its_own),
		DETAILED(a_broken_head_is_the_peers),
		DETAILED(headers_are_joined_as_they_came),
		DETAILED(too_many_headers_are_left_out),
		DETAILED(who_leaves_has_got_less),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
