/*
 * status_test.c - who gets the status page, and what is told of it.
 */
#include "app/status.h"

#include <stdio.h>

#include "app/app.h"
#include "unit/http/asked.h"

/* What may be asked for, and is it the page? */
static const struct {
	const char *accept;
	bool page;
} rows[] = {
	/* browsers: Chrome, Firefox before and since 132, Safari */
	{ "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,"
	  "image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;"
	  "q=0.7",
	    true },
	{ "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,"
	  "image/webp,image/png,image/svg+xml,*/*;q=0.8",
	    true },
	{ "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
	    true },
	/* w3m, lynx */
	{ "text/html, text/*;q=0.5, image/*, application/*, x-scheme/*, */*",
	    true },
	{ "text/html, text/plain, text/sgml, text/css, */*;q=0.01", true },
	/* curl, wget, Go, Python's urllib */
	{ "*/*", false },
	{ "", false },
	/* Prometheus 2 and 3, with and without protobuf */
	{ "application/openmetrics-text;version=1.0.0,"
	  "application/openmetrics-text;version=0.0.1;q=0.75,"
	  "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
	    false },
	{ "application/vnd.google.protobuf;"
	  "proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,"
	  "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;"
	  "q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
	  "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
	  "text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
	    false },
	/* the VictoriaMetrics agent, Telegraf */
	{ "text/plain;version=0.0.4;q=1,*/*;q=0.1", false },
	/* named, or not; liked more, or less */
	{ "text/html", true },
	{ "TEXT/HTML", true },
	{ "text/html;charset=utf-8", true },
	{ "application/xhtml+xml", true },
	{ "text/*", false },
	{ "image/png", false },
	{ "text/html;q=0", false },
	{ "text/html;q=0, */*", false },
	{ "text/html;q=0.001", true },
	{ "text/html;q=0.4, text/plain;q=0.5", false },
	{ "text/html;q=0.5, text/plain;q=0.5", true },
	{ "text/html;q=0.5, application/openmetrics-text", false },
	/* nothing of it can be read */
	{ "text/html;q=2", false },
	{ "text/htmlx", false },
	{ "html", false },
	{ ",,;,q=1,;;", false },
};

static const struct request *
asked_for(const char *accept)
{
	char line[1024];

	snprintf(line, sizeof line, "Accept: %s\r\n", accept);
	return asked(line);
}

static void
browsers_get_the_page_and_nobody_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (status_wanted(asked_for(rows[i].accept)) != rows[i].page)
			fail_msg("Accept: %s", rows[i].accept);
	assert_false(status_wanted(asked("")));
	/* over two lines */
	assert_true(
	    status_wanted(asked("Accept: */*\r\nAccept: text/html\r\n")));
	assert_false(status_wanted(asked(
	    "Accept: text/html;q=0.9\r\nAccept: text/plain;version=0.0.4\r\n")));
}

static char memory[2 * ENTITY_FIELDS_MAX];
static struct app app;

static void
prepare(void)
{
	struct buf b = buf_over(memory, sizeof memory);

	app = (struct app){ 0 };
	status_prepare(&app, &b);
	assert_false(b.overflowed);
	assert_true(b.len <= ENTITY_FIELDS_MAX);
}

static void
assert_holds(struct span text, struct span needle)
{
	if (!memmem(text.at, text.len, needle.at, needle.len))
		fail_msg("no %.*s in %.*s", (int)needle.len, needle.at,
		    (int)text.len, text.at);
}

static void
its_fields_are_whole_lines(void **state)
{
	static const char *const lines[] = {
		"\r\nContent-Type: text/html; charset=utf-8\r\n",
		"\r\nX-Content-Type-Options: nosniff\r\n",
		"\r\nReferrer-Policy: no-referrer\r\n",
		"\r\nCache-Control: no-cache\r\n",
		"\r\nVary: Accept\r\n",
		"\r\nContent-Security-Policy: default-src 'none'; "
		"script-src 'sha256-",
		"; style-src 'sha256-",
		"; connect-src 'self'; ",
		"; frame-ancestors 'none'\r\n",
	};
	struct span fields;

	(void)state;
	prepare();
	fields = app.status.fields;
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
		assert_holds(fields, span_of(lines[i]));
	assert_memory_equal(fields.at + fields.len - 2, "\r\n", 2);
	assert_int_equal(app.status.length, status_html.len);
	/* a 304 needs them too (RFC 9110, 15.4.5) */
	assert_holds(
	    span_from(fields, app.status.cache_at), SPAN("Vary: Accept\r\n"));
}

/* All there is of the page comes with it, and little enough. */
static void
it_is_whole_by_itself(void **state)
{
	(void)state;
	assert_true(status_html.len > 1000 && status_html.len <= 40 * 1024);
	assert_true(span_starts(status_html, SPAN("<!doctype html>\n")));
	assert_memory_equal(
	    status_html.at + status_html.len - 8, "</html>\n", 8);
	assert_holds(status_html, SPAN("\n<script>\n"));
	assert_holds(status_html, SPAN("\n<style>\n"));
	assert_null(memmem(status_html.at, status_html.len, "http://", 7));
	assert_null(memmem(status_html.at, status_html.len, "https://", 8));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(browsers_get_the_page_and_nobody_else),
		cmocka_unit_test(its_fields_are_whole_lines),
		cmocka_unit_test(it_is_whole_by_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
