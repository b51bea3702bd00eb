# For tests with a container engine: TAP, a builder's base without a registry, and
# namespaces in which all that an engine makes (processes, mounts, networks, rules)
# ends with the test. Sourced; needs root. The work is done in $work.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2015 # names for those who source it; A && B || C

cd "$(dirname "$0")/../.." || exit 1
PATH=/usr/sbin:/usr/bin:$PATH # the packages' engines first
image=my_webserver:0.9 # what the manifests and the user's Dockerfile name
e2e=$PWD/build/e2e

# ---- TAP
plan() { planned=$1; echo "1..$1"; }
tests=0 failures=0

try() { # NAME COMMAND...: it succeeds
	local name=$1 said
	shift
	tests=$((tests + 1))
	if said=$("$@" 2>&1); then
		echo "ok $tests - $name"
	else
		echo "not ok $tests - $name"
		failures=$((failures + 1))
		tail -n 40 <<<"$said" | sed 's/^/# /'
	fi
}

# The end: all that was announced was tried, and succeeded.
done_well() { ((tests == planned && failures == 0)); }

give_up() { # FILE: what it says, as to why
	sed 's/^/# /' "$1"
	exit 1
}

within() { # SECONDS COMMAND...: it succeeds at last
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		((SECONDS < end)) || return
		sleep 0.1
	done
}

# ---- The base
# What the Dockerfile calls debian:SUITE-slim, from packages, kept for the next
# run. Made outside of own_namespaces, for that needs the network.
suite=$(sed -n 's/^ARG BUILDER=debian:\([a-z]*\)-slim$/\1/p' Dockerfile)
base=docker.io/library/debian:${suite:?}-slim
base_tar=$e2e/base-$suite.tar

make_base() {
	local dir=$e2e/base.$$
	[ -s "$base_tar" ] && return
	mkdir -p "$e2e" &&
	    debootstrap --variant=minbase --include=make,gcc,libc6-dev,musl-tools \
	    "$suite" "$dir" >"$e2e/debootstrap.log" 2>&1 &&
	    tar -C "$dir" --exclude='./dev/*' --exclude='./var/cache/apt/*' \
	    --exclude='./var/lib/apt/lists/*' --exclude='./usr/share/doc/*' \
	    --exclude='./usr/share/locale/*' -cf "$base_tar.new" . &&
	    mv "$base_tar.new" "$base_tar" || tail "$e2e/debootstrap.log" >&2
	rm -rf "$dir"
	[ -s "$base_tar" ]
}

# ---- Namespaces
# Runs this script once more, in namespaces of its own, and takes away afterwards
# what they do not: the folder, and control groups named after it.
own_namespaces() {
	local inside status
	if [ -n "${E2E_WORK:-}" ]; then
		work=$E2E_WORK
		ip link set lo up
		mount -t tmpfs tmpfs /run
		[ ! -d /var/lib/cni ] || mount -t tmpfs tmpfs /var/lib/cni
		return
	fi
	if ((EUID != 0)); then
		echo 1..1
		echo "not ok 1 # SKIP not checked: $(basename "$0") needs root"
		exit
	fi
	make_base || { echo 'there is no base to build from' >&2; exit 1; }
	work=$(mktemp -d "$e2e/run.XXXXXX") || exit 1
	chmod 755 "$work"
	trap 'exit 1' INT TERM
	# shellcheck disable=SC2154 # inside: it is
	trap 'kill -KILL "$inside" 2>/dev/null; wait; away' EXIT
	E2E_WORK=$work unshare --net --mount --pid --ipc --uts --fork --kill-child \
	    --mount-proc "$0" &
	inside=$!
	wait "$inside"
	status=$?
	exit "$status"
}

away() {
	rm -rf "$work"
	find /sys/fs/cgroup -depth -type d -path "*/e2e-${work##*.}*" \
	    -exec rmdir {} + 2>/dev/null
}

# ---- Engines
start_docker() { # with the base; or that is the end
	export DOCKER_HOST=unix://$work/docker.sock
	dockerd --data-root="$work/docker" --exec-root="$work/exec" \
	    --pidfile="$work/docker.pid" --host="$DOCKER_HOST" --bip=10.99.0.1/24 \
	    --cgroup-parent="/e2e-${work##*.}" --exec-opt=native.cgroupdriver=cgroupfs \
	    >"$work/docker.log" 2>&1 &
	dockerd=$!
	within 30 docker_answers &&
	    docker import "$base_tar" "$base" >>"$work/docker.log" 2>&1 ||
	    give_up "$work/docker.log"
}

docker_answers() { docker version >/dev/null 2>&1; }

stop_docker() { # in order, so that its control groups are empty
	docker ps -aq | xargs -r docker rm -f >/dev/null
	kill "$dockerd"
	wait "$dockerd"
}

# ---- A container's process, from outside
# Its control group's file for memory, whichever version has it.
memory_file() { # PID NAME-IN-V1 NAME-IN-V2
	local group
	group=$(sed -n 's/^[0-9]*:memory://p' "/proc/$1/cgroup")
	if [ -n "$group" ]; then
		echo "/sys/fs/cgroup/memory$group/$2"
	else
		echo "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$1/cgroup")/$3"
	fi
}

memory_peak() { cat "$(memory_file "$1" memory.max_usage_in_bytes memory.peak)"; }
memory_limit() { cat "$(memory_file "$1" memory.limit_in_bytes memory.max)"; }
oom_kills() { sed -n 's/^oom_kill //p' "$(memory_file "$1" memory.oom_control memory.events)"; }

# Restricted as a pod should be: no rights, no privileges to gain, a filter.
restricted() { # PID
	local status
	status=$(cat "/proc/$1/status")
	echo "$status"
	grep -qP '^Uid:\t65534\t65534\t65534\t65534$' <<<"$status" &&
	    grep -qP '^Gid:\t65534\t65534\t65534\t65534$' <<<"$status" &&
	    ! grep -P '^Cap(Inh|Prm|Eff|Bnd|Amb):' <<<"$status" | grep -v '0000000000000000$' &&
	    grep -qP '^NoNewPrivs:\t1$' <<<"$status" &&
	    grep -qP '^Seccomp:\t2$' <<<"$status"
}

# Nothing below its root that it could write, as far as the image goes.
unwritable() { # PID
	local found
	found=$(setpriv --reuid=65534 --regid=65534 --clear-groups \
	    find "/proc/$1/root/" -xdev -writable ! -type l 2>&1)
	echo "writable: $found"
	[ -z "$found" ]
}
