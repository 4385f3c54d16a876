/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When what is due at a fixed rate, over all processes. Number N of everything is due N / rate
 * seconds after the beginning and belongs to lane N mod lanes: a lane is a connection for messages,
 * a process for connects. Process K of T has the lanes K, K + T, K + 2T and so on, so that what one
 * process does is spread evenly in time, too. Nothing here looks at a clock.
 */
#ifndef ECHOD_SCHEDULE_H
#define ECHOD_SCHEDULE_H

#include <stdint.h>

#define SCHEDULE_RATE_MAX 100000000u

struct schedule {
	uint64_t begin_ns;
	uint64_t rate;  /* a second, over all processes, up to SCHEDULE_RATE_MAX; 0: all is due at
			   once */
	uint64_t lanes; /* of all processes */
	uint64_t first, step; /* our lanes: first, first + step, ... */
	uint64_t width;       /* so many of them */
};

/* A schedule for process number `process` of `processes`, which is less than lanes. */
void schedule_init(struct schedule *schedule, uint64_t rate, uint64_t lanes, uint64_t process,
		   uint64_t processes);

/* The number, over all processes, of the count-th (from 0) that is due here, in our lane `count %
 * width`. */
uint64_t schedule_number(const struct schedule *schedule, uint64_t count);

/* When this number is due, in ns, rounded down. */
uint64_t schedule_due(const struct schedule *schedule, uint64_t number);

/* How many numbers are due before so many ns after the beginning. */
uint64_t schedule_before(const struct schedule *schedule, uint64_t span_ns);

/* The part of process `process` when total is dealt out as evenly as it goes, the first ones first.
 */
uint64_t schedule_share(uint64_t total, uint64_t process, uint64_t processes);

#endif
