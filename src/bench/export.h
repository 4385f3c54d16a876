/* SPDX-License-Identifier: BSD-2-Clause */
/* What programs read: JSON, CSV and HdrHistogram's percentile format. Times are in nanoseconds if
 * the name does not say otherwise. */
#ifndef ECHOD_EXPORT_H
#define ECHOD_EXPORT_H

#include <stdio.h>

#include "bench/hist.h"
#include "bench/report.h"

#define EXPORT_SCHEMA 2 /* grows when names come, go away or change their meaning */

/* One object on one line. */
void export_json(FILE *file, const struct report *report);

/* One line of names, one of values. */
void export_csv(FILE *file, const struct report *report);

/* Value, Percentile, TotalCount, 1/(1-Percentile), as hdrhistogram.org's tools write and plot them;
 * in microseconds. */
void export_hgrm(FILE *file, const struct hist *hist);

#endif
