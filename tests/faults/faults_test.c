/*
 * faults_test.c - what the server asks of the kernel fails, call by call and
 * error by error, by tables: see README.md here.
 */
#include "faults/faults.h"
#include "faults/tables.h"

int
main(void)
{
	const struct CMUnitTest last[] = {
		cmocka_unit_test(every_error_was_in_a_table),
	};
	int failed = run_start_tests();

	failed += run_serve_tests();
	failed += run_drain_tests();
	failed += run_log_tests();
	failed += run_clock_tests();
	failed += run_tool_tests();
	failed += run_content_tests();
	failed += run_sweep_tests();
	failed += cmocka_run_group_tests_name(
	    "tables", last, harness_setup, harness_teardown);
	return failed != 0;
}
