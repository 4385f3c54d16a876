/* SPDX-License-Identifier: BSD-2-Clause */
/* The clock that deadlines are measured by: clock_gettime(2), CLOCK_MONOTONIC. It never goes back.
 */
#ifndef ECHOD_CLOCK_H
#define ECHOD_CLOCK_H

#include <stdint.h>

#define CLOCK_NEVER UINT64_MAX /* a deadline that does not come */

/* Nanoseconds since some fixed point in the past (on Linux: boot). */
uint64_t clock_ns(void);

/* The same in milliseconds. */
uint64_t clock_ms(void);

/* Milliseconds from now until the deadline, for poll(2): 0 if it is past, -1 for CLOCK_NEVER, at
 * most INT_MAX. */
int clock_until(uint64_t now_ms, uint64_t deadline_ms);

#endif
