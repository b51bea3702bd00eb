# What kube-proxy does for a Service, in its mode nftables: new connections to the
# Service's address go to the endpoints by turns, and what is connected stays. The
# rules are those of a network namespace that the script has for itself.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153,SC2154 # names of the other parts

service_address=127.9.9.9 # only loopback is needed, and that has no other user

# Goes on in a network namespace of its own.
enter_namespace() { # SCRIPT ARGUMENT...
	[ -z "${ROLLOUT_NAMESPACE:-}" ] || return 0
	local unshare=(unshare -n)
	((EUID == 0)) || unshare=(unshare -r -n)
	"${unshare[@]}" true 2>/dev/null || die 'no network namespace can be made here'
	ROLLOUT_NAMESPACE=1 exec "${unshare[@]}" "$@"
}

open_namespace() {
	[ -n "${ROLLOUT_NAMESPACE:-}" ] || return 0
	ip link set lo up || die 'there is no loopback'
}

service_open() {
	rm -rf "$dir/endpoints"
	mkdir "$dir/endpoints"
	nft -f - <<-END || die 'nft does not work'
		table ip service { chain output { type nat hook output priority -100; }; }
	END
	# closing clients leave many behind
	echo 5 2>/dev/null >/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_time_wait
	address=$service_address front=80
}

service_close() {
	nft delete table ip service
}

# The list of endpoints is files, since the one who removes is another process.
service_apply() {
	local file list='' n=0
	for file in "$dir"/endpoints/*; do
		[ -e "$file" ] || continue
		list+="${list:+, }$n : 127.0.0.1 . $(<"$file")"
		n=$((n + 1))
	done
	((n)) || die 'a Service without endpoints'
	nft -f - <<-END
		flush chain ip service output
		add rule ip service output ip daddr $service_address tcp dport 80 \
		    dnat ip addr . port to numgen inc mod $n map { $list }
	END
}

service_add() { # SLOT
	echo "${page[$1]}" >"$dir/endpoints/$1"
	service_apply || die 'the rule was refused'
}

service_remove() { # SLOT
	rm "$dir/endpoints/$1"
	service_apply || die 'the rule was refused'
}
