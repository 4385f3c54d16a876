/* SPDX-License-Identifier: BSD-2-Clause */
/* What is asked of a histogram when all is counted; nothing here can fail. */
#include "bench/hist.h"

#include <math.h>

#define HALF (HIST_SUB_BUCKETS / 2)

static uint32_t shift_of(uint32_t bucket)
{
	return bucket < HIST_SUB_BUCKETS ? 0 : bucket / HALF - 1;
}

uint64_t hist_lowest(uint32_t bucket)
{
	uint32_t shift = shift_of(bucket);

	return (uint64_t)(bucket - shift * HALF) << shift;
}

uint64_t hist_highest(uint32_t bucket)
{
	return hist_lowest(bucket) + (UINT64_C(1) << shift_of(bucket)) - 1;
}

void hist_merge(struct hist *into, const struct hist *from)
{
	if (from->count == 0)
		return;
	if (into->count == 0 || from->min < into->min)
		into->min = from->min;
	if (from->max > into->max)
		into->max = from->max;
	into->count += from->count;
	into->sum += from->sum;
	into->above += from->above;
	for (uint32_t i = 0; i < HIST_BUCKETS; i++)
		into->buckets[i] += from->buckets[i];
}

void hist_subtract(struct hist *hist, const struct hist *earlier)
{
	uint64_t max = hist->max;

	hist->count = 0;
	hist->sum -= earlier->sum;
	hist->above -= earlier->above;
	hist->min = 0;
	hist->max = 0;
	for (uint32_t i = 0; i < HIST_BUCKETS; i++) {
		hist->buckets[i] -= earlier->buckets[i];
		if (hist->buckets[i] == 0)
			continue;
		if (hist->count == 0)
			hist->min = hist_lowest(i);
		hist->max = hist_highest(i) < max ? hist_highest(i) : max;
		hist->count += hist->buckets[i];
	}
}

uint64_t hist_percentile(const struct hist *hist, double part)
{
	double exact = ceil(part * (double)hist->count);
	uint64_t rank = exact < 1 ? 1 : (uint64_t)exact;
	uint64_t seen = 0;

	if (rank > hist->count)
		rank = hist->count;
	for (uint32_t i = 0; i < HIST_BUCKETS && rank > 0; i++) {
		seen += hist->buckets[i];
		if (seen < rank)
			continue;
		/* No value was larger than the largest. */
		return hist_highest(i) < hist->max ? hist_highest(i) : hist->max;
	}
	return rank > 0 ? hist->max : 0;
}

double hist_mean(const struct hist *hist)
{
	return hist->count == 0 ? 0 : (double)hist->sum / (double)hist->count;
}

double hist_deviation(const struct hist *hist)
{
	double mean = hist_mean(hist), squares = 0;

	if (hist->count == 0)
		return 0;
	for (uint32_t i = 0; i < HIST_BUCKETS; i++) {
		double middle = ((double)hist_lowest(i) + (double)hist_highest(i)) / 2;

		squares += (double)hist->buckets[i] * (middle - mean) * (middle - mean);
	}
	return sqrt(squares / (double)hist->count);
}
