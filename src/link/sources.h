/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How many connections each source has, over all workers. A source is an IPv4 address or the /64
 * of an IPv6 address: so much a single customer has.
 *
 * Each worker has a table in shared memory that only it writes and all read; the supervisor clears
 * it when the worker has died. An entry is one word, so nobody ever sees half of one. It stays
 * where it is as long as its count is not 0. A table has no room for a source if the SOURCES_WINDOW
 * entries in which it may lie are taken.
 */
#ifndef ECHOD_SOURCES_H
#define ECHOD_SOURCES_H

#include <stdatomic.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/siphash.h"
#include "link/share.h"

#define SOURCES_ENTRIES    32768 /* of a worker: 256 KiB */
#define SOURCES_WINDOW     64
#define SOURCES_COUNT_BITS 20 /* of an entry; the rest says whose it is */

/* Tables: one for each cell of the share; fewer where addresses are short. */
#define SOURCES_TABLES (SIZE_MAX > UINT32_MAX ? SHARE_CELLS : 2048)

struct sources_table {
	_Atomic uint64_t entries[SOURCES_ENTRIES];
};

struct sources {
	struct sources_table tables[SOURCES_TABLES]; /* first: each is whole pages (madvise(2)) */
	uint8_t key[SIPHASH_KEY_SIZE]; /* or a stranger could choose who shares an entry */
};

/*
 * Maps the tables, all empty; memory is taken only for those that are used. To be made before the
 * fork of the first worker that uses it. NULL: errno says why.
 */
struct sources *sources_new(void);
void sources_free(struct sources *sources);

/* A worker with this id is about to be started, or has died: its table is empty. sources may be
 * NULL. */
void sources_reset(struct sources *sources, size_t id);

/* Names the source that an internet address belongs to. */
uint64_t sources_name(const struct sources *sources, const struct addr *addr);

/* The connections of a source; used: of the share. */
uint64_t sources_count(const struct sources *sources, size_t used, uint64_t name);

enum sources_answer { SOURCES_TAKEN, SOURCES_FULL, SOURCES_NO_ROOM };

/*
 * One connection more for the worker `id`, if its source has fewer than limit over all workers.
 * *entry is then its place in the table, for sources_leave.
 */
enum sources_answer sources_enter(struct sources *sources, const struct share *share, size_t id,
				  uint64_t name, uint64_t limit, uint32_t *entry);
void sources_leave(struct sources *sources, size_t id, uint32_t entry);

#endif
