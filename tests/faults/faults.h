/*
 * faults.h - a server whose kernel fails on order. The plan may change while it
 * runs; each row of a table proves by the number of failed calls that it tested
 * something. MY_WEBSERVER_BINARY must name a server linked with shim.c.
 */
#ifndef FAULTS_FAULTS_H
#define FAULTS_FAULTS_H

#include "blackbox/harness.h"
#include "faults/plan.h"

/* What to fail, as a test writes it. */
struct failing {
	const char *call, *detail; /* detail NULL: any */
	unsigned from, count;      /* 0: the first, one */
};

/* A list of effects ends in FAULT_COUNT, which is 0. */
#define EFFECTS(...) ((const int[]){ __VA_ARGS__, 0 })

/* The errors of a function as its man page lists them; fails if unknown. */
const int *errors_of(const char *call);

/*
 * The effects of a table's row: only, or where that is NULL all errors of the
 * call that are not in but. Each one is noted as tested for the call.
 */
const int *row_effects(const char *call, const int *only, const int *but);

/* As TEST, with an empty plan. */
#define FAULTY(name) \
	cmocka_unit_test_setup_teardown(name, faults_setup, harness_teardown)
int faults_setup(void **state);
/* server_start and run with that plan. */
struct server *faults_start(const struct spawn *how);
struct run faults_run(const struct spawn *how);

/* Puts a fault into the plan, in place of what was in the slot. */
void inject(unsigned slot, struct failing what, int effect);
void inject_nothing(void);
unsigned fault_calls(unsigned slot);
unsigned fault_hits(unsigned slot);
/* Waits until so many calls of a slot were made. */
void await_calls(unsigned slot, unsigned calls);

/* "call detail n: errno", for messages. */
const char *describe(struct failing what, int effect);

/* Descriptors of a server. */
unsigned descriptors(const struct server *s);

/*
 * With nothing failing any more: page slots, all at once, and some of the
 * operations listener's still answer, nothing is open or in flight, the counts
 * of lines and requests agree, and there are as many descriptors as before.
 * Reads its own lines; if others precede them, it fails.
 */
void assert_sound(struct server *s, unsigned page_slots, unsigned before);

#endif
