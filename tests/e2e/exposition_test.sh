#!/bin/bash
# What /metrics answers, read by those who know the formats: the Python client's two
# parsers, promtool, and Prometheus, which is asked for the exemplars. Needs
# prometheus, python3-prometheus-client, curl and jq.
# shellcheck disable=SC2034,SC2154 # names of the other part
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=/dev/null # beside this
. tests/e2e/prometheus.sh

latency=my_webpage_request_latency_seconds
open_type=application/openmetrics-text
proto_type='application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited'
declare -A accept=([text]=text/plain [open]="$open_type;version=1.0.0"
	[proto]="$proto_type")
declare -A type=([text]='text/plain; version=0.0.4; charset=utf-8'
	[open]="$open_type; version=1.0.0; charset=utf-8"
	[proto]="${proto_type//;/; }")

get() { # FORMAT: into $dir/FORMAT; is it of the format's type?
	local said
	said=$(curl -sS --max-time 10 -H "Accept: ${accept[$1]}" -o "$dir/$1" \
	    -w '%{http_code} %{content_type}' "http://127.0.0.1:${ops[one]}/metrics")
	[ "$said" = "200 ${type[$1]}" ] && return
	echo "$1: $said"
	return 1
}

read_both() {
	/usr/bin/python3 tests/e2e/exposition.py "$dir/text" "$dir/open" "$trace" 2>&1
}

traced() { # TRACE-ID
	curl -sS --max-time 10 -o "$dir/page" "http://127.0.0.1:${page[one]}/" \
	    -H "traceparent: 00-$1-00f067aa0ba902b7-01" || die 'no answer'
}

# All formats while load is on: of their types, whole, and lasting.
while_loaded() {
	local said='' i format
	for ((i = 0; i < 20; i++)); do
		for format in text open proto; do
			said+=$(get "$format")
		done
		[ "$(tail -n 1 "$dir/open")" = '# EOF' ] || said+=' no end'
		said+=$(promtool check metrics <"$dir/text" 2>&1)
	done
	[ -z "$said" ]
	ok 'every format is answered under load, and promtool reads it' $? "$said"
}

# Hostile methods and targets become no labels; a traceparent becomes an exemplar.
send_oddities() {
	local method
	for method in "B'W" 'X|}' '~{le' '__NAME__' 'a`b'; do
		curl -sS --max-time 10 -o "$dir/page" -X "$method" -H 'Host: "\}{' \
		    "http://127.0.0.1:${page[one]}/%22%7D%0a%ff" || die 'no answer'
	done
	traced "$trace"
}

exemplar_of() { # TRACE-ID SERIES: does Prometheus know it, within 15 seconds?
	local i
	for ((i = 0; i < 150; i++)); do
		curl -sS --max-time 5 -G --data-urlencode "query=$2" \
		    --data-urlencode 'start=0' --data-urlencode "end=$(($(date +%s) + 60))" \
		    "http://127.0.0.1:$port/api/v1/query_exemplars" >"$dir/exemplars"
		jq -e --arg id "$1" '[.data[]?.exemplars[] | select(.labels.trace_id == $id)
			| select((.value | tonumber) > 0)] | length > 0' \
		    "$dir/exemplars" >"$dir/found" 2>&1 && return
		sleep 0.1
	done
	return 1
}

# In which format Prometheus asks is for its features to say.
stored() { # NAME SERIES TRACE-ID FEATURES
	traced "$3"
	configure one
	start_prometheus --enable-feature="$4"
	exemplar_of "$3" "$2"
	ok "Prometheus stores exemplars: $1" $? "$(cat "$dir/exemplars")"
	expect "Prometheus has scraped it: $1" 10 'up == 1'
	stop prometheus
}

open_test
trace=4bf92f3577b34da6a3ce929d0e0e4736
start_server one
start_load one 300 1500
while_loaded
await_loads one
send_oddities
said=$(get text && get open)
ok 'texts of a server at rest' $? "$said"
said=$(read_both)
ok "the Python client's two parsers read the same values" $? "$said"
said=$(promtool check metrics <"$dir/text" 2>&1)
ok 'promtool has nothing to say' $? "$said"
! grep -q 'method="[^"]*[^A-Z_"]' "$dir/text"
ok 'no label holds what a client made up' $? "$(grep method= "$dir/text")"
stored OpenMetrics ${latency}_bucket 0af7651916cd43dd8448eb211c80319c exemplar-storage
# in protobuf they belong to the native histogram, which has no buckets' series
stored protobuf $latency 1234567890abcdef1234567890abcdef \
    exemplar-storage,native-histograms
close_test
