/* SPDX-License-Identifier: BSD-2-Clause */
/* A queue of bytes, and beside it one of how many are due when. What fails when the time has come
 * closes the connection. */
#include "worker/delay.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <stdlib.h>

#include "common/clock.h"
#include "worker/conn.h"
#include "worker/extra.h"
#include "worker/flow.h"
#include "worker/output.h"

struct due {
	uint64_t at_ms; /* clock_ms */
	size_t size;
};

struct delay {
	struct evbuffer *bytes;
	struct evbuffer *dues;
	struct event *timer; /* for the first of them */
	struct due last;     /* not in `dues` yet; size 0 = nothing waits */
	uint64_t random;     /* state of xorshift64 (Marsaglia 2003); for jitter that will do */
};

static void on_due(evutil_socket_t fd, short events, void *context);

void delay_free(struct delay *delay)
{
	if (delay == NULL)
		return;
	if (delay->bytes != NULL)
		evbuffer_free(delay->bytes);
	if (delay->dues != NULL)
		evbuffer_free(delay->dues);
	if (delay->timer != NULL)
		event_free(delay->timer);
	free(delay);
}

int delay_open(struct conn *conn)
{
	struct delay *delay;

	if (conn->profile->delay_ms == 0 && conn->profile->delay_jitter_ms == 0)
		return 0;
	if (extra_get(conn) == NULL)
		return -1;
	conn->extra->delay = delay = calloc(1, sizeof *delay);
	if (delay == NULL)
		return -1;
	delay->bytes = evbuffer_new();
	delay->dues = evbuffer_new();
	delay->timer = evtimer_new(conn->set->base, on_due, conn);
	delay->random = (clock_ns() ^ conn->number << 32) | 1;
	conn->streak = FLOW_NO_BULK;
	return delay->bytes == NULL || delay->dues == NULL || delay->timer == NULL ? -1 : 0;
}

size_t delay_waiting(const struct delay *delay)
{
	return evbuffer_get_length(delay->bytes) + evbuffer_get_length(delay->dues);
}

static uint64_t draw(struct delay *delay, uint64_t most)
{
	delay->random ^= delay->random << 13;
	delay->random ^= delay->random >> 7;
	delay->random ^= delay->random << 17;
	return delay->random % (most + 1);
}

static int arm(const struct delay *delay, uint64_t at_ms)
{
	uint64_t now_ms = clock_ms(), ms = at_ms > now_ms ? at_ms - now_ms : 0;
	struct timeval wait = { .tv_sec = (time_t)(ms / 1000),
				.tv_usec = (suseconds_t)(ms % 1000 * 1000) };

	return event_add(delay->timer, &wait);
}

int delay_put(struct conn *conn, const unsigned char *bytes, size_t size)
{
	struct delay *delay = conn->extra->delay;
	uint64_t at_ms =
		clock_ms() + conn->profile->delay_ms + draw(delay, conn->profile->delay_jitter_ms);
	bool first = delay->last.size == 0;

	if (output_copy(delay->bytes, bytes, size) == -1)
		return -1;
	/* None overtakes another, and what is due in the same millisecond goes together. */
	if (!first && at_ms > delay->last.at_ms) {
		if (evbuffer_add(delay->dues, &delay->last, sizeof delay->last) == -1)
			return -1;
		delay->last = (struct due){ .at_ms = at_ms };
	}
	if (first)
		delay->last.at_ms = at_ms;
	delay->last.size += size;
	if (first && arm(delay, at_ms) == -1)
		return -1;
	if (flow_waiting(conn) >= flow_limit(conn))
		flow_hold(conn, FLOW_FULL);
	return 0;
}

/* Sends the first bytes. By way of the set's buffer: chains that are moved are never merged. */
static int give(struct conn *conn, size_t size)
{
	struct evbuffer *bytes = conn->extra->delay->bytes;

	while (size > 0) {
		int got = evbuffer_remove(bytes, conn->set->buffer,
					  size < CONN_BUFFER_SIZE ? size : CONN_BUFFER_SIZE);

		if (got <= 0) {
			errno = ENOMEM;
			return -1;
		}
		if (output_send(conn, conn->set->buffer, (size_t)got) == -1)
			return -1;
		size -= (size_t)got;
	}
	return 0;
}

int delay_flush(struct conn *conn)
{
	struct delay *delay = conn->extra->delay;

	event_del(delay->timer);
	evbuffer_drain(delay->dues, evbuffer_get_length(delay->dues));
	delay->last.size = 0;
	return give(conn, evbuffer_get_length(delay->bytes));
}

/* Takes the first due off, if its time has come. Returns its size, or 0, and when the next one is:
 * CLOCK_NEVER = there is none. */
static size_t take_due(struct delay *delay, uint64_t now_ms, uint64_t *next_ms)
{
	struct due due = delay->last;
	bool is_last = evbuffer_copyout(delay->dues, &due, sizeof due) != (ssize_t)sizeof due;

	*next_ms = due.size == 0 ? CLOCK_NEVER : due.at_ms;
	if (due.size == 0 || due.at_ms > now_ms)
		return 0;
	if (is_last)
		delay->last.size = 0;
	else
		evbuffer_drain(delay->dues, sizeof due);
	return due.size;
}

static void on_due(evutil_socket_t fd, short events, void *context)
{
	struct conn *conn = context;
	struct delay *delay = conn->extra->delay;
	uint64_t now_ms = clock_ms(), next_ms;
	size_t size, all = 0;

	(void)fd;
	(void)events;
	while ((size = take_due(delay, now_ms, &next_ms)) > 0)
		all += size;
	conn->active = true;
	if (give(conn, all) == -1 || (next_ms != CLOCK_NEVER && arm(delay, next_ms) == -1))
		conn_fail(conn, errno);
	else
		conn_settle(conn);
}
