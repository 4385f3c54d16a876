/* SPDX-License-Identifier: BSD-2-Clause */
/* The pace of a throttled reader: arithmetic, which cannot fail. */
#include "pace.h"

#define SECOND   1000000000.0
#define TICKS    100u   /* reads in a second, at most: fewer and larger ones cost less */
#define READ_MAX 65536u /* nobody reads more at once */
#define SPARE    1000u  /* nanoseconds later than exact, against rounding */

/* What is worth a read: the share of a tick, or all that is missing. */
static uint64_t worthwhile(uint64_t rate, uint64_t missing)
{
	uint64_t step = rate / TICKS + 1;

	if (step > READ_MAX)
		step = READ_MAX;
	return step < missing ? step : missing;
}

uint64_t pace_allows(uint64_t rate, uint64_t elapsed, uint64_t done, uint64_t missing)
{
	double allowed = (double)elapsed * (double)rate / SECOND;
	uint64_t budget = allowed > (double)done ? (uint64_t)allowed - done : 0;

	if (rate == 0 || missing == 0)
		return UINT64_MAX;
	return budget >= worthwhile(rate, missing) ? budget : 0;
}

uint64_t pace_next(uint64_t rate, uint64_t done, uint64_t missing)
{
	if (rate == 0 || missing == 0)
		return 0;
	return (uint64_t)((double)(done + worthwhile(rate, missing)) * SECOND / (double)rate) +
	       SPARE;
}
