/*
 * text.h - the two text formats: Prometheus' own, 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/), and
 * OpenMetrics 1.0
 * (https://prometheus.io/docs/specs/om/open_metrics_spec/).
 */
#ifndef METRICS_TEXT_H
#define METRICS_TEXT_H

#include "base/buf.h"
#include "metrics/families.h"

/* Appends all there is to scrape in 0.0.4: HELP, TYPE, samples. */
void text_write(struct buf *b, const struct scrape_source *what);

/* The same in OpenMetrics 1.0: TYPE, UNIT, HELP, samples and since when they
 * are counted, and an end. */
void text_write_open(struct buf *b, const struct scrape_source *what);

#endif
