# What bench/rollout is made of: instances, the proxy, the load, the drawing.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153,SC2154 # names of the other part

die() { echo "bench/rollout: $1" >&2; exit 1; }
has() { command -v "$1" >/dev/null; }

open_rollout() {
	dir=$(mktemp -d) || exit 1
	declare -gA pid=()
	trap finish EXIT
	trap 'exit 1' INT TERM
}

# Ends what was started, at once what does not end within three seconds.
finish() {
	stop_all
	rm -rf "$dir"
}

stop_all() {
	local i
	if ((${#pid[@]})); then
		kill "${pid[@]}" 2>/dev/null
		for ((i = 0; i < 30; i++)); do
			kill -0 "${pid[@]}" 2>/dev/null || break
			sleep 0.1
		done
		kill -KILL "${pid[@]}" 2>/dev/null
		wait "${pid[@]}" 2>/dev/null
	fi
	pid=()
}

choose_ports() { # COUNT: into free[], such as nobody answers on
	local p
	free=()
	for p in $(shuf -i 20000-32000 -n 200); do
		(: <"/dev/tcp/127.0.0.1/$p") 2>/dev/null || free+=("$p")
		((${#free[@]} < $1)) || return 0
	done
	die 'no free ports'
}

# One slot more than there are instances, for the one that comes.
begin_slots() {
	local i
	slots=$((INSTANCES + 1))
	choose_ports $((2 * slots + 2))
	address=127.0.0.1 front=${free[0]} admin=${free[1]} up=0
	for ((i = 0; i < slots; i++)); do
		page[i]=${free[2 + 2 * i]} ops[i]=${free[3 + 2 * i]}
	done
	: >"$dir/up"
}

# Nothing is tried twice: what goes wrong behind the proxy is to be seen before it.
# Without checks it hands on connections, as kube-proxy does.
start_proxy() {
	local i check='' mode=tcp
	[ "$how" = checks ] && mode=http
	{
		cat <<-END
			global
			    maxconn 4000
			    stats socket ipv4@127.0.0.1:$admin level admin
			defaults
			    mode $mode
			    retries 0
			    timeout connect 3s
			    timeout client 30s
			    timeout server 30s
			frontend front
			    bind 127.0.0.1:$front backlog 4096
			    default_backend back
			backend back
			    balance roundrobin
		END
		if [ "$how" = checks ]; then
			echo '    option httpchk GET /readyz'
			echo '    http-check expect status 200'
		fi
		for ((i = 0; i < slots; i++)); do
			check=disabled
			[ "$how" = checks ] && check="check port ${ops[i]} \
inter 150ms fall 2 rise 1 init-addr none"
			echo "    server s$i 127.0.0.1:${page[i]} $check"
		done
	} >"$dir/haproxy.cfg"
	haproxy -db -f "$dir/haproxy.cfg" >"$dir/haproxy.err" 2>&1 &
	pid[proxy]=$!
	await "$admin" proxy # not the front: it would look for a server
}

await() { # PORT NAME
	local i
	for ((i = 0; i < 1000; i++)); do
		(: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return
		kill -0 "${pid[$2]}" 2>/dev/null || break
		sleep 0.01
	done
	cat "$dir"/*.err >&2
	die "$2 does not listen on port $1"
}

tell_proxy() { # COMMAND
	local said
	exec 5<>"/dev/tcp/127.0.0.1/$admin" || die 'the proxy does not listen'
	echo "$1" >&5
	read -r -t 3 said <&5
	exec 5>&-
	[ -z "${said:-}" ] || die "$1: $said"
}

nginx_conf() { # SLOT
	cat <<-END
		worker_processes 1;
		daemon off;
		pid $dir/nginx$1.pid;
		error_log stderr;
		events { worker_connections 1024; }
		http {
			access_log $dir/nginx.log combined;
			client_body_temp_path $dir/1; proxy_temp_path $dir/2;
			fastcgi_temp_path $dir/3; uwsgi_temp_path $dir/4;
			scgi_temp_path $dir/5;
			server {
				listen 127.0.0.1:${page[$1]};
				location = / {
					default_type text/html;
					return 200 "<p>This is a demo page!</p>";
				}
			}
		}
	END
}

count_up() { # 1 or -1
	up=$((up + $1))
	echo "$EPOCHREALTIME $up" >>"$dir/up"
}

start_instance() { # SLOT: returns when it is ready
	local i
	if [ "$kind" = nginx ]; then
		ln -sf /dev/null "$dir/nginx.log"
		nginx_conf "$1" >"$dir/nginx$1.conf"
		nginx -c "$dir/nginx$1.conf" >/dev/null 2>"$dir/$1.err" &
		pid[$1]=$!
		await "${page[$1]}" "$1"
	else
		"$SERVER" "--listen=127.0.0.1:${page[$1]}" \
		    "--metrics-listen=127.0.0.1:${ops[$1]}" \
		    "--shutdown-delay=${delay}s" >/dev/null 2>"$dir/$1.err" &
		pid[$1]=$!
		await "${ops[$1]}" "$1"
		"$SERVER" probe "http://127.0.0.1:${ops[$1]}/readyz" \
		    2>/dev/null || die "$1 is not ready"
	fi
	count_up 1
	route "$1" ready
}

# Whoever distributes learns of it, unless it finds out by itself.
route() { # SLOT ready|drain
	case $how-$2 in
	checks-*) ;;
	lag-*) tell_proxy "set server back/s$1 state $2" ;;
	service-ready) service_add "$1" ;;
	service-drain) service_remove "$1" ;;
	esac
}

# The signal and the removal of the endpoint begin at the same time.
end_instance() { # SLOT: returns when it is gone
	local first=$EPOCHREALTIME status
	if [ "$how" != checks ]; then
		(sleep "$LAG"; route "$1" drain) &
		pid[lag]=$!
	fi
	[ -z "$pause" ] || sleep "$pause"
	kill "-$end" "${pid[$1]}"
	wait "${pid[$1]}"
	status=$?
	unset "pid[$1]"
	count_up -1
	((status == 0)) || die "an instance ended with $status"
	if [ "$how" != checks ]; then
		wait "${pid[lag]}" || die 'who distributes was not told'
		unset 'pid[lag]'
	fi
}

start_load() { # NAME OPTION...
	local name=$1
	shift
	build/load --json --seconds --duration="${length}s" "$@" \
	    "http://$address:$front/" >"$dir/$name.json" 2>"$dir/$name.seconds" &
	pid[$name]=$!
}

# What went wrong between the proxy and the servers: connections that were not had,
# and those that ended in an error (its econ, eresp and srv_abrt).
proxy_errors() {
	if [ "$how" = service ]; then
		echo '- - -'
		return
	fi
	exec 5<>"/dev/tcp/127.0.0.1/$admin" || die 'the proxy does not listen'
	echo 'show stat -1 2 -1' >&5
	awk -F, '$2 == "BACKEND" { print $14, $15, $51 }' <&5
	exec 5>&-
}

number() { # NAME FILE
	sed -n "s/.*\"$1\": *\([0-9]*\).*/\1/p" "$dir/$2.json"
}

# One line of the table, and what draw needs.
variant() { # NAME
	local i began
	begin_slots
	if [ "$how" = service ]; then
		service_open
	else
		start_proxy
	fi
	for ((i = 0; i < INSTANCES; i++)); do
		start_instance "$i"
	done
	sleep 0.5 # until the proxy has asked each
	length=$(awk "BEGIN { printf \"%.0f\", $rounds * $PACE + 1 }")
	start_load "$1.keep" "--rate=$KEEP" "--connections=$KEEPERS"
	start_load "$1.close" "--rate=$CLOSE" --connections=256 --close
	began=$EPOCHREALTIME
	for ((i = 0; i < rounds; i++)); do
		sleep "$(awk "BEGIN { t = $began + $i * $PACE - $EPOCHREALTIME
		    print (t > 0 ? t : 0) }")"
		# those that came too late for the load do not count
		kill -0 "${pid[$1.keep]}" "${pid[$1.close]}" 2>/dev/null || break
		start_instance $(((INSTANCES + i) % slots))
		end_instance $((i % slots))
	done
	wait "${pid[$1.keep]}" "${pid[$1.close]}"
	unset "pid[$1.keep]" "pid[$1.close]"
	proxy_errors >"$dir/$1.proxy"
	cp "$dir/up" "$dir/$1.up"
	stop_all
	[ "$how" != service ] || service_close
	results "$1" "$i"
}

failures() { # VARIANT KIND...: of both loads
	local v=$1 k sum=0
	shift
	for k; do
		sum=$((sum + $(number "$k" "$v.keep") + $(number "$k" "$v.close")))
	done
	echo "$sum"
}

# A failure is not among the answers, but for a wrong status or length.
results() { # VARIANT ROUNDS
	local v=$1 failed wrong
	for k in keep close; do
		[ -s "$dir/$v.$k.json" ] || die "no load: $(tail -1 "$dir/$v.$k.seconds")"
	done
	failed=$(failures "$v" failed)
	wrong=$(failures "$v" status length)
	echo "$failed" >"$dir/$v.failed"
	# shellcheck disable=SC2046,SC2059 # numbers; the format
	printf "$row" "$v" "$2" \
	    $(($(failures "$v" answers) + failed - wrong)) "$failed" \
	    $(failures "$v" reset) $(failures "$v" connect) \
	    $(failures "$v" short) $(failures "$v" status) \
	    $(failures "$v" timeout odd length unsent) \
	    $(cat "$dir/$v.proxy") >>"$TABLE"
	cat "$dir/$v".*.json | sed -n \
	    "s/.*\"first_failure\": *\"\([^\"]*\)\".*/  $v, first: \1/p" >&2
}

# draw VARIANT...: a panel for each, requests a second, failures, instances.
draw() {
	local n=0 v
	cat <<-END
		<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 $((100 * $# + 24))" font-family="sans-serif" font-size="12">
		<style>
		text{fill:#333}path{fill:none}.r{stroke:#2a6fbb}.u{stroke:#777}.f{stroke:#d22;stroke-width:2.5}.a{stroke:#9994}.e{fill:#d22}
		@media(prefers-color-scheme:dark){text{fill:#ddd}.r{stroke:#6db1ff}.u{stroke:#aaa}.f{stroke:#ff6b5e}.e{fill:#ff6b5e}}
		</style>
		<text x="10" y="14">requests answered a second, <tspan class="e">failed in a second (ten times as tall)</tspan>, below: instances up</text>
	END
	for v; do
		panel "$v" $((100 * n++ + 24))
	done
	echo '</svg>'
}

panel() { # VARIANT Y
	paste -d' ' "$dir/$1.keep.seconds" "$dir/$1.close.seconds" |
	    awk -v y="$2" -v name="$1" -v full=$((KEEP + CLOSE)) \
	    -v failed="$(cat "$dir/$1.failed")" -v ups="$dir/$1.up" \
	    -f bench/rollout.awk
}
