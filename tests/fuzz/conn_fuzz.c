/*
 * Whole connections: the first line of an input is a script, what follows is
 * what clients send. The script says when they send how much of it, when they
 * read, how the kernel behaves, and how time goes on. README.md has its
 * letters.
 */
#include <errno.h>
#include <string.h>

#include "base/num.h"
#include "conn_kernel.h"
#include "conn_world.h"
#include "fuzz.h"

enum { EXTRA_MAX = 96 * 1024 };

struct play {
	struct span script, bytes;
	struct world *world;
	struct peer *peer; /* the one that the script speaks of; or NULL */
	bool by_timeouts;
	size_t extra; /* bytes sent that do not stand in the input */
};

static uint8_t
argument(struct play *p)
{
	uint8_t c = 0;

	if (p->script.len > 0) {
		c = (uint8_t)p->script.at[0];
		p->script = span_from(p->script, 1);
	}
	return c;
}

/* A number of bytes: small ones exactly, large ones roughly. */
static size_t
amount(struct play *p)
{
	uint8_t c = argument(p);

	return c < 0x80 ? c : (c - 0x7fu) * 256u;
}

/* Upper-case letters at the very beginning. */
static bool
option(char c, struct world_options *o)
{
	switch (c) {
	case 'U':
		o->uncounted = true;
		break;
	case 'J':
		o->seed = true;
		break;
	case 'N':
		o->no_log = true;
		break;
	case 'W':
		o->log_wait = true;
		break;
	case 'L':
		o->large_ring = true;
		break;
	case 'B':
		o->small_buffers = true;
		break;
	case 'I':
		o->short_idle = true;
		break;
	case 'D':
		o->delay_max += 500 * NS_PER_MS;
		break;
	case 'M':
		o->delay_min = o->delay_max += 100 * NS_PER_MS;
		break;
	case 'E':
		o->random_error += 30;
		break;
	default:
		return false;
	}
	return true;
}

static size_t
line_length(struct span bytes)
{
	size_t n = span_find(bytes, '\n');

	return n == bytes.len ? n : n + 1;
}

static void
send_bytes(struct play *p, size_t n)
{
	if (n > p->bytes.len)
		n = p->bytes.len;
	p->bytes = span_from(p->bytes, peer_send(p->peer, p->bytes.at, n));
}

/* Sends text over and over, most bytes of it: sizes that small inputs reach. */
static void
send_extra(struct play *p, struct span text, size_t most)
{
	static char memory[EXTRA_MAX];
	struct buf b = buf_over(memory, sizeof memory);

	if (most > EXTRA_MAX - p->extra)
		most = EXTRA_MAX - p->extra;
	while (b.len + text.len <= most)
		buf_put(&b, text);
	p->extra += peer_send(p->peer, b.at, b.len);
	world_quiet(p->world, p->peer);
}

static int
error_of(uint8_t c)
{
	static const int errors[] = { EINTR, EAGAIN, ECONNRESET, EPIPE,
		ETIMEDOUT, ENOBUFS };

	return errors[c % (sizeof errors / sizeof errors[0])];
}

/* What concerns no connection, or all. False if c is not one of those. */
static bool
common_step(struct play *p, char c)
{
	struct world *w = p->world;

	switch (c) {
	case 't':
		world_wait(w, UINT64_C(1) << argument(p) % 40);
		break;
	case 'z':
		w->wall -= 3600 * NS_PER_SEC;
		break;
	case 'f':
		world_flush(w, true);
		break;
	case 'F':
		world_flush(w, false);
		break;
	case 'g':
		w->service.closing = true;
		for (unsigned i = 0; i < w->peers; i++)
			w->peer[i].dialogue.draining = true;
		break;
	case 'G':
		if (w->service.closing && !w->service.drain_at)
			w->service.drain_at = w->clock.now;
		break;
	case 'e':
		kernel.read_error = error_of(argument(p));
		break;
	case 'E':
		kernel.send_error = error_of(argument(p));
		break;
	case 'q':
		kernel.read_cap = amount(p);
		break;
	case 'w':
		kernel.send_cap = amount(p);
		break;
	case 'X':
		p->by_timeouts = true;
		break;
	default:
		return false;
	}
	return true;
}

static void
deadline(struct play *p)
{
	uint64_t due = conn_deadline(&p->peer->conn);

	if (p->peer->open && due != CLOCK_NEVER && due > p->world->clock.now)
		world_wait(p->world, due - p->world->clock.now);
	else
		world_wait(p->world, 0);
}

/* What a client does, or what happens to its connection. */
static void
peer_step(struct play *p, char c)
{
	const struct span request = SPAN("GET /m HTTP/1.1\r\nHost: m\r\n\r\n");

	switch (c) {
	case 's':
		send_bytes(p, amount(p));
		world_quiet(p->world, p->peer);
		break;
	case 'S':
		send_bytes(p, amount(p));
		break;
	case 'l':
		send_bytes(p, line_length(p->bytes));
		world_quiet(p->world, p->peer);
		break;
	case 'a':
		send_bytes(p, p->bytes.len);
		world_quiet(p->world, p->peer);
		break;
	case 'y':
		send_extra(p, SPAN("y"), amount(p));
		break;
	case 'm':
		send_extra(p, request, request.len * argument(p));
		break;
	case 'r':
		world_turn(p->world, p->peer);
		break;
	case 'x':
		world_spurious(p->world, p->peer);
		break;
	case 'p':
		peer_read(p->peer, 1 + 16 * amount(p));
		world_quiet(p->world, p->peer);
		break;
	case 'd':
		deadline(p);
		break;
	case 'h':
		peer_shut(p->peer);
		world_quiet(p->world, p->peer);
		break;
	case 'c':
		peer_close(p->peer);
		break;
	case 'k':
		peer_close(p->peer);
		world_break(p->world, p->peer);
		break;
	case 'C':
		world_cut(p->world, p->peer);
		break;
	default:
		break;
	}
}

static void
step(struct play *p)
{
	char c = (char)argument(p);

	if (c >= '0' && c <= '9') {
		unsigned i = (unsigned)(c - '0');

		if (i < p->world->peers)
			p->peer = &p->world->peer[i];
		else if (p->world->peers < PEERS / 2)
			p->peer = world_connect(p->world);
	} else if (!common_step(p, c)) {
		if (!p->peer)
			p->peer = world_connect(p->world);
		peer_step(p, c);
	}
	world_check(p->world);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct world world;
	struct world_options options = { 0 };
	struct play p = { .world = &world };

	if (size > 24 * 1024)
		return 0;
	p.bytes = (struct span){ (const char *)data, size };
	p.script = span_cut(&p.bytes, '\n');
	if (p.bytes.at == NULL)
		p.bytes = SPAN("");
	while (p.script.len > 0 && option(p.script.at[0], &options))
		p.script = span_from(p.script, 1);
	world_begin(&world, &options);
	world.service.prng.state = size;
	for (unsigned i = 0; p.script.len > 0 && i < 4096; i++)
		step(&p);
	if (!p.peer)
		p.peer = world_connect(&world);
	while (p.bytes.len > 0 && p.peer->open) {
		size_t before = p.bytes.len;

		peer_step(&p, 'a');
		if (p.bytes.len == before)
			break;
	}
	world_end(&world, p.by_timeouts);
	return 0;
}
