#!/bin/bash
# With half a core and far more to do: do probes and scrapes get their answers, does
# every connection get its share, does no request fail? TAP.
#
# The server is alone in a cgroup with a quota of 50 ms in each 100 ms, as a CPU
# limit of 500m gives it: when those are used up it stands still for the rest. So an
# answer may be late by some periods; the bound here is the second that a probe has
# in the manifests. Where no such cgroup can be made, a neighbour on the same core
# takes the other half (so says a line).
# MY_WEBSERVER_BINARY   the server (build/my_webserver)
# LOAD_BINARY           the load (build/load)
set -u
cd "$(dirname "$0")/../.." || exit 1

server=${MY_WEBSERVER_BINARY:-build/my_webserver} load=${LOAD_BINARY:-build/load}
connections=200 seconds=3
dir=$(mktemp -d) || exit 1
pids=() quota_folder=
unset MY_WEBSERVER_BINARY MY_WEBSERVER_WAIT_MS # no options of the server
# shellcheck source=/dev/null
. bench/quota.sh

finish() {
	if ((${#pids[@]})); then
		kill "${pids[@]}" 2>/dev/null
		wait "${pids[@]}" 2>/dev/null
	fi
	quota_close
	rm -rf "$dir"
}
trap finish EXIT
trap 'exit 1' INT TERM

die() {
	echo "not ok - $1"
	sed 's/^/# /' "$dir"/*.err
	exit 1
}

tests=0 failed=0
check() { # NAME COMMAND...
	local name=$1 said
	shift
	tests=$((tests + 1))
	if said=$("$@" 2>&1); then
		echo "ok $tests - $name"
	else
		echo "not ok $tests - $name"
		failed=1
	fi
	[ -z "$said" ] || printf '# %s\n' "${said//$'\n'/$'\n'# }"
}

start_server() {
	local i
	"$server" --listen=127.0.0.1:0 --metrics-listen=127.0.0.1:0 --log-format=seed \
	    >"$dir/log" 2>"$dir/server.err" &
	pid=$!
	pids+=("$pid")
	for ((i = 0; i < 500; i++)); do
		# shellcheck disable=SC2046 # two words
		set -- $(sed -n 's/.*listen": "\([0-9.:]*\)", "metrics_listen": "\([0-9.:]*\)".*/\1 \2/p' \
		    "$dir/server.err")
		page=${1:-} ops=${2:-}
		[ -z "$ops" ] || return 0
		sleep 0.02
	done
	die 'the server does not listen'
}

take_half() {
	if quota_open "mywebserver-test-$$" 2>/dev/null; then
		{ quota_set 500 && quota_take "$pid"; } || die 'the cgroup does not take it'
		return
	fi
	echo '# no cgroup with a quota can be made here: a neighbour takes half of the core'
	quota_folder=
	taskset -cp 0 "$pid" >/dev/null || die 'taskset does not work'
	taskset -c 0 bash -c 'while :; do :; done' &
	pids+=($!)
}

start_load() { # NAME OPTION... URL
	local name=$1
	shift
	"$load" --json --timeout=10s "$@" >"$dir/$name.json" 2>"$dir/$name.err" &
	loads[$name]=$!
	pids+=($!)
}

number() { # NAME WHAT: the first of that name
	sed -n "s/.*\"$2\": *\([0-9]*\).*/\1/p" "$dir/$1.json"
}

no_failure() { # NAME...
	local name bad=0
	for name; do
		echo "$name: $(number "$name" answers) answers, $(number "$name" failed) failed"
		if [ "$(number "$name" failed)" != 0 ] || [ "$(number "$name" answers)" = 0 ]; then
			cat "$dir/$name.err" "$dir/$name.json"
			bad=1
		fi
	done
	return "$bad"
}

# Late or not, each was answered: see no_failure.
in_time() { # NAME
	local worst
	worst=$(sed -n 's/.*"latency_ns": *{[^}]*"max": *\([0-9]*\).*/\1/p' "$dir/$1.json")
	echo "slowest: $((worst / 1000000)) ms"
	no_failure "$1" && ((worst < 1000000000))
}

# A connection is known by the address that it comes from; those with a queue of
# requests all come from the first.
fair() {
	awk -F '"client_ip": "' -v all="$connections" '{ split($2, rest, "\""); n[rest[1]]++ }
	    END {
		for (i = 2; i <= all; i++) {
			c = n["127.0.0." i] + 0
			if (least == "" || c < least) least = c
			if (c > most) most = c
		}
		print "requests of a connection: " least " to " most ", of those with a queue: " n["127.0.0.1"] + 0
		exit !(least > 0 && most <= 4 * least)
	    }' "$dir/log"
}

all_logged() {
	local sum
	sum=$(($(number page answers) + $(number queue answers)))
	echo "$(wc -l <"$dir/log") lines, $sum answers"
	[ "$(wc -l <"$dir/log")" -ge "$sum" ] && ! grep -qv '\\" 200 -"}}$' "$dir/log"
}

declare -A loads
start_server
take_half
start_load page --connections=$connections --sources=$connections --duration=${seconds}s "http://$page/"
start_load queue --connections=4 --pipeline=64 --duration=${seconds}s "http://$page/"
for path in livez readyz metrics; do
	start_load "$path" --connections=2 --rate=50 --arrivals=random --expect-length=any --duration=$((seconds - 1))s \
	    "http://$ops/$path"
done
for name in "${!loads[@]}"; do
	wait "${loads[$name]}" # what it counted is looked at below
done
kill "$pid"
wait "$pid"
status=$?
[ -z "$quota_folder" ] || echo "# periods, and of those throttled: $(quota_periods)"

check 'no request fails' no_failure page queue
for path in livez readyz metrics; do
	check "/$path answers within a second" in_time "$path"
done
check 'every connection gets its share' fair
check 'every request has its line, and status 200' all_logged
check 'an orderly end' test "$status" = 0
echo "1..$tests"
((failed == 0))
