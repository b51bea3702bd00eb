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
