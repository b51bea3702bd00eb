/*
 * text.h - the Prometheus text exposition format 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/).
 */
#ifndef METRICS_TEXT_H
#define METRICS_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/span.h"
#include "metrics/metrics.h"
#include "metrics/process.h"

/* Values of my_webserver_build_info, and of /version. */
struct build {
	struct span version, revision, compiler, libc, arch;
};

/* Which families to write. */
struct text_filter {
	const struct span *names; /* sample or family names; NULL: all */
	size_t count;
};

/*
 * Appends every family that has series (or, with a filter, those of which a
 * sample or the family itself is named): HELP, TYPE, samples. latency_name is
 * the histogram's name. p may lack parts: their families are left out.
 */
void text_write(struct buf *b, const struct metrics *m, const struct process *p,
    const struct build *build, struct span latency_name,
    const struct text_filter *filter);

#endif
