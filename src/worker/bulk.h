/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Echoing without copying, for clients that move bulk: the pages of what a client sent go from its
 * socket's receive queue through a pipe into its send queue (splice(2)). All connections of a
 * worker share one pipe, which is empty between two turns.
 *
 * For small messages the two calls cost more than the copy, so this is for a connection that has
 * shown that it fills whole buffers.
 */
#ifndef ECHOD_BULK_H
#define ECHOD_BULK_H

#include <stddef.h>
#include <sys/types.h>

struct bulk {
	int in, out; /* the pipe's ends; -1 = there is no pipe, and bulk_take brings nothing */
};

/* Makes the pipe. If that fails there is none; nothing depends on it. */
void bulk_open(struct bulk *bulk);
void bulk_close(struct bulk *bulk);

/*
 * Takes at most `most` bytes from the socket into the pipe. Returns how many; 0 or less says only
 * that this is not the way now: splice stops before urgent data (tcp(7)), for which recv(2) has to
 * be asked, and which also knows better whether this is the end. But an error of the connection is
 * told once: in errno, after -1, and not to recv(2) again.
 */
ssize_t bulk_take(struct bulk *bulk, int fd, size_t most);

/*
 * Gives the socket as many of the `size` bytes in the pipe as it takes; *sent is how many. The rest
 * must be fetched before the next turn. Returns -1 with errno if the connection is broken: then
 * nobody wants the rest, and bulk_drop is due.
 */
int bulk_give(struct bulk *bulk, int fd, size_t size, size_t *sent);

/* Reads at most size bytes that are left in the pipe. Returns their number, 0 if there are none. */
size_t bulk_fetch(struct bulk *bulk, unsigned char *buffer, size_t size);

/* Throws away what is left in the pipe. buffer is for scratch. */
void bulk_drop(struct bulk *bulk, unsigned char *buffer, size_t size);

#endif
