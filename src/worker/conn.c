/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hot path. Every failure of a connection closes this connection, with a reason that -v shows,
 * and nothing else. The states: OPEN -> FLUSHING (the client has ended, output waits) -> closed,
 * or, when the server ends it, FINISHING (output waits) -> LINGERING (FIN sent, input is dropped)
 * -> closed.
 */
#include "worker/conn.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/addr.h"
#include "common/log.h"
#include "worker/announce.h"
#include "worker/echo.h"
#include "worker/extra.h"
#include "worker/flow.h"
#include "worker/output.h"
#include "worker/reset.h"
#include "worker/service.h"

#define WRITE_MAX                                                                      \
	((size_t)256 * 1024) /* bytes that libevent writes at once; it would be 16 KiB \
			      */

static void count_active(struct conn_set *set, int change)
{
	set->counters->active += (uint64_t)(int64_t)change;
	atomic_store_explicit(&set->cell->active, (uint32_t)set->counters->active,
			      memory_order_relaxed);
}

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
	count_active(set, -1);
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

void conn_fail(struct conn *conn, int error)
{
	conn_close(conn, note_failure(conn, error));
}

int conn_answer(struct conn *conn, const unsigned char *bytes, size_t size)
{
	if (conn->extra != NULL && conn->extra->delay != NULL) {
		if (delay_put(conn, bytes, size) == 0)
			return 0;
		errno = ENOMEM;
	} else if (output_send(conn, bytes, size) == 0) {
		return 0;
	}
	conn_fail(conn, errno);
	return -1;
}

/* The client has ended. What waits is still its own; then nothing is unread, and close sends FIN.
 */
static int on_end(struct conn *conn)
{
	if (conn->state == CONN_OPEN && conn->service->end != NULL)
		conn->service->end(conn);
	if (conn->state == CONN_LINGERING || flow_waiting(conn) == 0) {
		conn_close(conn, "closed by the client");
		return -1;
	}
	conn->state = CONN_FLUSHING;
	event_del(&conn->readable);
	output_set_low(conn, 0);
	return 0;
}

int conn_read(struct conn *conn)
{
	struct conn_set *set = conn->set;
	size_t room = flow_room(conn);
	ssize_t got;

	if (room == 0)
		return 0;
	got = recv(conn_fd(conn), set->buffer, room, 0);
	if (got == 0)
		return on_end(conn);
	if (got == -1 && errno != EAGAIN && errno != EINTR) {
		conn_fail(conn, errno);
		return -1;
	}
	if (conn->state != CONN_OPEN)
		return 0;
	flow_count_streak(conn, got == (ssize_t)room);
	if (got == -1)
		return 0;
	conn->active = true;
	if (conn->extra != NULL && conn->extra->pace != NULL)
		pace_took(conn->extra->pace, (size_t)got);
	set->counters->bytes_in += (uint64_t)got;
	return conn->service->input(conn, set->buffer, (size_t)got);
}

static void on_readable(evutil_socket_t fd, short events, void *context)
{
	struct conn *conn = context;

	(void)fd;
	(void)events;
	if (conn->streak == FLOW_BULK && conn->state == CONN_OPEN && output_pending(conn) == 0 &&
	    echo_bulk(conn) != ECHO_NOT_NOW)
		return;
	conn_read(conn);
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

/* The output has shrunk to the low-water mark, or, when the connection ends, to nothing. */
static void on_drained(struct bufferevent *bev, void *context)
{
	(void)bev;
	conn_settle(context);
}

/* Only writing is libevent's, so only errors of writing come here. */
static void on_write_error(struct bufferevent *bev, short what, void *context)
{
	int error = EVUTIL_SOCKET_ERROR();

	(void)bev;
	(void)what;
	conn_fail(context, error);
}

static void log_opened(const struct conn *conn, int fd)
{
	char text[ADDR_TEXT_MAX];

	log_info("connection %" PRIu64 ": opened by %s", conn->number, addr_of_client(fd, text));
}

/* Returns -1 if memory is short; fd is then still the caller's. */
static int set_up(struct conn *conn, int fd)
{
	struct event_base *base = conn->set->base;

	conn->bev = bufferevent_socket_new(base, fd, 0);
	if (conn->bev == NULL)
		return -1;
	bufferevent_setcb(conn->bev, NULL, on_drained, on_write_error, conn);
	output_set_low(conn, conn->profile->pending_low);
	bufferevent_set_max_single_write(conn->bev, WRITE_MAX);
	if (event_assign(&conn->readable, base, fd, EV_READ | EV_PERSIST, on_readable, conn) == 0 &&
	    event_add(&conn->readable, NULL) == 0 && watch_open(conn) == 0 &&
	    delay_open(conn) == 0 && pace_open(conn) == 0)
		return 0;
	event_del(&conn->readable);
	bufferevent_setfd(conn->bev, -1);
	bufferevent_free(conn->bev);
	extra_free(conn);
	return -1;
}

void conn_open(struct conn_set *set, int fd, const struct profile *profile)
{
	struct conn *conn;

	footing_reach(&set->footing, fd);
	conn = calloc(1, sizeof *conn);
	set->counters->accepted++;
	if (conn != NULL) {
		conn->set = set;
		conn->profile = profile;
		conn->service = service_of(profile);
		conn->number = set->counters->accepted;
		conn->reason = REASONS;
		conn->streak = conn->service->is_plain_echo ? 0 : FLOW_NO_BULK;
	}
	if (conn == NULL || set_up(conn, fd) == -1) {
		free(conn);
		reset_at_close(fd); /* what it has sent is lost, which FIN would deny */
		close(fd);
		count_active(set, 0); /* a place may have been taken for it */
		if (set->admission != NULL)
			admission_leave(set->admission, fd);
		set->counters->refused++;
		set->counters->reasons[REASON_NO_MEMORY]++;
		return;
	}
	LIST_INSERT_HEAD(&set->list, conn, link);
	count_active(set, +1);
	if (log_wants(LOG_LEVEL_INFO))
		log_opened(conn, fd);
	/* Without on_close, which may not be called from inside of accepting. */
	if (announce_open(conn) == -1)
		destroy(conn, note_failure(conn, errno));
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

int conn_set_init(struct conn_set *set)
{
	LIST_INIT(&set->list);
	LIST_INIT(&set->sweeps);
	set->buffer = malloc(CONN_BUFFER_SIZE);
	bulk_open(&set->bulk);
	set->footing = (struct footing){ .base = set->base };
	return set->buffer == NULL ? -1 : 0;
}

void conn_set_clear(struct conn_set *set)
{
	while (!LIST_EMPTY(&set->list))
		conn_close(LIST_FIRST(&set->list), "closed by the server");
	sweep_list_clear(&set->sweeps);
	bulk_close(&set->bulk);
	free(set->buffer);
	set->buffer = NULL;
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
