/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a connection has to send: the socket gets it at once, and the bufferevent what the socket
 * did not take. While something waits, more goes behind it, and the connection is watched
 * (watch.h).
 */
#ifndef ECHOD_OUTPUT_H
#define ECHOD_OUTPUT_H

#include <event2/buffer.h>
#include <stddef.h>

#include "worker/conn.h"

/* Bytes that libevent is given at once: with its header that makes a chain of 16 KiB. */
#define OUTPUT_PIECE (16 * 1024 - 64)

/* Bytes that wait. */
size_t output_pending(const struct conn *conn);

/* Sends what the socket takes, and keeps the rest. -1 with errno: the connection is broken, or
 * memory is short (ENOMEM). */
int output_send(struct conn *conn, const unsigned char *bytes, size_t size);

/* Keeps bytes that the socket did not take; stops reading if that makes too many. -1: memory is
 * short. */
int output_queue(struct conn *conn, const unsigned char *bytes, size_t size);

/*
 * Puts a copy of bytes behind what is in the queue; a reference would be a chain of its own, and
 * libevent never merges those. In pieces: libevent makes a chain as large as the largest piece, or
 * power of two above it, and gives it back only when the last byte of it has gone, so that what a
 * queue takes is what it holds and two such chains at most. -1: memory is short.
 */
int output_copy(struct evbuffer *queue, const unsigned char *bytes, size_t size);

/* Counts bytes that the kernel has got. */
void output_count(struct conn *conn, size_t sent);

/* on_drained is called when no more than this waits. */
void output_set_low(struct conn *conn, size_t low);

#endif
