/* SPDX-License-Identifier: BSD-2-Clause */
/* Sums of absolute counters. Cannot fail. */
#include "supervisor/stats.h"

#include <inttypes.h>
#include <stdio.h>

#define COUNTERS_FORMAT                                                                 \
	"active=%" PRIu64 " accepted=%" PRIu64 " refused=%" PRIu64 " bytes_in=%" PRIu64 \
	" bytes_out=%" PRIu64
#define COUNTERS_VALUES(c) (c).active, (c).accepted, (c).refused, (c).bytes_in, (c).bytes_out

static void add(struct counters *sum, const struct counters *more)
{
	sum->active += more->active;
	sum->accepted += more->accepted;
	sum->refused += more->refused;
	sum->bytes_in += more->bytes_in;
	sum->bytes_out += more->bytes_out;
	sum->datagrams_in += more->datagrams_in;
	sum->datagrams_out += more->datagrams_out;
	for (int reason = 0; reason < REASONS; reason++)
		sum->reasons[reason] += more->reasons[reason];
}

void stats_retire(struct stats *stats, const struct report *last)
{
	struct counters counters = last->counters;

	counters.active = 0; /* its connections ended with it */
	add(&stats->gone[last->worker], &counters);
}

static void log_worker(const struct stats *stats, const struct stats_worker *worker)
{
	struct counters counters = worker->counters;

	if (worker->heir)
		add(&counters, &stats->gone[worker->index]);
	log_write(LOG_LEVEL_NOTICE,
		  "stats worker=%u pid=%ld generation=%u state=%s " COUNTERS_FORMAT, worker->index,
		  (long)worker->pid, worker->generation, worker->state, COUNTERS_VALUES(counters));
}

/* What is not 0; no line if nothing is. */
static void log_reasons(const struct counters *total)
{
	char line[REASONS * 48] = "";
	size_t used = 0;

	for (int reason = 0; reason < REASONS && used < sizeof line; reason++) {
		if (total->reasons[reason] != 0)
			used += (size_t)snprintf(line + used, sizeof line - used, " %s=%" PRIu64,
						 reason_names[reason], total->reasons[reason]);
	}
	if (used > 0)
		log_write(LOG_LEVEL_NOTICE, "stats reasons%s", line);
}

void stats_log(const struct stats *stats, const struct stats_worker *list, size_t count,
	       unsigned workers)
{
	struct counters total = { 0 };

	for (size_t i = 0; i < CONF_WORKERS_MAX; i++)
		add(&total, &stats->gone[i]);
	for (size_t i = 0; i < count; i++) {
		add(&total, &list[i].counters);
		log_worker(stats, &list[i]);
	}
	log_reasons(&total);
	if (total.datagrams_in != 0)
		log_write(LOG_LEVEL_NOTICE, "stats datagrams in=%" PRIu64 " out=%" PRIu64,
			  total.datagrams_in, total.datagrams_out);
	log_write(LOG_LEVEL_NOTICE, "stats total workers=%u " COUNTERS_FORMAT " restarts=%" PRIu64,
		  workers, COUNTERS_VALUES(total), stats->restarts);
}
