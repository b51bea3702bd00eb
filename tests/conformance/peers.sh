#!/bin/bash
# Holds the dialogues with nginx and lighttpd from packages, as a check on the
# dialogues: for "make conformance-peers". Says where a peer differs, and which of
# that is not explained in README.md. Usage: peers.sh PROGRAM [FILE.http]...
# NO_INSTALL=1   install nothing; a peer that is missing is an error
set -u
cd "$(dirname "$0")/../.." || exit 1

program=$1
shift
work=$(mktemp -d) || exit 1
pids=()
stop() {
	((${#pids[@]})) && kill "${pids[@]}" 2>/dev/null
	wait
	rm -rf "$work"
}
trap stop EXIT
PATH=$PATH:/usr/sbin:/sbin

missing=()
for peer in nginx lighttpd; do
	command -v "$peer" >/dev/null || missing+=("$peer")
done
if ((${#missing[@]})); then
	if [ -n "${NO_INSTALL:-}" ]; then
		echo "missing, and not installed because of NO_INSTALL:" \
		    "${missing[*]}" >&2
		exit 1
	fi
	sudo=()
	((EUID == 0)) || sudo=(sudo)
	# they are started here and not by their packages
	policy=/usr/sbin/policy-rc.d
	own_policy=
	if [ ! -e $policy ]; then
		own_policy=1
		printf '#!/bin/sh\nexit 101\n' |
			"${sudo[@]}" tee $policy >/dev/null
		"${sudo[@]}" chmod 755 $policy
	fi
	export DEBIAN_FRONTEND=noninteractive
	install=("${sudo[@]}" apt-get install -y -q --no-install-recommends
		"${missing[@]}")
	"${install[@]}" || { "${sudo[@]}" apt-get update -q && "${install[@]}"; }
	status=$?
	[ -z "$own_policy" ] || "${sudo[@]}" rm -f $policy
	((status == 0)) || exit 1
fi

free_port() { # one that was free a moment ago, below the ephemeral ones
	local port
	for port in $(shuf -i 20000-29999 -n 50); do
		if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
			echo "$port"
			return
		fi
	done
	return 1
}

page() { # the demo page: no newline behind it
	printf '\n%s' '<!DOCTYPE html>
<html>
    <head>
        <title>Hello!</title>
    </head>
    <body>
        <p>This is a demo page!</p>
    </body>
</html>'
}

nginx_start() {
	cat >"$work/nginx.conf" <<-END
		daemon off;
		worker_processes 1;
		pid $work/nginx.pid;
		error_log $work/nginx.log;
		events {}
		http {
			access_log off;
			default_type text/html;
			keepalive_requests 1000000;
			client_max_body_size 64k;
			lingering_timeout 1s;
			lingering_time 1s;
			large_client_header_buffers 4 16k;
			client_body_temp_path $work/body;
			proxy_temp_path $work/proxy;
			fastcgi_temp_path $work/fastcgi;
			uwsgi_temp_path $work/uwsgi;
			scgi_temp_path $work/scgi;
			server { # who hands on reads the whole body first
				listen 127.0.0.1:$1;
				location / {
					proxy_pass http://unix:$work/page.sock:;
					proxy_ignore_client_abort on;
				}
			}
			server {
				listen unix:$work/page.sock;
				root $work/root;
				index index.html;
			}
			server { # files, as a user would have them served
				listen 127.0.0.1:$2;
				root $PWD/tests/site;
				index index.html;
				gzip_static on;
				gzip_vary on;
				absolute_redirect off;
				error_page 404 /404.html;
				types {
					text/html html;
					text/css css;
					text/javascript js mjs;
					text/plain txt;
					application/json json map;
					application/wasm wasm;
					application/manifest+json webmanifest;
					application/gzip gz;
					image/png png;
					image/svg+xml svg;
					image/x-icon ico;
				}
				default_type application/octet-stream;
				charset utf-8;
				charset_types text/css text/javascript text/plain;
			}
		}
	END
	nginx -c "$work/nginx.conf" -e "$work/nginx.log" &
	pids+=($!)
}

lighttpd_start() {
	cat >"$work/lighttpd.conf" <<-END
		server.bind = "127.0.0.1"
		server.port = $1
		server.document-root = "$work/root"
		server.errorlog = "$work/lighttpd.log"
		server.modules = ( "mod_proxy" )
		proxy.server = ( "" => (( "host" => "$work/page.sock" )) )
		server.max-keep-alive-requests = 65535
		server.max-request-field-size = 16384
		server.max-request-size = 64
		server.http-parseopts = ( "method-get-body" => "enable" )
		server.feature-flags = ( "server.h2proto" => "disable" )
		index-file.names = ( "index.html" )
		mimetype.assign = ( ".html" => "text/html" )
		\$SERVER["socket"] == "127.0.0.1:$2" { # files
			server.document-root = "$PWD/tests/site"
			server.errorfile-prefix = "$PWD/tests/site/"
			proxy.server = ()
			mimetype.assign = (
				".html" => "text/html; charset=utf-8",
				".css" => "text/css; charset=utf-8",
				".js" => "text/javascript; charset=utf-8",
				".mjs" => "text/javascript; charset=utf-8",
				".txt" => "text/plain; charset=utf-8",
				".json" => "application/json",
				".map" => "application/json",
				".wasm" => "application/wasm",
				".webmanifest" => "application/manifest+json",
				".gz" => "application/gzip",
				".png" => "image/png",
				".svg" => "image/svg+xml",
				".ico" => "image/x-icon",
				"" => "application/octet-stream" )
		}
	END
	lighttpd -D -f "$work/lighttpd.conf" &
	pids+=($!)
}

await() { # until a port answers; at most 10 s
	for _ in {1..200}; do
		(exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return
		sleep 0.05
	done
	echo "nobody on port $1" >&2
	return 1
}

mkdir "$work/root"
chmod 755 "$work" "$work/root"
page >"$work/root/index.html"
# shellcheck disable=SC2016 # the backticks are text
explained=$(sed -n '/^## Where peers differ/,$p' tests/conformance/README.md |
	grep -oE '`[0-9]{4}-[0-9a-zA-Z.]+-[a-z0-9.-]+`' | tr -d '`')
unexplained=0
for peer in nginx lighttpd; do
	port=$(free_port) && site=$(free_port) || exit 1
	"${peer}_start" "$port" "$site"
	await "$port" && await "$site" || exit 1
	"$program" --peer="$port" --site="$site" "$@" >"$work/$peer.tap"
	held=$(sed -n '$s/^# //p' "$work/$peer.tap")
	[[ $held == *' dialogues over '[1-9]* ]] ||
	    { echo "$peer: no dialogues were held" >&2; exit 1; }
	echo "$peer: $held"
	while IFS= read -r line; do
		name=${line%%: *}
		mark=' '
		if ! grep -qxF "$name" <<<"$explained"; then
			mark='?'
			((unexplained++))
		fi
		echo "  $mark $line"
	done < <(sed -n 's/^# \([0-9]\{4\}-\)/\1/p' "$work/$peer.tap")
done
echo "$unexplained differences that README.md does not explain (marked ?)"
((unexplained == 0))
