/* SPDX-License-Identifier: BSD-2-Clause */
/* Looked at anew after every event, so no event has to think of it. Nothing here can fail: with
 * nobody left to stand in, the queues wait, as the supervisor holds them. */
#include "supervisor/fleet_stand_in.h"

static bool is_well(const struct fleet *fleet, size_t id)
{
	const struct fleet_worker *worker = &fleet->workers[id];

	return worker->state == FLEET_SERVING && worker->generation == fleet->serving &&
	       worker->pulse == FLEET_HEARD;
}

/* Whether it belongs to those that serve, and does not. */
static bool is_missed(const struct fleet *fleet, size_t id)
{
	const struct fleet_worker *worker = &fleet->workers[id];

	return worker->generation == fleet->serving && worker->state != FLEET_FREE &&
	       worker->state != FLEET_DRAINING && !is_well(fleet, id);
}

/* The next one that is well: so not everybody's sockets go to the same. */
static size_t choose(const struct fleet *fleet, size_t missed)
{
	for (size_t i = 1; i < fleet->capacity; i++) {
		size_t id = (missed + i) % fleet->capacity;

		if (is_well(fleet, id))
			return id;
	}
	return FLEET_NOBODY;
}

static void dismiss(struct fleet *fleet, struct fleet_worker *worker)
{
	/* One that hangs is told, too: it must not go on with it when it wakes up. */
	if (fleet->workers[worker->stand_in].state == FLEET_SERVING) {
		worker->former = worker->stand_in;
		worker->todo |= FLEET_BIT(FLEET_STAND_DOWN);
	}
	worker->stand_in = FLEET_NOBODY;
}

static bool assign(struct fleet *fleet, size_t id)
{
	struct fleet_worker *worker = &fleet->workers[id];
	bool missed = is_missed(fleet, id);

	if (worker->stand_in != FLEET_NOBODY && (!missed || !is_well(fleet, worker->stand_in)))
		dismiss(fleet, worker);
	if (missed && worker->stand_in == FLEET_NOBODY) {
		worker->stand_in = choose(fleet, id);
		if (worker->stand_in != FLEET_NOBODY)
			worker->todo |= FLEET_BIT(FLEET_STAND_IN);
	}
	return worker->todo != 0;
}

bool fleet_stand_in_assign(struct fleet *fleet)
{
	bool any = false;

	if (fleet->stopping)
		return false;
	for (size_t id = 0; id < fleet->capacity; id++)
		any |= assign(fleet, id);
	return any;
}
