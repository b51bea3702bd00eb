/*
 * webdriver.h - a real browser, by the W3C's WebDriver protocol: chromedriver
 * (CHROMEDRIVER, or from PATH) with a headless Chromium.
 */
#ifndef E2E_WEBDRIVER_H
#define E2E_WEBDRIVER_H

#include "blackbox/site.h"

struct browser {
	pid_t pid; /* of chromedriver, and of its process group */
	uint16_t port;
	const char *session; /* "/session/ID" */
};

/* Starts it, with an empty cache. Fails the test. */
void browser_start(struct browser *b);
/* Ends it, also when it is not quite there. */
void browser_end(struct browser *b);

/* Opens the URL, or the present one again, and waits until it is loaded. */
void browser_open(struct browser *b, const char *url);
void browser_reload(struct browser *b);
/* What a JavaScript expression is, as text. */
const char *browser_value(struct browser *b, const char *expression);
/* Waits until it is that. */
void
browser_await(struct browser *b, const char *expression, const char *value);
/* Presses keys one after the other; WebDriver's names for those that write
 * nothing, such as KEY_TAB, are characters too. */
#define KEY_TAB    "\\uE004"
#define KEY_ENTER  "\\uE007"
#define KEY_ESCAPE "\\uE00C"
#define KEY_LEFT   "\\uE012"
void browser_press(struct browser *b, const char *key);
/* A command of the session that WebDriver knows, with its JSON, or NULL for a
 * GET; and one of Chromium's own (DevTools protocol). The JSON of the answer.
 */
const char *
browser_command(struct browser *b, const char *command, const char *body);
const char *browser_devtools(
    struct browser *b, const char *command, const char *parameters);
/* What has been added since the last time to a log: "browser", the console's,
 * or "performance", the network's. As JSON, whose strings are unpacked once. */
const char *browser_log(struct browser *b, const char *name);

#endif
