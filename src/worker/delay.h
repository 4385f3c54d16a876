/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answers that come later: delay, and up to delay-jitter more, in the order in which they were
 * made. What waits here counts like other output against pending-high.
 */
#ifndef ECHOD_DELAY_H
#define ECHOD_DELAY_H

#include <stddef.h>

struct conn;
struct delay;

/* The connection begins; without a delay there is nothing to do. -1: memory is short. */
int delay_open(struct conn *conn);

/* Keeps an answer until its time, and stops reading if that makes too much. -1: memory is short. */
int delay_put(struct conn *conn, const unsigned char *bytes, size_t size);

/* Bytes that wait here, with what it takes to remember when each is due. */
size_t delay_waiting(const struct delay *delay);

/* Sends all of it now. -1 with errno, as output_send. */
int delay_flush(struct conn *conn);

/* NULL is allowed. */
void delay_free(struct delay *delay);

#endif
