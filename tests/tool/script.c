/* SPDX-License-Identifier: BSD-2-Clause */
/* Draws from ranges (stream_draw). Cannot fail. */
#include "script.h"

#include "stream.h"

/* What is drawn for; sizes and chunks add their place. */
#define DRAW_RESET      1u
#define DRAW_HALF_CLOSE 2u
#define DRAW_LATE       3u
#define DRAW_SIZE       0x100000000u
#define DRAW_CHUNK      0x10000000000u

static uint64_t draw(uint64_t key, uint64_t purpose, const struct range *range)
{
	if (range->low == range->high)
		return range->low;
	return stream_draw(key, purpose, range->low, range->high);
}

uint64_t script_size(const struct plan *plan, uint64_t key, uint64_t number)
{
	return draw(key, DRAW_SIZE + number, &plan->size);
}

uint64_t script_chunk(const struct plan *plan, uint64_t key, uint64_t sent)
{
	uint64_t ahead;

	if (sent >= plan->ahead)
		return draw(key, DRAW_CHUNK + sent, &plan->chunk);
	ahead = plan->ahead - sent;
	return ahead < PLAN_CHUNK_MAX ? ahead : PLAN_CHUNK_MAX;
}

uint64_t script_late(const struct plan *plan, uint64_t key)
{
	return plan->late_ms == 0 ? 0 : stream_draw(key, DRAW_LATE, 0, plan->late_ms * 1000000);
}

uint64_t script_reset_at(const struct plan *plan, uint64_t key)
{
	if (plan->end != PLAN_RESET)
		return UINT64_MAX;
	return stream_draw(key, DRAW_RESET, 0, 2 * script_size(plan, key, 0));
}

bool script_half_close(const struct plan *plan, uint64_t key)
{
	if (plan->end == PLAN_RESET)
		return stream_draw(key, DRAW_HALF_CLOSE, 0, 1) == 1;
	return plan->end == PLAN_HALF_CLOSE;
}
