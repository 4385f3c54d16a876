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
	int in, out; /* the pipe's ends; -1 = there is no pipe, and bulk_is_open says so */
};

/* Makes the pipe. If that fails there is none; nothing depends on it. */
void bulk_open(struct bulk *bulk);
void bulk_close(struct bulk *bulk);
int bulk_is_open(const struct bulk *bulk);

/*
 * Takes at most `most` bytes from the socket and gives it back as many of them as it takes. Returns
 * what recv(2) would: the bytes taken, 0 at the end, -1 with errno. *sent is how many went back;
 * the rest is in the pipe and must be fetched before the next turn. After -1 the pipe may hold
 * bytes, too, which nobody wants any more: bulk_drop.
 */
ssize_t bulk_echo(struct bulk *bulk, int fd, size_t most, size_t *sent);

/* Reads at most size bytes that are left in the pipe. Returns their number, 0 if there are none. */
size_t bulk_fetch(struct bulk *bulk, unsigned char *buffer, size_t size);

/* Throws away what is left in the pipe. buffer is for scratch. */
void bulk_drop(struct bulk *bulk, unsigned char *buffer, size_t size);

#endif
