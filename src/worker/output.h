/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a connection has to send: the socket gets it at once, and the bufferevent what the socket
 * did not take. While something waits, more goes behind it, and the connection is watched
 * (watch.h).
 */
#ifndef ECHOD_OUTPUT_H
#define ECHOD_OUTPUT_H

#include <stddef.h>

#include "worker/conn.h"

/* Bytes that wait. */
size_t output_pending(const struct conn *conn);

/* Sends what the socket takes, and keeps the rest. -1 with errno: the connection is broken, or
 * memory is short (ENOMEM). */
int output_send(struct conn *conn, const unsigned char *bytes, size_t size);

/* Keeps bytes that the socket did not take; stops reading if that makes too many. -1: memory is
 * short. */
int output_queue(struct conn *conn, const unsigned char *bytes, size_t size);

/* Counts bytes that the kernel has got. */
void output_count(struct conn *conn, size_t sent);

/* on_drained is called when no more than this waits. */
void output_set_low(struct conn *conn, size_t low);

#endif
