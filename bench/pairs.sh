# Short runs in pairs, and what they say. bench/run sources it.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153,SC2154 # names of the other parts

path=/   # what is asked for
unit=us  # CPU time a request; MB: bytes sent a CPU-second
base=ours

number() { # NAME: the first member of that name on standard input
	grep -o -m1 "\"$1\": [0-9.]*" | sed -n '1s/.*: //p'
}

# load NAME OPTION...: the JSON of a run against that server
load() {
	local name=$1
	shift
	"${client[@]}" build/load --json "--server=${pid[$name]}" "$@" \
	    "http://127.0.0.1:${port[$name]}$path" || die "load on $name failed"
}

# delayed NAME: how long it has been ready to run and others ran, ns
delayed() { cut -d' ' -f2 "/proc/${pid[$1]}/schedstat"; }

# slice NAME OPTION...: the JSON of a short run, of another one if other programs
# had the server's core for more than 15 % of the time, or if nothing was
# answered; not more than ROUNDS times in a comparison, so that it ends.
slice() {
	local json before delay elapsed answers again
	while :; do
		before=$(delayed "$1")
		json=$(load "$@" "--duration=$SLICE" --warmup=50ms) || exit 1
		delay=$(($(delayed "$1") - before))
		elapsed=$(number elapsed_ns <<<"$json")
		answers=$(number answers <<<"$json")
		if ((delay * 100 <= (${shared:-0} + 15) * elapsed && answers > 0)); then
			break
		fi
		echo >>"$dir/again"
		again=$(wc -l <"$dir/again")
		((again > ROUNDS && answers > 0)) && break
		((again > ROUNDS + 10)) && die "no answer from $1"
	done
	echo "$json"
}

# figure NAME OPTION...: of one slice, in the unit, and how busy its core was, %
figure() {
	local json
	json=$(slice "$@") || exit 1
	awk -v ns="$(number server_ns <<<"$json")" -v unit="$unit" \
	    -v n="$(number answers <<<"$json")" \
	    -v bytes="$(number bytes <<<"$json")" \
	    -v elapsed="$(number elapsed_ns <<<"$json")" 'BEGIN {
		print unit == "us" ? ns / n / 1e3 : bytes / ns * 1e3,
		    ns / elapsed * 100
	}'
}

# Numbers on standard input: "median [quartile, quartile]", as $1.
spread() {
	sort -g | awk -v form="$1" '{ v[NR] = $1 }
		END {
			form = form " [" form ", " form "]"
			printf form, v[int((NR + 1) / 2)], v[int((NR + 3) / 4)],
			    v[int((3 * NR + 1) / 4)]
		}'
}

median() { spread %.0f | sed 's/ .*//'; }

# pairs A B OPTION...: a slice of each in turns, a line each into $dir/pairs:
# figure and core's load of A, the same of B, A's advantage.
pairs() {
	local a=$1 b=$2 i x y
	shift 2
	: >"$dir/again"
	for ((i = 0; i < ROUNDS; i++)); do
		if ((i % 2)); then
			x=$(figure "$a" "$@")
			y=$(figure "$b" "$@")
		else
			y=$(figure "$b" "$@")
			x=$(figure "$a" "$@")
		fi
		[ -n "$x" ] && [ -n "$y" ] || exit 1
		awk -v unit="$unit" '{ print $0, unit == "us" ? $3 / $1 : $1 / $3 }' \
		    <<<"$x $y"
	done >"$dir/pairs"
}

column() { cut -d' ' -f"$1" "$dir/pairs"; }

# compare TITLE OTHERS OPTION...: the base beside each of the others.
compare() {
	local title=$1 others=$2 other form=%.2f words='us, requests per CPU-second'
	shift 2
	[ $unit = us ] || form=%.0f words='MB per CPU-second,'
	echo
	echo "$title"
	for other in $others; do
		if [ -z "${port[$other]:-}" ] || [ "$other" = "$base" ]; then
			continue
		fi
		pairs "$base" "$other" "$@" || exit 1
		printf '  %s %s, %s %s %s %s x %s (core busy: %s, %s %%)\n' \
		    "$base" "$(column 1 | spread $form)" \
		    "$other" "$(column 3 | spread $form)" "$words" \
		    "$(column 5 | spread %.2f)" "$other" \
		    "$(column 2 | median)" "$(column 4 | median)"
		(($(wc -l <"$dir/again") <= ROUNDS)) ||
		    echo '  NOTE: other programs used the core; do not trust this'
	done
}
