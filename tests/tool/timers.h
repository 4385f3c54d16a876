/* SPDX-License-Identifier: BSD-2-Clause */
/* Any number of deadlines, the nearest first (a binary heap). Times are in nanoseconds. */
#ifndef ECHOD_TIMERS_H
#define ECHOD_TIMERS_H

#include <stddef.h>
#include <stdint.h>

#define TIMER_NEVER UINT64_MAX

/* Part of what it wakes; zeroed by its owner before the first use. */
struct timer {
	uint64_t at;
	size_t place; /* 1 + index in the heap, 0 = not armed */
	void *owner;
};

struct timers {
	struct timer **heap;
	size_t count;
};

/* Room for CAPACITY armed timers. 0, or -1 without memory. */
int timers_init(struct timers *timers, size_t capacity);
void timers_clear(struct timers *timers);

/* Arms the timer, or moves it; TIMER_NEVER disarms it. */
void timers_set(struct timers *timers, struct timer *timer, uint64_t at);

/* The nearest deadline, TIMER_NEVER if there is none. */
uint64_t timers_next(const struct timers *timers);

/* Disarms a timer that is due and returns it, or NULL. */
struct timer *timers_take(struct timers *timers, uint64_t now);

#endif
