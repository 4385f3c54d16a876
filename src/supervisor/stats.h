/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The totals: what workers that are gone have left behind, kept by the worker's index so that its
 * line never goes back, and the lines that SIGUSR1 asks for.
 */
#ifndef ECHOD_STATS_H
#define ECHOD_STATS_H

#include <stddef.h>
#include <sys/types.h>

#include "conf/conf.h"
#include "link/report.h"

struct stats {
	struct counters gone[CONF_WORKERS_MAX]; /* by index; active is always 0 */
	uint64_t restarts;
};

/* A worker to show. */
struct stats_worker {
	unsigned index, generation;
	pid_t pid;         /* 0 = no process at the moment */
	const char *state; /* starting, ready, running, hung, waiting, failed, draining */
	bool heir; /* of several generations with this index: the one whose line has what the dead
		      did */
	struct counters counters; /* since it started */
};

/* Keeps what a worker had done when it ended. */
void stats_retire(struct stats *stats, const struct report *last);

/* Logs a line for each worker and the total of all there ever were; workers is the number that
 * should run. Whatever the log's level is: somebody has asked. */
void stats_log(const struct stats *stats, const struct stats_worker *list, size_t count,
	       unsigned workers);

#endif
