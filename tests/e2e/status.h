/*
 * status.h - looks at the status page with a browser's eyes.
 */
#ifndef E2E_STATUS_H
#define E2E_STATUS_H

#include "blackbox/load.h"
#include "e2e/webdriver.h"

/* The test's browser; it starts when a page is opened. */
extern struct browser browser;

int status_setup(void **state);
int status_teardown(void **state);
#define STATUS_TEST(name) \
	cmocka_unit_test_setup_teardown(name, status_setup, status_teardown)

/* Opens the page, and waits until it has been answered. */
void open_page(struct server *s);

/* What an expression is in the page: text, or a number. */
const char *is(const char *expression);
double number_of(const char *expression);
/* A figure of the page with all of its digits; the text of an element. */
double figure(const char *id);
const char *text_of(const char *id);
/* How often the page has asked, and was answered. */
long polls(void);
long answers(void);
/* Waits for an expression, for so many more answers, for what the page says of
 * the server. */
void await_true(const char *expression);
void await_answers(long more);
void await_state(const char *state);

/* Equal within some distance. */
void assert_near(double got, double want, double most);
/* Nothing on the console, where the browser tells of a broken policy, too. */
void assert_console_is_empty(void);
/* The string of that name in a JSON text. */
const char *string_in(const char *json, const char *name);

#endif
