#!/bin/bash
# For "make arm64-check": runs black-box tests against the server for arm64 below
# qemu's user mode. Usage: arm64.sh FOLDER PROGRAM..., where FOLDER holds it and
# the load generator.
#
# Every instruction is arm64's, each system call the kernel's own. What that does
# not show: how this processor orders memory, a kernel with pages of 16 or 64 KiB,
# and what qemu makes up, /proc/self/stat: see emulated() in the tests.
set -u

folder=$(realpath "$1")
shift
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
chmod 755 "$dir" # some tests give up root
for name in my_webserver load; do
	elf=$(readelf -hlW "$folder/$name")
	[[ $elf == *AArch64* && $elf != *INTERP* ]] || {
		echo "arm64.sh: $folder/$name is no static program for arm64" >&2
		exit 1
	}
	install -m 755 "$folder/$name" "$dir/$name.arm64"
	cat >"$dir/$name" <<-END
		#!/bin/sh
		exec qemu-aarch64-static -- $dir/$name.arm64 "\$@"
	END
	chmod 755 "$dir/$name"
done

MY_WEBSERVER_BINARY=$dir/my_webserver LOAD_BINARY=$dir/load MY_WEBSERVER_EMULATED=1 \
    MY_WEBSERVER_WAIT_MS=60000 TIMEOUT=300 "$(dirname "$0")/run.sh" "$@"
