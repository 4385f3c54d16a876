/* SPDX-License-Identifier: BSD-2-Clause */
/* Tokens are counted in thousandths of a byte: a rate of one byte a second is one a millisecond. */
#include "worker/pace.h"

#include <event2/event.h>
#include <stdint.h>
#include <stdlib.h>

#include "common/clock.h"
#include "worker/conn.h"
#include "worker/extra.h"
#include "worker/flow.h"

#define PAUSE_MS 100 /* reading goes on so many times a second, or as soon as there is a byte */
#define HELD_MS  250 /* worth of tokens that the bucket holds: a pause that came late is made up */

struct pace {
	uint64_t rate;   /* bytes/s */
	uint64_t tokens; /* 1/1000 bytes */
	uint64_t filled_ms;
	struct event *timer;
};

static void on_pause_over(evutil_socket_t fd, short events, void *context)
{
	(void)fd;
	(void)events;
	flow_release(context, FLOW_PACE);
}

int pace_open(struct conn *conn)
{
	struct pace *pace;

	if (conn->profile->rate == 0)
		return 0;
	if (extra_get(conn) == NULL)
		return -1;
	conn->extra->pace = pace = calloc(1, sizeof *pace);
	if (pace == NULL)
		return -1;
	pace->rate = conn->profile->rate;
	pace->tokens = pace->rate * PAUSE_MS;
	pace->filled_ms = clock_ms();
	pace->timer = evtimer_new(conn->set->base, on_pause_over, conn);
	conn->streak = FLOW_NO_BULK;
	return pace->timer == NULL ? -1 : 0;
}

void pace_free(struct pace *pace)
{
	if (pace == NULL)
		return;
	if (pace->timer != NULL)
		event_free(pace->timer);
	free(pace);
}

static void refill(struct pace *pace)
{
	uint64_t now_ms = clock_ms(), most = pace->rate * HELD_MS;

	pace->tokens += (now_ms - pace->filled_ms) * pace->rate;
	pace->filled_ms = now_ms;
	if (most < 1000)
		most = 1000;
	if (pace->tokens > most)
		pace->tokens = most;
}

/* Until there is enough for a tenth of a second, or for a byte. */
static void pause_reading(struct conn *conn)
{
	struct pace *pace = conn->extra->pace;
	uint64_t ms = 1000 / pace->rate + 1;
	struct timeval wait;

	if (ms < PAUSE_MS)
		ms = PAUSE_MS;
	wait = (struct timeval){ .tv_sec = (time_t)(ms / 1000),
				 .tv_usec = (suseconds_t)(ms % 1000 * 1000) };
	if (event_add(pace->timer, &wait) == 0)
		flow_hold(conn, FLOW_PACE); /* without memory for a timer: better now than never */
}

size_t pace_room(struct conn *conn, size_t most)
{
	struct pace *pace = conn->extra->pace;
	size_t room;

	refill(pace);
	room = (size_t)(pace->tokens / 1000);
	if (room == 0)
		pause_reading(conn);
	return room < most ? room : most;
}

void pace_took(struct pace *pace, size_t size)
{
	pace->tokens -= (uint64_t)size * 1000;
}
