/*
 * oracle_rules.h - what a client asks for by conditions, ranges and weights,
 * said once more: slowly, from RFC 9110, and sharing no code with src/.
 */
#ifndef TESTS_FUZZ_ORACLE_RULES_H
#define TESTS_FUZZ_ORACLE_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "http/request.h"

/* An HTTP-date (5.6.7). */
bool oracle_date(struct span s, int64_t now, int64_t *seconds);

/* What a representation is to conditions. */
struct oracle_facts {
	struct span etag; /* empty: none */
	int64_t modified; /* negative: not known */
	int64_t now;
};

/* 0 to go on, 304 or 412 (13.2.2). */
unsigned
oracle_precond(const struct request *req, const struct oracle_facts *f);

/* Does Range count (13.1.5)? */
bool oracle_if_range(const struct request *req, const struct oracle_facts *f);

/* What Range may be answered with (14.2): a set. */
enum { ORACLE_200 = 1, ORACLE_206 = 2, ORACLE_416 = 4 };
enum { ORACLE_RANGES = 8 };
struct oracle_ranges {
	unsigned answers;
	unsigned count; /* with ORACLE_206 */
	uint64_t first[ORACLE_RANGES], last[ORACLE_RANGES];
};
struct oracle_ranges oracle_range(const struct request *req, uint64_t length);

/*
 * Is body what a 206 has of content: the only range, or all of them as
 * multipart/byteranges (14.6)? type and range are the values of Content-Type
 * and Content-Range, or at == NULL; of is the type of the whole.
 */
bool oracle_parts(struct span body, struct span type, struct span range,
    struct span content, struct span of, const struct oracle_ranges *r);

/* The weight of an element (12.4.2) in thousandths; -1 if it is malformed. The
 * name in front of the parameters is what is left of *element. */
int oracle_weight(struct span *element);

/* Weights of identity, br, zstd and gzip, in this order (12.5.3). */
void oracle_codings(const struct request *req, int weight[4]);

/* The weight of a media type with its parameters, by Accept (12.5.1), in
 * thousandths. Parameters that the type does not have count for nothing. */
int oracle_media(const struct request *req, struct span type);

/* How often a field is there; the first one's value, or at == NULL. */
unsigned
oracle_field(const struct request *req, const char *name, struct span *value);

#endif
