#!/bin/bash
# A log pipeline of real parts: requests, most of them hostile, to the server in a
# container; the runtime's files in CRI format; rsyslog, which reads them, parses
# them and sends documents to the bulk interface of what stands for Elasticsearch.
# tests/e2e/logs/check.py then says whether there is one document for each request,
# and whether it is the right one. TAP.
#
# The runtime is podman's conmon, which splits what it reads anywhere, and where
# podman does not work only cri.py, which splits as containerd does (so says a line).
# Fluent Bit and Elasticsearch themselves are in no package: their configuration is
# read by records.py instead.
# MY_WEBSERVER_BINARY   the server (build/my_webserver)
set -u
cd "$(dirname "$0")/../.." || exit 1

server=$(realpath "${MY_WEBSERVER_BINARY:-build/my_webserver}")
parts=tests/e2e/logs
python=/usr/bin/python3 # not one that lacks Debian's modules
[ -x "$python" ] || python=python3
dir=$(mktemp -d) || exit 1
cgroup=/mywebserver-test-$$
pids=() containers=()
export TZ=UTC PYTHONDONTWRITEBYTECODE=1
unset MY_WEBSERVER_BINARY MY_WEBSERVER_WAIT_MS # no options of the server

finish() {
	local each
	for each in "${containers[@]}"; do
		engine rm -f -t 0 "$each" >/dev/null 2>&1
	done
	if ((${#pids[@]})); then
		kill "${pids[@]}" 2>/dev/null
		wait "${pids[@]}" 2>/dev/null
	fi
	# podman leaves the parent; what ended in it may not be gone yet
	for each in {1..40}; do
		find /sys/fs/cgroup -depth -type d -path "*$cgroup*" -exec rmdir {} + 2>/dev/null
		[ -n "$(find /sys/fs/cgroup -type d -path "*$cgroup*" 2>/dev/null)" ] || break
		sleep 0.05
	done
	rm -rf --one-file-system "$dir"
}
trap finish EXIT
trap 'exit 1' INT TERM

die() {
	echo "not ok - $1"
	sed 's/^/# /' "$dir"/*.err 2>/dev/null
	exit 1
}

engine() {
	timeout 30 podman --root "$dir/storage" --runroot "$dir/run" --tmpdir "$dir/tmp" \
	    --storage-driver vfs --cgroup-manager cgroupfs --events-backend file \
	    "${runtime[@]}" "$@"
}

# No image, no network of its own: the runtime's log is what counts here.
start_conmon() { # RUN FILE OPTION...
	local name=$1 file=$2
	shift 2
	containers+=("$name")
	engine run -d --name "$name" --network host --cgroup-parent "$cgroup" \
	    --ulimit nofile=4096:4096 --ulimit nproc=4096:4096 \
	    --read-only --cap-drop all --security-opt no-new-privileges --user 65534 \
	    --log-driver k8s-file --log-opt "path=$file" --env TZ=UTC \
	    --rootfs "$dir/root" /my_webserver "$@" >/dev/null 2>"$dir/engine.err"
}

start_shim() { # RUN FILE OPTION...
	local file=$2
	shift 2
	"$python" "$parts/cri.py" "$file" "$server" "$@" &
	shim=$!
	pids+=("$shim")
}

await() { # SECONDS WHAT COMMAND...
	local until=$((SECONDS + $1)) what=$2
	shift 2
	until "$@"; do
		((SECONDS < until)) || die "$what"
		sleep 0.05
	done
}

listens() { # FILE: sets port
	port=$(sed -n 's/.*"listen": "127\.0\.0\.1:\([0-9]*\)".*/\1/p' "$1" 2>/dev/null)
	[ -n "$port" ]
}

# One server from start to end, and all requests to it.
run() { # FORMAT RUNTIME
	local name=$1-$2 file
	file=$dir/containers/mywebserver-${name}_test_mywebserver-0.log
	"start_$2" "$name" "$file" --listen=127.0.0.1:0 --metrics-listen=127.0.0.1:0 \
	    --max-connections=100 --log-format="$1" --log-field=pod=web-1 \
	    --log-field=namespace=test --log-field=node=node-1 || die "$name does not start"
	await 10 "$name does not listen" listens "$file"
	"$python" "$parts/send.py" "$port" "$dir/$name.sent" >/dev/null 2>"$dir/send.err" ||
	    die "$name: sending failed"
	case $2 in
	conmon)
		engine stop -t 10 "$name" >/dev/null || die "$name does not stop"
		await 10 "$name: no end in the log" grep -q '"event": "exit"' "$file"
		;;
	shim)
		kill "$shim"
		wait "$shim" || die "$name: exit status $?"
		;;
	esac
	runs+=("$name")
}

# A sanitizer's server needs libraries, and the container has none.
can_contain() {
	ldd "$server" 2>&1 | grep -qE 'statically|not a dynamic' || { echo "$server is not static"; return 1; }
	command -v podman >/dev/null || { echo 'not installed'; return 1; }
	engine info
}

start_collector() {
	"$python" "$parts/receive.py" "$dir/documents" >"$dir/port" 2>"$dir/receive.err" &
	pids+=($!)
	await 10 'the receiver does not listen' grep -qs . "$dir/port"
	sed "s|@DIR@|$dir|; s|@PORT@|$(cat "$dir/port")|" "$parts/rsyslog.conf" >"$dir/rsyslog.conf"
	# under a name of its own, so that no profile of AppArmor for the system's holds it
	cp "$(PATH=$PATH:/usr/sbin command -v rsyslogd)" "$dir/collector" || die 'no rsyslogd'
	"$dir/collector" -N1 -f "$dir/rsyslog.conf" 2>"$dir/rsyslog.err" || die 'rsyslog refuses its configuration'
	"$dir/collector" -n -f "$dir/rsyslog.conf" -i "$dir/rsyslog.pid" 2>"$dir/rsyslog.err" &
	collector=$!
	pids+=("$collector")
}

all_arrived() {
	[ "$(wc -l <"$dir/documents" 2>/dev/null || echo 0)" -ge \
	    "$(cat "$dir"/containers/* | awk '$3 == "F"' | wc -l)" ]
}

mkdir "$dir/containers" "$dir/work" "$dir/root"
mkdir "$dir"/root/{dev,etc,proc,run,sys,tmp}
cp "$server" "$dir/root/my_webserver"
chmod -R a+rX "$dir" # the server runs as nobody
runtime=()
# Of those that podman would take, the one that also knows the older cgroups.
command -v runc >/dev/null && runtime=(--runtime "$(command -v runc)")
runs=() formats=(json seed)
for new in ecs gcp; do
	"$server" --check --listen=127.0.0.1:0 --metrics-listen=127.0.0.1:0 \
	    --log-format="$new" >/dev/null 2>&1 && formats+=("$new")
done

start_collector
if works=$(can_contain 2>&1); then
	for format in "${formats[@]}"; do
		run "$format" conmon
	done
	run json shim
else
	echo "# podman does not work here, so a stand-in writes the runtime's files: $works" | head -n 3
	for format in "${formats[@]}"; do
		run "$format" shim
	done
fi
await 30 'not everything arrived' all_arrived
kill "$collector"
wait "$collector" || die "rsyslog: exit status $?"
[ ! -s "$dir/errors" ] || die "documents were refused: $(head -c 500 "$dir/errors")"
"$python" "$parts/check.py" "$dir" manifests/overlays/logging "${runs[@]}"
