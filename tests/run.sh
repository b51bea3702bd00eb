#!/bin/bash
# Runs cmocka programs, and scripts that print TAP, one after the other, shows what
# failed in full, and counts.
# Usage: run.sh PROGRAM...
# TIMEOUT   seconds a program may take (120)
# COUNTS    a file to append "passed failed" to, for the caller to add up
set -u

passed=0 failed=0
out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT
export CMOCKA_MESSAGE_OUTPUT=TAP

for program; do
	timeout -k 5 "${TIMEOUT:-120}" "$program" >"$out" 2>&1 </dev/null
	status=$?
	# TAP: "1..N" announces a group; "ok" and "not ok" lines are its tests. What
	# was announced and did not run, has failed. Skipped ones count as neither.
	read -r ok bad skip < <(awk '
		/^1\.\.[0-9]+/       { planned += substr($1, 4) }
		/^not ok .*# SKIP/   { skip++; next }
		/^ok /               { ok++ }
		/^not ok /           { bad++ }
		END {
			lost = planned - ok - bad - skip
			print ok + 0, bad + (lost > 0 ? lost : 0), skip + 0
		}' "$out")
	# A crash, a leak report, a timeout, or a program without a test.
	if ((bad == 0 && (status != 0 || ok + skip == 0))); then
		bad=1
	fi
	((passed += ok, failed += bad))
	if ((bad)); then
		echo "FAIL $program: $ok passed, $bad failed, exit status $status"
		sed 's/^/    /' "$out"
	else
		note=
		((skip)) && note=", $skip skipped"
		echo "ok   $program: $ok passed$note"
		sed -n 's/.*# SKIP \(not checked\)/     \1/p' "$out"
	fi
done

if [ -n "${COUNTS:-}" ]; then
	echo "$passed $failed" >>"$COUNTS"
else
	echo "$passed passed, $failed failed"
fi
((failed == 0 && passed > 0))
