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

/* A parameter's name and value, the latter without quotes. */
static struct span
take_parameter(struct span *parameters, struct span *value)
{
	struct span text = cut_parameter(parameters);
	struct span name = span_trim(span_cut(&text, '='));

	*value = span_trim(text);
	if (value->len >= 2 && value->at[0] == '"' &&
	    value->at[value->len - 1] == '"')
		*value = (struct span){ value->at + 1, value->len - 2 };
	return name;
}

enum fit { FIT_NOT, FIT_UNKNOWN, FIT };

/* Does the type have this parameter, and with this value? */
static enum fit
parameter_fits(struct span type, struct span name, struct span value)
{
	struct span own;

	cut_parameter(&type);
	while (type.at != NULL)
		if (span_ieq(take_parameter(&type, &own), name))
			return span_ieq(own, value) ? FIT : FIT_NOT;
	return FIT_UNKNOWN;
}

/* How specific a range is (12.5.1): first of all what it names, then how many
 * parameters of the type it has. */
enum { RANGE_ANY = 1 << 16, RANGE_KIND = 2 << 16, RANGE_TYPE = 3 << 16 };

/* What stands before a range's parameters; 0: it does not match. */
static unsigned
kind_matches(struct span kind, struct span type)
{
	struct span own = cut_parameter(&type);

	if (span_eq(kind, SPAN("*/*")))
		return RANGE_ANY;
	if (kind.len > 2 && kind.at[kind.len - 1] == '*' &&
	    kind.at[kind.len - 2] == '/') {
		kind.len--;
		if (own.len < kind.len)
			return 0;
		own.len = kind.len;
		return span_ieq(kind, own) ? RANGE_KIND : 0;
	}
	return span_ieq(kind, own) ? RANGE_TYPE : 0;
}

/* 0: it does not match. */
static unsigned
range_matches(struct span range, struct span type)
{
	unsigned specific = kind_matches(cut_parameter(&range), type);
	struct span name, value;

	while (specific > 0 && range.at != NULL) {
		enum fit fit;

		name = take_parameter(&range, &value);
		if (span_ieq(name, SPAN("q")))
			break;
		fit = parameter_fits(type, name, value);
		if (fit == FIT_NOT)
			return 0;
		specific += fit == FIT;
	}
	return specific;
}

static unsigned
wanted(const struct request *req, struct span type)
{
	struct field_walk walk = { 0 };
	struct span element, value;
	unsigned most = 0, weight = 0, w;
	bool any = false;

	while (request_list(req, SPAN("Accept"), &walk, &element)) {
		unsigned specific;

		any = true;
		if (!accept_element(element, &value, &w))
			continue;
		specific = range_matches(element, type);
		if (specific > most) {
			most = specific;
			weight = w;
		}
	}
	return any ? weight : ACCEPT_FULL;
}

size_t
accept_pick(const struct request *req, const struct span *offer, size_t count)
{
	size_t picked = count;
	unsigned most = 0;

	for (size_t i = 0; i < count; i++) {
		unsigned weight = wanted(req, offer[i]);

		if (weight > most) {
			most = weight;
			picked = i;
		}
	}
	return picked;
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
