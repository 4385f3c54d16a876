/* SPDX-License-Identifier: BSD-2-Clause */
/* Events off and timers on, and back. If even a timer cannot be had, the worker is better busy than
 * deaf. */
#include "worker/listener_rest.h"

#include <string.h>

#include "common/clock.h"

#define SECOND_NS UINT64_C(1000000000)

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

int listener_all_on(struct listener_set *set)
{
	for (size_t i = 0; i < set->served_count; i++) {
		struct listener *listener = in_turn(set, i);

		if (listener->rest == AWAKE && event_add(&listener->readable, NULL) == -1)
			return -1;
	}
	return 0;
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
		listener_rest(listener, RESTS_FOR_TIME, LISTENER_REST_MIN_NS);
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
	static const struct timeval pause = { .tv_usec = LISTENER_PAUSE_MS * 1000 };
	unsigned held;

	if (log_limit_pass(&set->limit, clock_ms(), &held))
		log_warn(
			"cannot accept: %s; trying again when a connection closes (%u such lines held back)",
			strerror(error), held);
	if (event_add(set->retry, &pause) == -1)
		return; /* better busy than deaf */
	all_off(set);
	set->paused = true;
}

void listener_set_resume(struct listener_set *set)
{
	static const struct timeval pause = { .tv_usec = LISTENER_PAUSE_MS * 1000 };

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
	event_del(set->retry);
	set->paused = listener_all_on(set) == -1;
	if (set->paused)
		event_add(set->retry, &pause);
}

static void on_retry(evutil_socket_t fd, short events, void *context)
{
	(void)fd;
	(void)events;
	listener_set_resume(context);
}

struct event *listener_retry_new(struct listener_set *set)
{
	return evtimer_new(set->base, on_retry, set);
}
