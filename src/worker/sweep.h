/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Timers that many share: all who want the same thing done at the same interval are visited, one
 * after the other, by one timer. Who joins between two ticks waits less than the interval for the
 * first one. A sweep that nobody is in has no timer.
 */
#ifndef ECHOD_SWEEP_H
#define ECHOD_SWEEP_H

#include <event2/event.h>
#include <stdint.h>
#include <sys/queue.h>

struct sweep;

/* The sweeps of a worker: one for each pair of function and interval. */
LIST_HEAD(sweep_list, sweep);

/* A membership, in the caller's memory; all zeros = in none. */
struct sweep_entry {
	LIST_ENTRY(sweep_entry) link;
	struct sweep *sweep; /* NULL = in none */
	void *context;
};

/* May end this membership, and free what it is in, but no other one. */
typedef void sweep_function(void *context, uint64_t now_ms);

/* Joins the sweep, and leaves the one that it was in. -1: memory is short; then it is in none. */
int sweep_join(struct sweep_list *list, struct event_base *base, sweep_function *on_tick,
	       uint64_t interval_ms, struct sweep_entry *entry, void *context);

/* Does nothing if it is in none. */
void sweep_leave(struct sweep_entry *entry);

/* Frees the sweeps; nobody may be in one. */
void sweep_list_clear(struct sweep_list *list);

#endif
