#include <string.h>
#include <strings.h>

#include "oracle_rules.h"

/* What a field says; the larger one counts if one line says this, another that.
 */
enum said { NOTHING, FALSE, TRUE, NONSENSE };

/*
 * Does a list name tag? NONSENSE if it is none. strong: W/"x" is not "x"
 * (8.8.3.2).
 */
static enum said
names_tag(struct span s, struct span tag, bool strong)
{
	enum { BEFORE, WEAK, SLASH, INSIDE, BEHIND } state = BEFORE;
	enum said said = FALSE;
	bool weak = false, same = false;
	size_t begin = 0;

	for (size_t i = 0; i <= s.len; i++) {
		int c = i < s.len ? (unsigned char)s.at[i] : ',';
		bool space = c == ' ' || c == '\t';

		switch (state) {
		case BEFORE:
			if (c == ',' || space)
				break;
			weak = c == 'W';
			begin = i;
			if (c != 'W' && c != '"')
				return NONSENSE;
			state = weak ? WEAK : INSIDE;
			break;
		case WEAK:
			if (c != '/')
				return NONSENSE;
			state = SLASH;
			break;
		case SLASH:
			if (c != '"')
				return NONSENSE;
			begin = i;
			state = INSIDE;
			break;
		case INSIDE:
			if (i == s.len || c <= ' ' || c == 0x7f)
				return NONSENSE;
			if (c != '"')
				break;
			same = tag.len == i + 1 - begin &&
			    memcmp(tag.at, s.at + begin, tag.len) == 0;
			state = BEHIND;
			break;
		case BEHIND:
			if (space)
				break;
			if (c != ',')
				return NONSENSE;
			if (same && !(weak && strong))
				said = TRUE;
			state = BEFORE;
		}
	}
	return said;
}

static enum said
tags(const struct request *req, const char *name, struct span tag, bool strong)
{
	enum said said = NOTHING, line;
	unsigned lines = 0;
	bool any = false;

	for (unsigned i = 0; i < req->field_count; i++) {
		const struct field *f = &req->fields[i];

		if (f->name.len != strlen(name) ||
		    strncasecmp(f->name.at, name, f->name.len) != 0)
			continue;
		lines++;
		if (f->value.len == 1 && *f->value.at == '*')
			any = true;
		line = names_tag(f->value, tag, strong);
		if (line > said)
			said = line;
	}
	/* "*" is no tag: beside anything else it is nonsense, too */
	if (any && lines == 1)
		return TRUE;
	return said == NONSENSE ? FALSE : said;
}

/* Was it modified after the date in a field? */
static enum said
is_newer(
    const struct request *req, const char *name, const struct oracle_facts *f)
{
	struct span value;
	int64_t date;

	if (f->modified < 0 || oracle_field(req, name, &value) != 1 ||
	    !oracle_date(value, f->now, &date))
		return NOTHING;
	return f->modified > date ? TRUE : FALSE;
}

/* The steps of 13.2.2 by their numbers there. */
unsigned
oracle_precond(const struct request *req, const struct oracle_facts *f)
{
	enum said match = tags(req, "If-Match", f->etag, true); /* 1 */

	if (match == NOTHING &&
	    is_newer(req, "If-Unmodified-Since", f) == TRUE) /* 2 */
		match = FALSE;
	if (match == FALSE)
		return 412;
	match = tags(req, "If-None-Match", f->etag, false); /* 3 */
	if (match == NOTHING &&
	    is_newer(req, "If-Modified-Since", f) == FALSE) /* 4 */
		match = TRUE;
	return match == TRUE ? 304 : 0;
}

bool
oracle_if_range(const struct request *req, const struct oracle_facts *f)
{
	struct span value;
	unsigned lines = oracle_field(req, "If-Range", &value);
	int64_t date;

	if (lines == 0)
		return true;
	if (lines > 1)
		return false;
	if (value.len > 0 && *value.at == '"')
		return value.len == f->etag.len &&
		    memcmp(value.at, f->etag.at, value.len) == 0;
	return oracle_date(value, f->now, &date) && date == f->modified &&
	    date < f->now && date >= 0;
}
