#!/bin/bash
# For "make valgrind": runs black-box tests against a server that runs below
# memcheck. A finding, or memory not given back, makes a server end with status
# 99, and its report is shown. Usage: valgrind.sh SERVER PROGRAM...
#
# valgrind needs twelve descriptors, which it takes off the limit, and time; the
# harness knows both from its environment. The report has a descriptor of its
# own, since some tests close 0 to 2, and others are run by nobody.
#
# A server that a second signal ends exits at once, and has its content still:
# with LEAKS=definite, what is still reachable is not told.
set -u

server=$1
shift
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
chmod 1777 "$dir"
cat >"$dir/my_webserver" <<END
#!/bin/sh
exec 9>$dir/\$\$.report
exec valgrind --quiet --leak-check=full --show-leak-kinds=${LEAKS:-all} \\
	--errors-for-leak-kinds=${LEAKS:-all} --error-exitcode=99 --log-fd=9 $server "\$@"
END
chmod 755 "$dir/my_webserver"

MY_WEBSERVER_BINARY=$dir/my_webserver MY_WEBSERVER_FDS=12 \
    MY_WEBSERVER_WAIT_MS=60000 TIMEOUT=600 "$(dirname "$0")/run.sh" "$@"
status=$?
runs=$(find "$dir" -name '*.report' | wc -l)
echo "$runs runs below valgrind"
# Versions that do not know openat2(2) say so each time, in five lines; the server
# then does without.
find "$dir" -name '*.report' -size +0 -exec sed -E '
	/WARNING: unhandled .* syscall: 437$/,/bug_reports/d
	s/^/    /' {} + >"$dir/all"
if ((runs == 0)) || [ -s "$dir/all" ]; then
	cat "$dir/all"
	exit 1
fi
exit $status
