/* SPDX-License-Identifier: BSD-2-Clause */
/* Silence, step by step. Nothing here can fail. */
#include "supervisor/fleet_pulse.h"

#include "common/clock.h"

/* Who is not ready has a deadline of its own; who has been told to leave can hang, too, whether it
 * was ready or not. */
static bool is_watched(const struct fleet_worker *worker)
{
	return worker->hang_ms != 0 &&
	       (worker->state == FLEET_SERVING || worker->state == FLEET_DRAINING);
}

uint64_t fleet_pulse_deadline(const struct fleet_worker *worker)
{
	uint64_t abort_ms = worker->heard_ms + worker->hang_ms * FLEET_ABORT_AFTER;

	if (!is_watched(worker))
		return CLOCK_NEVER;
	switch (worker->pulse) {
	case FLEET_HEARD:
		return worker->heard_ms + worker->hang_ms;
	case FLEET_HANGS:
		return abort_ms;
	case FLEET_ABORTED:
		return abort_ms + FLEET_KILL_AFTER_MS;
	case FLEET_KILLED:
		break;
	}
	return CLOCK_NEVER;
}

/* From one step of silence to the next, and what is to be done then. */
static enum fleet_action_kind step(struct fleet_worker *worker)
{
	switch (worker->pulse) {
	case FLEET_HEARD:
		worker->pulse = FLEET_HANGS;
		return FLEET_MISS;
	case FLEET_HANGS:
		worker->pulse = FLEET_ABORTED;
		return FLEET_ABORT;
	default:
		worker->pulse = FLEET_KILLED;
		return FLEET_KILL;
	}
}

void fleet_pulse_feel(struct fleet_worker *worker, uint64_t now)
{
	while (fleet_pulse_deadline(worker) <= now)
		worker->todo |= FLEET_BIT(step(worker));
}

void fleet_heard(struct fleet *fleet, size_t id, uint64_t now)
{
	struct fleet_worker *worker = &fleet->workers[id];

	if (worker->pulse > FLEET_HANGS)
		return; /* too late: what was sent to it will end it */
	worker->heard_ms = now;
	if (worker->pulse == FLEET_HANGS)
		worker->todo |= FLEET_BIT(FLEET_HEAR);
	worker->pulse = FLEET_HEARD;
}

void fleet_paused(struct fleet *fleet, uint64_t ms)
{
	for (size_t id = 0; id < fleet->capacity; id++)
		fleet->workers[id].heard_ms += ms;
}

bool fleet_is_fresh(const struct fleet *fleet)
{
	for (size_t id = 0; id < fleet->capacity; id++) {
		const struct fleet_worker *worker = &fleet->workers[id];

		if (worker->state == FLEET_SERVING && worker->pulse != FLEET_HEARD)
			return false;
	}
	return true;
}
