#!/bin/bash
# Installs what "make check" needs and is not there yet, from Debian's or Ubuntu's
# packages. With NO_INSTALL=1 it installs nothing and names what is missing.
# Usage: install-deps.sh [arm64|e2e NAME...|manifests]
#        what that target, or these tests of it, need, and no more
set -u

missing=()
need() { # PACKAGE TEST...: the package is needed unless TEST succeeds
	local package=$1
	shift
	"$@" >/dev/null 2>&1 || missing+=("$package")
}
has() { command -v "$1"; }
links() { echo 'int main(void) { return 0; }' | "$@" -x c -o /dev/null -; }

# What tests/e2e/NAME_test.c or .sh needs.
e2e() {
	case $1 in
	browser | status | status_use)
		need libcmocka-dev links gcc -Wl,--no-as-needed -lcmocka
		need chromium has chromium
		need chromium-driver has chromedriver
		;;
	logs)
		need rsyslog test -x /usr/sbin/rsyslogd
		need rsyslog-elasticsearch eval 'ls /usr/lib/*/rsyslog/omelasticsearch.so'
		need python3 test -x /usr/bin/python3
		need python3-yaml /usr/bin/python3 -c 'import yaml'
		need podman has podman
		;;
	dashboard | exposition | native | prometheus)
		need prometheus has prometheus
		need curl has curl
		need jq has jq
		[ "$1" != exposition ] || need python3-prometheus-client \
		    /usr/bin/python3 -c 'import prometheus_client.openmetrics'
		;;
	podman)
		need podman has podman
		need runc has runc
		need catatonit has catatonit
		need containernetworking-plugins test -x /usr/lib/cni/bridge
		need iptables has iptables
		need debootstrap has debootstrap
		need curl has curl
		need jq has jq
		need python3-yaml /usr/bin/python3 -c 'import yaml'
		;;
	image)
		need docker.io test -x /usr/sbin/dockerd
		need iptables has iptables
		need debootstrap has debootstrap
		need curl has curl
		need jq has jq
		arm64
		;;
	esac
}

arm64() {
	need gcc-aarch64-linux-gnu has aarch64-linux-gnu-gcc
	need musl-dev:arm64 test -f /usr/lib/aarch64-linux-musl/musl-gcc.specs
	need qemu-user-static has qemu-aarch64-static
	need libcmocka-dev links gcc -Wl,--no-as-needed -lcmocka
}

case ${1:-check} in
e2e)
	shift
	for name; do
		e2e "$name"
	done
	;;
arm64)
	arm64
	;;
manifests)
	need prometheus has promtool
	need nodejs has node
	need npm has npm
	;;
check)
	need gcc has gcc
	need libc6-dev links gcc
	need clang has clang
	need musl-tools has musl-gcc
	need binutils has readelf
	need git has git
	need libcmocka-dev links gcc -Wl,--no-as-needed -lcmocka
	need clang-format has clang-format
	need clang-tidy has clang-tidy
	need cppcheck has cppcheck
	need shellcheck has shellcheck
	need valgrind has valgrind
	need libc6-dbg valgrind --quiet true
	need gcovr has gcovr
	;;
*)
	echo "install-deps.sh: $1: no such list" >&2
	exit 1
	;;
esac

if ((${#missing[@]} == 0)); then
	exit 0
fi
if [ -n "${NO_INSTALL:-}" ]; then
	echo "missing, and not installed because of NO_INSTALL: ${missing[*]}" >&2
	exit 1
fi
if ! has apt-get >/dev/null; then
	echo "missing, and there is no apt-get to install it: ${missing[*]}" >&2
	exit 1
fi
sudo=()
if ((EUID != 0)); then
	sudo=(sudo)
fi
echo "installing: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
if [[ ${missing[*]} == *:arm64* ]]; then
	"${sudo[@]}" dpkg --add-architecture arm64
	"${sudo[@]}" apt-get update -q
fi
install=("${sudo[@]}" apt-get install -y -q --no-install-recommends "${missing[@]}")
"${install[@]}" || { "${sudo[@]}" apt-get update -q && "${install[@]}"; }
