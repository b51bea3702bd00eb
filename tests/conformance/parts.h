/*
 * parts.h - an answer of several ranges (RFC 9110, 14.6; RFC 2046, 5.1.1).
 */
#ifndef CONFORMANCE_PARTS_H
#define CONFORMANCE_PARTS_H

#include "talk.h"

/*
 * Is the body, strictly by the grammar, these parts of the whole in their
 * order, each with its Content-Range and one Content-Type, and nothing else?
 * type is the answer's Content-Type.
 */
bool parts_hold(const char *type, struct bytes body, const struct expected *e,
    struct fault *f);

#endif
