# What tests on a real Prometheus share: servers, load, Prometheus on them with the
# overlay's own configuration and rules, questions to it, and results as TAP.
# shellcheck shell=bash
# shellcheck disable=SC2034 # names of the other part

monitoring=manifests/overlays/monitoring

open_test() {
	server=${MY_WEBSERVER_BINARY:-build/my_webserver}
	load=${LOAD_BINARY:-build/load}
	tests=0 failures=0
	declare -gA pid page ops
	dir=$(mktemp -d) || exit 1
	trap finish EXIT
	trap 'exit 1' INT TERM
}

# Ends what was started, at once what does not end within three seconds.
finish() {
	local i
	if ((${#pid[@]})); then
		kill "${pid[@]}" 2>/dev/null
		for ((i = 0; i < 30; i++)); do
			kill -0 "${pid[@]}" 2>/dev/null || break
			sleep 0.1
		done
		kill -KILL "${pid[@]}" 2>/dev/null
		wait "${pid[@]}" 2>/dev/null
	fi
	rm -rf "$dir"
}

# The plan comes last: who does not get here exits with 1, which is a failure too.
close_test() {
	echo "1..$tests"
	exit $((failures > 0))
}

die() {
	echo "Bail out! $1"
	exit 1
}

ok() { # NAME STATUS [WHAT WAS SEEN]
	tests=$((tests + 1))
	if [ "$2" = 0 ]; then
		echo "ok $tests - $1"
	else
		failures=$((failures + 1))
		echo "not ok $tests - $1"
		while IFS= read -r line; do echo "# $line"; done <<<"${3:-}"
	fi
}

# ---- servers and load

# Its ports are chosen by the kernel, or those that it had before.
start_server() { # NAME OPTION...
	local name=$1 i
	shift
	: >"$dir/$name.err"
	env -i "$server" --listen="127.0.0.1:${page[$name]:-0}" \
	    --metrics-listen="127.0.0.1:${ops[$name]:-0}" "$@" \
	    >"$dir/$name.log" 2>"$dir/$name.err" &
	pid[$name]=$!
	for ((i = 0; i < 600; i++)); do
		ports "$name" && return
		kill -0 "${pid[$name]}" 2>/dev/null || break
		sleep 0.05
	done
	die "$name does not listen: $(cat "$dir/$name.err")"
}

ports() { # NAME: into page and ops, from the start-up line
	local said
	said=$(grep -o '"\(metrics_\)\?listen": "[^"]*"' "$dir/$1.err") ||
	    return 1
	page[$1]=$(sed -n 's/^"listen.*:\([0-9]*\)"$/\1/p' <<<"$said")
	ops[$1]=$(sed -n 's/^"metrics.*:\([0-9]*\)"$/\1/p' <<<"$said")
}

stop() { # NAME [SIGNAL]
	kill "-${2:-TERM}" "${pid[$1]}"
	wait "${pid[$1]}" 2>/dev/null
	unset "pid[$1]"
}

# At a fixed rate, whatever the server does; its results in load-NAME.json.
start_load() { # NAME RATE REQUESTS OPTION...
	local name=$1 rate=$2 requests=$3
	shift 3
	"$load" --json --rate="$rate" --requests="$requests" --duration=60s \
	    --connections="$((rate > 200 ? rate : 200))" "$@" \
	    "http://127.0.0.1:${page[$name]}/" \
	    >"$dir/load-$name.json" 2>"$dir/load-$name.err" &
	pid[load-$name]=$!
}

# Once all of them have ended, ended is a moment at which all were sending.
await_loads() { # NAME...
	local name
	for name; do
		wait "${pid[load-$name]}"
		unset "pid[load-$name]"
		[ -s "$dir/load-$name.json" ] ||
		    die "load: $(cat "$dir/load-$name.err")"
	done
	sending=$(($(date +%s) - 1))
}

loaded() { # NAME JQ-EXPRESSION: what load says of its run
	jq -r "$2" "$dir/load-$1.json"
}

# ---- Prometheus

# The overlay's configuration, but with the targets' addresses for the cluster's
# DNS, and second by second. There are no rules yet: to those in a hurry, the
# seconds before Prometheus first scrapes would look like an outage.
configure() { # SERVER...
	local name targets=
	for name; do
		targets+="${targets:+, }'127.0.0.1:${ops[$name]}'"
	done
	sed -e 's/_interval: .*/_interval: 1s/' \
	    -e '/dns_sd_configs:/,/refresh_interval:/c\    static_configs:\n      - targets: ['"$targets]" \
	    "$monitoring/prometheus.yml" >"$dir/prometheus.yml"
	grep -q static_configs "$dir/prometheus.yml" || die 'no targets'
	: >"$dir/rules.yml"
}

# The rules as they are taken out for a Prometheus without the operator; and the
# same with seconds for minutes and minutes for hours, so that a test sees in
# seconds what they say.
rules() { sed -n '/^  groups:/,$s/^  //p' "$monitoring/prometheusrule.yaml"; }

quick_rules() {
	rules | sed -e 's/\[1d\]/[24m]/g; s/\[3d\]/[72m]/g' \
	    -e 's/\[\([0-9]*\)m\]/[\1s]/g; s/\[\([0-9]*\)h\]/[\1m]/g' \
	    -e 's/^\( *for: [0-9]*\)m$/\1s/; s/^\( *for: [0-9]*\)h$/\1m/'
}

follow_rules() {
	local i
	quick_rules >"$dir/rules.yml"
	kill -HUP "${pid[prometheus]}"
	for ((i = 0; i < 100; i++)); do
		curl -sS --max-time 5 "http://127.0.0.1:$port/api/v1/rules" |
		    jq -e '.data.groups | length > 0' >/dev/null && return
		sleep 0.1
	done
	die "no rules: $(cat "$dir/prometheus.err")"
}

free_port() {
	local p
	for p in $(shuf -i 20000-32000 -n 200); do
		(: <"/dev/tcp/127.0.0.1/$p") 2>/dev/null || break
	done
	echo "$p"
}

start_prometheus() { # OPTION...
	local i
	port=$(free_port)
	prometheus --config.file="$dir/prometheus.yml" --storage.tsdb.path="$dir/data-$port" \
	    --web.listen-address="127.0.0.1:$port" --log.level=warn "$@" \
	    >"$dir/prometheus.err" 2>&1 &
	pid[prometheus]=$!
	for ((i = 0; i < 300; i++)); do
		curl -sf --max-time 5 -o "$dir/ready" "http://127.0.0.1:$port/-/ready" &&
		    return
		kill -0 "${pid[prometheus]}" 2>/dev/null || break
		sleep 0.1
	done
	die "prometheus: $(cat "$dir/prometheus.err")"
}

# ---- questions

ask() { # EXPRESSION: a line a series, its value last; fails if there is none
	curl -sS --max-time 10 --data-urlencode "query=$1" \
	    "http://127.0.0.1:$port/api/v1/query" >"$dir/answer" || return
	jq -er 'if .status != "success" then "\(.error)\n" | halt_error
		elif .data.result == [] then empty
		elif .data.resultType == "scalar" then .data.result[1]
		else .data.result[] | "\(.metric | del(.__name__) | tojson) \(.value[1] // "histogram")"
		end' "$dir/answer" 2>&1
}

value() { # EXPRESSION: of its one series
	local said
	said=$(ask "$1")
	echo "${said##* }"
}

# Within so many seconds the expression has an answer; seen is the last one.
becomes() { # SECONDS EXPRESSION
	local until=$((SECONDS + $1 + 1))
	while ! seen=$(ask "$2"); do
		((SECONDS < until)) || return 1
		sleep 0.1
	done
}

expect() { # NAME SECONDS EXPRESSION
	becomes "$2" "$3"
	ok "$1" $? "no answer to $3: $seen"
}

near() { # NAME VALUE WANTED SHARE: it is off by less than that share of what is wanted
	awk -v v="$2" -v w="$3" -v share="$4" 'BEGIN {
		exit !(v ~ /^[0-9.e+-]+$/ && v - w <= share * w && w - v <= share * w) }'
	ok "$1" $? "it is $2, and should be near $3"
}
