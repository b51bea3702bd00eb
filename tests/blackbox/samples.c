#include "inside.h"

#include <math.h>

const char *
scrape(struct server *s)
{
	struct response r;

	server_pull(s);
	assert_int_equal(ask_once(s->metrics, GET_CLOSE("/metrics"), &r), 200);
	return r.body;
}

double
sample(const char *text, const char *series)
{
	size_t n = strlen(series);

	for (const char *at = text; at && *at;
	     at = strchr(at, '\n'), at += at != NULL)
		if (strncmp(at, series, n) == 0 && at[n] == ' ')
			return strtod(at + n, NULL);
	return NAN;
}

double
sample_sum(const char *text, const char *name)
{
	size_t n = strlen(name);
	double sum = 0;

	for (const char *at = text; at && *at;
	     at = strchr(at, '\n'), at += at != NULL) {
		const char *end;

		if (strncmp(at, name, n) != 0 || !strchr(" {", at[n]))
			continue;
		end = at[n] == '{' ? strstr(at, "} ") + 1 : at + n;
		sum += strtod(end, NULL);
	}
	return sum;
}

static void
await_value(struct server *s, const char *name, double value, bool all)
{
	int64_t end = now_ms() + WAIT_MS;
	double is;

	do {
		const char *text = scrape(s);

		is = all ? sample_sum(text, name) : sample(text, name);
		if (is == value)
			return;
		pass_ms(5);
	} while (now_ms() < end);
	fail_msg("%s is %g and does not become %g", name, is, value);
}

void
await_sample(struct server *s, const char *series, double value)
{
	await_value(s, series, value, false);
}

void
await_sum(struct server *s, const char *name, double value)
{
	await_value(s, name, value, true);
}

int
probe(struct server *s, const char *path)
{
	char request[256];

	snprintf(request, sizeof request,
	    "GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", path);
	return ask_once(s->metrics, request, NULL);
}

void
await_ready(struct server *s, int status)
{
	int64_t end = now_ms() + WAIT_MS;

	while (probe(s, "/readyz") != status) {
		if (now_ms() > end)
			fail_msg("/readyz does not become %d", status);
		pass_ms(2);
	}
}
