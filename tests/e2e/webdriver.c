#include "e2e/webdriver.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static const char wishes[] =
    "{\"capabilities\": {\"alwaysMatch\": {"
    "\"goog:loggingPrefs\": {\"browser\": \"ALL\", \"performance\": \"ALL\"}, "
    "\"goog:chromeOptions\": {\"args\": [\"--headless\", \"--no-sandbox\", "
    "\"--disable-gpu\", \"--disable-dev-shm-usage\", \"--disable-quic\", "
    "\"--no-first-run\", \"--disable-background-networking\", "
    "\"--disable-component-update\", \"--disable-sync\"]}}}}";

/* The child: all that browser and driver write goes to home. */
static void
become(const char *home, int out)
{
	const char *driver = getenv("CHROMEDRIVER");
	int null = open("/dev/null", O_RDWR);

	if (!driver || !*driver)
		driver = "chromedriver";
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setenv("HOME", home, 1);
	setenv("TMPDIR", home, 1);
	dup2(null, 0);
	dup2(out, 1);
	dup2(null, 2);
	execlp(driver, driver, "--port=0", (char *)NULL);
	dprintf(out, "%s: %s\n", driver, strerror(errno));
	_exit(127);
}

/* It says: "ChromeDriver was started successfully on port 40001." */
static uint16_t
await_port(int out)
{
	static const char sign[] = "successfully on port ";
	struct pollfd p = { out, POLLIN, 0 };
	char said[8192] = "";
	size_t len = 0;
	const char *at;

	while (!(at = strstr(said, sign)) || !strchr(at, '\n')) {
		ssize_t n = -1;

		if (poll(&p, 1, WAIT_MS) > 0)
			n = read(out, said + len, sizeof said - 1 - len);
		if (n <= 0)
			fail_msg("no chromedriver: %s", said);
		len += (size_t)n;
	}
	return (uint16_t)strtoul(at + strlen(sign), NULL, 10);
}

/* The body of the answer. */
static const char *
command(
    struct browser *b, const char *method, const char *path, const char *body)
{
	struct client *c = dial(b->port);
	struct download d;
	char *answer;

	download_begin(&d, c,
	    keepf("%s %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
		  "Content-Type: application/json\r\n"
		  "Content-Length: %zu\r\n\r\n%s",
		method, path, b->port, strlen(body), body));
	answer = keep(d.length + 1);
	download_take(&d, answer, d.length);
	hang_up(c);
	if (d.r.status != 200)
		fail_msg("%s %s: %d, %s", method, path, d.r.status, answer);
	return answer;
}

void
browser_start(struct browser *b)
{
	const char *home = root_new(), *id;
	int out[2];

	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	b->pid = fork();
	if (b->pid == 0)
		become(home, out[1]);
	assert_true(b->pid > 0);
	close(out[1]);
	b->port = await_port(out[0]);
	/* its end of the pipe stays open: it may say more */
	id = strstr(command(b, "POST", "/session", wishes), "\"sessionId\":\"");
	assert_non_null(id);
	id += strlen("\"sessionId\":\"");
	b->session = keepf("/session/%.*s", (int)strcspn(id, "\""), id);
}

void
browser_end(struct browser *b)
{
	if (b->session)
		command(b, "DELETE", b->session, "");
	if (b->pid > 0) {
		kill(-b->pid, SIGKILL);
		waitpid(b->pid, NULL, 0);
	}
	*b = (struct browser){ 0 };
}

static const char *
ask_session(struct browser *b, const char *what, const char *body)
{
	return command(b, "POST", keepf("%s/%s", b->session, what), body);
}

void
browser_open(struct browser *b, const char *url)
{
	ask_session(b, "url", keepf("{\"url\": \"%s\"}", url));
}

void
browser_reload(struct browser *b)
{
	ask_session(b, "refresh", "{}");
}

const char *
browser_command(struct browser *b, const char *what, const char *body)
{
	return command(b, body ? "POST" : "GET",
	    keepf("%s/%s", b->session, what), body ? body : "");
}

const char *
browser_devtools(struct browser *b, const char *what, const char *parameters)
{
	return ask_session(b, "goog/cdp/execute",
	    keepf("{\"cmd\": \"%s\", \"params\": %s}", what, parameters));
}

void
browser_press(struct browser *b, const char *key)
{
	ask_session(b, "actions",
	    keepf("{\"actions\": [{\"type\": \"key\", \"id\": \"keys\", "
		  "\"actions\": [{\"type\": \"keyDown\", \"value\": \"%s\"}, "
		  "{\"type\": \"keyUp\", \"value\": \"%s\"}]}]}",
		key, key));
}

/* The text with its JSON strings' escapes taken away, once. */
static char *
unpacked(const char *text)
{
	static const char names[] = "nrtbf", bytes[] = "\n\r\t\b\f";
	char *to = keep(strlen(text) + 1), *at = to;

	for (; *text; text++) {
		const char *name;

		if (*text != '\\') {
			*at++ = *text;
			continue;
		}
		text++;
		name = *text ? strchr(names, *text) : NULL;
		if (*text == 'u' && strlen(text) > 4) {
			char hex[5] = { text[1], text[2], text[3], text[4] };
			long c = strtol(hex, NULL, 16);

			*at++ = c < 0x80 ? (char)c : '?';
			text += 4;
		} else {
			*at++ = name ? bytes[name - names] : *text;
		}
	}
	return to;
}

const char *
browser_value(struct browser *b, const char *expression)
{
	static const char before[] = "{\"value\":\"";
	const char *answer = ask_session(b, "execute/sync",
	    keepf("{\"script\": \"return String(%s)\", \"args\": []}",
		expression));
	size_t n = strlen(answer);

	if (strncmp(answer, before, strlen(before)) != 0)
		fail_msg("%s is %s", expression, answer);
	return unpacked(keepf("%.*s", (int)(n - strlen(before) - strlen("\"}")),
	    answer + strlen(before)));
}

void
browser_await(struct browser *b, const char *expression, const char *value)
{
	int64_t end = now_ms() + WAIT_MS;

	for (;;) {
		const char *is = browser_value(b, expression);

		if (strcmp(is, value) == 0)
			return;
		if (now_ms() > end)
			fail_msg("%s is still %s", expression, is);
		pass_ms(50);
	}
}

const char *
browser_log(struct browser *b, const char *name)
{
	return unpacked(
	    ask_session(b, "se/log", keepf("{\"type\": \"%s\"}", name)));
}
