/* SPDX-License-Identifier: BSD-2-Clause */
/* A binary heap of pointers to timers that know their own place, so that moving one costs O(log n).
 * Only timers_init can fail: the room is taken once. */
#include "timers.h"

#include <stdlib.h>

int timers_init(struct timers *timers, size_t capacity)
{
	timers->count = 0;
	timers->heap = calloc(capacity, sizeof(struct timer *));
	return timers->heap ? 0 : -1;
}

void timers_clear(struct timers *timers)
{
	free(timers->heap);
	timers->heap = NULL;
	timers->count = 0;
}

static void put(struct timers *timers, size_t index, struct timer *timer)
{
	timers->heap[index] = timer;
	timer->place = index + 1;
}

static void sift_up(struct timers *timers, size_t index, struct timer *timer)
{
	while (index > 0 && timers->heap[(index - 1) / 2]->at > timer->at) {
		put(timers, index, timers->heap[(index - 1) / 2]);
		index = (index - 1) / 2;
	}
	put(timers, index, timer);
}

static void sift_down(struct timers *timers, size_t index, struct timer *timer)
{
	size_t child;

	while ((child = 2 * index + 1) < timers->count) {
		if (child + 1 < timers->count &&
		    timers->heap[child + 1]->at < timers->heap[child]->at)
			child++;
		if (timers->heap[child]->at >= timer->at)
			break;
		put(timers, index, timers->heap[child]);
		index = child;
	}
	put(timers, index, timer);
}

static void settle(struct timers *timers, size_t index, struct timer *timer)
{
	if (index > 0 && timers->heap[(index - 1) / 2]->at > timer->at)
		sift_up(timers, index, timer);
	else
		sift_down(timers, index, timer);
}

static void disarm(struct timers *timers, struct timer *timer)
{
	size_t index = timer->place - 1;
	struct timer *last = timers->heap[--timers->count];

	timer->place = 0;
	if (last != timer)
		settle(timers, index, last);
}

void timers_set(struct timers *timers, struct timer *timer, uint64_t at)
{
	timer->at = at;
	if (at == TIMER_NEVER) {
		if (timer->place)
			disarm(timers, timer);
	} else if (timer->place) {
		settle(timers, timer->place - 1, timer);
	} else {
		timers->count++;
		sift_up(timers, timers->count - 1, timer);
	}
}

uint64_t timers_next(const struct timers *timers)
{
	return timers->count ? timers->heap[0]->at : TIMER_NEVER;
}

struct timer *timers_take(struct timers *timers, uint64_t now)
{
	struct timer *first = timers->count ? timers->heap[0] : NULL;

	if (!first || first->at > now)
		return NULL;
	disarm(timers, first);
	return first;
}
