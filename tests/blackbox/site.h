/*
 * site.h - directories that a server serves, made and changed as a test needs
 * them, and clients for what is larger than struct client holds.
 */
#ifndef BLACKBOX_SITE_H
#define BLACKBOX_SITE_H

#include "harness.h"

#define SITE_TEST(name) \
	cmocka_unit_test_setup_teardown(name, harness_setup, site_teardown)
/* As harness_teardown; the roots go too. */
int site_teardown(void **state);

/* A new empty directory. Its path. */
const char *root_new(void);
/* "--root=..." */
const char *root_option(const char *root);
/* A path below it; what is made there, has its folders made too. */
const char *root_path(const char *root, const char *name);
/* Writes a file where none was, or over the bytes of one. */
void
root_write(const char *root, const char *name, const void *bytes, size_t n);
void root_put(const char *root, const char *name, const char *text);
/* Writes a new file and gives it the name of the old one. */
void root_replace(const char *root, const char *name, const char *text);
void root_link(const char *root, const char *name, const char *to);
void root_folder(const char *root, const char *name);
/* Away with it, and all below it. */
void root_remove(const char *root, const char *name);

/* A start with that root alone. */
struct server *start_root(const char *root);

/* n bytes that depend on seed, and on where each stands. */
void *pattern(size_t n, unsigned seed);

/* A volume as Kubernetes writes one for a ConfigMap: the files in a folder of
 * this generation, "..data" a link to it, and links through that. */
struct volume {
	const char *root;
	const char *const *names; /* up to NULL */
	size_t size;              /* of each file */
};
/* The bytes of a file: they begin with "generation N of NAME\n". */
char *volume_bytes(const struct volume *v, const char *name, unsigned number);
/* Writes that generation, swaps, and removes the one before. */
void volume_swap(const struct volume *v, unsigned number);

/* The tag that these bytes have, with its quotes. Written apart from the
 * server's, by the paper: SipHash-2-4, 128 bits, a key of zeros. */
enum { TAG_MAX = 35 };
const char *tag_of(const void *bytes, size_t n, char tag[TAG_MAX]);

/* An answer of any length, as far as it has come. */
struct download {
	struct client *c;
	struct response r; /* without body */
	uint64_t length;   /* Content-Length */
	uint64_t got;      /* of the body */
	bool ended, reset; /* before its end */
};
/* Sends the request and reads the head of the answer. Its status. */
int download_begin(struct download *d, struct client *c, const char *request);
/* Reads on: at most limit bytes of the body, into to, which may be NULL. How
 * many came; fewer than limit only at the end of body or connection. */
size_t download_take(struct download *d, void *to, size_t limit);

/* Asks until the path is answered with this text. How long it took, ms. */
int64_t await_text(struct server *s, const char *path, const char *text);

#endif
