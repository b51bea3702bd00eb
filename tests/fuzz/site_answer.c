#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "fuzz.h"
#include "site_answer.h"

static void
gather(struct answer *a, const struct response *res)
{
	a->body_len = 0;
	for (unsigned i = 0; i < res->pieces; i++) {
		const struct piece *p = &res->piece[i];
		char *to = a->body + a->body_len;

		CHECK(p->length <= sizeof a->body - a->body_len);
		if (p->at && p->length > 0)
			memcpy(to, p->at, p->length);
		else if (!p->at)
			CHECK(pread(p->fd, to, p->length, (off_t)p->offset) ==
			    (ssize_t)p->length);
		a->body_len += p->length;
	}
}

/* Lines of visible ASCII and spaces, each with its CRLF, and an empty one. */
static void
check_head(const struct answer *a)
{
	size_t n = a->head_len;

	CHECK(n > 4 && memcmp(a->head + n - 4, "\r\n\r\n", 4) == 0);
	CHECK(strstr(a->head, "\r\n\r\n") == a->head + n - 4);
	CHECK(strncmp(a->head, "HTTP/1.1 ", 9) == 0);
	for (size_t i = 0; i < n; i++) {
		char c = a->head[i];

		if (c == '\r')
			CHECK(a->head[i + 1] == '\n');
		else if (c == '\n')
			CHECK(a->head[i - 1] == '\r');
		else
			CHECK(c >= ' ' && c < 0x7f);
	}
}

void
answer_take(struct answer *a, struct response *res)
{
	static const struct response_context context = {
		.date = SPAN_INIT("Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n")
	};
	struct buf head = buf_over(a->head, sizeof a->head - 1);

	response_head(&head, res, &context);
	CHECK(!head.overflowed);
	a->head[head.len] = '\0';
	a->head_len = head.len;
	check_head(a);
	a->status = (unsigned)atoi(a->head + 9);
	gather(a, res);
	CHECK(response_wire(res) == a->body_len);
	response_release(res);
}

struct span
answer_field(const struct answer *a, const char *name)
{
	struct span found = { NULL, 0 };
	size_t n = strlen(name);

	for (const char *line = a->head; (line = strstr(line, "\r\n"));) {
		line += 2;
		if (strncasecmp(line, name, n) != 0 || line[n] != ':')
			continue;
		CHECK(found.at == NULL && line[n + 1] == ' ');
		found.at = line + n + 2;
		found.len = (size_t)(strstr(line, "\r\n") - found.at);
	}
	return found;
}

void
answer_check_whole(const struct answer *a, const struct tree_file *f)
{
	CHECK(a->body_len == f->size);
	CHECK(memcmp(a->body, f->content, f->size) == 0);
}

/* "bytes 0-1/2", as it is to stand there. */
static void
put_range(char *to, size_t room, const struct tree_file *f,
    const struct oracle_ranges *r, unsigned i)
{
	snprintf(to, room, "bytes %llu-%llu/%zu",
	    (unsigned long long)r->first[i], (unsigned long long)r->last[i],
	    f->size);
}

/* Takes text that must stand there off *rest. */
static void
take(struct span *rest, struct span text)
{
	CHECK(span_starts(*rest, text));
	*rest = span_from(*rest, text.len);
}

static void
check_multipart(const struct answer *a, const struct tree_file *f,
    const char *type, const struct oracle_ranges *r)
{
	static const char kind[] = "multipart/byteranges; boundary=";
	struct span rest = { a->body, a->body_len };
	struct span boundary = answer_field(a, "Content-Type");
	char text[1024], range[128];

	CHECK(boundary.at && span_starts(boundary, span_of(kind)));
	boundary = span_from(boundary, strlen(kind));
	CHECK(boundary.len >= 1 && boundary.len <= 70);
	CHECK(answer_field(a, "Content-Range").at == NULL);
	/* what separates parts stands in none of them */
	CHECK(memmem(f->content, f->size, boundary.at, boundary.len) == NULL);
	for (unsigned i = 0; i < r->count; i++) {
		put_range(range, sizeof range, f, r, i);
		snprintf(text, sizeof text,
		    "%s--%.*s\r\nContent-Type: %s\r\nContent-Range: "
		    "%s\r\n\r\n",
		    i > 0 ? "\r\n" : "", (int)boundary.len, boundary.at, type,
		    range);
		take(&rest, span_of(text));
		take(&rest,
		    (struct span){ f->content + r->first[i],
			r->last[i] - r->first[i] + 1 });
	}
	snprintf(text, sizeof text, "\r\n--%.*s--\r\n", (int)boundary.len,
	    boundary.at);
	take(&rest, span_of(text));
	CHECK(rest.len == 0);
}

void
answer_check_parts(const struct answer *a, const struct tree_file *f,
    const char *type, const struct oracle_ranges *r)
{
	char range[128];

	if (r->count > 1) {
		check_multipart(a, f, type, r);
		return;
	}
	put_range(range, sizeof range, f, r, 0);
	CHECK(span_eq(answer_field(a, "Content-Range"), span_of(range)));
	CHECK(span_eq(answer_field(a, "Content-Type"), span_of(type)));
	CHECK(a->body_len == r->last[0] - r->first[0] + 1);
	CHECK(memcmp(a->body, f->content + r->first[0], a->body_len) == 0);
}
