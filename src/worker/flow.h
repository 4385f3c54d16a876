/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How fast a client is read: not while too much waits to be sent to it; and whether it is one that
 * moves bulk, whose bytes go through the pipe (echo.h).
 */
#ifndef ECHOD_FLOW_H
#define ECHOD_FLOW_H

#include <stdbool.h>
#include <stddef.h>

#include "worker/conn.h"

/* Why nothing is read for now: bits of conn.held. */
#define FLOW_FULL 1u /* too much waits to be sent */
#define FLOW_PACE 2u /* its rate */

/* Values of conn.streak. */
#define FLOW_BULK    4   /* so many full reads in a row make a client one that moves bulk */
#define FLOW_NO_BULK 255 /* this one never is */

/* Bytes that wait to be sent. */
size_t flow_waiting(const struct conn *conn);

/* How many may wait until reading stops. */
size_t flow_limit(const struct conn *conn);

/* How many bytes may be read now; 0 only if reading is stopped. */
size_t flow_room(struct conn *conn);

/* Says whether a read brought all that was asked for. */
void flow_count_streak(struct conn *conn, bool full);

/* Stops reading for this reason, and ends that. flow_release: -1 = the connection is gone. */
void flow_hold(struct conn *conn, unsigned why);
int flow_release(struct conn *conn, unsigned why);

#endif
