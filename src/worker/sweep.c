/* SPDX-License-Identifier: BSD-2-Clause */
/* A sweep once made stays, without a timer when it is empty: there are only as many as settings of
 * listeners ask for. */
#include "worker/sweep.h"

#include <stdlib.h>

#include "common/clock.h"

struct sweep {
	LIST_ENTRY(sweep) link;
	LIST_HEAD(, sweep_entry) entries;
	sweep_function *on_tick;
	uint64_t interval_ms;
	struct event *timer;
};

static void on_timer(evutil_socket_t fd, short events, void *context)
{
	struct sweep *sweep = context;
	struct sweep_entry *next;
	uint64_t now_ms = clock_ms();

	(void)fd;
	(void)events;
	for (struct sweep_entry *entry = LIST_FIRST(&sweep->entries); entry != NULL; entry = next) {
		next = LIST_NEXT(entry, link);
		sweep->on_tick(entry->context, now_ms);
	}
}

static struct sweep *find(struct sweep_list *list, sweep_function *on_tick, uint64_t interval_ms)
{
	struct sweep *sweep;

	LIST_FOREACH(sweep, list, link)
	{
		if (sweep->on_tick == on_tick && sweep->interval_ms == interval_ms)
			return sweep;
	}
	return NULL;
}

static struct sweep *add(struct sweep_list *list, struct event_base *base, sweep_function *on_tick,
			 uint64_t interval_ms)
{
	struct sweep *sweep = calloc(1, sizeof *sweep);

	if (sweep == NULL)
		return NULL;
	sweep->on_tick = on_tick;
	sweep->interval_ms = interval_ms;
	LIST_INIT(&sweep->entries);
	sweep->timer = event_new(base, -1, EV_PERSIST, on_timer, sweep);
	if (sweep->timer == NULL) {
		free(sweep);
		return NULL;
	}
	LIST_INSERT_HEAD(list, sweep, link);
	return sweep;
}

int sweep_join(struct sweep_list *list, struct event_base *base, sweep_function *on_tick,
	       uint64_t interval_ms, struct sweep_entry *entry, void *context)
{
	struct timeval interval = { .tv_sec = (time_t)(interval_ms / 1000),
				    .tv_usec = (suseconds_t)(interval_ms % 1000 * 1000) };
	struct sweep *sweep = find(list, on_tick, interval_ms);

	sweep_leave(entry);
	if (sweep == NULL)
		sweep = add(list, base, on_tick, interval_ms);
	if (sweep == NULL)
		return -1;
	if (LIST_EMPTY(&sweep->entries) && event_add(sweep->timer, &interval) == -1)
		return -1;
	LIST_INSERT_HEAD(&sweep->entries, entry, link);
	entry->sweep = sweep;
	entry->context = context;
	return 0;
}

void sweep_leave(struct sweep_entry *entry)
{
	if (entry->sweep == NULL)
		return;
	LIST_REMOVE(entry, link);
	if (LIST_EMPTY(&entry->sweep->entries))
		event_del(entry->sweep->timer);
	entry->sweep = NULL;
}

void sweep_list_clear(struct sweep_list *list)
{
	struct sweep *sweep;

	while ((sweep = LIST_FIRST(list)) != NULL) {
		LIST_REMOVE(sweep, link);
		event_free(sweep->timer);
		free(sweep);
	}
}
