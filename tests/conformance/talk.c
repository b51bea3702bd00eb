#include "talk.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "answer.h"

const struct expected talk_probe_page = { .status = { 200 },
	.body = BODY_PAGE };
const struct expected talk_probe_metrics = {
	.status = { 200 }, .body = BODY_IS, .text = { (char[]){ "ok" }, 2 }
};

bool
fault_set(struct fault *f, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(f->text, sizeof f->text, format, args);
	va_end(args);
	return false;
}

/* How long to wait for what must come. */
static int
patience(const struct talk *t)
{
	return t->target->peer ? 2000 : 8000;
}

void
talk_send(struct talk *t, const char *at, size_t len)
{
	while (len > 0) {
		ssize_t n = send(t->fd, at, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return;
		at += n;
		len -= (size_t)n;
	}
}

/* recv: bytes, 0 at a clean end, -1 with errno after a reset or in vain. */
static ssize_t
receive(struct talk *t, int ms)
{
	struct pollfd p = { t->fd, POLLIN, 0 };
	ssize_t n;
	int ready;

	while ((ready = poll(&p, 1, ms)) < 0 && errno == EINTR)
		;
	if (ready == 0) {
		errno = EAGAIN;
		return -1;
	}
	n = recv(t->fd, t->memory + t->len, TALK_MEMORY - 1 - t->len, 0);
	if (n > 0)
		t->len += (size_t)n;
	t->memory[t->len] = '\0';
	return n;
}

static const char *
what_came(ssize_t n)
{
	if (n == 0)
		return "the end of the connection";
	return errno == EAGAIN ? "nothing" : strerror(errno);
}

/* The first bytes of what is there, printable. */
static const char *
glimpse(const struct talk *t, char text[80])
{
	size_t n = t->len < 79 ? t->len : 79;

	for (size_t i = 0; i < n; i++)
		text[i] = t->memory[i] >= ' ' && t->memory[i] < 0x7f
		    ? t->memory[i]
		    : '.';
	text[n] = '\0';
	return text;
}

static void
take(struct talk *t, size_t n)
{
	memmove(t->memory, t->memory + n, t->len - n);
	t->len -= n;
	t->memory[t->len] = '\0';
}

/* Reads on until n bytes are there. */
static bool
await_length(struct talk *t, size_t n, struct fault *f)
{
	ssize_t got;

	if (n > TALK_MEMORY - 1)
		return fault_set(f, "an answer of %zu bytes", n);
	while (t->len < n) {
		got = receive(t, patience(t));
		if (got <= 0)
			return fault_set(f, "%zu of %zu bytes, then %s", t->len,
			    n, what_came(got));
	}
	return true;
}

bool
talk_answer(struct talk *t, const struct expected *e, struct fault *f)
{
	struct answer a;
	char *end;
	bool good;

	while (!(end = memmem(t->memory, t->len, "\r\n\r\n", 4))) {
		ssize_t got = receive(t, patience(t));
		char text[80];

		if (got <= 0)
			return fault_set(f, "no answer, but %s%s%s",
			    what_came(got), t->len ? ", after " : "",
			    glimpse(t, text));
	}
	a.target = t->target;
	a.values = t->values;
	a.head_len = (size_t)(end - t->memory) + 4;
	if (!answer_parse(&a, t->memory, f))
		return false;
	if (e->body == BODY_ABSENT)
		a.body_len = 0;
	if (!await_length(t, a.head_len + a.body_len, f))
		return false;
	good = (t->target->peer || answer_rules(&a, f)) &&
	    answer_expected(&a, e, f);
	t->answered = true;
	t->says_close = answer_says_close(&a);
	take(t, a.head_len + a.body_len);
	return good;
}

bool
talk_quiet(struct talk *t, struct fault *f)
{
	char text[80];
	ssize_t n;

	if (t->len == 0) {
		n = receive(t, 0);
		if (n < 0 && errno == EAGAIN)
			return true;
		if (n <= 0)
			return fault_set(f, "not quiet, but %s", what_came(n));
	}
	return fault_set(f, "not quiet, but %s", glimpse(t, text));
}

const char *
talk_probe(bool metrics)
{
	return metrics ? "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"
		       : "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
}

bool
talk_open(struct talk *t, bool metrics, struct fault *f)
{
	const char *probe = talk_probe(metrics);
	struct fault inner = { "" };

	if (t->says_close)
		return fault_set(f, "the answer says close");
	talk_send(t, probe, strlen(probe));
	if (!talk_answer(
		t, metrics ? &talk_probe_metrics : &talk_probe_page, &inner))
		return fault_set(f, "not open: %.600s", inner.text);
	if (t->says_close)
		return fault_set(f, "open, but for one request");
	return true;
}

bool
talk_closed(struct talk *t, bool hard, struct fault *f)
{
	char text[80];
	ssize_t n = t->len > 0 ? 1 : receive(t, patience(t));

	if (n > 0)
		return fault_set(f, "instead of the end: %s", glimpse(t, text));
	if (n < 0 && !(hard && errno == ECONNRESET))
		return fault_set(f, "instead of a clean end: %s", what_came(n));
	if (t->answered && !t->shut && !t->says_close && !t->target->peer)
		return fault_set(f, "closed, and the answer did not say so");
	return true;
}
