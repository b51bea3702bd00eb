/*
 * lines.h - a request out of an input: its lines are fields, and the first
 * letter of each says which.
 */
#ifndef TESTS_FUZZ_LINES_H
#define TESTS_FUZZ_LINES_H

#include "http/request.h"

struct line_name {
	char letter;
	const char *name;
};

/*
 * Fills the fields of req by names, which end with the letter 0, the name of
 * all other letters. As after request_parse, values have no white space around
 * them, and name_lengths is what it should be.
 */
static inline void
lines_read(
    struct span bytes, const struct line_name *names, struct request *req)
{
	req->field_count = 0;
	req->name_lengths = 0;
	while (bytes.at && req->field_count < FIELDS_MAX) {
		struct span line = span_cut(&bytes, '\n');
		const struct line_name *n = names;
		struct field *f;

		if (line.len == 0)
			continue;
		while (n->letter != '\0' && n->letter != line.at[0])
			n++;
		f = &req->fields[req->field_count++];
		f->name = span_of(n->name);
		f->value = span_from(line, 1);
		while (f->value.len > 0 &&
		    (f->value.at[0] == ' ' || f->value.at[0] == '\t'))
			f->value = span_from(f->value, 1);
		while (f->value.len > 0 &&
		    (f->value.at[f->value.len - 1] == ' ' ||
			f->value.at[f->value.len - 1] == '\t'))
			f->value.len--;
		req->name_lengths |= request_length_bit(f->name);
	}
}

#endif
