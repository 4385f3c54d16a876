/* SPDX-License-Identifier: BSD-2-Clause */
/* One worker of the fleet: its state, and what is still to be done with it. Pure, as the fleet is.
 */
#ifndef ECHOD_FLEET_WORKER_H
#define ECHOD_FLEET_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "supervisor/backoff.h"

#define FLEET_NO_DEADLINE   UINT32_MAX
#define FLEET_KILL_AFTER_MS 2000 /* a worker that was to have left by then is killed */

enum fleet_action_kind {
	FLEET_NOTHING,
	FLEET_COMMIT,     /* make the listening sockets ready, then call fleet_committed or
			     fleet_abandon */
	FLEET_ABANDON,    /* forget the generation's configuration and sockets */
	FLEET_SERVE,      /* tell worker id to accept */
	FLEET_SPAWN,      /* fork worker id; if that fails: fleet_gone */
	FLEET_DRAIN,      /* tell worker id to leave within drain_ms */
	FLEET_MISS,       /* worker id is silent: say so */
	FLEET_HEAR,       /* it is heard again: say so */
	FLEET_ABORT,      /* SIGABRT to worker id */
	FLEET_KILL,       /* SIGKILL to worker id */
	FLEET_STAND_DOWN, /* tell worker id to leave the sockets of worker `index` alone again */
	FLEET_STAND_IN,   /* tell worker id to serve the sockets of worker `index`, too */
	FLEET_RELOAD, /* load the configuration and call fleet_start, or do nothing if it is bad */
	FLEET_EXIT,   /* everybody has left: leave with exit_status */
};

/* A set of actions that are to be done. */
#define FLEET_BIT(action) (1u << (action))

enum fleet_state {
	FLEET_FREE,     /* no worker here */
	FLEET_STARTING, /* forked, or about to be; not ready */
	FLEET_READY,    /* ready, waits for the rest of its generation */
	FLEET_SERVING,
	FLEET_WAITING,  /* died; will be started again at the deadline */
	FLEET_FAILED,   /* will not be started again */
	FLEET_DRAINING, /* told to leave */
};

/* What is known of one that is to be heard (fleet_pulse.h); in this order. */
enum fleet_pulse {
	FLEET_HEARD,
	FLEET_HANGS,   /* silent for too long */
	FLEET_ABORTED, /* and was sent SIGABRT */
	FLEET_KILLED,
};

#define FLEET_NOBODY SIZE_MAX

struct fleet_worker {
	enum fleet_state state;
	unsigned index, generation;
	unsigned todo;        /* set of what fleet_next is to hand out */
	uint32_t drain_ms;    /* of the last order to drain */
	uint64_t ready_ms;    /* when it said that it is ready; 0 = it has not */
	uint64_t deadline_ms; /* CLOCK_NEVER = none */
	uint64_t hang_ms;     /* silent for so long, it hangs; 0 = it may be silent */
	uint64_t heard_ms;    /* when it was heard last */
	enum fleet_pulse pulse;
	size_t stand_in,
		former; /* ids of who serves in its place, and of who did; or FLEET_NOBODY */
	struct backoff backoff;
};

/* Makes it free. */
void fleet_worker_release(struct fleet_worker *worker);

/* It is to be forked, and ready within start_ms. Who stands in for it does so until then. */
void fleet_worker_start(struct fleet_worker *worker, uint64_t start_ms, uint64_t now);

/* It is to leave within drain_ms; one without a process is free at once. A later order can only
 * hasten it. */
void fleet_worker_drain(struct fleet_worker *worker, uint32_t drain_ms, uint64_t now);

/* Whether it has a process. */
bool fleet_worker_lives(const struct fleet_worker *worker);

#endif
