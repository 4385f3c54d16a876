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

#include "supervisor/fleet_worker.h"

/* How a generation is timed. */
struct fleet_timing {
	uint64_t start_ms; /* a worker must be ready within this */
	uint32_t drain_ms; /* a drained worker may serve on for this */
	uint64_t hang_ms;  /* a worker that is silent for so long hangs; 0 = it may be */
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

struct fleet_action {
	enum fleet_action_kind kind;
	size_t id;           /* of all that are about a worker */
	unsigned index;      /* STAND_IN, STAND_DOWN */
	unsigned generation; /* COMMIT, ABANDON */
	uint32_t drain_ms;   /* DRAIN: FLEET_NO_DEADLINE = none */
};

/* How a worker's process has ended; all false: it could not be made. */
struct fleet_death {
	bool for_good; /* it ended with EX_CONFIG (sysexits.h): another try is of no use */
	bool served;   /* it had had a client, whose doing this may be */
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

/* Worker id has reported something. */
void fleet_heard(struct fleet *fleet, size_t id, uint64_t now);

/* The supervisor itself (or the whole machine) stood still for so many ms, which are not to be
 * taken for silence of the workers. */
void fleet_paused(struct fleet *fleet, uint64_t ms);

/* Whether no worker that is to serve hangs. */
bool fleet_is_fresh(const struct fleet *fleet);

/* What was to be done for FLEET_COMMIT is done: the new generation serves, the old one drains. */
void fleet_committed(struct fleet *fleet, uint64_t now);

/* The generation on its way is given up; without a serving one that is the end, with this exit
 * status. */
void fleet_abandon(struct fleet *fleet, int exit_status, uint64_t now);

/*
 * The process of worker id has ended (or could not be made). *delay_ms is set for FLEET_RESTARTS.
 */
enum fleet_fate fleet_gone(struct fleet *fleet, size_t id, const struct fleet_death *death,
			   uint64_t *delay_ms, uint64_t now);

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
