/*
 * Answers of a site: the first line of an input is a letter, f for a site with
 * a fallback and b for one that is almost bare, and the target; the others are
 * fields, by the letters below. In them, $ and a letter is the entity tag of a
 * file: $a of the first one. It is asked for with GET and with HEAD.
 */
#include <string.h>

#include "fuzz.h"
#include "http/parse.h"
#include "lines.h"
#include "oracle_site.h"
#include "site/serve.h"
#include "site_answer.h"

enum { INPUT_MAX = 2048 };

static const struct line_name names[] = { { 'A', "Accept-Encoding" },
	{ 'R', "Range" }, { 'I', "If-Range" }, { 'M', "If-Match" },
	{ 'N', "If-None-Match" }, { 'U', "If-Unmodified-Since" },
	{ 'S', "If-Modified-Since" }, { '\0', "Accept" } };

/* With a fallback or without, and one that has its root further down. */
enum { PLAIN, FALLBACK, BARE, SITES };
static struct {
	struct tree_options options;
	struct generation *g;
	struct files files;
} sites[SITES];

static void
no_failure(void *context, const struct site_note *note)
{
	(void)context;
	CHECK(note->kind != SITE_FAILED);
}

static void
load(int site, const char *root, struct span fallback)
{
	static const struct cache_rules rules;

	sites[site].options = (struct tree_options){ .root = root,
		.index = SPAN("index.html"),
		.fallback = fallback,
		.rules = &rules,
		.memory_limit = UINT64_MAX / 2,
		.nosniff = true,
		.cache_control = true,
		.tell = no_failure };
	sites[site].g = generation_load(&sites[site].options, NULL, 0);
	CHECK(sites[site].g != NULL);
}

/* An answer to a head whose method is to be this one; false if there is none,
 * since it is none. */
static bool
ask(int site, struct span head, struct request *req, struct answer *a)
{
	static char lent[8192];
	struct response res;

	if (request_parse(head, req) != STATUS_NONE)
		return false;
	memset(lent, 0xa5, sizeof lent);
	response_init(&res, buf_over(lent, sizeof lent), TREE_NOW);
	CHECK(serve_answer(sites[site].g, &sites[site].files, req, &res));
	response_finish(&res, req);
	answer_take(a, &res);
	CHECK(generation_users(sites[site].g) == 0);
	for (unsigned i = 0; i < FILES_MAX; i++)
		CHECK(sites[site].files.file[i].users == 0);
	return true;
}

/* What is told of each file under its own name is what it is known by. */
static void
learn(struct tree_file *f)
{
	static struct answer a;
	static struct request req;
	char head[1024];
	struct buf b = buf_over(head, sizeof head);
	struct span tag, type;

	buf_put(&b, SPAN("GET /"));
	for (const char *c = f->name; *c; c++) {
		buf_char(&b, '%');
		buf_hex(&b, (unsigned char)*c, 2);
	}
	buf_put(&b, SPAN(" HTTP/1.1\r\nHost: a\r\n\r\n"));
	/* a slash that is encoded names nothing */
	for (char *c; (c = memmem(head, b.len, "%2f", 3));) {
		*c = '/';
		memmove(c + 1, c + 3, (size_t)(head + b.len - c) - 3);
		b.len -= 2;
	}
	CHECK(ask(PLAIN, buf_span(&b), &req, &a) && a.status == 200);
	answer_check_whole(&a, f);
	tag = answer_field(&a, "ETag");
	type = answer_field(&a, "Content-Type");
	CHECK(tag.len == 34 && type.len > 0 && type.len < sizeof f->type);
	memcpy(f->etag, tag.at, tag.len);
	memcpy(f->type, type.at, type.len);
	for (const struct tree_file *o = tree_file; o < f; o++)
		CHECK(strcmp(o->etag, f->etag) != 0);
}

static void
begin(void)
{
	static char below[4096];
	const char *root = tree_make();

	snprintf(below, sizeof below, "%s/no-index", root);
	load(PLAIN, root, SPAN(""));
	load(FALLBACK, root, SPAN("app.html"));
	load(BARE, below, SPAN(""));
	for (size_t i = 0; i < tree_files; i++)
		learn(&tree_file[i]);
}

/* What is common to all that is told of a file. */
static void
check_about(const struct answer *a, const struct tree_file *f, bool vary)
{
	struct span tag = answer_field(a, "ETag");

	CHECK((answer_field(a, "Vary").at != NULL) == vary);
	if (a->status == 404) {
		CHECK(tag.at == NULL);
		CHECK(answer_field(a, "Last-Modified").at == NULL);
		return;
	}
	CHECK(span_eq(tag, span_of(f->etag)));
	CHECK((answer_field(a, "Last-Modified").at != NULL) ==
	    (tree_modified(f) >= 0));
	CHECK(span_eq(answer_field(a, "Accept-Ranges"), SPAN("bytes")));
}

/* The length of a body, which HEAD does not have. */
static void
check_length(const struct answer *a, bool head, size_t length)
{
	char text[32];

	snprintf(text, sizeof text, "%zu", length);
	CHECK(span_eq(answer_field(a, "Content-Length"), span_of(text)));
	CHECK(a->body_len == (head ? 0 : length));
}

/* A page of the server's own. */
static void
check_error(const struct answer *a, unsigned status)
{
	CHECK(a->status == status);
	CHECK(answer_field(a, "ETag").at == NULL);
	CHECK(answer_field(a, "Content-Encoding").at == NULL);
	CHECK(answer_field(a, "Content-Length").len > 0);
}

static void
check_content(const struct answer *a, const struct request *req,
    const struct tree_file *plain, const struct tree_file *f,
    const char *coding, const struct oracle_ranges *r)
{
	bool head = req->method == METHOD_HEAD;
	char range[64];

	switch (a->status) {
	case 206:
		CHECK(r->answers & ORACLE_206);
		CHECK(!head);
		CHECK(oracle_parts((struct span){ a->body, a->body_len },
		    answer_field(a, "Content-Type"),
		    answer_field(a, "Content-Range"),
		    (struct span){ f->content, f->size }, span_of(plain->type),
		    r));
		check_length(a, head, a->body_len);
		break;
	case 416:
		CHECK(r->answers & ORACLE_416);
		check_error(a, 416);
		snprintf(range, sizeof range, "bytes */%zu", f->size);
		CHECK(
		    span_eq(answer_field(a, "Content-Range"), span_of(range)));
		return;
	default:
		CHECK(r->answers & ORACLE_200);
		check_length(a, head, f->size);
		if (!head)
			answer_check_whole(a, f);
		CHECK(span_eq(
		    answer_field(a, "Content-Type"), span_of(plain->type)));
		CHECK(answer_field(a, "Content-Range").at == NULL);
	}
	CHECK(span_eq(answer_field(a, "Content-Encoding"), span_of(coding)));
}

static void
check_file(const struct answer *a, const struct request *req,
    const struct tree_file *plain, bool missing)
{
	const char *coding;
	bool vary;
	const struct tree_file *f = tree_pick(plain, req, &coding, &vary);
	struct oracle_facts facts = { .etag = span_of(f->etag),
		.modified = tree_modified(f),
		.now = TREE_NOW };
	struct oracle_ranges r = { .answers = ORACLE_200 };
	unsigned status = missing ? 0 : oracle_precond(req, &facts);

	if (status == 412) {
		check_error(a, 412);
		return;
	}
	if (status == 304) {
		CHECK(a->status == 304 && a->body_len == 0);
		CHECK(answer_field(a, "Content-Length").at == NULL);
		CHECK(answer_field(a, "Content-Type").at == NULL);
		check_about(a, f, vary);
		return;
	}
	if (!missing && req->method == METHOD_GET &&
	    oracle_if_range(req, &facts))
		r = oracle_range(req, f->size);
	CHECK(missing
		? a->status == 404
		: a->status == 200 || a->status == 206 || a->status == 416);
	check_content(a, req, plain, f, coding, &r);
	if (a->status != 416)
		check_about(a, f, vary);
}

/* It leads to the directory, here, and nowhere else. */
static void
check_redirect(
    const struct answer *a, const struct request *req, struct span decoded)
{
	static char memory[INPUT_MAX * 3];
	struct span location = answer_field(a, "Location"), path;
	size_t len;

	check_error(a, 308);
	CHECK(location.len >= 2 && location.at[0] == '/');
	CHECK(location.at[1] != '/' && location.at[1] != '\\');
	CHECK(location.len < sizeof memory);
	path = span_cut(&location, '?');
	CHECK((location.at != NULL) == (req->query.at != NULL));
	CHECK(span_eq(location, req->query));
	CHECK(oracle_decode(path, memory, &len));
	CHECK(len == decoded.len + 1 && memory[len - 1] == '/');
	CHECK(memcmp(memory, decoded.at, decoded.len) == 0);
}

static void
check(int site, const struct request *req, const struct answer *a)
{
	static char memory[INPUT_MAX * 3];
	struct span d = { memory, 0 };
	struct tree_hit hit = { NULL, false };
	bool good = oracle_decode(req->path, memory + 9, &d.len);

	d.at = memory + 9;
	if (site == BARE) {
		/* what is above is out of reach; the same file, further up */
		memcpy(memory, "/no-index", 9);
		d = (struct span){ memory, d.len + 9 };
	}
	if (good)
		hit = tree_find(d);
	if (hit.plain)
		check_file(a, req, hit.plain, false);
	else if (hit.redirect)
		check_redirect(a, req, d);
	else if (site == FALLBACK && good && oracle_page(d))
		check_file(a, req, tree_named(SPAN("app.html")), false);
	else if (site == BARE)
		check_error(a, 404);
	else
		check_file(a, req, tree_named(SPAN("404.html")), true);
}

/* HEAD tells what GET does, but for ranges, which it does not know. */
static void
check_alike(const struct answer *get, const struct answer *head)
{
	CHECK(head->body_len == 0);
	if (get->status == 206 || get->status == 416)
		CHECK(head->status == 200);
	else
		CHECK(strcmp(get->head, head->head) == 0);
}

/* A value, with tags in the place of $a and its like. */
static void
put_value(struct buf *b, struct span value)
{
	for (size_t i = 0; i < value.len; i++) {
		size_t n = tree_files;

		if (value.at[i] == '$' && i + 1 < value.len)
			n = (size_t)(unsigned char)value.at[i + 1] - 'a';
		if (n < tree_files) {
			buf_put(b, span_of(tree_file[n].etag));
			i++;
		} else {
			buf_char(b, value.at[i]);
		}
	}
}

static struct span
write_head(struct span method, struct span target, const struct request *fields,
    char *memory, size_t room)
{
	struct buf b = buf_over(memory, room);

	buf_put(&b, method);
	buf_char(&b, ' ');
	buf_put(&b, target);
	buf_put(&b, SPAN(" HTTP/1.1\r\nHost: a\r\n"));
	for (unsigned i = 0; i < fields->field_count; i++) {
		buf_put(&b, fields->fields[i].name);
		buf_put(&b, SPAN(": "));
		put_value(&b, fields->fields[i].value);
		buf_put(&b, SPAN("\r\n"));
	}
	buf_put(&b, SPAN("\r\n"));
	CHECK(!b.overflowed);
	return buf_span(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct request fields, req;
	static struct answer get, head;
	static char memory[64 * 1024];
	static bool begun;
	struct span rest = { (const char *)data, size }, line;
	int site;

	if (size > INPUT_MAX || size == 0)
		return 0;
	if (!begun)
		begin();
	begun = true;
	line = span_cut(&rest, '\n');
	if (line.len == 0)
		return 0;
	site = line.at[0] == 'f' ? FALLBACK : line.at[0] == 'b' ? BARE : PLAIN;
	line = span_from(line, 1);
	lines_read(rest, names, &fields);
	if (!ask(site,
		write_head(SPAN("GET"), line, &fields, memory, sizeof memory),
		&req, &get))
		return 0;
	check(site, &req, &get);
	CHECK(ask(site,
	    write_head(SPAN("HEAD"), line, &fields, memory, sizeof memory),
	    &req, &head));
	check(site, &req, &head);
	check_alike(&get, &head);
	return 0;
}
