/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a connection ends. The states: OPEN -> FLUSHING (the client has ended, output waits) ->
 * closed, or, when the server ends it, FINISHING (output waits) -> LINGERING (FIN sent, input is
 * dropped) -> closed. What fails meanwhile is a reset.
 */
#include "worker/conn.h"

#include <errno.h>
#include <event2/bufferevent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"
#include "worker/extra.h"
#include "worker/flow.h"
#include "worker/output.h"
#include "worker/reset.h"

static void destroy(struct conn *conn, const char *why)
{
	struct conn_set *set = conn->set;
	int fd = conn_fd(conn);

	if (flow_waiting(conn) > 0)
		reset_at_close(fd);
	log_info("connection %" PRIu64 ": %s", conn->number,
		 conn->reason == REASONS ? why : reason_names[conn->reason]);
	event_del(&conn->readable);
	extra_free(conn);
	/* bufferevent_free would close it only on a later turn of the loop; who waits for a
	 * descriptor wants it now. */
	bufferevent_setfd(conn->bev, -1);
	close(fd);
	bufferevent_free(conn->bev);
	LIST_REMOVE(conn, link);
	free(conn);
	conn_set_count(set, -1);
	if (set->admission != NULL)
		admission_leave(set->admission, fd);
}

void conn_close(struct conn *conn, const char *why)
{
	struct conn_set *set = conn->set;

	destroy(conn, why);
	set->on_close(set->context);
}

void conn_count_reason(struct conn *conn, enum reason reason)
{
	conn->reason = (uint8_t)reason;
	conn->set->counters->reasons[reason]++;
}

void conn_reset(struct conn *conn, enum reason reason)
{
	if (conn->reason == REASONS)
		conn_count_reason(conn, reason);
	reset_at_close(conn_fd(conn));
	conn_close(conn, NULL);
}

bool conn_is_vanished(int error)
{
	switch (error) {
	case ETIMEDOUT:
	case EACCES:
	case ECONNREFUSED:
	case EHOSTDOWN:
	case EHOSTUNREACH:
	case ENETUNREACH:
	case ENONET:
	case ENOPROTOOPT:
		return true;
	default:
		return false;
	}
}

/* Counts it, and makes a reset of the close. What the log says of it. */
static const char *note_failure(struct conn *conn, int error)
{
	if (error == ENOMEM && conn->reason == REASONS)
		conn_count_reason(conn, REASON_NO_MEMORY);
	else if (conn_is_vanished(error) && conn->reason == REASONS)
		conn_count_reason(conn, REASON_VANISHED);
	reset_at_close(conn_fd(conn));
	return strerror(error);
}

void conn_drop(struct conn *conn, int error)
{
	destroy(conn, note_failure(conn, error));
}

void conn_fail(struct conn *conn, int error)
{
	conn_close(conn, note_failure(conn, error));
}

static void shut_down(struct conn *conn)
{
	shutdown(conn_fd(conn), SHUT_WR);
	conn->state = CONN_LINGERING;
	if (event_add(&conn->readable, NULL) == -1)
		conn_fail(conn, ENOMEM);
}

void conn_settle(struct conn *conn)
{
	size_t waiting = flow_waiting(conn);

	if (conn->state == CONN_FLUSHING && waiting == 0)
		conn_close(conn, "closed by the client");
	else if (conn->state == CONN_FINISHING && waiting == 0)
		shut_down(conn);
	else if (conn->state == CONN_OPEN && waiting <= conn->profile->pending_low)
		flow_release(conn, FLOW_FULL);
}

static void finish(struct conn *conn)
{
	conn->state = CONN_FINISHING;
	event_del(&conn->readable);
	output_set_low(conn, 0);
	if (conn->extra != NULL && conn->extra->delay != NULL && delay_flush(conn) == -1)
		conn_fail(conn, errno);
	else if (flow_waiting(conn) == 0)
		shut_down(conn);
}

void conn_end(struct conn *conn, enum reason reason)
{
	if (conn->state != CONN_OPEN && conn->state != CONN_FLUSHING)
		return;
	if (conn->reason == REASONS)
		conn_count_reason(conn, reason);
	if (watch_end(conn) == 0)
		finish(conn);
	else
		conn_fail(conn, ENOMEM);
}

void conn_set_finish(struct conn_set *set)
{
	struct conn *next;

	for (struct conn *conn = LIST_FIRST(&set->list); conn != NULL; conn = next) {
		next = LIST_NEXT(conn, link);
		if (conn->state == CONN_OPEN)
			finish(conn);
	}
}
