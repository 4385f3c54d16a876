/* SPDX-License-Identifier: BSD-2-Clause */
/* 0, or 50 ms doubling to 5 s, plus jitter. Cannot fail. */
#include "supervisor/backoff.h"

uint64_t backoff_delay(struct backoff *backoff, uint64_t ready_for_ms, uint32_t random)
{
	uint64_t delay = BACKOFF_FIRST_MS;

	if (ready_for_ms >= BACKOFF_HEALTHY_MS)
		backoff->failures = 0;
	if (ready_for_ms >= BACKOFF_STEADY_MS)
		return 0;
	for (unsigned i = 0; i < backoff->failures && delay < BACKOFF_LAST_MS; i++)
		delay *= 2;
	if (delay > BACKOFF_LAST_MS)
		delay = BACKOFF_LAST_MS;
	backoff->failures++;
	return delay + random % (delay / 4);
}
