/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening, and the hot path. Every failure of a connection closes this connection, with a reason
 * that -v shows, and nothing else; conn_end.c has how. */
#include "worker/conn.h"

#include <errno.h>
#include <event2/bufferevent.h>
#include <inttypes.h>
#include <stdlib.h>
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
		conn_set_count(set, 0); /* a place may have been taken for it */
		if (set->admission != NULL)
			admission_leave(set->admission, fd);
		set->counters->refused++;
		set->counters->reasons[REASON_NO_MEMORY]++;
		return;
	}
	LIST_INSERT_HEAD(&set->list, conn, link);
	conn_set_count(set, +1);
	if (log_wants(LOG_LEVEL_INFO))
		log_opened(conn, fd);
	if (announce_open(conn) == -1)
		conn_drop(conn, errno);
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
