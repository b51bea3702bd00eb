# The servers that are measured: starting them, each on its core with a log that
# is read, and ending them. bench/run sources it and sets CORE and CLIENT.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153,SC2154 # names of the other parts

# A folder for what is started from here on. finish ends that and removes it, at
# the latest when this shell ends.
open_bench() {
	dir=$(mktemp -d) || exit 1
	chmod 755 "$dir" # some give up root and read files as somebody else
	root=$dir/site # what servers of files serve
	unset port pid there
	declare -gA port pid there
	helpers=()
	trap finish EXIT
	trap 'exit 1' INT TERM
}

# At once, what does not end within three seconds.
finish() {
	local i all=("${pid[@]}" "${helpers[@]}")
	if ((${#all[@]})); then
		kill "${all[@]}" 2>/dev/null
		for ((i = 0; i < 30; i++)); do
			kill -0 "${all[@]}" 2>/dev/null || break
			sleep 0.1
		done
		kill -KILL "${all[@]}" 2>/dev/null
		wait "${all[@]}" 2>/dev/null
	fi
	rm -rf "$dir"
}

has() { command -v "$1" >/dev/null; }
die() { echo "bench/run: $1" >&2; exit 1; }

# The load and the readers of logs in real time, so that nothing else on their
# core makes a server look slow; where that is not permitted, without.
real=()
if chrt -f 10 true 2>/dev/null; then
	real=(chrt -f 10)
else
	echo 'note: no real-time scheduling here; expect noise'
fi
taskset -cp "$CLIENT" $$ >/dev/null # and this
client=(taskset -c "$CLIENT" "${real[@]}") # no function: $! is what it starts

free_port() { # one that nobody answers on
	local p
	for p in $(shuf -i 20000-32000 -n 100); do
		(: <"/dev/tcp/127.0.0.1/$p") 2>/dev/null || { echo "$p"; return; }
	done
}

await() { # PORT NAME: until somebody listens
	local i
	for ((i = 0; i < 1000; i++)); do
		(: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return
		kill -0 "${pid[$2]}" 2>/dev/null || break
		sleep 0.01
	done
	cat "$dir/$2.err" >&2
	die "$2 does not listen on port $1"
}

# log NAME: a pipe that is read as fast as it goes.
log() {
	[ -p "$dir/$1.log" ] || mkfifo -m 666 "$dir/$1.log"
	"${client[@]}" cat "$dir/$1.log" >/dev/null &
	helpers+=($!)
}

start() { # NAME PORT PROGRAM...: pinned, its log read
	local name=$1
	port[$name]=$2
	shift 2
	log "$name"
	began=${EPOCHREALTIME/[.,]/}
	# some point their standard output elsewhere: then 3 keeps the pipe open
	taskset -c "$CORE" "$@" >"$dir/$name.log" 2>"$dir/$name.err" 3>&1 &
	pid[$name]=$!
	"${awaiting:-await}" "${port[$name]}" "$name"
}

stop() { # NAME; its first process, where it has several
	local first=${pid[$1-master]:-${pid[$1]}}
	kill "$first" && wait "$first" 2>/dev/null
	unset "pid[$1]" "pid[$1-master]" "port[$1]"
}

start_as() { # NAME OPTION...: our server; its metrics are port[NAME-metrics]
	local name=$1 p m
	shift
	p=$(free_port) m=$(free_port)
	start "$name" "$p" "$SERVER" "--listen=127.0.0.1:$p" \
	    "--metrics-listen=127.0.0.1:$m" "$@"
	port[$name-metrics]=$m
}

start_ours() { start_as ours; }

start_limits() {
	local p
	p=$(free_port)
	start limit "$p" build/limit "$p"
	p=$(free_port)
	start limit-log "$p" build/limit "$p" log
	p=$(free_port)
	start limit-close "$p" build/limit "$p" log close
}

# need WHAT...: start_WHAT, unless that was done.
need() {
	local what
	for what; do
		[ -n "${there[$what]:-}" ] || "start_$what"
		there[$what]=1
	done
}
