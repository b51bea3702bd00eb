#include "http/body.h"
#include "http/chars.h"

enum { WIRE_MAX = 4 * BODY_MAX };

/* Where the chunked decoder stands (RFC 9112, 7.1). */
enum state {
	CHUNK_SIZE,  /* before the first digit */
	CHUNK_DIGIT, /* after one */
	EXT_SPACE,   /* white space, and a ';' must follow */
	EXT_BEFORE_NAME,
	EXT_NAME,
	EXT_NAME_SPACE, /* as EXT_SPACE, but '=' may follow as well */
	EXT_BEFORE_VALUE,
	EXT_VALUE,
	EXT_QUOTED,
	EXT_ESCAPED,
	EXT_QUOTE_END,
	CHUNK_LF,
	CHUNK_DATA,
	CHUNK_DATA_CR,
	CHUNK_DATA_LF,
	TRAILER_START,
	TRAILER_NAME,
	TRAILER_VALUE,
	TRAILER_LF,
	TRAILER_END, /* the LF of the empty line */
};

enum status
body_begin(struct body *b, const struct request *req)
{
	*b = (struct body){ .framing = req->framing };
	switch (req->framing) {
	case FRAMING_NONE:
		b->done = true;
		break;
	case FRAMING_LENGTH:
		if (req->content_length > BODY_MAX)
			return STATUS_CONTENT_TOO_LARGE;
		b->left = req->content_length;
		b->done = b->left == 0;
		break;
	case FRAMING_CHUNKED:
		b->state = CHUNK_SIZE;
		break;
	}
	return STATUS_NONE;
}

/* Takes as many of at most n bytes as this chunk still has. */
static size_t
take_content(struct body *b, size_t n)
{
	if (n > b->left)
		n = (size_t)b->left;
	b->left -= n;
	b->content += n;
	b->wire += n;
	return n;
}

static unsigned
hex_value(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

/* Moves on to next if c is the byte that must come here. */
static enum status
expect(struct body *b, char c, char wanted, enum state next)
{
	if (c != wanted)
		return STATUS_BAD_REQUEST;
	b->state = next;
	return STATUS_NONE;
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t';
}

/* What follows a size or an extension: the next one, perhaps behind white
 * space, or the line's end. */
static enum status
part_end(struct body *b, char c)
{
	bool named = b->state == EXT_NAME || b->state == EXT_NAME_SPACE;
	bool space = b->state == EXT_SPACE || b->state == EXT_NAME_SPACE;

	if (c == '\r' && !space)
		b->state = CHUNK_LF;
	else if (c == ';')
		b->state = EXT_BEFORE_NAME;
	else if (c == '=' && named)
		b->state = EXT_BEFORE_VALUE;
	else if (is_space(c))
		b->state = named ? EXT_NAME_SPACE : EXT_SPACE;
	else
		return STATUS_BAD_REQUEST;
	return STATUS_NONE;
}

/* A byte of the extensions, whose grammar is kept and whose sense is ignored
 * (RFC 9112, 7.1.1): ";", a name, perhaps "=" and a token or quoted string. */
static enum status
extension_byte(struct body *b, char c)
{
	bool token = chars_has(CHARS_TOKEN, c);

	switch ((enum state)b->state) {
	case EXT_BEFORE_NAME:
	case EXT_BEFORE_VALUE:
		if (token)
			b->state++;
		else if (c == '"' && b->state == EXT_BEFORE_VALUE)
			b->state = EXT_QUOTED;
		else if (!is_space(c))
			return STATUS_BAD_REQUEST;
		return STATUS_NONE;
	case EXT_QUOTED:
		if (c == '"')
			b->state = EXT_QUOTE_END;
		else if (c == '\\')
			b->state = EXT_ESCAPED;
		else if (!chars_has(CHARS_FIELD, c))
			return STATUS_BAD_REQUEST;
		return STATUS_NONE;
	case EXT_ESCAPED:
		b->state = EXT_QUOTED;
		return chars_has(CHARS_FIELD, c) ? STATUS_NONE
						 : STATUS_BAD_REQUEST;
	case EXT_NAME:
	case EXT_VALUE:
		if (token)
			return STATUS_NONE;
		break;
	default:
		break;
	}
	return part_end(b, c);
}

/* A byte of the chunk's size, or the one behind it. */
static enum status
size_byte(struct body *b, char c)
{
	if (!chars_has(CHARS_HEX, c))
		return b->state == CHUNK_DIGIT ? part_end(b, c)
					       : STATUS_BAD_REQUEST;
	b->state = CHUNK_DIGIT;
	b->left = b->left * 16 + hex_value(c);
	return b->left > BODY_MAX - b->content ? STATUS_CONTENT_TOO_LARGE
					       : STATUS_NONE;
}

/* A byte of the trailer section: fields as strict as a head's, ignored. */
static enum status
trailer_byte(struct body *b, char c)
{
	if (++b->line > HEAD_MAX)
		return STATUS_FIELDS_TOO_LARGE;
	if (b->state == TRAILER_VALUE) {
		if (c == '\r')
			b->state = TRAILER_LF;
		else if (!chars_has(CHARS_FIELD, c))
			return STATUS_BAD_REQUEST;
		return STATUS_NONE;
	}
	if (b->state == TRAILER_START && c == '\r') {
		b->state = TRAILER_END;
		return STATUS_NONE;
	}
	if (b->state == TRAILER_NAME && c == ':') {
		b->state = TRAILER_VALUE;
		return STATUS_NONE;
	}
	if (!chars_has(CHARS_TOKEN, c))
		return STATUS_BAD_REQUEST;
	if (b->state == TRAILER_START && ++b->fields > FIELDS_MAX)
		return STATUS_FIELDS_TOO_LARGE;
	b->state = TRAILER_NAME;
	return STATUS_NONE;
}

static enum status
framing_byte(struct body *b, char c)
{
	switch ((enum state)b->state) {
	case CHUNK_LF:
		return expect(
		    b, c, '\n', b->left > 0 ? CHUNK_DATA : TRAILER_START);
	case CHUNK_DATA_CR:
		return expect(b, c, '\r', CHUNK_DATA_LF);
	case CHUNK_DATA_LF:
		return expect(b, c, '\n', CHUNK_SIZE);
	case TRAILER_LF:
		b->line = 0;
		return expect(b, c, '\n', TRAILER_START);
	case TRAILER_END:
		b->done = c == '\n';
		return b->done ? STATUS_NONE : STATUS_BAD_REQUEST;
	case TRAILER_START:
	case TRAILER_NAME:
	case TRAILER_VALUE:
		return trailer_byte(b, c);
	case CHUNK_SIZE:
	case CHUNK_DIGIT:
		return size_byte(b, c);
	default:
		return extension_byte(b, c);
	}
}

static enum status
feed_chunked(struct body *b, struct span bytes, size_t *used)
{
	enum status err;

	while (*used < bytes.len && !b->done) {
		size_t n = bytes.len - *used;

		if (b->wire == WIRE_MAX)
			return STATUS_CONTENT_TOO_LARGE;
		if (b->state == CHUNK_DATA) {
			if (n > WIRE_MAX - b->wire)
				n = WIRE_MAX - (size_t)b->wire;
			*used += take_content(b, n);
			if (b->left == 0)
				b->state = CHUNK_DATA_CR;
			continue;
		}
		err = framing_byte(b, bytes.at[*used]);
		if (err)
			return err;
		b->wire++;
		++*used;
	}
	return STATUS_NONE;
}

enum status
body_feed(struct body *b, struct span bytes, size_t *used)
{
	*used = 0;
	if (b->framing == FRAMING_CHUNKED)
		return feed_chunked(b, bytes, used);
	if (!b->done) {
		*used = take_content(b, bytes.len);
		b->done = b->left == 0;
	}
	return STATUS_NONE;
}
