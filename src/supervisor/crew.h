/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The processes behind the fleet: children[id] is the process of fleet worker id. The crew forks,
 * listens to reports, passes on commands and adds up the statistics; it decides nothing.
 */
#ifndef ECHOD_CREW_H
#define ECHOD_CREW_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "supervisor/child.h"
#include "supervisor/fleet.h"
#include "supervisor/slots.h"
#include "supervisor/spawn.h"
#include "supervisor/stats.h"

#define CREW_TOTALS_MS 250 /* how long SIGUSR1 waits for the workers' answers */

struct crew {
	struct child *children;
	size_t capacity;
	struct stats stats;
	uint32_t totals_number;      /* of the last COMMAND_TOTALS */
	uint64_t totals_deadline_ms; /* CLOCK_NEVER = nobody waits for statistics */
};

void crew_init(struct crew *crew);
void crew_clear(struct crew *crew);

/* Makes room for the ids below capacity. */
int crew_fit(struct crew *crew, size_t capacity, struct err *err);

/* Forks the process of worker id. */
int crew_spawn(struct crew *crew, size_t id, struct spawn_plan *plan, struct err *err);

/* The process of worker id has ended: reads its last words, keeps its totals, closes its pipes. */
void crew_bury(struct crew *crew, size_t id);

/* The id of the worker with this pid, or -1. */
ssize_t crew_find(const struct crew *crew, pid_t pid);

/* Asks every worker for fresh numbers; when crew_totals_due, crew_log_totals has them. */
void crew_ask_totals(struct crew *crew, uint64_t now);
bool crew_totals_due(const struct crew *crew, uint64_t now);
void crew_log_totals(struct crew *crew, const struct fleet *fleet, unsigned workers);

#endif
