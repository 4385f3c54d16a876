/* SPDX-License-Identifier: BSD-2-Clause */
/* Whole numbers only: after a billion messages the next one is still due at its exact nanosecond.
 */
#include "bench/schedule.h"

#define SECOND_NS UINT64_C(1000000000)

void schedule_init(struct schedule *schedule, uint64_t rate, uint64_t lanes, uint64_t process,
		   uint64_t processes)
{
	*schedule = (struct schedule){
		.rate = rate,
		.lanes = lanes,
		.first = process,
		.step = processes,
		.width = schedule_share(lanes, process, processes),
	};
}

uint64_t schedule_number(const struct schedule *schedule, uint64_t count)
{
	uint64_t round = count / schedule->width, lane = count % schedule->width;

	return round * schedule->lanes + schedule->first + lane * schedule->step;
}

uint64_t schedule_due(const struct schedule *schedule, uint64_t number)
{
	uint64_t rate = schedule->rate;

	if (rate == 0)
		return schedule->begin_ns;
	/* In two parts, as number * SECOND_NS does not fit. */
	return schedule->begin_ns + number / rate * SECOND_NS + number % rate * SECOND_NS / rate;
}

uint64_t schedule_before(const struct schedule *schedule, uint64_t span_ns)
{
	uint64_t rate = schedule->rate;
	uint64_t part = span_ns % SECOND_NS * rate;

	/* Number N is due before the end of the span if N * SECOND_NS / rate, rounded down, is less
	 * than it. */
	return span_ns / SECOND_NS * rate + (part + SECOND_NS - 1) / SECOND_NS;
}

uint64_t schedule_share(uint64_t total, uint64_t process, uint64_t processes)
{
	return total / processes + (process < total % processes ? 1 : 0);
}
