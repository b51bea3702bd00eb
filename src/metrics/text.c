#include "metrics/text.h"

#include "base/num.h"

struct out {
	struct buf *b;
	bool open; /* OpenMetrics */
};

static const struct span kinds[] = {
	[FAMILY_COUNTER] = SPAN_INIT("counter"),
	[FAMILY_GAUGE] = SPAN_INIT("gauge"),
	[FAMILY_HISTOGRAM] = SPAN_INIT("histogram"),
};

/* Backslashes and line feeds are escaped; with quotes, those too. */
static void
put_escaped(struct buf *b, struct span s, bool quotes)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.at[i];

		if (c == '\n') {
			buf_put(b, SPAN("\\n"));
			continue;
		}
		if (c == '\\' || (c == '"' && quotes))
			buf_char(b, '\\');
		buf_char(b, c);
	}
}

static void
put_note(const struct out *o, struct span what, struct span name)
{
	buf_put(o->b, SPAN("# "));
	buf_put(o->b, what);
	buf_char(o->b, ' ');
	buf_put(o->b, name);
	buf_char(o->b, ' ');
}

static void
put_help(const struct out *o, const struct family *f, struct span name)
{
	put_note(o, SPAN("HELP"), name);
	put_escaped(o->b, f->help, o->open);
	buf_char(o->b, '\n');
}

/* In the order of either format; OpenMetrics knows a counter by its base. */
static void
begin(void *to, const struct family *f)
{
	const struct out *o = to;
	struct span name = o->open ? family_base(f) : f->name;

	if (!o->open)
		put_help(o, f, name);
	put_note(o, SPAN("TYPE"), name);
	buf_put(o->b, kinds[f->kind]);
	buf_char(o->b, '\n');
	if (!o->open)
		return;
	if (f->unit.len > 0) {
		put_note(o, SPAN("UNIT"), name);
		buf_put(o->b, f->unit);
		buf_char(o->b, '\n');
	}
	put_help(o, f, name);
}

static void
put_labels(struct buf *b, const struct sample *s)
{
	for (size_t i = 0; i < s->labels; i++) {
		buf_char(b, i == 0 ? '{' : ',');
		buf_put(b, s->label[i].name);
		buf_put(b, SPAN("=\""));
		put_escaped(b, s->label[i].value, true);
		buf_char(b, '"');
	}
	if (s->labels > 0)
		buf_char(b, '}');
	buf_char(b, ' ');
}

static void
put_created(const struct out *o, const struct family *f, const struct sample *s)
{
	if (!o->open || s->created == 0)
		return;
	buf_put(o->b, family_base(f));
	buf_put(o->b, SPAN("_created"));
	put_labels(o->b, s);
	num_seconds(o->b, s->created);
	buf_char(o->b, '\n');
}

static void
sample(void *to, const struct family *f, const struct sample *s)
{
	const struct out *o = to;

	buf_put(o->b, f->name);
	put_labels(o->b, s);
	if (s->nanoseconds)
		num_seconds(o->b, s->value);
	else
		buf_u64(o->b, s->value);
	buf_char(o->b, '\n');
	if (f->kind == FAMILY_COUNTER)
		put_created(o, f, s);
}

static void
put_exemplar(struct buf *b, const struct exemplar *e)
{
	buf_put(b, SPAN(" # {trace_id=\""));
	buf_put(b, (struct span){ e->trace_id, sizeof e->trace_id });
	buf_put(b, SPAN("\"} "));
	num_seconds(b, e->value);
	buf_char(b, ' ');
	num_seconds(b, e->wall);
}

static void
histogram(void *to, const struct family *f, const struct histogram_snapshot *h)
{
	const struct out *o = to;
	const struct sample since = { .created = h->created };

	for (size_t i = 0; i <= h->bounds; i++) {
		buf_put(o->b, f->name);
		buf_put(o->b, SPAN("_bucket{le=\""));
		if (i < h->bounds)
			num_seconds(o->b, h->bound[i]);
		else
			buf_put(o->b, SPAN("+Inf"));
		buf_put(o->b, SPAN("\"} "));
		buf_u64(o->b, h->cumulative[i]);
		if (o->open && h->has_exemplar[i])
			put_exemplar(o->b, &h->exemplar[i]);
		buf_char(o->b, '\n');
	}
	buf_put(o->b, f->name);
	buf_put(o->b, SPAN("_sum "));
	num_seconds(o->b, h->sum);
	buf_char(o->b, '\n');
	buf_put(o->b, f->name);
	buf_put(o->b, SPAN("_count "));
	buf_u64(o->b, h->cumulative[h->bounds]);
	buf_char(o->b, '\n');
	put_created(o, f, &since);
}

static const struct family_writer writer = {
	.begin = begin,
	.sample = sample,
	.histogram = histogram,
};

void
text_write(struct buf *b, const struct scrape_source *what)
{
	struct out o = { b, false };

	families_visit(what, &writer, &o);
}

void
text_write_open(struct buf *b, const struct scrape_source *what)
{
	struct out o = { b, true };

	families_visit(what, &writer, &o);
	buf_put(b, SPAN("# EOF\n"));
}
