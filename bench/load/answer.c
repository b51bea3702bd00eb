#include "answer.h"

enum step {
	STEP_STATUS_LINE, /* HTTP/1.1 200, position by position */
	STEP_REASON,      /* the rest of that line */
	STEP_LINE_LF,     /* behind the CR of a line */
	STEP_LINE_BEGIN,  /* a field, or the CR of the last line */
	STEP_NAME,
	STEP_VALUE,
	STEP_HEAD_LF, /* behind the CR of the last line */
	STEP_BODY,
	STEP_ODD,
};

enum field { FIELD_OTHER, FIELD_LENGTH, FIELD_CONNECTION, FIELD_TRANSFER };

/* What a byte may be part of. */
enum { IN_TOKEN = 1, IN_VALUE = 2 };

/* RFC 9110, 5.6.2: tchar; 5.5: field-content and white space. */
#define V4(x)  x, x, x, x
#define V16(x) V4(x), V4(x), V4(x), V4(x)
static const uint8_t kinds[256] = {
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	2,
	0,
	0,
	0,
	0,
	0,
	0,      /* HT */
	V16(0), /* control characters */
	2,
	3,
	2,
	3,
	3,
	3,
	3,
	3,
	2,
	2,
	3,
	3,
	2,
	3,
	3,
	2, /*  !"#$%&'()*+,-./ */
	3,
	3,
	3,
	3,
	3,
	3,
	3,
	3,
	3,
	3,
	2,
	2,
	2,
	2,
	2,
	2, /* 0123456789:;<=>? */
	2,
	3,
	3,
	3,
	3,
	3,
	3,
	3,
	3,
	3,
	3,
	3,
	3,
	3,
	3,
	3, /* @ABCDEFGHIJKLMNO */
	3,
	3,
	3,
	3,
	3,
	3,
	3,
	3,
	3,
	3,
	3,
	2,
	2,
	2,
	3,
	3, /* PQRSTUVWXYZ[\]^_ */
	3,
	3,
	3,
	3,
	3,
	3,
	3,
	3,
	3,
	3,
	3,
	3,
	3,
	3,
	3,
	3, /* `abcdefghijklmno */
	3,
	3,
	3,
	3,
	3,
	3,
	3,
	3,
	3,
	3,
	3,
	2,
	3,
	2,
	3,
	0, /* pqrstuvwxyz{|}~ */
	V16(2),
	V16(2),
	V16(2),
	V16(2),
	V16(2),
	V16(2),
	V16(2),
	V16(2),
};

static bool
is(char c, uint8_t kind)
{
	return kinds[(unsigned char)c] & kind;
}

static enum answer_result
odd(struct answer *a, const char *why)
{
	a->step = STEP_ODD;
	a->why = why;
	return ANSWER_ODD;
}

void
answer_begin(struct answer *a, bool head)
{
	*a = (struct answer){ .head = head };
}

bool
answer_untouched(const struct answer *a)
{
	return a->step == STEP_STATUS_LINE && a->at == 0;
}

/* ---- words: field names, and members of the lists in field values ---- */

/* Collects a byte in lower case. Too long a word cannot be a known one. */
static void
word_add(struct answer *a, char c)
{
	if (c >= 'A' && c <= 'Z')
		c = (char)(c + ('a' - 'A'));
	if (a->word_len < ANSWER_WORD_MAX)
		a->word[a->word_len++] = c;
}

static bool
word_is(const struct answer *a, struct span known)
{
	return span_eq((struct span){ a->word, a->word_len }, known);
}

static enum field
field_named(const struct answer *a)
{
	if (word_is(a, SPAN("content-length")))
		return FIELD_LENGTH;
	if (word_is(a, SPAN("connection")))
		return FIELD_CONNECTION;
	if (word_is(a, SPAN("transfer-encoding")))
		return FIELD_TRANSFER;
	return FIELD_OTHER;
}

/* At the end of a member of Connection's list. */
static void
take_option(struct answer *a)
{
	if (word_is(a, SPAN("close")))
		a->close = true;
	else if (word_is(a, SPAN("keep-alive")))
		a->keep_alive = true;
	a->word_len = 0;
}

/* ---- the head, a byte at a time ---- */

static enum answer_result
status_line(struct answer *a, char c)
{
	static const char shape[] = "HTTP/1.v nnn ";
	char wanted = shape[a->at];

	if (wanted == 'v' && (c == '0' || c == '1'))
		a->old = c == '0';
	else if (wanted == 'n' && c >= '0' && c <= '9')
		a->status = a->status * 10 + (unsigned)(c - '0');
	else if (wanted != c || wanted == 'v' || wanted == 'n')
		return odd(a, "no HTTP/1.x status line");
	if (shape[++a->at])
		return ANSWER_MORE;
	if (a->status < 100 || a->status > 599 || a->status == 101)
		return odd(a, "a status nobody asked for");
	a->step = STEP_REASON;
	return ANSWER_MORE;
}

static enum answer_result
line_begin(struct answer *a, char c)
{
	if (c == '\r') {
		a->step = STEP_HEAD_LF;
		return ANSWER_MORE;
	}
	if (!is(c, IN_TOKEN))
		return odd(a, "a field line without a name");
	a->step = STEP_NAME;
	a->word_len = 0;
	word_add(a, c);
	return ANSWER_MORE;
}

static enum answer_result
name(struct answer *a, char c)
{
	if (is(c, IN_TOKEN)) {
		word_add(a, c);
		return ANSWER_MORE;
	}
	if (c != ':')
		return odd(a, "a field name with an odd byte");
	a->step = STEP_VALUE;
	a->field = (uint8_t)field_named(a);
	a->word_len = 0;
	if (a->field == FIELD_TRANSFER)
		return odd(a, "Transfer-Encoding, which is not understood");
	if (a->field == FIELD_LENGTH) {
		if (a->has_length)
			return odd(a, "two Content-Length fields");
		a->has_length = true;
		a->has_digit = a->ended = false;
	}
	return ANSWER_MORE;
}

/* A byte of Content-Length's value: OWS 1*DIGIT OWS. */
static enum answer_result
length_value(struct answer *a, char c)
{
	uint64_t digit = (uint64_t)(c - '0');

	if (c == ' ' || c == '\t') {
		a->ended = a->has_digit;
		return ANSWER_MORE;
	}
	if (c < '0' || c > '9' || a->ended ||
	    a->length > (UINT64_MAX - digit) / 10)
		return odd(a, "a Content-Length that is no number");
	a->has_digit = true;
	a->length = a->length * 10 + digit;
	return ANSWER_MORE;
}

static enum answer_result
value_end(struct answer *a)
{
	if (a->field == FIELD_LENGTH && !a->has_digit)
		return odd(a, "an empty Content-Length");
	if (a->field == FIELD_CONNECTION)
		take_option(a);
	a->step = STEP_LINE_LF;
	return ANSWER_MORE;
}

static enum answer_result
value(struct answer *a, char c)
{
	if (c == '\r')
		return value_end(a);
	if (!is(c, IN_VALUE))
		return odd(a, "a control character in a field");
	if (a->field == FIELD_LENGTH)
		return length_value(a, c);
	if (a->field == FIELD_CONNECTION) {
		if (c == ',')
			take_option(a);
		else if (c != ' ' && c != '\t')
			word_add(a, c);
	}
	return ANSWER_MORE;
}

/*
 * The head is complete: how long is the body (RFC 9112, 6.3)?
 */
static enum answer_result
head_end(struct answer *a)
{
	bool interim = a->status < 200;

	if (interim || a->status == 204) {
		if (a->has_length)
			return odd(a, "Content-Length in a 1xx or 204");
	}
	if (interim) {
		answer_begin(a, a->head);
		return ANSWER_MORE;
	}
	if (a->head || a->status == 204 || a->status == 304)
		a->left = 0;
	else if (!a->has_length)
		return odd(a, "no Content-Length");
	else
		a->left = a->length;
	a->body = a->left;
	if (a->old && !a->keep_alive)
		a->close = true;
	a->step = STEP_BODY;
	return ANSWER_MORE;
}

static enum answer_result
head_byte(struct answer *a, char c)
{
	switch ((enum step)a->step) {
	case STEP_STATUS_LINE:
		return status_line(a, c);
	case STEP_REASON:
		if (c == '\r')
			a->step = STEP_LINE_LF;
		else if (!is(c, IN_VALUE))
			return odd(a, "a control character in a status line");
		return ANSWER_MORE;
	case STEP_LINE_LF:
		a->step = STEP_LINE_BEGIN;
		return c == '\n' ? ANSWER_MORE : odd(a, "a CR without LF");
	case STEP_LINE_BEGIN:
		return line_begin(a, c);
	case STEP_NAME:
		return name(a, c);
	case STEP_VALUE:
		return value(a, c);
	case STEP_HEAD_LF:
		return c == '\n' ? head_end(a) : odd(a, "a CR without LF");
	default:
		return ANSWER_ODD;
	}
}

/* How many bytes of in belong to a field value that need not be looked at. */
static size_t
dull_bytes(const struct answer *a, struct span in)
{
	size_t n = 0;

	if (a->step == STEP_VALUE && a->field == FIELD_OTHER)
		while (n < in.len && is(in.at[n], IN_VALUE))
			n++;
	return n;
}

static enum answer_result
head(struct answer *a, struct span *in)
{
	enum answer_result result = ANSWER_MORE;
	const char *begin = in->at;
	size_t skip;

	while (in->len > 0 && a->step != STEP_BODY && !result) {
		skip = dull_bytes(a, *in);
		*in = span_from(*in, skip);
		if (in->len == 0)
			break;
		result = head_byte(a, in->at[0]);
		*in = span_from(*in, 1);
	}
	a->head_len += (uint32_t)(in->at - begin);
	if (a->step == STEP_BODY)
		return result;
	if (a->head_len > ANSWER_HEAD_MAX && !result)
		return odd(a, "a head that does not end");
	return result;
}

enum answer_result
answer_feed(struct answer *a, struct span *in)
{
	enum answer_result result = ANSWER_MORE;
	size_t n;

	if (a->step != STEP_BODY)
		result = head(a, in);
	if (result != ANSWER_MORE || a->step != STEP_BODY)
		return result;
	n = a->left < in->len ? (size_t)a->left : in->len;
	*in = span_from(*in, n);
	return answer_skip(a, n);
}

uint64_t
answer_left(const struct answer *a)
{
	return a->step == STEP_BODY ? a->left : 0;
}

enum answer_result
answer_skip(struct answer *a, uint64_t n)
{
	a->left -= n;
	return a->left > 0 ? ANSWER_MORE : ANSWER_DONE;
}
