/* SPDX-License-Identifier: BSD-2-Clause */
/* Monotonic time. clock_gettime cannot fail for CLOCK_MONOTONIC on Linux. */
#include "common/clock.h"

#include <limits.h>
#include <time.h>

uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t clock_ms(void)
{
	return clock_ns() / 1000000u;
}

int clock_until(uint64_t now_ms, uint64_t deadline_ms)
{
	if (deadline_ms == CLOCK_NEVER)
		return -1;
	if (deadline_ms <= now_ms)
		return 0;
	return deadline_ms - now_ms > INT_MAX ? INT_MAX : (int)(deadline_ms - now_ms);
}
