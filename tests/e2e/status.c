#include "e2e/status.h"

#include <math.h>

struct browser browser;

int
status_setup(void **state)
{
	browser = (struct browser){ 0 };
	return harness_setup(state);
}

int
status_teardown(void **state)
{
	browser_end(&browser);
	return site_teardown(state);
}

const char *
is(const char *expression)
{
	return browser_value(&browser, expression);
}

double
number_of(const char *expression)
{
	return strtod(is(expression), NULL);
}

double
figure(const char *id)
{
	return number_of(
	    keepf("document.getElementById('%s').dataset.value", id));
}

const char *
text_of(const char *id)
{
	return is(keepf("document.getElementById('%s').innerText", id));
}

void
assert_near(double got, double want, double most)
{
	if (!(fabs(got - want) <= most))
		fail_msg("%.17g is not %.17g", got, want);
}

long
polls(void)
{
	return (long)number_of("document.body.dataset.polls || 0");
}

long
answers(void)
{
	return (long)number_of("document.body.dataset.answers || 0");
}

void
await_true(const char *expression)
{
	browser_await(&browser, expression, "true");
}

void
await_answers(long more)
{
	await_true(
	    keepf("document.body.dataset.answers >= %ld", answers() + more));
}

void
await_state(const char *state)
{
	browser_await(&browser, "document.body.dataset.state", state);
}

void
open_page(struct server *s)
{
	if (!browser.session)
		browser_start(&browser);
	browser_open(&browser, url_of(s->metrics, "/"));
	await_true("document.body.dataset.answers > 0");
	await_state("ready");
}

void
assert_console_is_empty(void)
{
	assert_string_equal(browser_log(&browser, "browser"), "{\"value\":[]}");
}

const char *
string_in(const char *json, const char *name)
{
	const char *sign = keepf("\"%s\":\"", name);
	const char *at = strstr(json, sign);

	assert_non_null(at);
	at += strlen(sign);
	return keepf("%.*s", (int)strcspn(at, "\""), at);
}
