#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "app/app.h"
#include "conn_dialogue.h"
#include "fuzz.h"

static char big[DIALOGUE_BIG];
static struct app app;

/* A file as a site has it: borrowed while it is sent. */
static struct {
	int fd;
	char content[DIALOGUE_FILE], fields[ENTITY_FIELDS_MAX];
	struct entity entity;
	unsigned users;
} file;

static void
file_make(void)
{
	struct buf b = buf_over(file.fields, sizeof file.fields);

	for (size_t i = 0; i < DIALOGUE_FILE; i++)
		file.content[i] = (char)(' ' + (i * 7 + i / 89) % 89);
	file.fd = memfd_create("file", MFD_CLOEXEC);
	CHECK(file.fd != -1);
	CHECK(write(file.fd, file.content, DIALOGUE_FILE) == DIALOGUE_FILE);
	entity_write(&file.entity, &b,
	    &(struct entity_facts){ .type = SPAN("text/css"),
		.etag = SPAN("\"0123456789abcdef0123456789abcdef\""),
		.modified = 784111777,
		.length = DIALOGUE_FILE,
		.nosniff = true });
}

static bool
file_intact(void *owner)
{
	CHECK(owner == &file && file.users > 0);
	return true;
}

static void
file_release(void *owner)
{
	CHECK(owner == &file && file.users > 0);
	file.users--;
}

static void
file_answer(struct response *res, bool held)
{
	static const struct source source = { file_intact, file_release };

	file.users++;
	res->type = SPAN(""); /* entity has it */
	res->source = &source;
	res->owner = &file;
	res->entity = &file.entity;
	res->piece[0] = (struct piece){ .at = held ? file.content : NULL,
		.fd = file.fd,
		.length = DIALOGUE_FILE };
	res->pieces = 1;
}

unsigned
dialogue_borrowed(void)
{
	return file.users;
}

struct dialogue_content
dialogue_content(struct span path)
{
	bool is_file =
	    span_eq(path, SPAN("/file")) || span_eq(path, SPAN("/held"));
	const struct entity *e = is_file ? &file.entity : &app.page;
	struct response page = { 0 };

	if (!is_file && !span_eq(path, SPAN("/")))
		return (struct dialogue_content){ .modified = -1 };
	if (!is_file)
		demo_page(&app, NULL, &page);
	return (struct dialogue_content){ .content = is_file
		    ? (struct span){ file.content, DIALOGUE_FILE }
		    : (struct span){ page.piece[0].at, page.piece[0].length },
		.type = e->type,
		.etag = e->etag,
		.modified = e->modified };
}

static void
answer(const struct app *a, const struct request *req, struct response *res)
{
	struct span path = req->path;

	(void)a;
	res->type = SPAN("text/plain");
	if (span_starts(path, SPAN("/big"))) {
		size_t n = 0;

		for (size_t i = 4; i < path.len && path.at[i] >= '0' &&
		     path.at[i] <= '9' && n < DIALOGUE_BIG;
		     i++)
			n = n * 10 + (size_t)(path.at[i] - '0');
		memset(big, 'b', sizeof big);
		response_content(res,
		    (struct span){ big, n < DIALOGUE_BIG ? n : DIALOGUE_BIG });
	} else if (span_eq(path, SPAN("/file"))) {
		file_answer(res, false);
	} else if (span_eq(path, SPAN("/held"))) {
		file_answer(res, true);
	} else if (span_eq(path, SPAN("/none"))) {
		res->status = STATUS_NO_CONTENT;
	} else if (span_eq(path, SPAN("/gone"))) {
		response_error(res, STATUS_UNAVAILABLE);
	} else if (span_eq(path, SPAN("/over"))) {
		while (!res->body.overflowed)
			buf_put(&res->body, SPAN("more and more "));
	} else {
		res->no_store = true;
		buf_put(&res->body, path);
		if (req->query.at) {
			buf_char(&res->body, '?');
			buf_put(&res->body, req->query);
		}
	}
}

const struct app *
dialogue_app(void)
{
	static char memory[2 * ENTITY_FIELDS_MAX];
	struct buf fields = buf_over(memory, sizeof memory);

	if (app.page.length == 0) {
		page_prepare(&app, &fields, &(struct app_fields){ true, true });
		file_make();
	}
	return &app;
}

const struct route dialogue_routes[] = {
	{ "/", METHOD_GET | METHOD_HEAD, demo_page },
	{ NULL, METHOD_GET | METHOD_HEAD | METHOD_POST, answer },
	{ NULL, 0, NULL },
};
