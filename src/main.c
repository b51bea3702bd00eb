/*
 * main.c - joins the floors: configuration, what it takes to serve, the loop.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include "app/app.h"
#include "base/clock.h"
#include "config.h"
#include "content.h"
#include "log/event.h"
#include "log/ring.h"
#include "net/signals.h"
#include "probe.h"
#include "server/details.h"
#include "server/worker.h"

#ifndef MY_WEBSERVER_VERSION
#define MY_WEBSERVER_VERSION "unknown"
#endif
#ifndef MY_WEBSERVER_REVISION
#define MY_WEBSERVER_REVISION "unknown"
#endif
#ifndef MY_WEBSERVER_LIBC
#define MY_WEBSERVER_LIBC "unknown"
#endif
#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif
#if defined(__x86_64__)
#define ARCH "amd64"
#elif defined(__aarch64__)
#define ARCH "arm64"
#else
#define ARCH "unknown"
#endif

enum {
	EXIT_CANNOT = 1, /* could not start or go on */
	EXIT_CONFIG = 2,
	OPS_SLOTS = 128,
	/* standard streams, loop, signals, listeners, the log's own, what a
	 * scrape opens, and one to spare */
	OWN_DESCRIPTORS = 12,
};

static const struct build build = {
	.version = SPAN_INIT(MY_WEBSERVER_VERSION),
	.revision = SPAN_INIT(MY_WEBSERVER_REVISION),
	.compiler = SPAN_INIT(COMPILER),
	.libc = SPAN_INIT(MY_WEBSERVER_LIBC),
	.arch = SPAN_INIT(ARCH),
};

/* What lives as long as the process. */
static struct config config;
static struct metrics metrics;
static struct worker worker;
static struct ring ring;
static struct events events;
static struct site site;
static struct content content = { &events, &metrics };

/* Writes all of text, and a newline, to a descriptor that is not a log. */
static void
print(int fd, struct span text)
{
	while (text.len > 0) {
		ssize_t n = write(fd, text.at, text.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		text = span_from(text, (size_t)n);
	}
}

/* Descriptors 0 to 2 exist from here on: no socket becomes standard output. */
static bool
fill_standard_streams(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO) {
		close(fd);
		return true;
	}
	/* no /dev: whatever is open will do, if all three are */
	return fcntl(STDIN_FILENO, F_GETFD) >= 0 &&
	    fcntl(STDOUT_FILENO, F_GETFD) >= 0 &&
	    fcntl(STDERR_FILENO, F_GETFD) >= 0;
}

/* Raises the soft limit on open files to the hard one; returns the limit. */
static uint64_t
raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 1024;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		getrlimit(RLIMIT_NOFILE, &limit);
	return limit.rlim_cur;
}

/* Who may have how many open. */
struct shares {
	uint32_t page, ops; /* connections */
	uint32_t files; /* sent from the disk, beyond those the site keeps */
};

/* Shares the descriptors there are; warns if they do not suffice. Each answer
 * may have a file open: a quarter is for those, and what nobody else needs. */
static bool
share_descriptors(struct shares *shares)
{
	uint64_t limit = raise_descriptors();
	uint64_t own = OWN_DESCRIPTORS + (config.root ? SITE_DESCRIPTORS : 0);
	uint64_t left = limit > own ? limit - own : 0;
	uint64_t ops = left / 4 < OPS_SLOTS ? left / 4 : OPS_SLOTS;
	uint64_t page = config.max_connections, least;
	struct event ev;

	if (ops < 1) {
		event_begin(&ev, &events, EVENT_ERROR,
		    "cannot start: limit on open files too low");
		event_u64(&ev, "limit", limit);
		event_end(&ev);
		return false;
	}
	left -= ops;
	least = config.root ? left / 4 : 0;
	if (page > left - least) {
		page = left - least;
		event_begin(&ev, &events, EVENT_WARNING,
		    "fewer connections: limit on open files");
		event_u64(&ev, "limit", limit);
		event_u64(&ev, "max_connections", page);
		event_end(&ev);
	}
	shares->page = (uint32_t)page;
	shares->ops = (uint32_t)ops;
	shares->files = (uint32_t)(left - page < page ? left - page : page);
	return true;
}

static void
warn_unknown_variables(void)
{
	struct event ev;

	for (size_t i = 0; i < config.unknown_count; i++) {
		event_begin(
		    &ev, &events, EVENT_WARNING, "unknown variable ignored");
		event_str(&ev, "variable", config.unknown[i]);
		event_end(&ev);
	}
}

static int
cannot(const char *what, struct span which, int error)
{
	struct event ev;

	event_begin(&ev, &events, EVENT_ERROR, what);
	if (which.len > 0)
		event_str(&ev, "address", which);
	event_errno(&ev, error);
	event_end(&ev);
	return EXIT_CANNOT;
}

/* Where to click, for a person: http://localhost:8080/ */
static void
say_url(struct event *ev, const char *name, const struct address *a)
{
	char memory[sizeof "http:///" + ADDRESS_TEXT_MAX];
	struct buf text = buf_over(memory, sizeof memory);

	buf_put(&text, SPAN("http://"));
	if (address_any(a)) {
		buf_put(&text, SPAN("localhost:"));
		buf_u64(&text, address_port(a));
	} else {
		address_write(&text, a);
	}
	buf_char(&text, '/');
	event_str(ev, name, buf_span(&text));
}

static void
say_listening(void)
{
	struct event ev;
	char memory[ADDRESS_TEXT_MAX];
	struct buf text = buf_over(memory, sizeof memory);

	event_begin(&ev, &events, EVENT_INFO, "listening");
	address_write(&text, &config.listen);
	event_str(&ev, "listen", buf_span(&text));
	text.len = 0;
	address_write(&text, &config.metrics_listen);
	event_str(&ev, "metrics_listen", buf_span(&text));
	content_listening(&ev, &metrics);
	event_str(&ev, "version", build.version);
	if (events.text) {
		say_url(&ev, "page", &config.listen);
		say_url(&ev, "status", &config.metrics_listen);
	}
	event_end(&ev);
}

static uint64_t
seed(void)
{
	uint64_t value;

	if (getrandom(&value, sizeof value, GRND_NONBLOCK) != sizeof value)
		value = clock_monotonic();
	return value;
}

/* Opens both listeners; 0, or the exit status. */
static int
open_listeners(struct worker_options *o)
{
	o->ops_fd = listen_open(&config.metrics_listen);
	if (o->ops_fd < 0)
		return cannot(
		    "cannot listen", config.metrics_listen_text, errno);
	o->page_fd = listen_open(&config.listen);
	if (o->page_fd < 0)
		return cannot("cannot listen", config.listen_text, errno);
	return 0;
}

static bool
open_log(struct worker_options *o)
{
	char *memory;

	if (config.log_format == ACCESS_OFF)
		return true;
	memory = pool_reserve(config.log_buffer);
	if (!memory)
		return false;
	ring_init(&ring, memory, config.log_buffer, STDOUT_FILENO);
	o->ring = &ring;
	return true;
}

/* Loads what is to be served. False with errno if that cannot be: why was told.
 */
static bool
open_site(void)
{
	static struct tree_options o;

	o = (struct tree_options){
		.root = config.root,
		.index = config.index,
		.fallback = config.fallback,
		.rules = &config.cache_rules,
		.memory_limit = config.memory_limit,
		.nosniff = !config.header_nosniff,
		.cache_control = !config.header_cache_control,
		.tell = content_tell,
		.context = &content,
	};
	return site_open(&site, &o) == 0;
}

static void
reload(void *context)
{
	site_reload(context);
}

static struct worker_options
options(const struct app *app)
{
	return (struct worker_options){
		.page_routes = config.root ? site_routes : page_routes,
		.hang_up = config.root ? reload : NULL,
		.hang_up_context = &site,
		.ops_routes = ops_routes,
		.app = app,
		.metrics = &metrics,
		.events = &events,
		.extra = buf_span(&config.headers),
		.header_timeout = config.header_timeout,
		.body_timeout = config.body_timeout,
		.idle_timeout = config.idle_timeout,
		.write_timeout = config.write_timeout,
		.shutdown_delay = config.shutdown_delay,
		.drain_timeout = config.drain_timeout,
		.delay_min = config.delay_min,
		.delay_max = config.delay_max,
		.random_error = config.random_error,
		.random_error_full = 100 * CONFIG_PERCENT,
		.seed = seed(),
		.log_wait = config.log_wait,
	};
}

/* What all lines have in common is made once. */
static void
prepare_log(struct worker_options *o)
{
	static char extra_memory[ACCESS_EXTRA_MAX];
	static struct details details;
	struct buf extra = buf_over(extra_memory, sizeof extra_memory);

	o->style = (struct access_style){
		.format = config.log_format,
		.name_space = config.log_namespace,
		.coloured = config.log_format == ACCESS_PRETTY &&
		    !config.no_color && isatty(STDOUT_FILENO) == 1,
	};
	access_extra(&extra, &o->style, build.version, config.log_fields,
	    config.log_field_count);
	assert(!extra.overflowed); /* config_read saw to that */
	o->style.extra = buf_span(&extra);
	details = (struct details){
		.trusted = &config.trusted_proxies,
		.headers = config.log_headers,
		.header_count = config.log_header_count,
	};
	o->style.detailed = config.log_format == ACCESS_ECS ||
	    config.log_format == ACCESS_GCP || extra.len > 0 ||
	    details.header_count > 0 || details.trusted->count > 0;
	if (o->style.detailed)
		o->details = &details;
}

static int
serve(void)
{
	static struct app app = { .metrics = &metrics, .build = &build };
	static char page_memory[4 * ENTITY_FIELDS_MAX];
	struct buf page = buf_over(page_memory, sizeof page_memory);
	static struct worker_options o;
	struct clock now = { 0 };
	struct shares shares;
	int err;

	warn_unknown_variables();
	clock_tick(&now);
	metrics_init(&metrics, config.buckets, config.bucket_count, now.wall);
	app.latency_name = config.latency_metric;
	app.site = &site;
	page_prepare(&app, &page,
	    &(struct app_fields){ .nosniff = !config.header_nosniff,
		.cache_control = !config.header_cache_control });
	status_prepare(&app, &page);
	o = options(&app);
	prepare_log(&o);
	if (!share_descriptors(&shares))
		return EXIT_CANNOT;
	o.page_slots = shares.page;
	o.ops_slots = shares.ops;
	o.signal_fd = signals_open();
	if (o.signal_fd < 0)
		return cannot("cannot take signals", SPAN(""), errno);
	if (config.root && !open_site())
		return EXIT_CANNOT;
	site_spare(&site, shares.files);
	err = open_listeners(&o);
	if (err)
		return err;
	if (!open_log(&o) || worker_open(&worker, &o) < 0 ||
	    (config.root &&
		site_start(&site, config.watch ? WATCH_AUTO : WATCH_OFF) < 0))
		return cannot("cannot start", SPAN(""), errno);
	say_listening();
	return worker_run(&worker);
}

/* Opens what serving would open, and says on standard output how that went;
 * warnings are on standard error. */
static int
check(void)
{
	struct address *address[] = { &config.metrics_listen, &config.listen };
	struct span text[] = { config.metrics_listen_text, config.listen_text };
	char memory[1024];
	struct buf line = buf_over(memory, sizeof memory);
	struct shares shares;
	int status = 0;

	warn_unknown_variables();
	if (!share_descriptors(&shares)) {
		status = EXIT_CANNOT;
		buf_put(
		    &line, SPAN("my_webserver: limit on open files too low"));
	}
	for (int i = 0; i < 2 && status == 0; i++) {
		if (listen_open(address[i]) >= 0)
			continue;
		status = EXIT_CANNOT;
		buf_put(&line, SPAN("my_webserver: cannot listen on "));
		buf_put(&line, text[i]);
		buf_put(&line, SPAN(": "));
		buf_put(&line, span_of(strerror(errno)));
	}
	if (status == 0 && config.root && !open_site()) {
		status = EXIT_CANNOT;
		buf_put(&line, SPAN("my_webserver: cannot load "));
		buf_put(&line, span_of(config.root));
		buf_put(&line, SPAN(": "));
		buf_put(&line, span_of(strerror(errno)));
	}
	if (status == 0)
		buf_put(&line, SPAN("my_webserver: configuration is good"));
	buf_char(&line, '\n');
	print(STDOUT_FILENO, buf_span(&line));
	return status;
}

static int
probe(void)
{
	char memory[1024];
	struct buf why = buf_over(memory, sizeof memory - 1);
	int status = probe_run(
	    config.url, &config.metrics_listen, config.probe_timeout, &why);

	if (status != 0) {
		why.cap = sizeof memory;
		buf_char(&why, '\n');
		print(STDERR_FILENO, SPAN("my_webserver: "));
		print(STDERR_FILENO, buf_span(&why));
	}
	return status;
}

int
main(int argc, char *argv[], char *envp[])
{
	static char memory[8192];
	struct buf text = buf_over(memory, sizeof memory - 1);

	if (!fill_standard_streams()) {
		print(STDERR_FILENO,
		    SPAN("my_webserver: descriptors 0 to 2 are not open, and "
			 "there is no /dev/null\n"));
		return EXIT_CANNOT;
	}
	if (!config_read(&config, argc, argv, envp, &text)) {
		text.cap = sizeof memory;
		buf_char(&text, '\n');
		print(config.command == COMMAND_CHECK ? STDOUT_FILENO
						      : STDERR_FILENO,
		    buf_span(&text));
		return EXIT_CONFIG;
	}
	events_init(&events, STDERR_FILENO, config.log_namespace);
	switch (config.command) {
	case COMMAND_HELP:
		config_help(&text);
		print(STDOUT_FILENO, buf_span(&text));
		return 0;
	case COMMAND_VERSION:
		print(STDOUT_FILENO,
		    SPAN("my_webserver " MY_WEBSERVER_VERSION
			 " (" MY_WEBSERVER_REVISION ")\n"));
		return 0;
	case COMMAND_CHECK:
		return check();
	case COMMAND_PROBE:
		return probe();
	case COMMAND_SERVE:
		break;
	}
	return serve();
}
