/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a worker tells the supervisor: that it is ready, and how much it has done since it started.
 *
 * The counters are absolute, so a report that found no room in the pipe is made good by the next
 * one.
 */
#ifndef ECHOD_REPORT_H
#define ECHOD_REPORT_H

#include <stdint.h>

#include "common/err.h"
#include "link/frame.h"
#include "link/reason.h"

#define REPORT_INTERVAL_MS 1000 /* a worker's heartbeat, at most */

enum report_kind {
	REPORT_READY = 1, /* once, first: the worker can serve and waits for COMMAND_SERVE */
	REPORT_BEAT, /* every worker_setup.beat_ms, in answer to COMMAND_TOTALS, and last of all */
};

struct counters {
	uint64_t active;   /* connections open now */
	uint64_t accepted; /* connections ever accepted */
	uint64_t refused;  /* of these, closed unserved */
	uint64_t bytes_in, bytes_out;
	uint64_t reasons[REASONS]; /* refused, ended and not answered, by reason */
	uint64_t datagrams_in, datagrams_out;
};

struct report {
	uint32_t magic; /* REPORT_MAGIC */
	uint32_t kind;  /* enum report_kind */
	uint32_t worker, generation;
	uint32_t answer; /* number of the last COMMAND_TOTALS seen, 0 = none yet */
	uint32_t spare;  /* 0 */
	struct counters counters;
};

#define REPORT_MAGIC 0x65636834u /* changes with the layout */

/* How often a worker is to report, ms, that hangs if it is not heard for hang_ms (0 = it does not):
 * so that one report may be late, and the next one, too. */
uint32_t report_interval(uint64_t hang_ms);

/* Writes a report; FRAME_WAIT means that it was dropped. magic and spare are filled in. */
enum frame_result report_write(int fd, struct report *report);

/*
 * Reads one report and checks it against the last one of the same worker (zeroed before the first):
 * who sends it, READY first and only once, counters that never go back, no more active or refused
 * than accepted, no more datagrams out than in. FRAME_BAD comes with a reason.
 */
enum frame_result report_read(int fd, const struct report *last, struct report *report,
			      struct err *err);

#endif
