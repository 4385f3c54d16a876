/* SPDX-License-Identifier: BSD-2-Clause */
/* Optimistic, with a bounded number of tries. */
#include "link/claim.h"

#include <stdatomic.h>

bool claim_take(const struct claim *claim)
{
	for (unsigned tries = 0; tries < CLAIM_TRIES; tries++) {
		/* Looking is cheaper than adding. Whose try is seen here looks again itself. */
		if (claim->sum(claim->context) >= claim->limit)
			return false;
		claim->add(claim->context, +1);
		if (claim->sum(claim->context) <= claim->limit)
			return true;
		claim->add(claim->context, -1);
		for (unsigned pause = claim->tie % 61 * tries; pause > 0; pause--)
			atomic_signal_fence(memory_order_seq_cst);
	}
	return false;
}
