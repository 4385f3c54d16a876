/* SPDX-License-Identifier: BSD-2-Clause */
/* The steps that every event of the fleet is made of. Nothing here can fail. */
#include "supervisor/fleet_worker.h"

#include "common/clock.h"

void fleet_worker_release(struct fleet_worker *worker)
{
	*worker = (struct fleet_worker){ .deadline_ms = CLOCK_NEVER,
					 .stand_in = FLEET_NOBODY,
					 .former = FLEET_NOBODY };
}

void fleet_worker_start(struct fleet_worker *worker, uint64_t start_ms, uint64_t now)
{
	worker->state = FLEET_STARTING;
	worker->todo = FLEET_BIT(FLEET_SPAWN);
	worker->ready_ms = 0;
	worker->pulse = FLEET_HEARD;
	worker->heard_ms = now + start_ms; /* until then it may be silent */
	worker->deadline_ms = now + start_ms;
}

bool fleet_worker_lives(const struct fleet_worker *worker)
{
	return (worker->todo & FLEET_BIT(FLEET_SPAWN)) == 0 && worker->state != FLEET_FREE &&
	       worker->state != FLEET_WAITING && worker->state != FLEET_FAILED;
}

void fleet_worker_drain(struct fleet_worker *worker, uint32_t drain_ms, uint64_t now)
{
	uint64_t deadline =
		drain_ms == FLEET_NO_DEADLINE ? CLOCK_NEVER : now + drain_ms + FLEET_KILL_AFTER_MS;

	if (!fleet_worker_lives(worker)) {
		fleet_worker_release(worker);
		return;
	}
	if (worker->state == FLEET_DRAINING && worker->deadline_ms <= deadline)
		return;
	worker->state = FLEET_DRAINING;
	/* What was to end one that hangs still is. */
	worker->todo &= FLEET_BIT(FLEET_ABORT) | FLEET_BIT(FLEET_KILL);
	worker->todo |= FLEET_BIT(FLEET_DRAIN);
	worker->drain_ms = drain_ms;
	worker->deadline_ms = deadline;
}
