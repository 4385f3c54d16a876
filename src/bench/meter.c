/* SPDX-License-Identifier: BSD-2-Clause */
/* Adding up results. Of the first failures of a kind, the one that came first in time stays. */
#include "bench/meter.h"

const char *const failure_names[FAILURES] = { "refused", "reset", "short", "wrong", "timeout" };

bool meter_fail(struct meter *meter, enum failure kind, const struct meter_note *note)
{
	meter->failures[kind]++;
	if (meter->first[kind].at_ns != 0)
		return false;
	meter->first[kind] = *note;
	return true;
}

static void add_count(struct meter_count *into, const struct meter_count *from)
{
	into->messages += from->messages;
	into->bytes += from->bytes;
}

static void add_datagrams(struct meter_datagrams *into, const struct meter_datagrams *from)
{
	into->sent += from->sent;
	into->duplicated += from->duplicated;
	into->reordered += from->reordered;
	into->too_late += from->too_late;
	into->dropped += from->dropped;
}

static void merge_failures(struct meter *into, const struct meter *from)
{
	for (int kind = 0; kind < FAILURES; kind++) {
		uint64_t at_ns = from->first[kind].at_ns;

		into->failures[kind] += from->failures[kind];
		if (at_ns == 0 ||
		    (into->first[kind].at_ns != 0 && into->first[kind].at_ns <= at_ns))
			continue;
		into->first[kind] = from->first[kind];
		if (kind == FAILURE_WRONG)
			into->mismatch = from->mismatch;
	}
}

void meter_merge(struct meter *into, const struct meter *from)
{
	add_count(&into->warm_up, &from->warm_up);
	add_count(&into->measured, &from->measured);
	if (from->last_ns > into->last_ns)
		into->last_ns = from->last_ns;
	into->opened += from->opened;
	into->ended += from->ended;
	into->lost += from->lost;
	into->unsent += from->unsent;
	into->late += from->late;
	if (from->late_ns > into->late_ns)
		into->late_ns = from->late_ns;
	into->short_of += from->short_of;
	into->cpu_ns += from->cpu_ns;
	add_datagrams(&into->datagrams, &from->datagrams);
	merge_failures(into, from);
	hist_merge(&into->latency, &from->latency);
}

uint64_t meter_failed(const struct meter *meter)
{
	uint64_t sum = 0;

	for (int kind = 0; kind < FAILURES; kind++)
		sum += meter->failures[kind];
	return sum;
}

uint64_t meter_returned(const struct meter *meter)
{
	return meter->measured.messages + meter->warm_up.messages;
}

int meter_status(const struct meter *meter)
{
	if (meter->opened == 0)
		return 3;
	/* A socket for datagrams always opens. */
	if (meter->datagrams.sent > 0 && meter->failures[FAILURE_REFUSED] > 0 &&
	    meter_returned(meter) == 0)
		return 3;
	return meter_failed(meter) > 0 || meter->lost > 0 || meter->unsent > 0 ? 1 : 0;
}
