/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Taking one of a limited number of places, against other processes and without a lock.
 *
 * Each process has a counter of its own that all can read. Who wants a place adds one to its own
 * and then adds up all of them: if the sum is within the limit the place is taken, if not the one
 * is taken away again. All this is sequentially consistent, so of those who hold a place the one
 * that came last has seen all the others: there are never too many. And whoever backs off looks
 * again: of two who met at the last place, the one that backed off last finds it free.
 */
#ifndef ECHOD_CLAIM_H
#define ECHOD_CLAIM_H

#include <stdbool.h>
#include <stdint.h>

/* So often is looked again. Two that meet each time would have to keep step as often. */
#define CLAIM_TRIES 64

struct claim {
	void (*add)(void *context, int change); /* to the own counter */
	uint64_t (*sum)(void *context);         /* of all counters */
	void *context;
	uint64_t limit;
	unsigned tie; /* the number of this process: who meet pause differently long */
};

/* Takes a place: true, and the own counter has grown by one; or there is none. Never blocks. */
bool claim_take(const struct claim *claim);

#endif
