/* report.h - a run's result, for people and for scripts. */
#ifndef LOAD_REPORT_H
#define LOAD_REPORT_H

#include <stdio.h>

#include "options.h"
#include "run.h"

void report_table(FILE *out, const struct options *o, const struct result *r);

/* One object on one line; durations are integers, ns. */
void report_json(FILE *out, const struct options *o, const struct result *r);

#endif
