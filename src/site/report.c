#include "site/report.h"

#include <errno.h>

#include "base/clock.h"
#include "base/num.h"
#include "site/below.h"
#include "site/path.h"

void
report_begin(struct report *r, const struct tree_options *o, bool again)
{
	*r = (struct report){
		.options = o,
		.again = again,
		.begin = clock_monotonic(),
	};
	r->next = r->begin + NS_PER_SEC;
}

void
report_again(struct report *r)
{
	r->files = r->bytes = r->count = r->sum = 0;
}

void
report_warn(struct report *r, const char *what, struct span path, int error)
{
	bool escapes;

	/* in whatever order */
	r->sum += path_hash((uint64_t)error, path, &escapes) ^
	    path_hash(0, span_of(what), &escapes);
	if (r->count < TREE_WARNINGS_MAX) {
		r->warning[r->count].what = what;
		r->warning[r->count].path = path;
		r->warning[r->count].error = error;
	}
	r->count++;
}

bool
report_is_fatal(const struct report *r, int error)
{
	return below_exhausted(error) ||
	    (r->again &&
		(error == EIO || error == ESTALE || error == ETIMEDOUT));
}

static void
tell(const struct report *r, const struct site_note *note)
{
	r->options->tell(r->options->context, note);
}

void
report_progress(struct report *r)
{
	uint64_t now = clock_monotonic();

	if (now < r->next)
		return;
	r->next = now + NS_PER_SEC;
	tell(r,
	    &(struct site_note){
		.kind = SITE_PROGRESS,
		.what = "loading",
		.path = span_of(r->options->root),
		.files = r->files,
		.bytes = r->bytes,
		.duration = now - r->begin,
	    });
}

void
report_warnings(const struct report *r)
{
	for (uint64_t i = 0; i < r->count && i < TREE_WARNINGS_MAX; i++)
		tell(r,
		    &(struct site_note){
			.kind = SITE_WARNING,
			.what = r->warning[i].what,
			.path = r->warning[i].path,
			.error = r->warning[i].error,
		    });
	if (r->count > TREE_WARNINGS_MAX)
		tell(r,
		    &(struct site_note){
			.kind = SITE_WARNING,
			.what = "more warnings like these",
			.files = r->count - TREE_WARNINGS_MAX,
		    });
}

void
report_failed(const struct report *r, const char *what, int error)
{
	tell(r,
	    &(struct site_note){
		.kind = SITE_FAILED,
		.what = what,
		.path = span_of(r->options->root),
		.error = error,
		.duration = clock_monotonic() - r->begin,
	    });
}
