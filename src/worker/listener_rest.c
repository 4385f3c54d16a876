/* SPDX-License-Identifier: BSD-2-Clause */
/* Events off and timers on, and back. If the timer of a listener cannot be had, the worker is
 * better busy than deaf. That of the pause waits from the start on, mostly for nothing, so that to
 * begin a pause takes no memory. */
#include "worker/listener_rest.h"

#include <errno.h>
#include <string.h>

#include "common/clock.h"

#define SECOND_NS UINT64_C(1000000000)

static const struct timeval pause_time = { .tv_usec = LISTENER_PAUSE_MS * 1000 };
static const struct timeval no_pause = { .tv_sec = 365 * 86400 };

static void all_off(struct listener_set *set)
{
	for (size_t i = 0; i < set->served_count; i++)
		event_del(&set->served[i]->readable);
}

/* The one that is on first is asked first: if there is room for one client only, it gets it. So
 * they take turns, and this is the i-th of those whose turn it is. */
static struct listener *in_turn(const struct listener_set *set, size_t i)
{
	return set->served[(set->turn + i) % set->served_count];
}

static int all_on(struct listener_set *set)
{
	for (size_t i = 0; i < set->served_count; i++) {
		struct listener *listener = in_turn(set, i);

		if (listener->rest == AWAKE && event_add(&listener->readable, NULL) == -1)
			return -1;
	}
	return 0;
}

int listener_all_start(struct listener_set *set)
{
	return event_add(set->retry, &no_pause) == -1 ? -1 : all_on(set);
}

void listener_rest(struct listener *listener, enum rest why, uint64_t ns)
{
	struct timeval wait = { .tv_sec = (time_t)(ns / SECOND_NS),
				.tv_usec = (suseconds_t)(ns % SECOND_NS / 1000) };

	if (event_add(&listener->rest_end, &wait) == -1)
		return; /* better busy than deaf */
	event_del(&listener->readable);
	listener->rest = why;
	listener->set->resting += why == RESTS_FOR_PLACE;
}

void listener_wake(struct listener *listener)
{
	struct listener_set *set = listener->set;

	event_del(&listener->rest_end);
	set->resting -= listener->rest == RESTS_FOR_PLACE;
	listener->rest = AWAKE;
	if (set->listening && !set->paused && !listener->dormant &&
	    event_add(&listener->readable, NULL) == -1)
		listener_pause(set, errno);
}

static void on_rest_end(evutil_socket_t fd, short events, void *context)
{
	(void)fd;
	(void)events;
	listener_wake(context);
}

int listener_rest_init(struct listener *listener)
{
	return evtimer_assign(&listener->rest_end, listener->set->base, on_rest_end, listener);
}

/* Level-triggered events would keep us busy for nothing, so they are off until there may be room
 * again. */
void listener_pause(struct listener_set *set, int error)
{
	char held[LOG_HELD_MAX];

	if (log_limit_pass(&set->limit, clock_ms(), held))
		log_warn("cannot accept: %s; trying again when a connection closes%s",
			 strerror(error), held);
	event_add(set->retry, &pause_time);
	all_off(set);
	set->paused = true;
}

void listener_set_resume(struct listener_set *set)
{
	if (!set->listening || (set->resting == 0 && !set->paused))
		return;
	set->turn++;
	for (size_t i = 0; i < set->served_count && set->resting > 0; i++) {
		struct listener *listener = in_turn(set, i);

		if (listener->rest == RESTS_FOR_PLACE)
			listener_wake(listener);
	}
	if (!set->paused)
		return;
	set->paused = all_on(set) == -1;
	event_add(set->retry, set->paused ? &pause_time : &no_pause);
}

static void on_retry(evutil_socket_t fd, short events, void *context)
{
	(void)fd;
	(void)events;
	listener_set_resume(context);
}

struct event *listener_retry_new(struct listener_set *set)
{
	return event_new(set->base, -1, EV_PERSIST, on_retry, set);
}
