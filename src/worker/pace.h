/* SPDX-License-Identifier: BSD-2-Clause */
/* The rate of a connection: a token bucket for what is read from it. It holds a quarter of a second
 * at most, and a tenth at the start. */
#ifndef ECHOD_PACE_H
#define ECHOD_PACE_H

#include <stddef.h>

struct conn;
struct pace;

/* The connection begins; without a rate there is nothing to do. -1: memory is short. */
int pace_open(struct conn *conn);

/* Bytes that may be read now, at most so many. 0: none, and reading is stopped until there are
 * some. */
size_t pace_room(struct conn *conn, size_t most);

/* So many have been read. */
void pace_took(struct pace *pace, size_t size);

/* NULL is allowed. */
void pace_free(struct pace *pace);

#endif
