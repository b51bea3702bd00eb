#!/bin/bash
# Is every function that the server takes from libc accounted for? It is either
# wrapped in shim*.c and in errors.c's table, or stands below with the reason why
# it cannot fail. Usage: complete.sh OBJECT... (of a build without sanitizers)
set -u
here=$(dirname "$0")

cannot_fail() {
	case $1 in
	__errno_location | __assert_fail) ;; # no calls of ours
	in6addr_loopback | environ) ;;       # variables
	mem* | str*) ;;                      # no system calls, no errors
	sigemptyset | sigaddset | sigfillset) ;; # EINVAL for a signal that is none
	pthread_sigmask) ;;                  # EINVAL for what is no way to change it
	pthread_attr_* | pthread_self) ;;    # no system calls; EINVAL for a wrong size
	pthread_join) ;;                     # EINVAL, ESRCH for what is no thread
	_GLOBAL_OFFSET_TABLE_) ;;            # the linker's
	free | dirfd) ;;                     # no errors
	snprintf) ;;                         # of numbers, into enough room
	clock_gettime) ;; # EINVAL and EFAULT, for clocks that every kernel has
	sysconf) ;;       # EINVAL for a name unknown: POSIX has all of ours
	*) return 1 ;;
	esac
}

bad=0
own=$(nm -g --defined-only "$@" | awk 'NF == 3 { print $3 }')
for name in $(nm -u "$@" | awk '$1 == "U" { print $2 }' | sort -u); do
	if grep -qxF "$name" <<<"$own" || cannot_fail "$name"; then
		continue
	fi
	grep -q "^__wrap_$name(" "$here"/shim*.c ||
	    { echo "$name: not in shim*.c, and no reason in complete.sh"; bad=1; }
	[ "$name" = syscall ] && name='getdents64 openat2'
	for one in $name; do
		grep -q "{ \"$one\",\$\|{ \"$one\", {" "$here/errors.c" ||
		    { echo "$one: its errors are not in errors.c"; bad=1; }
	done
done
[ -n "$own" ] && exit $bad
