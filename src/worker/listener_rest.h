/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When listeners do not accept: one alone, because all places are taken or it would be too fast;
 * all of them, because the machine has no descriptor or memory left. For listener.c only.
 */
#ifndef ECHOD_LISTENER_REST_H
#define ECHOD_LISTENER_REST_H

#include <event2/event_struct.h>

#include "worker/listener.h"
#include "worker/turnstile.h"

#define LISTENER_REST_MIN_NS 10000000u /* what comes due meanwhile is accepted together */

enum rest { AWAKE, RESTS_FOR_PLACE, RESTS_FOR_TIME };

struct listener {
	struct listener_set *set;
	struct event readable;
	int fd;
	unsigned address;
	enum transport transport;
	const struct profile *profile;
	unsigned batch; /* to accept in the next turn: doubles while the queue is that long */
	bool guarded;   /* the admission has to be asked */
	unsigned worker;
	bool dormant; /* a sibling serves it */
	/* One for all sockets of an address: the first one's. */
	struct turnstile *turnstile, own_turnstile;
	/* It alone accepts nothing for a while. */
	struct event rest_end;
	enum rest rest;
};

/* It rests for so many ns, or until it is woken. */
void listener_rest(struct listener *listener, enum rest why, uint64_t ns);
void listener_wake(struct listener *listener);

/* All that are served accept from now on. Returns -1 if memory is short. */
int listener_all_start(struct listener_set *set);

/* None of them accepts until listener_set_resume; error: why, for the log. */
void listener_pause(struct listener_set *set, int error);

/* Makes the timers ready: of one listener, -1 if that fails; of the pause, owned by the caller,
 * NULL if memory is short. */
int listener_rest_init(struct listener *listener);
struct event *listener_retry_new(struct listener_set *set);

#endif
