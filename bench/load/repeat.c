#include "repeat.h"

#include <string.h>

/* The answer that begins at begin is complete. */
static void
remember(struct repeat *r, const struct answer *a, const char *begin)
{
	if (a->head_len > REPEAT_MAX)
		return;
	memcpy(r->head, begin, a->head_len);
	r->len = a->head_len;
	r->after = *a;
	r->after.left = a->body;
}

enum answer_result
repeat_feed(struct repeat *r, struct answer *a, struct span *in)
{
	const char *begin = in->at;
	enum answer_result result;

	if (!answer_untouched(a))
		return answer_feed(a, in);
	if (r->len > 0 && r->after.head == a->head &&
	    span_starts(*in, (struct span){ r->head, r->len })) {
		*a = r->after;
		*in = span_from(*in, r->len);
		return answer_feed(a, in);
	}
	result = answer_feed(a, in);
	if (result == ANSWER_DONE)
		remember(r, a, begin);
	return result;
}
