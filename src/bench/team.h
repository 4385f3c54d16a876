/* SPDX-License-Identifier: BSD-2-Clause */
/* The processes that share the load: started, watched, added up. */
#ifndef ECHOD_TEAM_H
#define ECHOD_TEAM_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/driver.h"
#include "bench/meter.h"
#include "bench/options.h"
#include "bench/stream.h"
#include "common/addr.h"
#include "common/err.h"

struct team {
	const struct options *options;
	uint64_t count, alive;
	struct driver_shared *shared; /* shared memory: this, and then */
	struct meter *meters;         /* one for each process */
	size_t memory;
	bool interrupted, broken; /* by a signal; a process ended as it should not */
	uint64_t ended_ns;        /* when it was interrupted or the last process ended */
};

/*
 * Starts the processes. SIGINT, SIGTERM and SIGCHLD must be blocked. -1 with a reason; team_clear
 * in any case.
 */
int team_start(struct team *team, const struct options *options, const struct stream *stream,
	       const struct addr *server, struct err *err);

/*
 * Waits until all have ended, printing progress to standard error. signal_fd is a signalfd(2) of
 * the three signals: the first SIGINT or SIGTERM lets what is on its way come back, a second one
 * does not.
 */
void team_wait(struct team *team, int signal_fd);

/* Adds up what all have measured, at any time. *total is overwritten. */
void team_add_up(const struct team *team, struct meter *total);

/* The time that the measured messages took; once all have ended. */
uint64_t team_elapsed(const struct team *team, const struct meter *total);

void team_clear(struct team *team);

#endif
