#!/bin/bash
# A real Prometheus scrapes one server, then three, under load at a fixed rate: do
# its counters, quantiles and rules say what the load generator knows, and do the
# alerts fire when they should, and then alone? Needs prometheus, curl and jq.
# shellcheck disable=SC2154 # names of the other part
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=/dev/null # beside this
. tests/e2e/prometheus.sh

latency=my_webpage_request_latency_seconds
rate=100 requests=900 # 9 s

# Does the load generator's percentile agree with a quantile, within a bucket:
# closer than the bucket is wide that the quantile is in?
agree() { # NAME EXPRESSION NANOSECONDS
	local said
	said=$(value "$2")
	awk -v v="$said" -v p="$3" -v bounds="$bounds" 'BEGIN {
		n = split(bounds, le)
		for (i = 1; i <= n && le[i] < v; i++);
		off = v - p / 1e9
		width = le[i] - (i > 1 ? le[i - 1] : 0)
		exit !(v ~ /^[0-9]/ && i <= n && off <= width && -off <= width)
	}'
	ok "$1" $? "$2: $said s; load: $3 ns; buckets: $bounds"
}

read_bounds() { # into bounds, ascending, without +Inf
	bounds=$(ask "count by (le) (${latency}_bucket)" |
	    sed -n 's/.*"le":"\([0-9.]*\)".*/\1/p' | sort -g | tr '\n' ' ')
}

counted() { # HOW-MANY: by all of them together
	expect "the counters add up to what load sent: $1" 15 \
	    "sum(http_requests_total) == $1"
	expect 'and so do the histograms' 5 "sum(${latency}_count) == $1"
	expect 'and the buckets' 5 "sum(${latency}_bucket{le=\"+Inf\"}) == $1"
	expect 'and the lines of the log' 5 "sum(my_webserver_log_lines_total) == $1"
}

# What the rules recorded while the load was on.
recorded() { # REQUESTS-A-SECOND
	near 'rule: requests a second' \
	    "$(value "job:http_requests:rate5m @ $sending")" "$1" 0.1
	near 'rule: requests a second by their latency' \
	    "$(value "job_le:${latency}_bucket:rate5m{le=\"+Inf\"} @ $sending")" "$1" 0.1
	expect 'rule: none of them failed' 5 \
	    "job:http_requests_failed:ratio_rate5m @ $sending == 0"
}

quiet() {
	ask 'count by (alertname) (count_over_time(ALERTS{alertstate="firing"}[1h]))' \
	    >"$dir/alerts"
	[ ! -s "$dir/alerts" ] # what is wrong with the question would stand there too
	ok 'no alert has fired' $? "$(cat "$dir/alerts")"
}

one_instance() {
	start_server one --random-delay=0s-480ms
	configure one
	start_prometheus
	expect 'one instance is up' 15 'up{job="mywebserver",namespace="default"} == 1'
	expect 'it counts from 0' 15 "${latency}_count == 0"
	follow_rules
	start_load one $rate $requests
	await_loads one
	ok 'load: nothing failed' "$(loaded one .failed)" "$(loaded one .)"
	counted $requests
	read_bounds
	for p in 50 90 99; do
		agree "$p % of requests took as long as load says" \
		    "histogram_quantile($p / 100, ${latency}_bucket)" "$(loaded one .latency_ns.p$p)"
	done
	recorded $rate
	for p in 50 99; do
		agree "rule: $p % of requests" "job:$latency:p${p}_5m @ $sending" \
		    "$(loaded one .latency_ns.p$p)"
	done
	quiet
	stop prometheus
	stop one
}

# Each of the three is slower than the one before from its fastest answer to its
# slowest. So the percentiles of each are known percentiles of all: nine in ten of
# the middle one are (1 + 0.9) / 3 of all.
three_instances() {
	local name
	start_server a --random-delay=10ms-70ms
	start_server b --random-delay=120ms-240ms
	start_server c --random-delay=280ms-480ms
	configure a b c
	start_prometheus
	expect 'three instances are up' 15 'count(up{job="mywebserver"} == 1) == 3'
	expect 'they count from 0' 15 "sum(${latency}_count) == 0"
	follow_rules
	scrape 0
	for name in a b c; do start_load $name $rate $requests; done
	expect 'the load is on' 15 "min(${latency}_count) > $((requests / 3))"
	scrape 1
	await_loads a b c
	scrape 2
	counted $((3 * requests))
	quantiles_of_three
	recorded $((3 * rate))
	# half of all is half of b; the slowest hundredth are of c
	agree 'rule: 50 % of requests' "job:$latency:p50_5m @ $sending" "$(loaded b .latency_ns.p50)"
	agree 'rule: 99 % of requests' "job:$latency:p99_5m @ $sending" "$(loaded c .latency_ns.p99)"
	quiet
}

quantiles_of_three() {
	local i=0 name
	for name in a b c; do
		ok "load on $name: nothing failed" "$(loaded $name .failed)" "$(loaded $name .)"
		for p in 50 90 99; do
			agree "by the buckets of all: $p % of $name" \
			    "histogram_quantile(($i + $p / 100) / 3, sum by (le) (${latency}_bucket))" \
			    "$(loaded $name .latency_ns.p$p)"
		done
		i=$((i + 1))
	done
}

# ---- the rules themselves, on what two of them really answered

scrape() { # STEP
	local name
	for name in a b; do
		curl -sS --max-time 5 "http://127.0.0.1:${ops[$name]}/metrics" \
		    >"$dir/scrape-$name-$1" || die "no scrape of $name"
	done
}

# The three scrapes of each as series for promtool: the first until 5:00, the
# second until 7:15, and on with the third.
series() {
	local name
	for name in a b; do
		awk -v labels="namespace=\"default\",job=\"mywebserver\",instance=\"$name\"" '
			!/^(http_requests_total|my_webpage_request_latency_seconds_bucket)\{/ { next }
			{ key = $1; at = FILENAME; sub(/.*-/, "", at); value[key, at] = $2; keys[key] }
			END {
				for (key in keys) {
					with = key
					sub(/\{/, "{" labels ",", with)
					printf "      - series: \047%s\047\n", with
					printf "        values: \047%dx20 %dx8 %dx20\047\n",
					    value[key, 0], value[key, 1], value[key, 2]
				}
			}' "$dir/scrape-$name-"[012]
	done
}

# What has to come out, reckoned from the same scrapes without Prometheus: of the
# requests of both from the first scrape on, how many lie below each bound, and
# so where the quantile is between two bounds.
reckon() { # QUANTILE STEP
	awk -v q="$1" '
		!/^my_webpage_request_latency_seconds_bucket/ { next }
		{
			le = $1; gsub(/.*le="|"}/, "", le)
			if (!(le in count)) bound[++n] = le
			count[le] += FILENAME ~ /0$/ ? -$2 : $2
		}
		END {
			wanted = q * count["+Inf"]
			for (i = 1; i < n && count[bound[i]] < wanted; i++);
			low = i > 1 ? bound[i - 1] : 0
			under = i > 1 ? count[bound[i - 1]] : 0
			printf "%.4f", low + (bound[i] - low) * \
			    (wanted - under) / (count[bound[i]] - under)
		}' "$dir/scrape-"[ab]-0 "$dir/scrape-"[ab]-"$2"
}

comes_out() { # TIME VALUE EXPRESSION
	cat <<-END
		      - expr: round($3, 0.0001)
		        eval_time: $1
		        exp_samples:
		          - labels: '{namespace="default",job="mywebserver"}'
		            value: $2
	END
}

# Rates depend on how Prometheus takes the ends of the window; shares and quantiles
# do not.
promtool_on_scrapes() {
	local step at
	rules >"$dir/rules.yml"
	{
		cat <<-END
			rule_files: [ rules.yml ]
			evaluation_interval: 15s
			tests:
			  - interval: 15s
			    input_series:
		END
		series
		echo '    promql_expr_test:'
		for step in 1 2; do
			at=$((5 + 2 * step))m
			comes_out $at "$(reckon 0.5 $step)" "job:$latency:p50_5m"
			comes_out $at "$(reckon 0.99 $step)" "job:$latency:p99_5m"
			comes_out $at 1 "sum without (le) (job_le:${latency}_bucket:rate5m{le=\"+Inf\"}) / job:http_requests:rate5m"
			comes_out $at 0 job:http_requests_failed:ratio_rate5m
		done
	} >"$dir/scrapes_test.yml"
	seen=$(promtool test rules "$dir/scrapes_test.yml" 2>&1)
	ok 'promtool: the scrapes of two add up' $? "$seen"
}

# ---- alerts

firing() { # SECONDS ALERT
	expect "it fires: $2" "$1" "ALERTS{alertname=\"$2\",alertstate=\"firing\"}"
}

# One in three has its faults: one request in six fails. It is at the same address,
# and counts from 0.
alerts() {
	stop c
	start_server c --random-error=50
	for name in a b c; do start_load $name $rate $requests --expect-length=any; done
	firing 20 MyWebserverFails
	await_loads a b c
	stop b KILL
	firing 10 MyWebserverDown
	ask 'count by (alertname) (count_over_time(ALERTS{alertstate="firing"}[1h]))' \
	    >"$dir/alerts"
	# of all that there was, some percent failed: in a hurry, that is days
	[ "$(grep -o 'MyWebserver[A-Za-z]*' "$dir/alerts" | sort | tr '\n' ' ')" = \
	    'MyWebserverDown MyWebserverFails MyWebserverFailsSteadily ' ]
	ok 'no other alert has fired' $? "$(cat "$dir/alerts")"
	stop a
	stop c
	firing 10 MyWebserverGone
}

open_test
one_instance
three_instances
promtool_on_scrapes
alerts
close_test
