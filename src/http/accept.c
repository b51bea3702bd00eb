#include "http/accept.h"

/* 0, 1, 0.25, 1.000: at most three decimals, and at most 1. */
static bool
read_weight(struct span s, unsigned *weight)
{
	unsigned scale = 100;

	if (s.len == 0 || s.len > 5 || (s.at[0] != '0' && s.at[0] != '1') ||
	    (s.len > 1 && s.at[1] != '.'))
		return false;
	*weight = s.at[0] == '1' ? ACCEPT_FULL : 0;
	for (size_t i = 2; i < s.len; i++, scale /= 10) {
		if (s.at[i] < '0' || s.at[i] > '9')
			return false;
		*weight += (unsigned)(s.at[i] - '0') * scale;
	}
	return *weight <= ACCEPT_FULL;
}

/* Takes what stands before the next semicolon off *s, which may not be one in
 * quotes (RFC 9110, 5.6.4 and 5.6.6). */
static struct span
cut_parameter(struct span *s)
{
	struct span all = *s;
	bool quoted = false;

	for (size_t i = 0; i < all.len; i++) {
		if (all.at[i] == '"') {
			quoted = !quoted;
		} else if (quoted && all.at[i] == '\\') {
			i++;
		} else if (!quoted && all.at[i] == ';') {
			*s = span_from(all, i + 1);
			return span_trim((struct span){ all.at, i });
		}
	}
	*s = (struct span){ NULL, 0 };
	return span_trim(all);
}

bool
accept_element(struct span element, struct span *value, unsigned *weight)
{
	*weight = ACCEPT_FULL;
	*value = cut_parameter(&element);
	while (element.at != NULL) {
		struct span text = cut_parameter(&element);
		struct span name = span_cut(&text, '=');

		if (span_ieq(span_trim(name), SPAN("q"))) /* no spaces at = */
			return name.len == 1 && text.at != NULL &&
			    read_weight(text, weight);
	}
	return true;
}

static const struct span names[CODINGS] = {
	[CODING_IDENTITY] = SPAN_INIT("identity"),
	[CODING_BR] = SPAN_INIT("br"),
	[CODING_ZSTD] = SPAN_INIT("zstd"),
	[CODING_GZIP] = SPAN_INIT("gzip"),
};

struct span
coding_name(enum coding c)
{
	return names[c];
}

/* CODINGS if it is none of ours. */
static enum coding
coding_of(struct span name)
{
	enum coding c = CODING_IDENTITY;

	if (span_ieq(name, SPAN("x-gzip"))) /* RFC 9110, 8.4.1.3 */
		return CODING_GZIP;
	while (c < CODINGS && !span_ieq(name, names[c]))
		c++;
	return c;
}

void
accept_codings(const struct request *req, unsigned weight[CODINGS])
{
	static const struct span field = SPAN_INIT("Accept-Encoding");
	struct field_walk walk = { 0 };
	bool named[CODINGS] = { false };
	bool any = false; /* "*" was there */
	unsigned rest = 0, w;
	struct span element, name;

	for (enum coding c = 0; c < CODINGS; c++)
		weight[c] = 0;
	if (req->name_lengths == 0 ||
	    req->name_lengths & request_length_bit(field)) {
		while (request_list(req, field, &walk, &element)) {
			enum coding c;

			if (!accept_element(element, &name, &w))
				continue;
			if (span_eq(name, SPAN("*"))) {
				any = true;
				rest = w;
				continue;
			}
			c = coding_of(name);
			if (c == CODINGS)
				continue;
			named[c] = true;
			weight[c] = w;
		}
	}
	for (enum coding c = 0; c < CODINGS; c++)
		if (!named[c])
			weight[c] = rest;
	if (!named[CODING_IDENTITY] && !any)
		weight[CODING_IDENTITY] = 1;
}
