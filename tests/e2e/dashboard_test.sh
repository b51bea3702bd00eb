#!/bin/bash
# Every query of the dashboard and every expression of the rules, asked of a real
# Prometheus that scrapes real servers under load: one that has no answer is a
# mistake. One Prometheus keeps classic buckets, another native histograms, since
# it keeps one of the two. Needs prometheus, curl and jq.
# shellcheck disable=SC2004,SC2016,SC2154 # names of the other part; jq
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=/dev/null # beside this
. tests/e2e/prometheus.sh

dashboard=$monitoring/dashboard.json
latency=my_webpage_request_latency_seconds

holds() { # NAME JQ-EXPRESSION: true of the dashboard
	seen=$(jq -e "$2" "$dashboard" 2>&1)
	ok "$1" $? "$seen"
}

structure() {
	holds 'panels have numbers of their own' \
	    '[.panels[].id] | length > 20 and length == (unique | length)'
	holds 'panels are inside the grid' \
	    'all(.panels[].gridPos; .x >= 0 and .y >= 0 and .w > 0 and .h > 0 and .x + .w <= 24)'
	holds 'panels do not overlap' \
	    '[.panels[] | .gridPos + {id}] | . as $all | all($all[]; . as $a | all($all[]; . as $b |
		$a.id == $b.id or $a.x + $a.w <= $b.x or $b.x + $b.w <= $a.x or
		$a.y + $a.h <= $b.y or $b.y + $b.h <= $a.y))'
	holds 'every panel has a title, and queries by the chosen data source' \
	    'all(.panels[] | select(.type != "row"); (.title | length > 0) and (.targets | length > 0)
		and .datasource.uid == "${datasource}"
		and all(.targets[]; .datasource.uid == "${datasource}" and (.expr | length > 0))
		and ([.targets[].refId] | length == (unique | length)))'
	holds 'every variable that is asked for is there' \
	    '[.templating.list[].name, "__rate_interval"] as $known |
		[.panels[].targets[]?.expr | scan("\\$\\{?([a-z_]+)")[0]] | all(. as $v | $known | index([$v]))'
}

start() { # PORT-VARIABLE OPTION...
	local name=$1
	shift
	start_prometheus --enable-feature="$*"
	pid[prometheus-$name]=${pid[prometheus]}
	unset 'pid[prometheus]'
	printf -v "$name" %s "$port"
}

start_all() {
	local name
	for name in a b; do
		start_server $name --root=tests/site --random-error=5 --random-delay=0s-50ms
		start_load $name 100 5500 --expect-length=any \
		    --header='traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
	done
	configure a b
	rules >"$dir/rules.yml"
	start classic exemplar-storage
	start native exemplar-storage,native-histograms
	for port in $classic $native; do
		expect 'both servers are scraped' 20 'count(up == 1) == 2'
	done
}

# Has an answer, of which one value at least is a number.
answers() { # NAME EXPRESSION
	becomes 12 "$2" && grep -qv 'NaN$' <<<"$seen"
	ok "$1" $? "no answer to $2: $seen"
}

queries() {
	local title expression
	while IFS=$'\t' read -r title expression; do
		port=$classic
		case $expression in *"$latency{"*) port=$native ;; esac
		answers "panel: $title" "$expression"
	done < <(jq -r '.panels[] | .title as $title | .targets[]? | [$title, (.expr
		| gsub("\\$__rate_interval"; "10s") | gsub("\\$max_connections"; "1000")
		| gsub("\\$(namespace|pod|instance)"; ".*"))] | @tsv' "$dashboard" | sed 's/\\\\/\\/g')
	port=$classic
	answers 'its restarts can be asked for' "$(jq -r '.annotations.list[0].expr
		| sub(" > 0$"; "") | gsub("\\$(namespace|pod|instance)"; ".*")' "$dashboard")"
}

# An alert's expression has no answer while all is well. With "bool", a comparison
# of what is there always has one.
expressions() {
	local kind name expression
	port=$classic
	while IFS=$'\t' read -r kind name expression; do
		[ "$kind" = alerting ] &&
		    expression=$(sed -E 's/ (>|==) / \1 bool /g; s/^absent\((.*)\)$/\1/' <<<"$expression")
		answers "rule: $name" "$expression"
	done < <(curl -sS --max-time 5 "http://127.0.0.1:$port/api/v1/rules" |
		jq -r '.data.groups[].rules[] | [.type, .name, .query] | @tsv' | sed 's/\\\\/\\/g')
	curl -sS --max-time 5 "http://127.0.0.1:$port/api/v1/rules" |
	    jq -e '[.data.groups[].rules[].health] | length > 20 and all(. == "ok")' >"$dir/health"
	ok 'Prometheus itself evaluates them all' $? "$(cat "$dir/health")"
}

exemplars() {
	local now
	now=$(date +%s)
	port=$classic
	curl -sS --max-time 5 "http://127.0.0.1:$port/api/v1/query_exemplars" \
	    --data-urlencode "query=${latency}_bucket" \
	    -d "start=$((now - 600))" -d "end=$((now + 5))" >"$dir/exemplars"
	jq -e '[.data[].exemplars[].labels.trace_id]
		| any(. == "4bf92f3577b34da6a3ce929d0e0e4736")' "$dir/exemplars" >"$dir/any"
	ok 'exemplars lead to traces' $? "$(head -c 500 "$dir/exemplars")"
}

open_test
structure
start_all
queries
expressions
exemplars
close_test
