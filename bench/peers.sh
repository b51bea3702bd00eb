# Other servers, where they are installed, as people who care configure them: one
# worker, the log as JSON into a pipe, buffered where the server can, files by
# sendfile, below $root. bench/run sources it.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153,SC2154 # names of the other parts

# The demo page, as nginx wants it.
page='\n<!DOCTYPE html>\n<html>\n    <head>\n        <title>Hello!</title>\n'
page+='    </head>\n    <body>\n        <p>This is a demo page!</p>\n'
page+='    </body>\n</html>'

start_nginx() {
	local i p worker types=
	has nginx || return
	p=$(free_port)
	[ -r /etc/nginx/mime.types ] && types='include /etc/nginx/mime.types;'
	cat >"$dir/nginx.conf" <<-END
		worker_processes 1;
		daemon off;
		pid $dir/nginx.pid;
		error_log stderr;
		events { worker_connections 16384; }
		http {
			$types
			sendfile on; tcp_nopush on; tcp_nodelay on;
			open_file_cache max=20000 inactive=600s;
			open_file_cache_valid 60s;
			keepalive_timeout 3600s; keepalive_requests 1000000000;
			client_body_temp_path $dir/1; proxy_temp_path $dir/2;
			fastcgi_temp_path $dir/3; uwsgi_temp_path $dir/4;
			scgi_temp_path $dir/5;
			log_format json escape=json '{"timestamp": "\$time_iso8601", '
				'"nginx": {"client_ip": "\$remote_addr", '
				'"message": "\$request", "status": \$status, '
				'"bytes": \$body_bytes_sent, '
				'"duration_seconds": \$request_time, '
				'"user_agent": "\$http_user_agent", '
				'"referer": "\$http_referer"}}';
			server {
				listen 127.0.0.1:$p backlog=4096;
				access_log $dir/nginx.log json buffer=64k flush=1s;
				root $root;
				location = / {
					default_type text/html;
					return 200 "$page";
				}
			}
		}
	END
	start nginx "$p" nginx -c "$dir/nginx.conf"
	p=${pid[nginx]}
	pid[nginx-master]=$p
	for ((i = 0; i < 500; i++)); do # it listens before it has a worker
		worker=$(cat "/proc/$p/task/$p/children")
		[ -n "$worker" ] && break
		sleep 0.01
	done
	pid[nginx]=${worker%% *}
}

start_h2o() {
	local p
	has h2o || return
	p=$(free_port)
	cat >"$dir/h2o.conf" <<-END
		num-threads: 1
		max-connections: 16384
		http1-request-timeout: 3600
		error-log: /dev/stderr
		hosts:
		  default:
		    listen:
		      host: 127.0.0.1
		      port: $p
		    paths:
		      "/":
		        file.dir: $root
		    access-log:
		      path: $dir/h2o.log
		      escape: json
		      format: '{"timestamp": "%{%Y-%m-%dT%H:%M:%S%z}t", "h2o": {"client_ip": "%h", "message": "%r", "status": %s, "bytes": %b, "duration_seconds": %{duration}x, "user_agent": "%{User-agent}i", "referer": "%{Referer}i"}}'
	END
	start h2o "$p" h2o -c "$dir/h2o.conf"
}

start_lighttpd() {
	local p
	has lighttpd || return
	p=$(free_port)
	cat >"$dir/lighttpd.conf" <<-END
		server.bind = "127.0.0.1"
		server.port = $p
		server.document-root = "$root"
		server.errorlog = "/dev/stderr"
		server.modules = ( "mod_accesslog" )
		server.event-handler = "linux-sysepoll"
		server.network-backend = "sendfile"
		server.max-fds = 16384
		server.max-keep-alive-requests = 65535
		server.max-keep-alive-idle = 3600
		mimetype.assign = ( ".txt" => "text/plain; charset=utf-8" )
		accesslog.filename = "$dir/lighttpd.log"
		accesslog.escaping = "json"
		accesslog.format = "{\"timestamp\": \"%{%Y-%m-%dT%H:%M:%S%z}t\", \"lighttpd\": {\"client_ip\": \"%h\", \"message\": \"%r\", \"status\": %s, \"bytes\": %b, \"duration_seconds\": %D, \"user_agent\": \"%{User-Agent}i\", \"referer\": \"%{Referer}i\"}}"
	END
	start lighttpd "$p" lighttpd -D -f "$dir/lighttpd.conf"
}

start_caddy() {
	local p
	has caddy || return
	p=$(free_port)
	cat >"$dir/Caddyfile" <<-END
		{
			admin off
			auto_https off
		}
		http://127.0.0.1:$p {
			bind 127.0.0.1
			root * $root
			file_server
			log {
				output stdout
				format json
			}
		}
	END
	start caddy "$p" env GOMAXPROCS=1 "HOME=$dir" "XDG_DATA_HOME=$dir" \
	    "XDG_CONFIG_HOME=$dir" caddy run --adapter caddyfile \
	    --config "$dir/Caddyfile"
}

peers='nginx h2o lighttpd caddy'

versions() {
	has nginx && nginx -v 2>&1
	has h2o && h2o --version | sed -n 's/^h2o version /h2o /p'
	has lighttpd && lighttpd -v | sed 's/ .*//'
	has caddy && echo "caddy $(caddy version)"
}
