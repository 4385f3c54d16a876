/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is to be done. It is kept as a set of bits for each worker and for the fleet, not as a
 * queue: it needs no memory, and what has become pointless (a command to a worker that died)
 * disappears with its worker.
 */
#include "supervisor/fleet.h"

#include "supervisor/fleet_stand_in.h"

static bool take(unsigned *todo, enum fleet_action_kind kind)
{
	bool wanted = (*todo & FLEET_BIT(kind)) != 0;

	*todo &= ~FLEET_BIT(kind);
	return wanted;
}

/* What is to be done about worker id, perhaps by another one. */
static struct fleet_action action_of(const struct fleet *fleet, enum fleet_action_kind kind,
				     size_t id)
{
	const struct fleet_worker *worker = &fleet->workers[id];
	struct fleet_action action = {
		.kind = kind, .id = id, .index = worker->index, .drain_ms = worker->drain_ms
	};

	if (kind == FLEET_STAND_IN)
		action.id = worker->stand_in;
	else if (kind == FLEET_STAND_DOWN)
		action.id = worker->former;
	return action;
}

/* The order of enum fleet_action_kind is the order of doing: who is to serve does so before who
 * served is drained, and who stood in goes before another one comes. */
struct fleet_action fleet_next(struct fleet *fleet)
{
	do {
		for (enum fleet_action_kind kind = FLEET_COMMIT; kind <= FLEET_EXIT; kind++) {
			if (take(&fleet->todo, kind))
				return (struct fleet_action){ .kind = kind,
							      .generation = fleet->newest };
			for (size_t id = 0; id < fleet->capacity; id++) {
				if (take(&fleet->workers[id].todo, kind))
					return action_of(fleet, kind, id);
			}
		}
	} while (fleet_stand_in_assign(fleet));
	return (struct fleet_action){ .kind = FLEET_NOTHING };
}
