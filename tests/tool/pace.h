/* SPDX-License-Identifier: BSD-2-Clause */
/* How fast a reader that is throttled may read. A rate of 0 bytes a second is no limit. Times are
 * in nanoseconds. */
#ifndef ECHOD_PACE_H
#define ECHOD_PACE_H

#include <stdint.h>

/* What may be read now, ELAPSED after the beginning, when DONE bytes were read and MISSING are to
 * come. 0: wait. */
uint64_t pace_allows(uint64_t rate, uint64_t elapsed, uint64_t done, uint64_t missing);

/* How long after the beginning pace_allows will say more than 0. */
uint64_t pace_next(uint64_t rate, uint64_t done, uint64_t missing);

#endif
