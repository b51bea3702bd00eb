/*
 * answer.h - finds the end of an HTTP/1.x answer in bytes as they come, and
 * checks that it is a clean one (RFC 9112). Stricter than a client should be,
 * because it is the server that is under test: no bare CR or LF, no folded
 * lines, no answer that only the end of the connection delimits, no transfer
 * coding. Keeps no bytes, so that a connection needs no buffer.
 */
#ifndef LOAD_ANSWER_H
#define LOAD_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

enum {
	ANSWER_HEAD_MAX = 64 * 1024, /* a longer head is not understood */
	ANSWER_WORD_MAX = 20,        /* longest word that means something */
};

enum answer_result {
	ANSWER_MORE, /* it goes on */
	ANSWER_DONE, /* it is complete */
	ANSWER_ODD,  /* it is not understood: why says it */
};

struct answer {
	/* to be read after ANSWER_DONE */
	unsigned status;
	bool close;        /* the server will close: Connection, or HTTP/1.0 */
	uint64_t body;     /* its length in bytes */
	uint32_t head_len; /* bytes of its head, as far as it was read */

	const char *why; /* after ANSWER_ODD */

	/* of answer.c */
	uint8_t step;
	uint8_t at;    /* position in the status line */
	uint8_t field; /* which one is being read */
	uint8_t word_len;
	bool head; /* it answers a HEAD request */
	bool has_length, has_digit, ended;
	bool keep_alive, old; /* old: HTTP/1.0 */
	uint64_t length, left;
	char word[ANSWER_WORD_MAX];
};

/* Gets ready for the answer to a HEAD request or to another one. */
void answer_begin(struct answer *a, bool head);

/* True if not a byte of it has come. */
bool answer_untouched(const struct answer *a);

/*
 * Takes bytes off *in up to the end of the answer. After ANSWER_MORE, *in is
 * empty; after ANSWER_DONE, it holds what follows. Interim answers (1xx) are
 * skipped, but for 101, which nobody asked for.
 */
enum answer_result answer_feed(struct answer *a, struct span *in);

/* Bytes of the body that have still to come; 0 as long as the head is read. */
uint64_t answer_left(const struct answer *a);

/*
 * The same as answer_feed for n bytes of the body, at most answer_left() of
 * them, that nobody has seen.
 */
enum answer_result answer_skip(struct answer *a, uint64_t n);

#endif
