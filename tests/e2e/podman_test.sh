#!/bin/bash
# The image by podman: built from the same Dockerfile and base, run with nothing it
# does not need, and played from the manifests: the Deployment with a site in a
# ConfigMap, as kustomize makes it. Prints TAP.
# shellcheck disable=SC2154 # names of the other part
set -u -o pipefail
# shellcheck source=/dev/null
. "$(dirname "$0")/engine.sh"
own_namespaces

# What this machine needs to be told: no systemd, limits that can be had.
configure() {
	cat >"$work/containers.conf" <<-END
	[containers]
	default_ulimits=["nofile=20000:20000","nproc=4096:4096"]
	[engine]
	runtime="runc"
	cgroup_manager="cgroupfs"
	events_logger="file"
	[network]
	network_backend="cni"
	network_config_dir="$work/net"
	cni_plugin_dirs=["/usr/lib/cni"]
	END
	cat >"$work/storage.conf" <<-END
	[storage]
	driver="overlay"
	graphroot="$work/storage"
	runroot="$work/run"
	END
	export CONTAINERS_CONF=$work/containers.conf CONTAINERS_STORAGE_CONF=$work/storage.conf
	podman import "$base_tar" "$base"
}

fetch() { curl -sf "http://127.0.0.1:$1"; }
ready() { fetch 9999/readyz >"$work/ready"; }

size() { # IMAGE: the binary, and what the engine notes down
	local all binary
	all=$(podman image inspect -f '{{.Size}}' "$1") binary=$(stat -c %s "$2")
	echo "image $all, binary $binary"
	((all >= binary && all <= binary + 8192))
}

binary_of() { # IMAGE
	podman create --name binary "$1" && podman cp binary:/my_webserver "$work/binary" &&
	    podman rm binary && size "$1" "$work/binary"
}

run() {
	podman run -d --name a1 --network=host --read-only --cap-drop=all \
	    --security-opt=no-new-privileges --pids-limit=8 --memory=16m --memory-swap=16m \
	    --log-driver=k8s-file --cgroup-parent="/e2e-${work##*.}" "$image"
	within 10 ready
}

page() { fetch 8080/ | grep 'This is a demo page!'; }
pid() { podman inspect -f '{{.State.Pid}}' "$1"; }

stops() { # NAME
	podman stop -t 10 "$1" && [ "$(podman inspect -f '{{.State.ExitCode}}' "$1")" = 0 ] &&
	    podman logs "$1" 2>&1 | tail -n 1 | jq -e '.my_webserver.event == "exit"'
}

# ---- The manifests
# Of the downward API podman 4.3 knows a pod's name, and no namespace nor node.
known() {
	/usr/bin/python3 -c '
import sys, yaml
documents = list(yaml.safe_load_all(sys.stdin))
for d in documents:
    if d["kind"] != "Deployment":
        continue
    for variable in d["spec"]["template"]["spec"]["containers"][0]["env"]:
        path = variable.get("valueFrom", {}).get("fieldRef", {}).get("fieldPath")
        if path in ("metadata.namespace", "spec.nodeName"):
            del variable["valueFrom"]
            variable["value"] = "here"
yaml.safe_dump_all(documents, sys.stdout)'
}

play() {
	kubectl kustomize manifests/overlays/site-configmap | known >"$work/pod.yaml" &&
	    podman kube play "$work/pod.yaml" && within 10 ready
}

played=mywebserver-pod-0-mywebserver # as podman calls it

same() { # PATH FILE
	fetch "8080$1" | cmp - "manifests/overlays/site-configmap/site/$2"
}

missing() { # what is not there is answered by the site's own page
	[ "$(curl -s -o "$work/said" -w '%{http_code}' http://127.0.0.1:8080/none)" = 404 ] &&
	    cmp "$work/said" manifests/overlays/site-configmap/site/404.html
}

fields() { # of the downward API
	local line
	line=$(podman logs "$played" 2>&1 | grep '"status": 404' | head -n 1)
	echo "$line"
	[ -n "$line" ] && jq -e '.my_webserver | (.pod | length > 0)' <<<"$line"
}

limits() { # what the Deployment asks for
	podman inspect "$played" | jq -e '.[0] | .HostConfig |
		.ReadonlyRootfs and .Memory > 0 and (.CapAdd | length) == 0'
}

drains() {
	podman stop -t 30 "$played" &&
	    [ "$(podman inspect -f '{{.State.ExitCode}}' "$played")" = 0 ] &&
	    podman logs "$played" 2>&1 | grep '"draining"' &&
	    podman kube down "$work/pod.yaml" && ! podman container exists "$played"
}

# No package of Debian has a kubectl that knows kustomize well enough.
tests_planned=7
if kubectl version --client -o json 2>/dev/null |
    grep -qE '"minor": *"(2[1-9]|[3-9][0-9]|[1-9][0-9][0-9])'; then
	tests_planned=15
fi
plan "$tests_planned"
configure >"$work/log" 2>&1 || { cat "$work/log"; echo 'Bail out! no engine'; exit 1; }
try 'make image' make -s image ENGINE=podman IMAGE="$image"
try 'image: binary and 8 KiB at most' binary_of "$image"
try 'a container with nothing it does not need' run
try 'page' page
try 'limits, rights and filter' restricted "$(pid a1)"
try 'HEALTHCHECK' podman healthcheck run a1
try 'SIGTERM: status 0, and the log to its end' stops a1
if ((tests_planned > tests)); then
	try 'kube play: the overlay with a site in a ConfigMap' play
	try 'its page' same / index.html
	try 'its style' same /style.css style.css
	try 'its own page for what is not there' missing
	try 'a field of the downward API in the log' fields
	try 'read-only, limited, no capabilities' limits
	try 'rights and filter' restricted "$(pid "$played")"
	try 'it drains, status 0' drains
else
	echo '# not checked: kube play, which needs kubectl 1.21 or later'
fi
podman rm -af >"$work/log" 2>&1
umount "$work/storage/overlay" 2>>"$work/log"
find /sys/fs/cgroup -depth -type d -path '*/libpod_parent*' -exec rmdir {} + 2>>"$work/log"
((failures == 0 && tests == tests_planned))
