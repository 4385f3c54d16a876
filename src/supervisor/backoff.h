/* SPDX-License-Identifier: BSD-2-Clause */
/* How long to wait before a worker that died is started again. Pure. */
#ifndef ECHOD_BACKOFF_H
#define ECHOD_BACKOFF_H

#include <stdint.h>

#define BACKOFF_FIRST_MS   50
#define BACKOFF_LAST_MS    5000
#define BACKOFF_STEADY_MS  1000  /* ready for so long: the next start is immediate */
#define BACKOFF_HEALTHY_MS 10000 /* ready for so long: what was before is forgotten */

struct backoff {
	unsigned failures; /* early deaths in a row; zeroed memory is a fresh start */
};

/*
 * The delay in ms before the next start. ready_for_ms: how long the worker had been ready when it
 * died, 0 if it never was. random: any number; it adds up to a quarter to the delay, so that
 * workers that die together do not return together.
 */
uint64_t backoff_delay(struct backoff *backoff, uint64_t ready_for_ms, uint32_t random);

#endif
