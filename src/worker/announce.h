/* SPDX-License-Identifier: BSD-2-Clause */
/* What the server says of its own accord, if the listener is told to: a greeting, and a status line
 * now and then. With service=frame each is a frame. */
#ifndef ECHOD_ANNOUNCE_H
#define ECHOD_ANNOUNCE_H

struct conn;

/* The connection begins: greets, and begins with the status lines. -1: that failed; the connection
 * is still there, and not fit for use. */
int announce_open(struct conn *conn);

#endif
