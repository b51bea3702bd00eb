#!/bin/bash
# Are the manifests what a cluster takes? Builds every overlay with kustomize,
# checks each document against the real types, shows that the check can fail, asks
# promtool about the rules, and compares the index template with the log's fields.
# Needs no cluster. Works in build/manifests.
set -u
cd "$(dirname "$0")/.." || exit 1
work=$PWD/build/manifests
counts=${COUNTS:-/dev/null}
passed=0 failed=0

result() { # NAME STATUS OUTPUT
	if [ "$2" = 0 ]; then
		echo "ok   $1"
		passed=$((passed + 1))
	else
		echo "FAIL $1"
		printf '    %s\n' "$3"
		failed=$((failed + 1))
	fi
}

try() { # NAME COMMAND...: it succeeds
	local name=$1 said status
	shift
	said=$("$@" 2>&1)
	status=$?
	result "$name" $status "$said"
}

# The types, at the versions that are known to tell what the tests below plant.
packages() {
	local want='kubernetes-models@5.1.0 @kubernetes-models/prometheus-operator@6.0.0 yaml@2 typescript@5'
	mkdir -p "$work" && cd "$work" || return 1
	[ "$(cat installed 2>/dev/null)" = "$want" ] && return
	if [ -n "${NO_INSTALL:-}" ]; then
		echo "missing, and not installed because of NO_INSTALL: $want"
		return 1
	fi
	echo '{ "private": true, "type": "module" }' >package.json
	# shellcheck disable=SC2086 # several words
	timeout 100 npm install --no-audit --no-fund --no-package-lock \
	    --ignore-scripts --loglevel=error $want && echo "$want" >installed
}

# Debian's kubectl, 1.20, has a kustomize of years before.
kustomize_is_new() {
	timeout 30 kubectl kustomize --help | grep -q -- --load-restrictor ||
	    { echo 'needs kubectl 1.21 or later'; return 1; }
}

build() { # FOLDER FILE
	timeout 30 kubectl kustomize "$1" >"$2"
}

typed() { # FILE...
	rm -f "$work"/*.ts
	timeout 30 node tests/manifests/types.mjs "$work" "$@" && (cd "$work" &&
	    timeout 60 node_modules/.bin/tsc --noEmit --strict --skipLibCheck --module esnext \
	    --target esnext --moduleResolution bundler ./*.ts)
}

# A document with one mistake in it is refused, and for the mistake's sake.
planted() { # NAME SED-SCRIPT WORD FILE
	local said name="a mistake is found: $1"
	sed "$2" "$4" >"$work/planted.yaml"
	if cmp -s "$4" "$work/planted.yaml"; then
		result "$name" 1 'nothing was changed'
	elif said=$(typed "$work/planted.yaml" 2>&1); then
		result "$name" 1 'it was not found'
	else
		grep -qF "$3" <<<"$said"
		result "$name" $? "$said"
	fi
}

seconds() { # VARIABLE FILE: its value, a whole number of seconds
	sed -n "/name: $1\$/{n;s/ *value: \([0-9]*\)s\$/\1/p}" "$2"
}

# The pod is not killed before its drain is over.
grace() { # FILE
	local delay drain all
	delay=$(seconds MY_WEBSERVER_SHUTDOWN_DELAY "$1")
	drain=$(seconds MY_WEBSERVER_DRAIN_TIMEOUT "$1")
	all=$(sed -n 's/ *terminationGracePeriodSeconds: //p' "$1")
	echo "delay ${delay:?} drain ${drain:?} grace ${all:?}"
	((delay + drain + 3 <= all))
}

# NAME=value of each of the server's variables; \001 stands between lines.
variables() { # FILE
	awk '
	function end() {
		gsub(/\$\([A-Z_]+\)/, "some-name", value)
		if (name != "" && value != "") print name "=" value
		name = value = ""
	}
	{ match($0, /^ */); indent = RLENGTH }
	block && indent >= block {
		value = value (value == "" ? "" : "\001") substr($0, block + 1)
		next
	}
	block { block = 0; end() }
	name != "" && /^ *valueFrom:/ { value = "16777216"; end(); next }
	name != "" && /^ *value: \|/ { block = indent + 2; next }
	name != "" && /^ *value:/ {
		sub(/^ *value: */, ""); gsub(/"/, ""); value = $0; end(); next
	}
	/name: MY_WEBSERVER_/ { name = $NF }
	END { end() }' "$1"
}

# The server knows each variable, and takes its value and the site; on another
# port, and below another root. What the downward API gives is a number of bytes,
# and $(NAME) what the kubelet puts in its place.
settings() { # FILE SITE
	local variables said
	mapfile -t variables < <(variables "$1")
	variables=("${variables[@]//$'\001'/$'\n'}")
	printf '%s\n' "${variables[@]}"
	((${#variables[@]} >= 3)) || return 1
	said=$(env "${variables[@]}" MY_WEBSERVER_ROOT="$2" MY_WEBSERVER_LISTEN=:0 \
	    MY_WEBSERVER_METRICS_LISTEN=:0 timeout 30 build/my_webserver --check 2>&1) &&
	    [[ $said != *MY_WEBSERVER_* && $said != *warning* ]] && return
	echo "$said"
	return 1
}

# What the plain prometheus.yml takes: README says so too.
rules() {
	sed -n '/^  groups:/,$s/^  //p' manifests/overlays/monitoring/prometheusrule.yaml \
	    >"$work/rules.yml" &&
	    cp manifests/overlays/monitoring/prometheus.yml tests/manifests/rules*_test.yml "$work"
}

tests/install-deps.sh manifests || exit 1
try 'kubectl is new enough' kustomize_is_new
try 'the types are installed' packages
all=()
for folder in manifests manifests/overlays/*/; do
	folder=${folder%/}
	built=$work/$(basename "$folder").yaml
	try "kustomize builds $folder" build "$folder" "$built"
	all+=("$built")
done
try 'every document is what Kubernetes takes' typed "${all[@]}"
for built in "${all[@]}"; do
	name=$(basename "$built" .yaml)
	site=manifests/overlays/$name/site
	[ -d "$site" ] || site=manifests/examples/site-in-image/site
	try "the server takes the settings of $name" settings "$built" "$site"
	try "grace period of $name" grace "$built"
done
base=$work/manifests.yaml
planted 'unknown field of a probe' 's/failureThreshold:/failureTreshold:/' failureTreshold "$base"
planted 'unknown field of a policy' 's/policyTypes:/policyType:/' policyType "$base"
planted 'unknown field of a budget' 's/unhealthyPodEvictionPolicy:/unhealthyPodPolicy:/' unhealthyPodPolicy "$base"
planted 'wrong word for pulling' 's/imagePullPolicy: .*/imagePullPolicy: Sometimes/' Sometimes "$base"
planted 'wrong word for a protocol' 's/protocol: TCP/protocol: HTTP/' HTTP "$base"
planted 'text for a number' 's/maxReplicas: 10/maxReplicas: ten/' "type 'number'" "$base"
planted 'unknown kind' 's/^kind: PodDisruptionBudget/kind: PodDisruption/' 'no such kind' "$base"
planted 'unknown field of a monitor' 's/podMetricsEndpoints:/podMetricEndpoints:/' \
    podMetricEndpoints "$work/monitoring.yaml"
try 'the rules can be taken out' rules
try 'promtool: rules' timeout 30 promtool check rules "$work/rules.yml"
try 'promtool: prometheus.yml' timeout 30 promtool check config "$work/prometheus.yml"
try 'promtool: tests of the rules' timeout 30 promtool test rules "$work/rules_test.yml"
try 'promtool: tests of the rules over days' timeout 30 promtool test rules "$work/rules_days_test.yml"
try 'the index template maps the log' node tests/manifests/mapping.mjs README.md \
    manifests/overlays/logging/index-template.json

echo "$passed $failed" >>"$counts"
echo "$passed passed, $failed failed"
((failed == 0))
