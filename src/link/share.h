/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What all workers can see: a few counters in memory that they share. Each worker has a cell of its
 * own that only it writes; when it has died the supervisor clears the cell. So no lock is needed,
 * and nothing that a worker held outlives it.
 */
#ifndef ECHOD_SHARE_H
#define ECHOD_SHARE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHARE_CELLS 16384 /* workers that can be alive at once, drained ones included */

/* Cells do not share a cache line, or workers would take it from each other all the time. */
struct share_cell {
	_Alignas(64) _Atomic uint32_t active; /* connections */
	_Atomic uint32_t served;              /* not 0: the worker has had a client */
	_Atomic uint32_t forbidden; /* a system call that it was killed for (filter.h); 0 = none */
};

struct share {
	_Atomic uint32_t used; /* cells that were ever in use: [0, used) */
	struct share_cell cells[SHARE_CELLS];
};

/* Maps a share, all zeros; its memory is taken only as it is used. NULL: memory is short. To be
 * made before the fork of the first worker. */
struct share *share_new(void);
void share_free(struct share *share);

/* A worker with this id is about to be started, or has died: its cell is all zeros. */
void share_reset(struct share *share, size_t id);

/* Whether the worker has had a client: what it dies of can then be that client's doing. */
bool share_served(const struct share *share, size_t id);

/* How many cells were ever in use, at most SHARE_CELLS. */
size_t share_used(const struct share *share);

/* Connections of all workers. */
uint64_t share_active(const struct share *share);

/*
 * Takes one of `limit` places for a connection of the worker `id`, which has `active` of them
 * already: true, and its cell shows one more. Never one too many; who is refused was so because all
 * places were taken (see claim.h).
 */
bool share_take(struct share *share, size_t id, uint32_t active, uint64_t limit);

#endif
