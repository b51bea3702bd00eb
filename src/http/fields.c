#include "http/fields.h"

bool
fields_next(struct span *lines, struct field *f)
{
	struct span line = span_cut(lines, '\n');
	struct span name;

	if (line.len > 0 && line.at[line.len - 1] == '\r')
		line.len--;
	name = span_cut(&line, ':');
	if (!line.at)
		return false;
	f->name = name;
	f->value = span_trim(line);
	return true;
}
