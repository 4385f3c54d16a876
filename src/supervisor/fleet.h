/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All decisions about workers: who is started, served from, drained and killed, and when. Pure: no
 * system call, no clock, no process. Events go in by call, what is to be done comes out of
 * fleet_next; the supervisor carries it out.
 *
 * A generation is all the workers of one configuration. It is started as a whole; when every worker
 * is ready it is committed and its predecessor drained; if one fails before that, it is abandoned
 * and the predecessor serves on. Times are ms of one monotonic clock.
 */
#ifndef ECHOD_FLEET_H
#define ECHOD_FLEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "supervisor/backoff.h"

#define FLEET_NO_DEADLINE   UINT32_MAX
#define FLEET_KILL_AFTER_MS 2000 /* a worker that was to have left by then is killed */

enum fleet_state {
	FLEET_FREE,     /* no worker here */
	FLEET_STARTING, /* forked, or about to be; not ready */
	FLEET_READY,    /* ready, waits for the rest of its generation */
	FLEET_SERVING,
	FLEET_WAITING,  /* died; will be started again at the deadline */
	FLEET_FAILED,   /* will not be started again */
	FLEET_DRAINING, /* told to leave */
};

struct fleet_worker {
	enum fleet_state state;
	unsigned index, generation;
	unsigned todo;        /* set of what fleet_next is to hand out */
	uint32_t drain_ms;    /* of the last order to drain */
	uint64_t ready_ms;    /* when it said that it is ready; 0 = it has not */
	uint64_t deadline_ms; /* CLOCK_NEVER = none */
	struct backoff backoff;
};

/* How a generation is timed. */
struct fleet_timing {
	uint64_t start_ms; /* a worker must be ready within this */
	uint32_t drain_ms; /* a drained worker may serve on for this */
};

struct fleet {
	struct fleet_worker *workers; /* an entry's place in here is its id */
	size_t capacity;
	unsigned newest;                         /* number of the last generation started */
	unsigned serving;                        /* committed generation, 0 = none yet */
	unsigned starting;                       /* generation on its way, 0 = none */
	struct fleet_timing timing, next_timing; /* of serving, of starting */
	unsigned todo;
	bool reload_again; /* a reload was asked for while one was on its way */
	bool stopping;
	int exit_status;
	uint32_t random;
};

enum fleet_action_kind {
	FLEET_NOTHING,
	FLEET_COMMIT,  /* make the listening sockets ready, then call fleet_committed or
			  fleet_abandon */
	FLEET_ABANDON, /* forget the generation's configuration and sockets */
	FLEET_SERVE,   /* tell worker id to accept */
	FLEET_SPAWN,   /* fork worker id; if that fails: fleet_gone */
	FLEET_DRAIN,   /* tell worker id to leave within drain_ms */
	FLEET_KILL,    /* SIGKILL to worker id */
	FLEET_RELOAD,  /* load the configuration and call fleet_start, or do nothing if it is bad */
	FLEET_EXIT,    /* everybody has left: leave with exit_status */
};

struct fleet_action {
	enum fleet_action_kind kind;
	size_t id;           /* SERVE, SPAWN, DRAIN, KILL */
	unsigned generation; /* COMMIT, ABANDON */
	uint32_t drain_ms;   /* DRAIN: FLEET_NO_DEADLINE = none */
};

/* What became of a worker whose process has ended. */
enum fleet_fate {
	FLEET_LEFT,      /* it had been told to leave */
	FLEET_RESTARTS,  /* a new one comes, after the delay */
	FLEET_GIVEN_UP,  /* it failed for good */
	FLEET_ABANDONED, /* it takes its whole new generation with it */
};

/* random: any seed for the jitter of restarts. */
void fleet_init(struct fleet *fleet, uint32_t random);
void fleet_clear(struct fleet *fleet);

/* Makes room for count more workers. Ids stay the same; fleet->workers may move. Returns -1 if
 * memory is short. */
int fleet_reserve(struct fleet *fleet, unsigned count);

/*
 * Starts a generation of count workers, for which room was reserved. Does nothing if one is on its
 * way or everybody is to leave.
 */
void fleet_start(struct fleet *fleet, unsigned count, const struct fleet_timing *timing,
		 uint64_t now);

/* Worker id is ready. Returns -1 if it has no business to say so. */
int fleet_ready(struct fleet *fleet, size_t id, uint64_t now);

/* What was to be done for FLEET_COMMIT is done: the new generation serves, the old one drains. */
void fleet_committed(struct fleet *fleet, uint64_t now);

/* The generation on its way is given up; without a serving one that is the end, with this exit
 * status. */
void fleet_abandon(struct fleet *fleet, int exit_status, uint64_t now);

/*
 * The process of worker id has ended (or could not be made). for_good: it says that another try is
 * of no use. *delay_ms is set for FLEET_RESTARTS.
 */
enum fleet_fate fleet_gone(struct fleet *fleet, size_t id, bool for_good, uint64_t *delay_ms,
			   uint64_t now);

/* A reload is wanted: now, or after the one on its way. */
void fleet_reload(struct fleet *fleet);

/* Everybody leaves within drain_ms (0 = at once); a second call can only hasten it. */
void fleet_stop(struct fleet *fleet, uint32_t drain_ms, uint64_t now);

/* The nearest deadline of all, and what is to happen once it has come. */
uint64_t fleet_deadline(const struct fleet *fleet);
void fleet_tick(struct fleet *fleet, uint64_t now);

/* The next thing to do; call until FLEET_NOTHING after every event. */
struct fleet_action fleet_next(struct fleet *fleet);

/* Whether worker id has a process. */
bool fleet_lives(const struct fleet *fleet, size_t id);

#endif
