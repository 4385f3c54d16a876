/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A histogram of times: log-linear, as HdrHistogram has it (hdrhistogram.org), with three
 * significant digits. Below 2048 ns each value has its own bucket; above, each power of two is
 * divided into 1024, so that a bucket is never wider than 1/1024 of its values. Fixed memory, one
 * increment to record, addition to merge. Zeroed memory is an empty histogram.
 */
#ifndef ECHOD_HIST_H
#define ECHOD_HIST_H

#include <stdint.h>

#define HIST_SUB_BUCKETS 2048u
#define HIST_SHIFTS      26u /* 2^(11 + 25) ns are more than a minute */
#define HIST_BUCKETS     ((HIST_SHIFTS + 1) * (HIST_SUB_BUCKETS / 2))
#define HIST_VALUE_MAX   60000000000u /* ns; what is longer counts as this and as `above` */

struct hist {
	uint64_t count, sum; /* of values, and over all values, in ns */
	uint64_t min, max;   /* exact; meaningless without a value */
	uint64_t above;      /* values longer than HIST_VALUE_MAX */
	uint64_t buckets[HIST_BUCKETS];
};

/* The bucket of a value up to HIST_VALUE_MAX; the smallest and the largest value of a bucket. */
static inline uint32_t hist_bucket(uint64_t value)
{
	uint32_t shift;

	if (value < HIST_SUB_BUCKETS)
		return (uint32_t)value;
	shift = 53u - (uint32_t)__builtin_clzll(value);
	return shift * (HIST_SUB_BUCKETS / 2) + (uint32_t)(value >> shift);
}

uint64_t hist_lowest(uint32_t bucket);
uint64_t hist_highest(uint32_t bucket);

/* Counts a time. 0 counts as 1 ns. */
static inline void hist_record(struct hist *hist, uint64_t value)
{
	if (value > HIST_VALUE_MAX) {
		value = HIST_VALUE_MAX;
		hist->above++;
	}
	value += value == 0;
	if (value < hist->min || hist->count == 0)
		hist->min = value;
	if (value > hist->max)
		hist->max = value;
	hist->sum += value;
	hist->count++;
	hist->buckets[hist_bucket(value)]++;
}

void hist_merge(struct hist *into, const struct hist *from);

/*
 * Takes away what `earlier`, an older state of the same histogram, had counted. min and max are
 * then those of the buckets that are left.
 */
void hist_subtract(struct hist *hist, const struct hist *earlier);

/*
 * The value that a part of all values (0 to 1) does not exceed: that of rank ceil(part * count), at
 * most 1/1024 too large; 0 without a value.
 */
uint64_t hist_percentile(const struct hist *hist, double part);

double hist_mean(const struct hist *hist);
double hist_deviation(const struct hist *hist); /* from the middle of the buckets */

#endif
