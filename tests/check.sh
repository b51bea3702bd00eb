#!/bin/bash
# The whole test, for "make check": builds with every compiler, runs every test,
# with and without sanitizers, checks style and reproducibility, and ends in one
# line "N passed, N failed". Steps do not stop each other.
set -u
cd "$(dirname "$0")/.." || exit 1

MAKE=${MAKE:-make}
unset MAKEFLAGS MAKELEVEL CC SAN WERROR CFLAGS CPPFLAGS LDFLAGS V
COUNTS=$(mktemp) || exit 1
log=$(mktemp) || exit 1
beside=$(mktemp -d) || exit 1
trap 'rm -rf "$COUNTS" "$log" "$beside"' EXIT
export COUNTS

# A step of its own: one pass or one failure.
step() {
	local name=$1
	shift
	if "$@" >"$log" 2>&1; then
		echo "ok   $name"
		echo '1 0' >>"$COUNTS"
	else
		echo "FAIL $name"
		sed 's/^/    /' "$log"
		echo '0 1' >>"$COUNTS"
	fi
}

# Begins what a later step waits for: beside tests that leave a core free.
declare -A begun
begin() {
	local name=$1
	shift
	nice -n 19 "$@" >"$beside/$name" 2>&1 &
	begun[$name]=$!
}

end_of() {
	local status
	wait "${begun[$1]}"
	status=$?
	cat "$beside/$1"
	return "$status"
}

# A step whose tests count one by one. That it builds, that there are tests, and
# whatever else makes it fail, counts as well.
tests() {
	local name=$1 before status new
	shift
	echo "     $name"
	before=$(wc -l <"$COUNTS")
	"$@" 2>&1 | grep -vE '^  (CC|LINK) |^make(\[[0-9]+\])?: '
	status=${PIPESTATUS[0]}
	new=$(tail -n "+$((before + 1))" "$COUNTS")
	if ! grep -q '[1-9]' <<<"$new"; then
		echo "FAIL $name: could not be built, or has no tests"
		echo '0 1' >>"$COUNTS"
	elif ((status != 0)) && ! grep -q ' [1-9]' <<<"$new"; then
		echo "FAIL $name: all tests passed, but status $status"
		echo '0 1' >>"$COUNTS"
	fi
}

size_limit() {
	local size
	size=$(stat -c %s build/my_webserver) && echo "$size bytes" &&
	    ((size <= 240 * 1024))
}

static_pie() {
	local elf
	elf=$(readelf -lhdW build/my_webserver) || return 1
	echo "$elf"
	[[ $elf =~ Type:\ *DYN && $elf == *GNU_RELRO* && $elf == *BIND_NOW* ]] &&
	    ! grep -qE 'INTERP|NEEDED|TEXTREL| RWE ' <<<"$elf"
}

one_version() { # the Makefile's, the image's and the manifests'
	local version
	version=$(sed -n 's/^VERSION := //p' Makefile)
	grep -q "^ARG VERSION=$version\$" Dockerfile &&
	    grep -q "image: my_webserver:${version%.*}\$" manifests/base/deployment.yaml
}

tests/install-deps.sh || exit 1
jobs=-j$(nproc)
san=address,undefined

step 'build with gcc' "$MAKE" "$jobs" CC=gcc program
step 'build with clang' "$MAKE" "$jobs" CC=clang program
step 'build for ThreadSanitizer' "$MAKE" "$jobs" SAN=thread CC=gcc program
step 'build with musl-gcc' "$MAKE" "$jobs" CC=musl-gcc all
step 'static, position-independent, hardened' static_pie
step 'at most 240 KiB' size_limit
tests 'unit tests' "$MAKE" "$jobs" unit
tests 'fuzz corpora' "$MAKE" "$jobs" fuzz-replay
tests 'black box, release binary' "$MAKE" "$jobs" CC=musl-gcc blackbox
tests 'real parts' "$MAKE" "$jobs" CC=musl-gcc e2e
tests 'fault injection' "$MAKE" "$jobs" CC=gcc faults
tests 'conformance, release binary' "$MAKE" "$jobs" CC=musl-gcc conformance
tests 'unit tests, ASan and UBSan' "$MAKE" "$jobs" SAN=$san CC=gcc unit
tests 'fuzz corpora, ASan and UBSan' "$MAKE" "$jobs" SAN=$san CC=gcc fuzz-replay
tests 'black box, ASan and UBSan' "$MAKE" "$jobs" SAN=$san CC=gcc blackbox
tests 'fault injection, ASan and UBSan' "$MAKE" "$jobs" SAN=$san CC=gcc faults
tests 'conformance, ASan and UBSan' "$MAKE" "$jobs" SAN=$san CC=gcc conformance
begin lint "$MAKE" lint
begin analyze "$MAKE" analyze
tests 'black box, arm64 below qemu' "$MAKE" "$jobs" arm64-check
# Not config: two hundred short runs, mostly valgrind's own starting.
tests 'black box, valgrind' "$MAKE" "$jobs" CC=gcc MEMCHECK='http lifecycle limits log metrics' valgrind
tests 'black box of files, valgrind' env LEAKS=definite \
    "$MAKE" "$jobs" CC=gcc MEMCHECK='root site transfer' valgrind
# No package of Debian has a kubectl that is new enough.
if kubectl version --client -o json 2>/dev/null |
    grep -qE '"minor": *"(2[1-9]|[3-9][0-9]|[1-9][0-9][0-9])'; then
	tests 'manifests' "$MAKE" "$jobs" CC=musl-gcc manifests
else
	echo 'not checked: manifests, which needs kubectl 1.21 or later'
fi
step 'coverage' "$MAKE" "$jobs" coverage
step 'floors' "$MAKE" floors
step 'format' "$MAKE" format-check
step 'lint' end_of lint
step 'analyze' end_of analyze
step 'one version everywhere' one_version
step 'reproducible' "$MAKE" "$jobs" CC=musl-gcc reproducible

awk '{ passed += $1; failed += $2 }
	END {
		print passed + 0 " passed, " failed + 0 " failed"
		exit !(passed > 0 && failed == 0)
	}' "$COUNTS"
