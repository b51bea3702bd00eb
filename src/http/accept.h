/*
 * accept.h - what a client prefers (RFC 9110, 12.4 and 12.5).
 */
#ifndef HTTP_ACCEPT_H
#define HTTP_ACCEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "http/request.h"

/* Weights are in thousandths: a q-value has three decimals (12.4.2). */
enum { ACCEPT_FULL = 1000 };

/*
 * Reads an element of a list with weights, such as "text/html;level=1;q=0.5":
 * *value is what stands before the parameters, *weight that of q, ACCEPT_FULL
 * without one. Other parameters are skipped. False if q is none.
 */
bool accept_element(struct span element, struct span *value, unsigned *weight);

/*
 * Which of the media types on offer, each as in Content-Type, req wants most,
 * by Accept (12.5.1): of what is wanted alike, the first; count if it accepts
 * none. Without an Accept all are wanted alike. The most specific range that
 * matches a type decides. Parameters of a range must be those of the type where
 * it has them; what the type does not have is not looked at.
 */
size_t
accept_pick(const struct request *req, const struct span *offer, size_t count);

/* Content codings (8.4.1). */
enum coding { CODING_IDENTITY, CODING_BR, CODING_ZSTD, CODING_GZIP, CODINGS };

/* As in Content-Encoding: "br", "zstd", "gzip". */
struct span coding_name(enum coding c);

/*
 * How much req wants each coding, by Accept-Encoding (12.5.3): 0 is not at all.
 * identity that is neither named nor excluded comes behind all that is named,
 * with a weight of 1.
 */
void accept_codings(const struct request *req, unsigned weight[CODINGS]);

#endif
