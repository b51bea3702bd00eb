#!/bin/bash
# For "make coverage": runs the tests against a build that counts what it
# executes, and tells, for each file of src, how many of its lines and branches
# were. Fails below these shares, in percent, or if a test fails. No line is
# exempt, and no branch.
set -u
cd "$(dirname "$0")/.." || exit 1

lines=92 branches=80
dir=build/gcc+coverage
unset COUNTS
make() { command "${MAKE:-make}" --no-print-directory CC=gcc SAN=coverage "$@"; }

# What was counted before, also in files that have changed since.
mkdir -p "$dir" && find "$dir" -name '*.gcda' -delete
failed=0
make program tests || exit 1
for target in unit faults fuzz-replay conformance; do
	grep -q "^$target:" Makefile || continue
	make "$target" || failed=1
done
# Servers that run as somebody else count, too.
umask 0
find "$dir" -type d -exec chmod a+rwx {} + -o -name '*.gcda' -exec chmod a+rw {} +
black=()
for program in tests/blackbox/*_test.c; do
	case $program in
	*/load_*) ;; # not about src
	*) black+=("$dir/${program%.c}") ;;
	esac
done
MY_WEBSERVER_BINARY=$PWD/$dir/my_webserver tests/run.sh "${black[@]}" || failed=1

# gcov may tell of a call that it returned less than no times, where a test was
# left by longjmp: such a line of its report is passed over, and no other.
gcovr --root . --filter src/ --object-directory "$dir" --csv \
    --gcov-ignore-parse-errors | awk -F, \
    -v lines=$lines -v branches=$branches '
	function row(name, of, got, of2, got2) {
		printf "%-28s %5d of %5d lines %6.1f %%", name, got, of,
		    of ? 100 * got / of : 100
		printf "   %5d of %5d branches %6.1f %%\n", got2, of2,
		    of2 ? 100 * got2 / of2 : 100
	}
	NR > 1 {
		row($1, $2, $3, $5, $6)
		l += $2; lc += $3; b += $5; bc += $6
	}
	END {
		row("all", l, lc, b, bc)
		exit !(l && b && 100 * lc >= lines * l && 100 * bc >= branches * b)
	}' || { echo "below $lines % of lines or $branches % of branches"; failed=1; }
exit $failed
