#!/bin/bash
# Who reads the metrics: the two parsers of Prometheus' Python client, promtool, and
# a real Prometheus, which is given each of the three formats, while a server is under
# load and is sent any byte. Needs prometheus, python3-prometheus-client, curl and jq.
# shellcheck disable=SC2004,SC2034,SC2154 # names of the other part
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=/dev/null # beside this
. tests/e2e/prometheus.sh

latency=my_webpage_request_latency_seconds
parts=tests/e2e/exposition
python=/usr/bin/python3 # not one that lacks Debian's modules
[ -x "$python" ] || python=python3
export PYTHONDONTWRITEBYTECODE=1

checked() { # NAME CHECK ARGUMENT...
	local name=$1 said status
	shift
	said=$(timeout 60 "$python" $parts/check.py "$@" 2>&1)
	status=$?
	[ "$1" = watch ] && echo "# $said"
	ok "$name" $status "$said"
}

started() {
	earliest=$(date +%s.%N)
	start_server one --random-delay=0s-20ms
	latest=$(date +%s.%N)
}

# Some of the load has to wait for a random time, so that all is counted late; what is
# hostile comes one after the other meanwhile.
under_load() {
	start_load one 400 2000
	"$python" $parts/hostile.py "${page[one]}" 400 >"$dir/hostile.out" 2>&1 &
	pid[hostile]=$!
	checked 'under load every scrape is read, and nothing runs backwards' \
	    watch "${ops[one]}" "${pid[load-one]}"
	await_loads one
	ok 'load: nothing failed' "$(loaded one .failed)" "$(loaded one .)"
	wait "${pid[hostile]}"
	ok 'the hostile ones had their answers' $? "$(cat "$dir/hostile.out")"
	unset 'pid[hostile]'
}

at_rest() {
	checked 'text and OpenMetrics agree' agree "${ops[one]}"
	checked 'what counts, counts from the start' created "${ops[one]}" "$earliest" "$latest"
	checked 'exemplars are of the traces that were valid' exemplars "${ops[one]}"
	curl -sS --max-time 5 "http://127.0.0.1:${ops[one]}/metrics" >"$dir/text"
	said=$(promtool check metrics <"$dir/text" 2>&1)
	ok 'promtool has no objection' $? "$said"
}

start_relay() {
	local i
	"$python" $parts/relay.py "${ops[one]}" >"$dir/relay" 2>"$dir/relay.err" &
	pid[relay]=$!
	for ((i = 0; i < 200; i++)); do
		[ -s "$dir/relay" ] && break
		sleep 0.05
	done
	read -r 'ops[relay]' <"$dir/relay" || die "relay: $(cat "$dir/relay.err")"
}

instance() { echo "instance=\"127.0.0.1:${ops[$1]}\""; }

exemplars_of() { # SERIES: Prometheus' exemplars of it, a trace a line
	curl -sS --max-time 5 --get --data-urlencode "query=$1" \
	    --data "start=$(($(date +%s) - 300))&end=$(($(date +%s) + 1))" \
	    "http://127.0.0.1:$port/api/v1/query_exemplars" >"$dir/exemplars"
	jq -r '.data[].exemplars[] | .labels.trace_id' "$dir/exemplars"
}

has_exemplars() { # NAME SERIES
	local traces i
	for ((i = 0; i < 50; i++)); do
		traces=$(exemplars_of "$2")
		[ -n "$traces" ] && break
		sleep 0.1
	done
	[ -n "$traces" ] && ! grep -vxq '5eed[0-9a-f]\{28\}' <<<"$traces"
	ok "$1" $? "$(cat "$dir/exemplars")"
}

# Requests that Prometheus has to have: those that the server has.
counted=
total() {
	curl -sS --max-time 5 "http://127.0.0.1:${ops[one]}/metrics" |
	    sed -n "s/^${latency}_count //p"
}

text_and_open() {
	configure one relay
	start_prometheus --enable-feature=exemplar-storage
	expect 'Prometheus reads OpenMetrics and the text format' 15 'count(up == 1) == 2'
	counted=$(total)
	expect 'and has the requests of both' 5 "sum(${latency}_count) == 2 * $counted"
	expect 'and in the counters' 5 "sum(http_requests_total) == 2 * $counted"
	expect 'every series of the text is there in OpenMetrics' 5 \
	    "count({$(instance relay),__name__=~\"http_.*|my_.*\"} == on (__name__, le, code, method, listener, phase, layer) {$(instance one)}) > 50"
	ask "{$(instance relay),__name__=~\"http_.*|my_.*\"} unless on (__name__, le, code, method, listener, phase, layer) {$(instance one)}" \
	    >"$dir/missing"
	ok 'and none is missing' $((! $?)) "$(cat "$dir/missing")"
	has_exemplars 'exemplars by OpenMetrics' "${latency}_bucket"
	ok 'the text format has none' "$(exemplars_of "${latency}_bucket{$(instance relay)}" | wc -l)"
	unread
	stop prometheus
}

protobuf() {
	configure one
	start_prometheus --enable-feature=native-histograms,exemplar-storage
	expect 'Prometheus reads protobuf' 15 'up == 1'
	expect 'with the requests in a native histogram' 5 \
	    "histogram_count($latency) == $counted"
	expect 'and in the counters' 5 "sum(http_requests_total) == $counted"
	has_exemplars 'exemplars by protobuf' "$latency"
	unread
	stop prometheus
}

unread() {
	! grep -i 'level=\(warn\|error\)' "$dir/prometheus.err" >"$dir/complaints"
	ok 'Prometheus says nothing against it' $? "$(cat "$dir/complaints")"
}

open_test
started
under_load
at_rest
start_relay
text_and_open
protobuf
close_test
