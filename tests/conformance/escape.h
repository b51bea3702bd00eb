/*
 * escape.h - the bytes that a line of a dialogue stands for.
 */
#ifndef CONFORMANCE_ESCAPE_H
#define CONFORMANCE_ESCAPE_H

#include "dialogue.h"

/* realloc that ends the program where there is no memory. */
void *grown(void *memory, size_t size);

/*
 * Appends text to *to, with \r \n \t \0 \\ \xHH for single bytes and \{N:text}
 * for N times the text (which may hold escapes, but no second \{). If cuts is
 * not NULL, appends where the new bytes are worth being cut: before each of
 * them, but inside a long repetition only near its ends, near multiples of 4096
 * (sizes that buffers have), and at some places between. False: a bad escape.
 */
bool escape_put(
    struct bytes *to, size_t **cuts, size_t *cut_count, const char *text);

#endif
