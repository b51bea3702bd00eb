#include "site.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

struct root {
	struct root *next;
	char path[64];
};

static struct root *roots;

/* ---- directories ---- */

const char *
root_new(void)
{
	struct root *r = calloc(1, sizeof *r);

	assert_non_null(r);
	strcpy(r->path, "/tmp/my_webserver.XXXXXX");
	if (!mkdtemp(r->path))
		fail_msg("%s: %s", r->path, strerror(errno));
	assert_int_equal(chmod(r->path, 0755), 0);
	r->next = roots;
	roots = r;
	return r->path;
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st, (void)kind, (void)at;
	return remove(path);
}

static void
remove_all(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

int
site_teardown(void **state)
{
	int status = harness_teardown(state);

	while (roots) {
		struct root *next = roots->next;

		remove_all(roots->path);
		free(roots);
		roots = next;
	}
	return status;
}

const char *
root_option(const char *root)
{
	return keepf("--root=%s", root);
}

const char *
root_path(const char *root, const char *name)
{
	char *path = keepf("%s/%s", root, name);

	for (char *slash = path + strlen(root) + 1;
	     (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			fail_msg("%s: %s", path, strerror(errno));
	}
	return path;
}

void
root_write(const char *root, const char *name, const void *bytes, size_t n)
{
	const char *path = root_path(root, name), *at = bytes;
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0)
		fail_msg("%s: %s", path, strerror(errno));
	while (n > 0) {
		ssize_t done = write(fd, at, n);

		assert_true(done > 0);
		at += done;
		n -= (size_t)done;
	}
	close(fd);
}

void
root_put(const char *root, const char *name, const char *text)
{
	root_write(root, name, text, strlen(text));
}

void
root_replace(const char *root, const char *name, const char *text)
{
	const char *aside = root_path(root, ".aside");

	root_put(root, ".aside", text);
	assert_int_equal(rename(aside, root_path(root, name)), 0);
}

void
root_link(const char *root, const char *name, const char *to)
{
	assert_int_equal(symlink(to, root_path(root, name)), 0);
}

void
root_folder(const char *root, const char *name)
{
	root_path(root, keepf("%s/", name));
}

void
root_remove(const char *root, const char *name)
{
	remove_all(root_path(root, name));
}

struct server *
start_root(const char *root)
{
	return START(root_option(root));
}

void *
pattern(size_t n, unsigned seed)
{
	unsigned char *bytes = keep(n + 1);

	for (size_t i = 0; i < n; i++)
		bytes[i] = (unsigned char)((i * 31 + i / 251 + seed * 97) >> 1);
	return bytes;
}

/* ---- a volume of Kubernetes ---- */

char *
volume_bytes(const struct volume *v, const char *name, unsigned number)
{
	char *bytes = calloc(1, v->size + 1);
	int n;

	assert_non_null(bytes);
	n = snprintf(bytes, v->size + 1, "generation %u of %s\n", number, name);
	for (size_t i = (size_t)n; i < v->size; i++)
		bytes[i] = (char)('a' + (i * 7 + number) % 26);
	return bytes;
}

void
volume_swap(const struct volume *v, unsigned number)
{
	const char *folder = keepf("..%u", number);
	bool first = number == 1;

	for (size_t i = 0; v->names[i]; i++) {
		char *bytes = volume_bytes(v, v->names[i], number);

		root_write(v->root, keepf("%s/%s", folder, v->names[i]), bytes,
		    v->size);
		free(bytes);
		if (first)
			root_link(v->root, v->names[i],
			    keepf("..data/%s", v->names[i]));
	}
	root_link(v->root, "..data_tmp", folder);
	assert_int_equal(rename(root_path(v->root, "..data_tmp"),
			     root_path(v->root, "..data")),
	    0);
	if (!first)
		root_remove(v->root, keepf("..%u", number - 1));
}

/* ---- tags ---- */

static uint64_t
word_of(const unsigned char *at, size_t n)
{
	uint64_t word = 0;

	for (size_t i = 0; i < n; i++)
		word |= (uint64_t)at[i] << (8 * i);
	return word;
}

static uint64_t
turned(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

static void
rounds(uint64_t v[4], int count)
{
	while (count-- > 0) {
		v[0] += v[1], v[2] += v[3];
		v[1] = turned(v[1], 13) ^ v[0], v[3] = turned(v[3], 16) ^ v[2];
		v[0] = turned(v[0], 32);
		v[2] += v[1], v[0] += v[3];
		v[1] = turned(v[1], 17) ^ v[2], v[3] = turned(v[3], 21) ^ v[0];
		v[2] = turned(v[2], 32);
	}
}

const char *
tag_of(const void *bytes, size_t n, char tag[TAG_MAX])
{
	/* "somepseudorandomlygeneratedbytes", and the mark of 128 bits */
	uint64_t v[4] = { 0x736f6d6570736575, 0x646f72616e646f6d ^ 0xee,
		0x6c7967656e657261, 0x7465646279746573 };
	const unsigned char *at = bytes;
	char *to = tag;

	for (size_t i = 0; i <= n / 8; i++) {
		size_t left = n - i * 8;
		uint64_t m = word_of(at + i * 8, left < 8 ? left : 8);

		if (left < 8)
			m |= (uint64_t)n << 56;
		v[3] ^= m;
		rounds(v, 2);
		v[0] ^= m;
	}
	*to++ = '"';
	for (int half = 0; half < 2; half++) {
		uint64_t h;

		if (half == 0)
			v[2] ^= 0xee;
		else
			v[1] ^= 0xdd;
		rounds(v, 4);
		h = v[0] ^ v[1] ^ v[2] ^ v[3];
		for (int i = 0; i < 8; i++)
			to += sprintf(to, "%02x", (unsigned)(h >> 8 * i) & 255);
	}
	strcpy(to, "\"");
	return tag;
}

/* ---- large answers ---- */

/* recv; 0 at the end, with what kind noted. */
static size_t
take_some(struct download *d, void *to, size_t n)
{
	struct pollfd p = { d->c->fd, POLLIN, 0 };
	ssize_t got;

	if (poll(&p, 1, WAIT_MS) <= 0)
		fail_msg("nothing within %d ms, after %llu of %llu bytes",
		    WAIT_MS, (unsigned long long)d->got,
		    (unsigned long long)d->length);
	got = recv(d->c->fd, to, n, 0);
	if (got > 0)
		return (size_t)got;
	d->ended = true;
	d->reset = got < 0;
	return 0;
}

int
download_begin(struct download *d, struct client *c, const char *request)
{
	const char *end;
	size_t head;

	*d = (struct download){ .c = c };
	assert_true(tell(c, request));
	while (!(end = memmem(c->memory, c->len, "\r\n\r\n", 4))) {
		/* little of the body, so that the kernel keeps it */
		size_t n = take_some(d, c->memory + c->len, 1024);

		if (n == 0)
			fail_msg("no answer");
		c->len += n;
		assert_true(c->len + 1024 < sizeof c->memory);
	}
	head = (size_t)(end - c->memory) + 4;
	d->r.head = keepf("%.*s", (int)head - 2, c->memory);
	assert_int_equal(sscanf(d->r.head, "HTTP/1.1 %3d ", &d->r.status), 1);
	end = field(&d->r, "Content-Length");
	d->length = end ? strtoull(end, NULL, 10) : 0;
	if (strncmp(request, "HEAD ", 5) == 0)
		d->length = 0;
	c->len -= head;
	memmove(c->memory, c->memory + head, c->len + 1);
	return d->r.status;
}

/* Some of what is there, from what was read with the head at first. */
static size_t
take_body(struct download *d, void *to, size_t n)
{
	struct client *c = d->c;

	if (c->len == 0)
		return take_some(d, to, n);
	if (n > c->len)
		n = c->len;
	memcpy(to, c->memory, n);
	c->len -= n;
	memmove(c->memory, c->memory + n, c->len + 1);
	return n;
}

size_t
download_take(struct download *d, void *to, size_t limit)
{
	static char nowhere[65536];
	size_t taken = 0;

	if (limit > d->length - d->got)
		limit = (size_t)(d->length - d->got);
	while (taken < limit && !d->ended) {
		size_t n = limit - taken;

		if (!to && n > sizeof nowhere)
			n = sizeof nowhere;
		n = take_body(d, to ? (char *)to + taken : nowhere, n);
		taken += n;
		d->got += n;
	}
	return taken;
}

int64_t
await_text(struct server *s, const char *path, const char *text)
{
	int64_t from = now_ms();
	const char *request = keepf("GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path);
	struct client *c = dial(s->page);
	struct response r;

	while (ask(c, request, &r) != 200 || strcmp(r.body, text) != 0) {
		if (now_ms() - from > WAIT_MS)
			fail_msg("%s is still %d: %s", path, r.status, r.body);
		server_pull(s);
		pass_ms(5);
	}
	hang_up(c);
	return now_ms() - from;
}
