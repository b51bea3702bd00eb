#!/bin/bash
# Runs libFuzzer programs one after the other, each on a copy of its corpus below
# build/fuzz, and says how it went. What is found is left there, too.
# Usage: run.sh FOLDER NAME...     runs FOLDER/NAME_fuzz
# FUZZ_SECONDS   time for each (60)
set -u

folder=$1
shift
failed=0
for name; do
	out=build/fuzz/$name
	dict=tests/fuzz/$name.dict
	mkdir -p "$out/corpus" "$out/found"
	cp -n "tests/fuzz/corpus/$name"/* "$out/corpus/" 2>/dev/null
	options=(-max_total_time="${FUZZ_SECONDS:-60}" -timeout=10
		-print_final_stats=1 -artifact_prefix="$out/found/")
	if [ -f "$dict" ]; then
		options+=(-dict="$dict")
	fi
	if "$folder/${name}_fuzz" "${options[@]}" "$out/corpus" \
	    >"$out/log" 2>&1; then
		printf 'ok   %-10s %s, %s files\n' "$name" \
		    "$(sed -n 's/^Done \(.*\) second.*/\1 s/p' "$out/log")" \
		    "$(find "$out/corpus" -type f | wc -l)"
	else
		echo "FAIL $name: see $out/found, and the end of $out/log:"
		tail -n 40 "$out/log" | sed 's/^/    /'
		failed=1
	fi
done
exit $failed
