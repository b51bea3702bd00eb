#include "config_values.h"

enum { COLUMN = 30, WIDTH = 80 }; /* of the meanings, of all */

static void
pad(struct buf *out, size_t line, size_t column)
{
	while (out->len - line < column && !out->overflowed)
		buf_char(out, ' ');
}

static void
help_option(struct buf *out, const struct option *o)
{
	size_t line = out->len;
	size_t initial = o->initial ? strlen(o->initial) + 3 : 0;

	buf_put(out, SPAN("  --"));
	buf_put(out, span_of(o->name));
	if (o->argument) {
		buf_char(out, '=');
		buf_put(out, span_of(o->argument));
	}
	pad(out, line, COLUMN);
	buf_put(out, span_of(o->meaning));
	if (o->initial) {
		if (out->len - line + initial > WIDTH) {
			buf_char(out, '\n');
			line = out->len;
			pad(out, line,
			    initial < WIDTH - COLUMN ? COLUMN - 1
						     : WIDTH - initial);
		}
		buf_put(out, SPAN(" ["));
		buf_put(out, span_of(o->initial));
		buf_char(out, ']');
	}
	buf_char(out, '\n');
}

void
config_help(struct buf *out)
{
	buf_put(out,
	    SPAN("Usage: my_webserver [OPTION]...   serve, until SIGTERM or "
		 "SIGINT\n"
		 "       my_webserver probe [URL]   GET URL, or this "
		 "configuration's /readyz\n"
		 "       my_webserver --check       check the configuration "
		 "and exit\n"
		 "\n"
		 "Options, --name=value or --name value [default]:\n"));
	for (const struct option *o = config_options; o->name; o++)
		help_option(out, o);
	buf_put(out,
	    SPAN(
		"\n"
		"ADDRESS is :PORT, 127.0.0.1:PORT, [::1]:PORT or "
		"localhost:PORT; :PORT is all\n"
		"of IPv6 and IPv4. DURATION is 250ms, 5s or 1m30s; SIZE is "
		"65536, 64KiB or 1MiB.\n"
		"RULE, of which the first that matches counts: "
		"'/assets/*=max-age=3600'.\n"
		"shutdown-delay=auto is 5s in a Kubernetes pod, else 0. "
		"memory-limit=auto is half\n"
		"of the cgroup's limit, 64MiB at most.\n"
		"\n"
		"Each option has an environment variable: MY_WEBSERVER_LISTEN "
		"for --listen,\n"
		"MY_WEBSERVER_LOG_FORMAT for --log-format. A flag wins. Where "
		"neither is given,\n"
		"PORT=8080 is --listen=:8080. What is repeatable has one "
		"value a line.\n"
		"\n"
		"Exit status: 0 after an orderly end, or when probe got a 2xx "
		"answer; 1 when it\n"
		"could not start or go on, or probe got another answer or none; "
		"2 when the\n"
		"configuration is wrong.\n"));
}
