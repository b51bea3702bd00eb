/*
 * tables.h - the groups of tests: each runs, and returns how many failed.
 */
#ifndef FAULTS_TABLES_H
#define FAULTS_TABLES_H

int run_start_tests(void);
int run_serve_tests(void);
int run_drain_tests(void);
int run_log_tests(void);
int run_clock_tests(void);
int run_tool_tests(void);
int run_content_tests(void);
int run_sweep_tests(void);

/* A test for the end: no error of any call is missing in the tables. */
void every_error_was_in_a_table(void **state);

#endif
