/*
 * num.h - numbers from text and to text, exactly: integers only, no locale, no
 * floating point.
 */
#ifndef BASE_NUM_H
#define BASE_NUM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

#define NS_PER_US  UINT64_C(1000)
#define NS_PER_MS  UINT64_C(1000000)
#define NS_PER_SEC UINT64_C(1000000000)

/*
 * Decimal digits alone (no sign, no space, leading zeros allowed) that fit into
 * 64 bits. False, and *value untouched, for anything else.
 */
bool num_parse_u64(struct span s, uint64_t *value);

/* The same for hexadecimal digits, either case, no "0x". */
bool num_parse_hex(struct span s, uint64_t *value);

/*
 * A decimal fraction such as "0.005", "10", "2.50", as an integer multiple of
 * 10^-places (places is at most 9). Digits beyond places must be zeros. False,
 * and *value untouched, for anything else.
 */
bool num_parse_decimal(struct span s, unsigned places, uint64_t *value);

/*
 * A duration such as "250ms", "5s", "1m30s", "1.5s" as nanoseconds. The units
 * are h m s ms us ns, each at most once and in that order; a lone "0" needs
 * none.
 */
bool num_parse_duration(struct span s, uint64_t *ns);

/* A size such as "4096", "64KiB", "1MiB", "2GiB" as bytes. */
bool num_parse_size(struct span s, uint64_t *bytes);

/*
 * Nanoseconds as seconds, exactly, in the shortest form that shows itself as a
 * float: "0.005", "1.0", "12.000000001".
 */
void num_seconds(struct buf *b, uint64_t ns);

/* Nanoseconds as a duration that num_parse_duration reads: "1m30s", "250ms". */
void num_duration(struct buf *b, uint64_t ns);

#endif
