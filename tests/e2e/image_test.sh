#!/bin/bash
# The image, by docker: the Dockerfile is built as it is, and its container runs
# with nothing it does not need, in 16 MiB, at a quarter of a processor; then the
# image with a site in two lines, and one for arm64. Prints TAP.
# shellcheck disable=SC2154,SC2317 # engine.sh has them; try calls them
set -u
# shellcheck source=/dev/null
. "$(dirname "$0")/engine.sh"
load=${LOAD_BINARY:-$PWD/build/load}
own_namespaces

limits=(--read-only --cap-drop=all --security-opt=no-new-privileges --pids-limit=8
	--memory=16m --memory-swap=16m --cpus=.25)

inspect() { docker inspect -f "$1" "$2"; }
ready() { curl -sf -o "$work/ready" "http://$1:9999/readyz"; }

run() { # NAME ARGUMENT...: until it is ready; its address is in $work/NAME.ip
	local name=$1
	shift
	docker run -d --name "$name" "${limits[@]}" "$@" || return
	inspect '{{.NetworkSettings.IPAddress}}' "$name" >"$work/$name.ip"
	inspect '{{.State.Pid}}' "$name" >"$work/$name.pid"
	within 10 ready "$(cat "$work/$name.ip")" && return
	docker logs "$name"
	return 1
}

ip() { cat "$work/$1.ip"; }
pid() { cat "$work/$1.pid"; }

# ---- The image
size() { # IMAGE BINARY: it and 4 KiB at most
	local all binary
	all=$(inspect '{{.Size}}' "$1") binary=$(stat -c %s "$2")
	echo "image $all, binary $binary"
	((all >= binary && all <= binary + 4096))
}

size_of_image() {
	docker create --name sized "$image" && docker cp sized:/my_webserver "$work/binary" &&
	    size "$image" "$work/binary"
}

one_file() { # the layers hold it, and an empty folder
	local found
	mkdir "$work/saved"
	docker save "$image" | tar -C "$work/saved" -x || return
	found=$(find "$work/saved" -name layer.tar -exec tar -tf {} \; | sort | xargs)
	echo "$found"
	[ "$found" = 'my_webserver srv/' ]
}

labelled() {
	local version
	version=$(docker run --rm "$image" --version) || return
	inspect '{{json .Config}}' "$image" | jq -e --arg said "$version" '
		.Labels as $l | ($l["org.opencontainers.image.title"] == "my_webserver") and
		($said == "my_webserver " + $l["org.opencontainers.image.version"] + " (" +
			$l["org.opencontainers.image.revision"] + ")") and
		.User == "65534:65534" and .Entrypoint == ["/my_webserver"] and
		(.ExposedPorts | keys) == ["8080/tcp", "9999/tcp"]'
}

# ---- A container
page() {
	local said
	said=$(curl -si -A first http://127.0.0.1:8080/)
	echo "$said"
	[[ $said == 'HTTP/1.1 200 OK'* && $said == *'Content-Length: 143'* &&
		$said == *'This is a demo page!'*'</html>' ]]
}

line() { # AGENT: the line of its request is right, and so is every other
	docker logs "$1" >"$work/log" 2>"$work/err" || return
	cat "$work/log" "$work/err"
	jq -es 'all(has("my_webserver") and (.timestamp | test("^[-0-9]{10}T[:0-9]{8}\\.[0-9]{6}Z$")))' \
	    "$work/log" "$work/err" &&
	    jq -es --arg agent "$2" 'map(.my_webserver | select(.user_agent == $agent)) |
		length == 1 and (.[0] | .method == "GET" and .path == "/" and .status == 200)' \
	    "$work/log"
}

metrics() { # PATH
	local said
	said=$(curl -si "http://127.0.0.1:9999$1")
	echo "$said"
	[[ $said == 'HTTP/1.1 200 OK'*'Content-Type: text/plain; version=0.0.4'* ]] &&
	    grep -q '^http_requests_total{code="200",method="GET"} 1' <<<"$said" &&
	    grep -q '^my_webpage_request_latency_seconds_count 1' <<<"$said"
}

refused() {
	local said
	said=$(docker exec a1 /my_webserver probe http://127.0.0.1:9999/nil 2>&1)
	local status=$?
	echo "$status: $said"
	[[ $status == 1 && $said == *404* ]]
}

limited() {
	[ "$(memory_limit "$(pid a1)")" = 16777216 ] && restricted "$(pid a1)"
}

unchanged() { # NAME: nothing in it was written since it was made
	local found
	found=$(docker diff "$1") || return
	echo "$found"
	[ -z "$found" ]
}

healthy() { [ "$(inspect '{{.State.Health.Status}}' "$1")" = healthy ]; }

# ---- Load
loaded() { # NAME OPTION... PATH: every answer right, and nothing was killed
	local name=$1 path=${*: -1} status
	"$load" --any-host --timeout=20s "${@:2:$#-2}" "http://$(ip "$name"):8080$path"
	status=$?
	alive "$name" && return "$status"
}

alive() {
	local kills status
	kills=$(oom_kills "$(pid "$1")") status=$(inspect '{{.State.Status}} {{.State.OOMKilled}}' "$1")
	echo "killed for memory: $kills; $status"
	[[ $kills == 0 && $status == 'running false' ]]
}

memory() { # NAME WHAT: for those who read the output
	echo "# memory, $2: at most $(($(memory_peak "$(pid "$1")") / 1024)) KiB in the control" \
	    "group, the server itself $(sed -n 's/^VmHWM:[[:space:]]*//p' "/proc/$(pid "$1")/status")"
}

lines() { # NAME: a line for each request, or it is counted as dropped
	local text requests dropped found i
	text=$(curl -s "http://$(ip "$1"):9999/metrics")
	requests=$(awk '/^http_requests_total/ { n += $2 } END { print n }' <<<"$text")
	dropped=$(awk '/^my_webserver_log_lines_dropped_total/ { print $2 }' <<<"$text")
	for i in {1..50}; do # the log may be behind
		found=$(docker logs "$1" | grep -c '"method": ')
		((found + dropped >= requests)) && break
		sleep 0.2
	done
	echo "$requests requests, $found lines, $dropped dropped"
	((requests > 1000 && found + dropped == requests))
}

# SIGTERM, and the log's end arrives.
stops() { # NAME
	local began=$EPOCHREALTIME took state
	curl -sf -A last "http://$(ip "$1"):8080/" >"$work/page" && docker stop -t 10 "$1" || return
	took=$(((${EPOCHREALTIME/./} - ${began/./}) / 1000))
	state=$(inspect '{{.State.ExitCode}} {{.State.OOMKilled}}' "$1")
	echo "exit status and killed: $state, after $took ms"
	[ "$state" = '0 false' ] && ((took < 5000)) &&
	    docker logs "$1" 2>"$work/err" | tail -n 1 | jq -e '.my_webserver.user_agent == "last"' &&
	    tail -n 1 "$work/err" | jq -e '.my_webserver.event == "exit"'
}

# ---- A site
site_image() {
	docker build -t example manifests/examples/site-in-image && run site1 example
}

same() { # NAME PATH FILE
	curl -sf "http://$(ip "$1"):8080$2" | cmp - "$3"
}

# 12 MiB of files, of which what the limit lets stay in memory does.
make_site() {
	local i
	mkdir "$work/site"
	for i in {1..48}; do
		head -c 262144 /dev/urandom >"$work/site/$i.bin"
	done
	chmod -R a+rX "$work/site"
	run site2 -v "$work/site:/srv:ro" "$image"
}

# From two sides, for a file that fits in memory and one that may not.
sides() {
	local first
	loaded site2 --connections=200 --duration=4s --expect-length=262144 /1.bin &
	first=$!
	loaded site2 --connections=200 --duration=4s --expect-length=262144 /48.bin &
	wait "$first" && wait "$!"
}

generation() {
	curl -s "http://$(ip site2):9999/metrics" |
	    sed -n 's/^my_webserver_content_generation //p'
}

newer() { (($(generation) > $1)); }

changes() { # all of it, at once
	local before
	before=$(generation)
	touch "$work"/site/*.bin
	within 10 newer "$before" && alive site2
}

# ---- arm64
arm64_image() { # the Dockerfile's last stage, with what was built here
	mkdir "$work/arm64" && cp build/arm64/my_webserver "$work/arm64" || return
	{
		echo 'FROM scratch AS build'
		echo 'COPY my_webserver /src/build/my_webserver'
		sed '0,/^FROM scratch/{/^FROM scratch/!d}' Dockerfile
	} >"$work/arm64/Dockerfile"
	DOCKER_BUILDKIT=1 docker build --platform=linux/arm64 -t arm64 "$work/arm64" &&
	    [ "$(inspect '{{.Os}}/{{.Architecture}}' arm64)" = linux/arm64 ] &&
	    size arm64 build/arm64/my_webserver
}

arm64_runs() { # the image's own file, below qemu
	docker run -d --name arm --platform=linux/arm64 --read-only --cap-drop=all \
	    -v "$(command -v qemu-aarch64-static):/qemu:ro" --entrypoint=/qemu \
	    arm64 /my_webserver || return
	inspect '{{.NetworkSettings.IPAddress}}' arm >"$work/arm.ip"
	within 10 ready "$(ip arm)" && curl -sf "http://$(ip arm):8080/" | grep 'demo page' &&
	    curl -s "http://$(ip arm):9999/metrics" | grep 'my_webserver_build_info.*arch="arm64"' &&
	    docker exec arm /qemu /my_webserver probe &&
	    docker stop -t 10 arm && [ "$(inspect '{{.State.ExitCode}}' arm)" = 0 ]
}

plan 31
start_docker
try 'make image' make -s image ENGINE=docker IMAGE="$image"
try 'image: binary and 4 KiB at most' size_of_image
try 'image: one file and an empty folder' one_file
try 'image: version, revision, user, ports' labelled
try 'a container with nothing it does not need' \
    run a1 -p 127.0.0.1:8080:8080 -p 127.0.0.1:9999:9999 "$image"
try 'page' page
try 'metrics at /' metrics /
try 'metrics at /metrics' metrics /metrics
try 'log: one right line' line a1 first
try 'probe' docker exec a1 /my_webserver probe
try 'probe of what is not there' refused
try 'limits, rights and filter' limited
try 'nothing is writable' unwritable "$(pid a1)"
memory a1 'at rest, with what starts programs in it'
try '1,000 connections' loaded a1 --connections=1000 --duration=5s /
memory a1 '1,000 connections'
try 'a connection for each request' loaded a1 --connections=64 --close --duration=2s /
try 'a line for each request' lines a1
try 'HEALTHCHECK: healthy' within 40 healthy a1
try 'nothing was written' unchanged a1
try 'SIGTERM: status 0, soon, and the log to its end' stops a1
try "the user's image with a site, in two lines" site_image
try 'its page' same site1 / manifests/examples/site-in-image/site/index.html
try 'it stops' stops site1
try 'a site of 12 MiB' make_site
try 'a file' same site2 /48.bin "$work/site/48.bin"
try 'load on it' sides
try 'all of it changes' changes
try 'load on what is new' sides
memory site2 'a site of 12 MiB, page cache included'
try 'it stops' docker stop -t 10 site2
try 'arm64: cross-built' make -s arm64
try 'arm64: image of the right architecture and size' arm64_image
try 'arm64: its container' arm64_runs
echo "# image: $(inspect '{{.Size}}' "$image") bytes, for arm64 $(inspect '{{.Size}}' arm64)"
stop_docker
done_well
