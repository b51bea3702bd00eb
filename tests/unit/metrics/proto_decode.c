#include "unit/metrics/proto_decode.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUNTER = 0, GAUGE = 1, HISTOGRAM = 4 };

/* A field of a message. */
struct field {
	uint64_t number, wire;
	uint64_t value;    /* wire 0 and 1 */
	struct span bytes; /* wire 2 */
};

/* What is known of a family while its metrics are read. */
struct state {
	struct decoded *out;
	struct span name, unit;
	uint64_t type;
};

static uint64_t
varint(struct span *s)
{
	uint64_t value = 0;

	for (unsigned shift = 0;; shift += 7) {
		unsigned char c;

		assert_true(s->len > 0 && shift < 64);
		c = (unsigned char)s->at[0];
		*s = span_from(*s, 1);
		value |= (uint64_t)(c & 0x7f) << shift;
		if (c < 0x80) {
			assert_true(c > 0 || shift == 0); /* none too long */
			return value;
		}
	}
}

static int64_t
zigzag(uint64_t value)
{
	return value % 2 ? -(int64_t)(value / 2) - 1 : (int64_t)(value / 2);
}

static struct span
take(struct span *s, uint64_t len)
{
	struct span taken = { s->at, (size_t)len };

	assert_true(len <= s->len);
	*s = span_from(*s, (size_t)len);
	return taken;
}

static bool
next(struct span *message, struct field *f)
{
	uint64_t tag;

	if (message->len == 0)
		return false;
	*f = (struct field){ 0 };
	tag = varint(message);
	f->number = tag >> 3;
	f->wire = tag & 7;
	if (f->wire == 0) {
		f->value = varint(message);
	} else if (f->wire == 1) {
		struct span eight = take(message, 8);

		for (int i = 7; i >= 0; i--)
			f->value = f->value << 8 | (unsigned char)eight.at[i];
	} else {
		assert_int_equal(f->wire, 2);
		f->bytes = take(message, varint(message));
	}
	return true;
}

static double
number(const struct field *f)
{
	double d;

	assert_int_equal(f->wire, 1);
	memcpy(&d, &f->value, sizeof d);
	return d;
}

static void
put_number(struct buf *b, double d)
{
	char text[40];

	snprintf(text, sizeof text, "%.17g", d);
	buf_put(b, span_of(text));
}

static void
put_escaped(struct buf *b, struct span s, bool quotes)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] == '\n') {
			buf_put(b, SPAN("\\n"));
			continue;
		}
		if (s.at[i] == '\\' || (quotes && s.at[i] == '"'))
			buf_char(b, '\\');
		buf_char(b, s.at[i]);
	}
}

/* ns since 1970 */
static uint64_t
timestamp(struct span message)
{
	uint64_t ns = 0;
	struct field f;

	while (next(&message, &f)) {
		assert_int_equal(f.wire, 0);
		assert_in_range(f.number, 1, 2);
		ns += f.number == 1 ? f.value * 1000000000 : f.value;
	}
	return ns;
}

static void
created(struct decoded *out, struct span message)
{
	out->created++;
	out->created_at = timestamp(message);
}

/* "," or "{", and a label. */
static void
label(struct buf *b, struct span message, bool first)
{
	struct field name, value;

	assert_true(next(&message, &name) && name.number == 1);
	assert_true(next(&message, &value) && value.number == 2);
	assert_true(message.len == 0);
	buf_char(b, first ? '{' : ',');
	buf_put(b, name.bytes);
	buf_put(b, SPAN("=\""));
	put_escaped(b, value.bytes, true);
	buf_char(b, '"');
}

static void
plain(struct state *s, struct span message)
{
	bool valued = false;
	struct field f;

	while (next(&message, &f)) {
		if (f.number == 1) {
			put_number(s->out->text, number(&f));
			valued = true;
		} else {
			assert_true(s->type == COUNTER && f.number == 3);
			created(s->out, f.bytes);
		}
	}
	assert_true(valued);
	buf_char(s->out->text, '\n');
}

static void
bucket_line(struct state *s, double bound, uint64_t count)
{
	struct buf *b = s->out->text;

	buf_put(b, s->name);
	buf_put(b, SPAN("_bucket{le=\""));
	put_number(b, bound);
	buf_put(b, SPAN("\"} "));
	put_number(b, (double)count);
	buf_char(b, '\n');
}

static void
exemplar(struct decoded_exemplar *e, struct span message)
{
	struct field pair, name, value, number_is, time;

	assert_true(next(&message, &pair) && pair.number == 1);
	assert_true(next(&pair.bytes, &name) && name.number == 1);
	assert_true(span_eq(name.bytes, SPAN("trace_id")));
	assert_true(next(&pair.bytes, &value) && value.number == 2);
	e->trace_id = value.bytes;
	assert_true(next(&message, &number_is) && number_is.number == 2);
	e->value = number(&number_is);
	assert_true(next(&message, &time) && time.number == 3);
	e->wall = timestamp(time.bytes);
	assert_true(message.len == 0);
}

/* What there is at +Inf but for an exemplar is told by the count. */
static void
bucket(struct state *s, struct span message)
{
	struct field count, bound, of;

	assert_true(next(&message, &count) && count.number == 1);
	assert_true(next(&message, &bound) && bound.number == 2);
	assert_int_equal(count.wire, 0);
	if (next(&message, &of)) {
		assert_int_equal(of.number, 3);
		exemplar(&s->out->exemplar, of.bytes);
		s->out->exemplar.bound = number(&bound);
		s->out->exemplars++;
	} else {
		assert_true(isfinite(number(&bound)));
	}
	if (isfinite(number(&bound)))
		bucket_line(s, number(&bound), count.value);
}

/* The indexes that a span stands for. */
static void
stretch(struct decoded_native *n, struct span message)
{
	struct field offset, length;
	int64_t index = n->buckets > 0 ? n->index[n->buckets - 1] + 1 : 0;

	assert_true(next(&message, &offset) && offset.number == 1);
	assert_true(next(&message, &length) && length.number == 2);
	index += zigzag(offset.value);
	/* only the first may begin right behind the one before */
	assert_true(n->buckets == 0 || zigzag(offset.value) > 0);
	assert_true(length.value > 0);
	for (uint64_t i = 0; i < length.value; i++) {
		assert_true(n->buckets < 512);
		n->index[n->buckets++] = index++;
	}
}

/* All of them have a bucket, and none is empty. */
static void
deltas(struct decoded_native *n, struct span packed)
{
	int64_t value = 0;

	for (size_t i = 0; i < n->buckets; i++) {
		value += zigzag(varint(&packed));
		assert_true(value > 0);
		n->value[i] = value;
	}
	assert_true(packed.len == 0);
}

static void
histogram_field(struct state *s, const struct field *f, double *sum)
{
	struct decoded_native *n = &s->out->native[s->out->histograms];

	switch (f->number) {
	case 1:
		n->count = f->value;
		break;
	case 2:
		*sum = number(f);
		break;
	case 3:
		bucket(s, f->bytes);
		break;
	case 5:
		n->schema = zigzag(f->value);
		break;
	case 6:
		n->threshold = number(f);
		break;
	case 7:
		n->zeros = f->value;
		break;
	case 12:
		stretch(n, f->bytes);
		break;
	case 13:
		deltas(n, f->bytes);
		break;
	case 15:
		created(s->out, f->bytes);
		break;
	default:
		fail_msg("field %d of a histogram", (int)f->number);
	}
}

static void
histogram(struct state *s, struct span message)
{
	struct buf *b = s->out->text;
	struct decoded_native *n = &s->out->native[s->out->histograms];
	double sum = -1;
	struct field f;

	assert_true(s->out->histograms < DECODED_HISTOGRAMS);
	*n = (struct decoded_native){ 0 };
	while (next(&message, &f))
		histogram_field(s, &f, &sum);
	bucket_line(s, strtod("inf", NULL), n->count);
	buf_put(b, s->name);
	buf_put(b, SPAN("_sum "));
	put_number(b, sum);
	buf_char(b, '\n');
	buf_put(b, s->name);
	buf_put(b, SPAN("_count "));
	put_number(b, (double)n->count);
	buf_char(b, '\n');
	s->out->histograms++;
}

static void
metric(struct state *s, struct span message)
{
	struct buf *b = s->out->text;
	bool first = true;
	struct field f;

	if (s->type != HISTOGRAM)
		buf_put(b, s->name);
	while (next(&message, &f)) {
		if (f.number == 1) {
			label(b, f.bytes, first);
			first = false;
			continue;
		}
		if (!first)
			buf_char(b, '}');
		if (s->type == HISTOGRAM) {
			assert_int_equal(f.number, 7);
			histogram(s, f.bytes);
			continue;
		}
		assert_int_equal(f.number, s->type == COUNTER ? 3 : 2);
		buf_char(b, ' ');
		plain(s, f.bytes);
	}
}

/* How the name ends, before a counter's _total. */
static void
check_unit(const struct state *s)
{
	struct span name = s->name;

	if (s->unit.len == 0)
		return;
	if (s->type == COUNTER)
		name.len -= strlen("_total");
	assert_true(name.len > s->unit.len);
	assert_true(name.at[name.len - s->unit.len - 1] == '_');
	assert_true(span_eq(span_from(name, name.len - s->unit.len), s->unit));
}

static void
family(struct decoded *out, struct span message)
{
	static const char *const types[] = { [COUNTER] = "counter",
		[GAUGE] = "gauge",
		[HISTOGRAM] = "histogram" };
	struct state s = { .out = out };
	unsigned metrics = 0;
	struct field f, help;

	assert_true(next(&message, &f) && f.number == 1);
	s.name = f.bytes;
	assert_true(next(&message, &help) && help.number == 2);
	assert_true(next(&message, &f) && f.number == 3);
	s.type = f.value;
	assert_true(
	    s.type == COUNTER || s.type == GAUGE || s.type == HISTOGRAM);
	buf_put(out->text, SPAN("# HELP "));
	buf_put(out->text, s.name);
	buf_char(out->text, ' ');
	put_escaped(out->text, help.bytes, false);
	buf_put(out->text, SPAN("\n# TYPE "));
	buf_put(out->text, s.name);
	buf_char(out->text, ' ');
	buf_put(out->text, span_of(types[s.type]));
	buf_char(out->text, '\n');
	while (next(&message, &f)) {
		if (f.number == 5) {
			s.unit = f.bytes;
			continue;
		}
		assert_int_equal(f.number, 4);
		metric(&s, f.bytes);
		metrics++;
	}
	assert_true(metrics > 0);
	check_unit(&s);
	out->families++;
}

void
proto_decode(struct span bytes, struct decoded *out)
{
	struct buf *text = out->text;

	*out = (struct decoded){ .text = text };
	while (bytes.len > 0)
		family(out, take(&bytes, varint(&bytes)));
	assert_false(text->overflowed);
}

/* What stands before the value, with the number of le. */
static void
put_series(struct buf *out, struct span series)
{
	static const char le[] = "{le=\"";
	const char *at = memmem(series.at, series.len, le, strlen(le));
	struct span rest;

	if (at == NULL) {
		buf_put(out, series);
		return;
	}
	rest = span_between(at + strlen(le), series.at + series.len);
	buf_put(out, span_between(series.at, rest.at));
	put_number(out, strtod(rest.at, NULL));
	buf_put(out, span_from(rest, span_find(rest, '"')));
}

void
text_normalize(struct span text, struct buf *out)
{
	while (text.len > 0) {
		struct span line = span_cut(&text, '\n');
		size_t value = line.len;

		while (line.at[0] != '#' && line.at[value - 1] != ' ')
			value--;
		if (line.at[0] == '#') {
			buf_put(out, line);
		} else {
			put_series(out, (struct span){ line.at, value });
			put_number(out, strtod(line.at + value, NULL));
		}
		buf_char(out, '\n');
	}
	assert_false(out->overflowed);
}
