/* SPDX-License-Identifier: BSD-2-Clause */
/* What a session is going to do, drawn from its key: the same plan and key always give the same
 * session. */
#ifndef ECHOD_SCRIPT_H
#define ECHOD_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>

#include "plan.h"

/* Bytes of message NUMBER, from 0 up. */
uint64_t script_size(const struct plan *plan, uint64_t key, uint64_t number);

/* Bytes to send at once when so many were sent. */
uint64_t script_chunk(const struct plan *plan, uint64_t key, uint64_t sent);

/* Age in nanoseconds before which the session reads nothing. */
uint64_t script_late(const struct plan *plan, uint64_t key);

/* Bytes sent and received after which the session resets; UINT64_MAX if it does not. */
uint64_t script_reset_at(const struct plan *plan, uint64_t key);

/* Whether FIN is behind the last byte; where sessions reset, half of them do this, too. */
bool script_half_close(const struct plan *plan, uint64_t key);

#endif
