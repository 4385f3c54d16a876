/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Open loop: whose message is due when, for the clients of one process. Messages fall due in the
 * order of their numbers, so the next one is always known. In a closed loop nothing is ever due.
 */
#ifndef ECHOD_PACE_H
#define ECHOD_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/pool.h"

/* Zeroed but for the pool, it is ready. */
struct pace {
	struct pool *pool;
	uint64_t kicked; /* messages whose time has come, so far */
};

/* When the next message is due; UINT64_MAX: none is. */
uint64_t pace_next(const struct pace *pace);

/* Has all send that are due, and notes in the meter what that was too late for. */
void pace_kick(struct pace *pace, uint64_t now_ns);

/* Whether all has been due that there was to send; in a closed loop, whether all was sent. */
bool pace_is_over(const struct pace *pace, uint64_t now_ns);

/* Counts what was due and is not sent when there is no more waiting for the server. */
void pace_count_unsent(const struct pace *pace, uint64_t now_ns);

#endif
