/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory that is short when reading is to begin again closes the connection. */
#include "worker/flow.h"

#include <errno.h>

#include "worker/extra.h"
#include "worker/output.h"

size_t flow_waiting(const struct conn *conn)
{
	size_t waiting = output_pending(conn);

	if (conn->extra != NULL && conn->extra->delay != NULL)
		waiting += delay_waiting(conn->extra->delay);
	return waiting;
}

/* Who moves bulk goes back to the pipe as soon as nothing waits, so nothing more may come before.
 */
size_t flow_limit(const struct conn *conn)
{
	return conn->streak == FLOW_BULK ? 1 : conn->profile->pending_high;
}

static size_t low_mark(const struct conn *conn)
{
	return conn->streak == FLOW_BULK ? 0 : conn->profile->pending_low;
}

void flow_count_streak(struct conn *conn, bool full)
{
	uint8_t before = conn->streak;

	if (before == FLOW_NO_BULK || (full && before == FLOW_BULK))
		return;
	conn->streak = full ? before + 1 : 0;
	if (before == FLOW_BULK || conn->streak == FLOW_BULK)
		output_set_low(conn, low_mark(conn));
}

void flow_hold(struct conn *conn, unsigned why)
{
	if (conn->held == 0)
		event_del(&conn->readable);
	conn->held |= (uint8_t)why;
}

int flow_release(struct conn *conn, unsigned why)
{
	bool was_held = conn->held != 0;

	conn->held &= (uint8_t)~why;
	if (!was_held || conn->held != 0 || conn->state != CONN_OPEN ||
	    event_add(&conn->readable, NULL) == 0)
		return 0;
	conn_fail(conn, ENOMEM);
	return -1;
}

/* How many bytes may be read now; 0 only if reading is stopped. Never more than the mark. */
size_t flow_room(struct conn *conn)
{
	size_t waiting = flow_waiting(conn), high = conn->profile->pending_high;
	size_t room = CONN_BUFFER_SIZE;

	if (conn->state == CONN_LINGERING)
		return room;
	if (conn->state != CONN_OPEN || conn->held != 0 || waiting >= high)
		return 0;
	if (high - waiting < room)
		room = high - waiting;
	if (conn->extra != NULL && conn->extra->pace != NULL)
		room = pace_room(conn, room);
	return room;
}
