# A cgroup with a CPU quota, of either version of cgroups, as a container's limit
# makes one: so much CPU time in each period of 100 ms. Needs root.
# shellcheck shell=bash

# quota_open NAME: false where it cannot be made. quota_close removes it, and what is
# in it has to have ended before.
quota_open() {
	local base
	quota_folder=
	for base in /sys/fs/cgroup /sys/fs/cgroup/cpu /sys/fs/cgroup/cpu,cpuacct; do
		mkdir "$base/$1" 2>/dev/null || continue
		if [ -w "$base/$1/cpu.max" ] || [ -w "$base/$1/cpu.cfs_quota_us" ]; then
			quota_folder=$base/$1
			return
		fi
		rmdir "$base/$1"
	done
	return 1
}

quota_set() { # MILLICORES
	if [ -f "$quota_folder/cpu.max" ]; then
		echo "$(($1 * 100)) 100000" >"$quota_folder/cpu.max"
	else
		echo 100000 >"$quota_folder/cpu.cfs_period_us" &&
		    echo $(($1 * 100)) >"$quota_folder/cpu.cfs_quota_us"
	fi
}

quota_take() { # PID
	echo "$1" >"$quota_folder/cgroup.procs"
}

# Periods in which there was something to do, and those in which the quota was up.
quota_periods() {
	awk '{ of[$1] = $2 } END { print of["nr_periods"] + 0, of["nr_throttled"] + 0 }' \
	    "$quota_folder/cpu.stat"
}

quota_close() {
	local i
	[ -n "${quota_folder:-}" ] || return
	for ((i = 0; i < 100; i++)); do
		rmdir "$quota_folder" 2>/dev/null && break
		sleep 0.02 # what ended in it may not be gone yet
	done
	quota_folder=
}
