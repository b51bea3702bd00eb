/*
 * families.h - what there is to scrape, family by family, whatever the format.
 * A format is a struct family_writer; families_visit walks it through what it
 * is to write.
 */
#ifndef METRICS_FAMILIES_H
#define METRICS_FAMILIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "metrics/metrics.h"
#include "metrics/process.h"

/* Values of my_webserver_build_info, and of /version. */
struct build {
	struct span version, revision, compiler, libc, arch;
};

enum family_kind { FAMILY_COUNTER, FAMILY_GAUGE, FAMILY_HISTOGRAM };

struct family {
	struct span name; /* a counter's with its _total */
	enum family_kind kind;
	struct span help;
	struct span unit; /* how the name ends, before a _total: "seconds",
	                   * "bytes"; else empty */
};

/* Its name, a counter's without its _total. */
struct span family_base(const struct family *f);

struct label {
	struct span name, value; /* values may hold any byte */
};

/* One of a counter or gauge. */
struct sample {
	const struct label *label;
	size_t labels;
	uint64_t value;
	bool nanoseconds; /* value is ns, to be shown as seconds */
	uint64_t created; /* counters: since when it counts, ns since 1970;
	                   * 0: not known */
};

/* What a format does. All that it is given lives as long as the call. */
struct family_writer {
	/* a family that has samples */
	void (*begin)(void *to, const struct family *f);
	/* a counter or a gauge, once or more */
	void (*sample)(
	    void *to, const struct family *f, const struct sample *s);
	/* a histogram, once; never with labels */
	void (*histogram)(void *to, const struct family *f,
	    const struct histogram_snapshot *h);
	void (*end)(void *to, const struct family *f); /* NULL: nothing to do */
};

/* Which families to visit. */
struct family_filter {
	const struct span *names; /* of families or of samples */
	size_t count;
};

struct scrape_source {
	const struct metrics *metrics;
	const struct process *process; /* families of parts it lacks are
	                                * left out */
	const struct build *build;
	struct span latency_name;           /* the histogram's */
	const struct family_filter *filter; /* NULL: all */
};

/* Visits every family that has samples, and passes the filter if there is
 * one; always in the same order. */
void families_visit(const struct scrape_source *what,
    const struct family_writer *writer, void *to);

#endif
