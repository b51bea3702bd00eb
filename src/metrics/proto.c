#include "metrics/proto.h"

#include <math.h>
#include <string.h>

#include "base/num.h"

/* How a field's value is written. */
enum wire { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_LENGTH = 2 };

/* Field numbers. */
enum { FAMILY_NAME = 1, FAMILY_HELP, FAMILY_TYPE, FAMILY_METRIC, FAMILY_UNIT };
enum {
	METRIC_LABEL = 1,
	METRIC_GAUGE = 2,
	METRIC_COUNTER = 3,
	METRIC_HISTOGRAM = 7,
};
enum { LABEL_NAME = 1, LABEL_VALUE };
enum { GAUGE_VALUE = 1 };
enum { COUNTER_VALUE = 1, COUNTER_CREATED = 3 };
enum {
	HISTOGRAM_COUNT = 1,
	HISTOGRAM_SUM = 2,
	HISTOGRAM_BUCKET = 3,
	HISTOGRAM_SCHEMA_USED = 5,
	HISTOGRAM_ZERO_THRESHOLD = 6,
	HISTOGRAM_ZERO_COUNT = 7,
	HISTOGRAM_SPAN = 12,
	HISTOGRAM_DELTA = 13,
	HISTOGRAM_CREATED = 15,
};
enum { BUCKET_CUMULATIVE = 1, BUCKET_BOUND, BUCKET_EXEMPLAR };
enum { EXEMPLAR_LABEL = 1, EXEMPLAR_VALUE, EXEMPLAR_TIME };
enum { SPAN_OFFSET = 1, SPAN_LENGTH = 2 };
enum { TIME_SECONDS = 1, TIME_NANOS = 2 };

/* As the types are numbered there. */
static const uint64_t types[] = {
	[FAMILY_COUNTER] = 0,
	[FAMILY_GAUGE] = 1,
	[FAMILY_HISTOGRAM] = 4,
};

/* 2^-128: above nothing that can be measured, but not 0, which would say that
 * there is no native histogram while it is empty. */
#define ZERO_THRESHOLD 0x1p-128

/* A family on its way. */
struct out {
	struct buf *b;
	size_t begun;
};

static void
put_varint(struct buf *b, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		buf_char(b, (char)(value | 0x80));
	buf_char(b, (char)value);
}

static void
put_tag(struct buf *b, unsigned field, enum wire wire)
{
	put_varint(b, field << 3 | wire);
}

static void
put_u64(struct buf *b, unsigned field, uint64_t value)
{
	put_tag(b, field, WIRE_VARINT);
	put_varint(b, value);
}

/* Small numbers are short, whatever their sign. */
static uint64_t
zigzag(int64_t value)
{
	return (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0);
}

static void
put_double(struct buf *b, unsigned field, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof bits);
	put_tag(b, field, WIRE_FIXED64);
	for (int i = 0; i < 8; i++, bits >>= 8)
		buf_char(b, (char)(bits & 0xff));
}

/* The double next to it, which is what a reader of the text gets. A double
 * holds no more than 53 bits, and a time of today has more ns. Its seconds are
 * exact, and what lies behind the point is rounded far finer than their sum. */
static void
put_seconds(struct buf *b, unsigned field, uint64_t ns)
{
	uint64_t whole = ns / NS_PER_SEC;
	double seconds = (double)ns / NS_PER_SEC;

	if (ns >> 53 != 0)
		seconds =
		    (double)whole + (double)(ns % NS_PER_SEC) / NS_PER_SEC;
	put_double(b, field, seconds);
}

static void
put_string(struct buf *b, unsigned field, struct span s)
{
	put_tag(b, field, WIRE_LENGTH);
	put_varint(b, s.len);
	buf_put(b, s);
}

/* Begins what stands behind its own length, which is not known yet: one byte is
 * left for it. */
static size_t
open_length(struct buf *b)
{
	buf_char(b, 0);
	return b->len;
}

static size_t
open_message(struct buf *b, unsigned field)
{
	put_tag(b, field, WIRE_LENGTH);
	return open_length(b);
}

/* Writes the length, and makes room if it takes more than a byte. */
static void
close_length(struct buf *b, size_t begun)
{
	char memory[10];
	struct buf length = buf_over(memory, sizeof memory);
	size_t more;

	if (b->overflowed)
		return;
	put_varint(&length, b->len - begun);
	more = length.len - 1;
	for (size_t i = 0; i < more; i++)
		buf_char(b, 0);
	if (b->overflowed)
		return;
	memmove(b->at + begun + more, b->at + begun, b->len - more - begun);
	memcpy(b->at + begun - 1, memory, length.len);
}

static void
put_time(struct buf *b, unsigned field, uint64_t ns)
{
	size_t message;

	if (ns == 0)
		return;
	message = open_message(b, field);
	put_u64(b, TIME_SECONDS, ns / NS_PER_SEC);
	put_u64(b, TIME_NANOS, ns % NS_PER_SEC);
	close_length(b, message);
}

static void
begin(void *to, const struct family *f)
{
	struct out *o = to;

	o->begun = open_length(o->b);
	put_string(o->b, FAMILY_NAME, f->name);
	put_string(o->b, FAMILY_HELP, f->help);
	put_u64(o->b, FAMILY_TYPE, types[f->kind]);
}

static void
end(void *to, const struct family *f)
{
	struct out *o = to;

	if (f->unit.len > 0)
		put_string(o->b, FAMILY_UNIT, f->unit);
	close_length(o->b, o->begun);
}

static void
put_label(struct buf *b, unsigned field, const struct label *label)
{
	size_t message = open_message(b, field);

	put_string(b, LABEL_NAME, label->name);
	put_string(b, LABEL_VALUE, label->value);
	close_length(b, message);
}

static void
sample(void *to, const struct family *f, const struct sample *s)
{
	const struct out *o = to;
	bool counter = f->kind == FAMILY_COUNTER;
	size_t message = open_message(o->b, FAMILY_METRIC), value;

	for (size_t i = 0; i < s->labels; i++)
		put_label(o->b, METRIC_LABEL, &s->label[i]);
	value = open_message(o->b, counter ? METRIC_COUNTER : METRIC_GAUGE);
	if (s->nanoseconds)
		put_seconds(
		    o->b, counter ? COUNTER_VALUE : GAUGE_VALUE, s->value);
	else
		put_double(o->b, counter ? COUNTER_VALUE : GAUGE_VALUE,
		    (double)s->value);
	if (counter)
		put_time(o->b, COUNTER_CREATED, s->created);
	close_length(o->b, value);
	close_length(o->b, message);
}

static void
put_exemplar(struct buf *b, const struct exemplar *e)
{
	size_t message = open_message(b, BUCKET_EXEMPLAR);
	const struct label label = { SPAN("trace_id"),
		{ e->trace_id, sizeof e->trace_id } };

	put_label(b, EXEMPLAR_LABEL, &label);
	put_seconds(b, EXEMPLAR_VALUE, e->value);
	put_time(b, EXEMPLAR_TIME, e->wall);
	close_length(b, message);
}

/* The last one, which ends at +Inf, is the count, and goes without saying but
 * for its exemplar. */
static void
put_buckets(struct buf *b, const struct histogram_snapshot *h)
{
	for (size_t i = 0; i <= h->bounds; i++) {
		size_t bucket;

		if (i == h->bounds && !h->has_exemplar[i])
			break;
		bucket = open_message(b, HISTOGRAM_BUCKET);
		put_u64(b, BUCKET_CUMULATIVE, h->cumulative[i]);
		if (i < h->bounds)
			put_seconds(b, BUCKET_BOUND, h->bound[i]);
		else
			put_double(b, BUCKET_BOUND, HUGE_VAL);
		if (h->has_exemplar[i])
			put_exemplar(b, &h->exemplar[i]);
		close_length(b, bucket);
	}
}

/* Stretches of buckets without a gap: how far behind the one before (the first:
 * behind 0), and how many. */
static void
put_spans(struct buf *b, const struct histogram_snapshot *h)
{
	int32_t next = 0;

	for (size_t i = 0, n; i < h->natives; i += n) {
		size_t message = open_message(b, HISTOGRAM_SPAN);
		int32_t first = h->native[i].index;

		for (n = 1; i + n < h->natives &&
		     h->native[i + n].index == first + (int32_t)n;)
			n++;
		put_u64(b, SPAN_OFFSET, zigzag(first - next));
		put_u64(b, SPAN_LENGTH, n);
		close_length(b, message);
		next = first + (int32_t)n;
	}
}

/* Each bucket's count, against the one before. */
static void
put_deltas(struct buf *b, const struct histogram_snapshot *h)
{
	uint64_t before = 0;
	size_t packed;

	if (h->natives == 0)
		return;
	packed = open_message(b, HISTOGRAM_DELTA);
	for (size_t i = 0; i < h->natives; i++) {
		put_varint(b, zigzag((int64_t)(h->native[i].count - before)));
		before = h->native[i].count;
	}
	close_length(b, packed);
}

static void
histogram(void *to, const struct family *f, const struct histogram_snapshot *h)
{
	struct buf *b = ((struct out *)to)->b;
	size_t message = open_message(b, FAMILY_METRIC);
	size_t value = open_message(b, METRIC_HISTOGRAM);

	(void)f;
	put_u64(b, HISTOGRAM_COUNT, h->cumulative[h->bounds]);
	put_seconds(b, HISTOGRAM_SUM, h->sum);
	put_buckets(b, h);
	put_u64(b, HISTOGRAM_SCHEMA_USED, zigzag(h->schema));
	put_double(b, HISTOGRAM_ZERO_THRESHOLD, ZERO_THRESHOLD);
	put_u64(b, HISTOGRAM_ZERO_COUNT, h->zeros);
	put_spans(b, h);
	put_deltas(b, h);
	put_time(b, HISTOGRAM_CREATED, h->created);
	close_length(b, value);
	close_length(b, message);
}

static const struct family_writer writer = {
	.begin = begin,
	.sample = sample,
	.histogram = histogram,
	.end = end,
};

void
proto_write(struct buf *b, const struct scrape_source *what)
{
	struct out o = { b, 0 };

	families_visit(what, &writer, &o);
}
