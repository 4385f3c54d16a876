/* SPDX-License-Identifier: BSD-2-Clause */
/* Pure arithmetic. Cannot fail. */
#include "worker/turnstile.h"

#define SECOND_NS UINT64_C(1000000000)

void turnstile_init(struct turnstile *turnstile, uint64_t rate, unsigned workers, unsigned index)
{
	uint64_t share;

	*turnstile = (struct turnstile){ 0 };
	if (rate == 0)
		return;
	share = rate / workers + (index < rate % workers);
	turnstile->interval_ns = SECOND_NS / (share > 0 ? share : 1);
}

uint64_t turnstile_wait(const struct turnstile *turnstile, uint64_t now_ns)
{
	uint64_t soon = now_ns + TURNSTILE_BURST_NS;

	return turnstile->due_ns <= soon ? 0 : turnstile->due_ns - soon;
}

void turnstile_pass(struct turnstile *turnstile, uint64_t now_ns)
{
	if (turnstile->due_ns < now_ns)
		turnstile->due_ns = now_ns;
	turnstile->due_ns += turnstile->interval_ns;
}
