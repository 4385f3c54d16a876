/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The worker's listening sockets: accepts connections, a few at a time, keeps to accept-rate, asks
 * whether each may come in, and knows what to do when the machine has no descriptor or memory left
 * for one more.
 */
#ifndef ECHOD_LISTENER_H
#define ECHOD_LISTENER_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/log.h"
#include "link/setup.h"
#include "worker/admission.h"

/* Accepts in one go: more would be taken from siblings, and lost with this worker if it crashes. */
#define LISTENER_BATCH 32

/* How long accepting pauses when descriptors run out, unless a connection of this worker closes
 * before. */
#define LISTENER_PAUSE_MS 100

/* How often is looked whether another worker has a place to give (when-full=wait). */
#define LISTENER_PLACE_MS 10

struct listener;

struct listener_set {
	struct event_base *base; /* the worker's */
	/* Takes over a non-blocking, close-on-exec socket. */
	void (*on_accept)(void *context, int fd, const struct profile *profile);
	void *context;
	struct admission *admission; /* the worker's; NULL = everybody may come in */
	unsigned workers, index;     /* how many there are, and which one this is */
	struct listener *listeners;
	size_t count;
	struct listener **served; /* those that are not dormant */
	size_t served_count;
	struct event *retry; /* ends a pause */
	bool listening;      /* the events are on, or a pause is */
	bool paused;
	unsigned resting; /* listeners that wait for a place */
	size_t turn;      /* whose it is when there is room again: modulo served_count, of served */
	struct log_limit limit;
};

/*
 * Takes over those of the sockets that are for streams; accepts nothing yet. base, on_accept,
 * context and index are set by the caller. Returns -1 if memory is short.
 */
int listener_set_init(struct listener_set *set, const struct setup_listener *list, size_t count);

/* Begins to accept, from the sockets that are this worker's. Returns -1 if that fails. */
int listener_set_start(struct listener_set *set);

/* Accepts from the sockets of another worker, too, or does so no more. Memory that is short is made
 * up for: it is tried again soon. */
void listener_set_adopt(struct listener_set *set, unsigned worker, bool adopt);

/* A connection has been closed, so there is a descriptor, and perhaps a place: ends a pause. */
void listener_set_resume(struct listener_set *set);

/*
 * Stops for good and closes the sockets. Those of the addresses in the set `orphans` (bit =
 * address) nobody will serve any more: what waits in their queues is accepted first, in those of
 * siblings, too, of whom one may not be there to do it.
 */
void listener_set_stop(struct listener_set *set, uint64_t orphans);

void listener_set_clear(struct listener_set *set);

#endif
