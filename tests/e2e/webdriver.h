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
/* What has been added since the last time to a log: "browser", the console's,
 * or "performance", the network's. As JSON, whose strings are unpacked once. */
const char *browser_log(struct browser *b, const char *name);

#endif
