#!/bin/bash
# Builds the release binary from two other folders and compares all three.
# Usage: reproducible.sh CC REVISION, after "make all" with the same.
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
for copy in "$dir/a" "$dir/another/longer/path"; do
	mkdir -p "$copy"
	cp -R Makefile src "$copy"
	touch "$copy"/src/*/*
	env -u MAKEFLAGS -u MAKELEVEL TMPDIR="$dir" \
	    make -s -C "$copy" CC="$1" REVISION="$2" all >/dev/null
	cmp build/my_webserver "$copy/build/my_webserver"
done
echo "reproducible: $(sha256sum <build/my_webserver | cut -c1-16)," \
    "$(stat -c %s build/my_webserver) bytes, from three folders"
