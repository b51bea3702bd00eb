# Cases of files below --root. Each has servers and files of its own. bench/run
# sources it.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153,SC2154 # names of the other parts

# text BYTES: the same letters each time, no two stretches of which are alike.
text() {
	LC_ALL=C awk -v left="$1" -v seed=20171009 'BEGIN {
		for (; left > 0; left -= 64) {
			line = ""
			for (i = 0; i < 8; i++) {
				seed = (seed * 69069 + 1) % 4294967296
				line = line sprintf("%08x", seed)
			}
			print substr(line, 1, (left < 64 ? left : 64) - 1)
		}
	}'
}

# stretch BYTES: the text over and over, with a mark in between.
stretch() {
	local i
	text 999999 >"$dir/text"
	for ((i = 0; i <= $1 / 999999; i++)); do
		printf '%08d' "$i"
		cat "$dir/text"
	done | head -c "$1"
}

make_files() { # KIB...: root with NUMBERk.txt
	local kib
	mkdir "$root"
	for kib; do
		stretch $((kib * 1024)) >"$root/${kib}k.txt"
	done
}

# Where the base is not ours, ours is not needed.
start_site() {
	if [ "$base" = ours ]; then
		start_as ours --root="$root"
	fi
	# shellcheck disable=SC2086 # words
	need $peers
	[ -n "${port[$base]:-}" ] || die "BASE=$base: not installed"
}

site_1k() {
	local n base=$BASE path=/1k.txt
	make_files 1
	start_site
	for n in 16 64; do
		compare "a file of 1 KiB, $n connections" "$peers" --connections=$n
	done
}

site_100k() {
	local n base=$BASE path=/100k.txt unit=MB
	make_files 100
	start_site
	for n in 16 64; do
		compare "a file of 100 KiB, $n connections" "$peers" --connections=$n
	done
}

site_10m() {
	local base=$BASE path=/10240k.txt unit=MB SLICE=800ms
	make_files 10240
	start_site
	compare 'a file of 10 MiB, 16 connections' "$peers" --connections=16
}

# Ours with files in memory beside ours that sends all by sendfile. Files above the
# limit that is compiled in are sent in one way by both.
site_crossover() {
	local kib path sizes='4 16 32 64 128 256 512'
	# shellcheck disable=SC2086 # numbers
	make_files $sizes
	start_as ours --root="$root" --memory-limit=64MiB
	start_as sendfile --root="$root" --memory-limit=0
	for kib in $sizes; do
		path=/${kib}k.txt
		compare "$kib KiB: in memory against sendfile, 16 connections" \
		    sendfile --connections=16
	done
}

# ---- start

# 10,000 files of 10 KiB in 100 folders, read once: the cache is warm.
make_many() {
	local i
	root=$dir/many
	mkdir "$root" "$dir/flat"
	stretch $((10000 * 10240)) |
	    split -b 10240 -a 4 -d --additional-suffix=.txt - "$dir/flat/"
	for ((i = 0; i < 100; i++)); do
		mkdir "$root/$i"
		mv "$dir/flat/$(printf %02d "$i")"??.txt "$root/$i"
	done
	cat "$root"/*/*.txt >/dev/null
}

# get PORT PATH: the status of the answer; fails if nobody listens.
get() {
	local status=
	{ exec {tcp}<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null || return 1
	printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' \
	    "$2" >&"$tcp"
	read -r -t 5 _ status _ <&"$tcp"
	exec {tcp}>&-
	echo "$status"
}

# await_page PORT NAME: without a pause, up to 30 s; sets took, in us.
await_page() {
	local end=$((SECONDS + 30))
	until ((SECONDS > end)); do
		if { exec {tcp}<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null; then
			printf 'GET /0/0000.txt HTTP/1.0\r\n\r\n' >&"$tcp"
			read -r -t 5 _ status _ <&"$tcp"
			took=$((${EPOCHREALTIME/[.,]/} - began))
			exec {tcp}>&-
			[ "$status" = 200 ] && return
			die "$2 answered ${status:-nothing}"
		fi
		kill -0 "${pid[$2]}" 2>/dev/null || break
	done
	cat "$dir/$2.err" >&2
	die "$2 does not start"
}

# Memory of a server, its share of what it has in common with others included, of
# all its processes. KiB.
memory() { # NAME
	local p first=${pid[$1-master]:-${pid[$1]}}
	for p in "$first" $(cat "/proc/$first/task/$first/children"); do
		cat "/proc/$p/smaps_rollup"
	done | awk '/^Pss:/ { sum += $2 } END { print sum }'
}

start_all() { start_as all --root="$root" --memory-limit=256MiB; }
start_auto() { start_as auto --root="$root"; }

site_start() {
	local i name names=$peers awaiting=await_page took began
	make_many
	[ "$BASE" = ours ] && names="auto all $names"
	for ((i = 0; i < ROUNDS; i++)); do
		for name in $names; do
			start_"$name"
			[ -n "${pid[$name]:-}" ] || continue
			echo "$took" >>"$dir/$name.took"
			memory "$name" >>"$dir/$name.memory"
			stop "$name"
		done
	done
	echo
	echo "10,000 files of 10 KiB, $ROUNDS starts"
	for name in $names; do
		[ -s "$dir/$name.took" ] || continue
		printf '  %-8s exec to first 200 %s ms, worst %s; memory %s KiB\n' \
		    "$name" "$(awk '{ print $1 / 1e3 }' "$dir/$name.took" | spread %.1f)" \
		    "$(sort -n "$dir/$name.took" | awk 'END { printf "%.1f", $1 / 1e3 }')" \
		    "$(spread %.0f <"$dir/$name.memory")"
	done
}

# ---- reload

# write NUMBER: the next content, 64 files of 16 KiB, outside of root.
write() {
	mkdir -p "$dir/next/..$1"
	tail -c +"$1" "$dir/block" | head -c $((1024 * 1024)) |
	    split -b 16384 -a 2 -d --additional-suffix=.txt - "$dir/next/..$1/"
}

# swap NUMBER: it takes the old one's place in one step, as the kubelet does it.
swap() {
	mv "$dir/next/..$1" "$root/..$1"
	ln -s "..$1" "$root/..data_tmp"
	mv -T "$root/..data_tmp" "$root/..data"
}

make_map() {
	local i
	root=$dir/map
	mkdir "$root"
	stretch $((2 * 1024 * 1024)) >"$dir/block"
	swaps=1
	write 1
	swap 1
	for i in {00..63}; do
		ln -s "..data/$i.txt" "$root/$i.txt"
	done
}

# waits NAME OPTION...: 99th percentile and longest of a second, in us.
waits() {
	local json
	json=$(load "$1" --connections=64 "--rate=${RATE:-5000}" --warmup=200ms \
	    --duration=1s --expect-length=16384) || exit 1
	awk -v p="$(number p99 <<<"$json")" -v m="$(number max <<<"$json")" \
	    'BEGIN { print p / 1e3, m / 1e3 }'
}

# The same with four swaps in that second: sets with. Writing and removing are
# done outside of it, since it is the reload that is measured.
swap_meanwhile() { # NAME
	local i
	for i in {1..4}; do
		write $((swaps + i))
	done
	(
		for i in {1..4}; do
			sleep 0.22
			swap $((swaps + i))
		done
	) &
	helpers+=($!)
	with=$(waits "$1")
	wait "${helpers[-1]}" || die 'a swap failed'
	for i in {0..3}; do
		rm -r "$root/..$((swaps + i))"
	done
	swaps=$((swaps + 4))
	sleep 0.3
}

generation() { # NAME: how many it has loaded
	exec {tcp}<>"/dev/tcp/127.0.0.1/${port[$1-metrics]}"
	printf 'GET /metrics HTTP/1.0\r\n\r\n' >&"$tcp"
	sed -n 's/^my_webserver_content_generation \([0-9]*\).*/\1/p' <&"$tcp"
	exec {tcp}>&-
}

# Pairs of a second with four swaps and one without; in turns.
reload() { # NAME WORDS
	local i with without before after
	before=$(generation "$1")
	for ((i = 0; i < PAIRS; i++)); do
		if ((i % 2)); then
			swap_meanwhile "$1"
			without=$(waits "$1")
		else
			without=$(waits "$1")
			swap_meanwhile "$1"
		fi
		[ -n "$with" ] && [ -n "$without" ] || exit 1
		awk '{ print $0, $1 - $3 }' <<<"$with $without"
	done >"$dir/pairs"
	after=$(generation "$1")
	echo "  $2: $((PAIRS * 4)) swaps, $((after - before)) reloads"
	printf '    99 %%: %s us with, %s us without, difference %s us\n' \
	    "$(column 1 | spread %.0f)" "$(column 3 | spread %.0f)" \
	    "$(column 5 | spread %.0f)"
	printf '    longest: %s us with, %s us without\n' \
	    "$(column 2 | spread %.0f)" "$(column 4 | spread %.0f)"
}

# What swapping alone costs is seen with a server that does not look.
site_reload() {
	local PAIRS=${PAIRS:-20} path=/00.txt
	make_map
	start_as ours --root="$root"
	start_as blind --root="$root" --watch=off
	echo
	echo "1 MiB swapped four times a second, ${RATE:-5000} requests a second," \
	    '64 connections, open loop'
	reload ours 'ours'
	PAIRS=$(((PAIRS + 1) / 2))
	reload blind 'ours with --watch=off'
}
