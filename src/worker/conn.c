/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hot path. Every failure of a connection closes this connection, with a reason that -v shows,
 * and nothing else. The states: ECHOING -> FLUSHING (the client has ended, output waits) -> closed,
 * or, when the server ends it, FINISHING (output waits) -> LINGERING (FIN sent, input is dropped)
 * -> closed.
 */
#include "worker/conn.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event_struct.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/addr.h"
#include "common/log.h"

#define BULK_STREAK 4 /* full buffers in a row that make a client one that moves bulk */

struct conn {
	LIST_ENTRY(conn) link;
	struct conn_set *set;
	const struct profile *profile;
	/* What its service does with bytes that came; may close the connection. */
	void (*input)(struct conn *conn, const unsigned char *bytes, size_t size);
	struct bufferevent *bev; /* output and its event; the descriptor is closed by close_conn */
	struct event readable;
	uint64_t number; /* of this worker's connections, for the log */
	enum { ECHOING, FLUSHING, FINISHING, LINGERING } state;
	bool counting;  /* on_output_change is attached */
	uint8_t streak; /* reads in a row that filled the whole buffer */
};

static void count_active(struct conn_set *set, int change)
{
	set->counters->active += (uint64_t)(int64_t)change;
	atomic_store_explicit(&set->cell->active, (uint32_t)set->counters->active,
			      memory_order_relaxed);
}

static void close_conn(struct conn *conn, const char *reason)
{
	struct conn_set *set = conn->set;
	int fd = bufferevent_getfd(conn->bev);

	log_info("connection %" PRIu64 ": %s", conn->number, reason);
	event_del(&conn->readable);
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
	set->on_close(set->context);
}

static size_t pending(const struct conn *conn)
{
	return evbuffer_get_length(bufferevent_get_output(conn->bev));
}

/* Counts what libevent sends for us. Attached only once output had to wait: most connections never
 * need it. */
static void on_output_change(struct evbuffer *output, const struct evbuffer_cb_info *info,
			     void *context)
{
	struct conn *conn = context;

	(void)output;
	conn->set->counters->bytes_out += info->n_deleted;
}

/* Keeps what the socket did not take. A copy, not a reference: libevent never merges chains that
 * are handed to it. */
static int queue(struct conn *conn, const unsigned char *bytes, size_t size)
{
	struct evbuffer *output = bufferevent_get_output(conn->bev);

	if (!conn->counting) {
		if (evbuffer_add_cb(output, on_output_change, conn) == NULL)
			return -1;
		conn->counting = true;
	}
	if (bufferevent_write(conn->bev, bytes, size) == -1)
		return -1;
	if (evbuffer_get_length(output) >= CONN_PENDING_HIGH)
		event_del(&conn->readable);
	return 0;
}

static void echo(struct conn *conn, const unsigned char *bytes, size_t size)
{
	ssize_t sent = 0;

	conn->set->counters->bytes_in += size;
	if (pending(conn) == 0) {
		sent = send(bufferevent_getfd(conn->bev), bytes, size, MSG_NOSIGNAL);
		if (sent == -1 && errno != EAGAIN && errno != EINTR) {
			close_conn(conn, strerror(errno));
			return;
		}
		if (sent == -1)
			sent = 0;
		conn->set->counters->bytes_out += (size_t)sent;
	}
	if ((size_t)sent < size && queue(conn, bytes + sent, size - (size_t)sent) == -1)
		close_conn(conn, "out of memory");
}

static void discard(struct conn *conn, const unsigned char *bytes, size_t size)
{
	(void)bytes;
	conn->set->counters->bytes_in += size;
}

/* What the socket did not take comes out of the pipe at once: the next connection needs it empty.
 */
static int queue_rest(struct conn *conn, size_t left)
{
	struct conn_set *set = conn->set;

	while (left > 0) {
		size_t size = bulk_fetch(&set->bulk, set->buffer, CONN_BUFFER_SIZE);

		if (size == 0 || queue(conn, set->buffer, size) == -1)
			return -1;
		left -= size;
	}
	return 0;
}

/*
 * The same as recv and echo, without copying, for a client that moves bulk. Returns false if
 * nothing came that way: then recv has to find out why.
 */
static bool echo_bulk(struct conn *conn, int fd)
{
	struct conn_set *set = conn->set;
	ssize_t got = bulk_take(&set->bulk, fd, CONN_PENDING_HIGH);
	const char *broken = NULL;
	size_t sent;

	if (got < CONN_BUFFER_SIZE / 2)
		conn->streak = 0;
	if (got <= 0)
		return false;
	if (bulk_give(&set->bulk, fd, (size_t)got, &sent) == -1)
		broken = strerror(errno);
	set->counters->bytes_in += (size_t)got;
	set->counters->bytes_out += sent;
	if (broken == NULL && queue_rest(conn, (size_t)got - sent) == -1)
		broken = "out of memory";
	if (broken != NULL) {
		bulk_drop(&set->bulk, set->buffer, CONN_BUFFER_SIZE);
		close_conn(conn, broken);
	}
	return true;
}

/* The client has ended. What waits is still its own; then nothing is unread, and close sends FIN.
 */
static void on_end(struct conn *conn)
{
	if (conn->state == LINGERING || pending(conn) == 0) {
		close_conn(conn, "closed by the client");
		return;
	}
	conn->state = FLUSHING;
	event_del(&conn->readable);
	bufferevent_setwatermark(conn->bev, EV_WRITE, 0, 0);
}

static void on_readable(evutil_socket_t fd, short events, void *context)
{
	struct conn *conn = context;
	size_t room = CONN_BUFFER_SIZE;
	ssize_t got;

	(void)events;
	if (conn->streak == BULK_STREAK && conn->state == ECHOING && pending(conn) == 0 &&
	    echo_bulk(conn, fd))
		return;
	/* Below the mark, or this event would be off; never read past it. */
	if (conn->state == ECHOING && CONN_PENDING_HIGH - pending(conn) < room)
		room = CONN_PENDING_HIGH - pending(conn);
	got = recv(fd, conn->set->buffer, room, 0);
	if (got < CONN_BUFFER_SIZE || conn->input != echo)
		conn->streak = 0;
	else if (conn->streak < BULK_STREAK)
		conn->streak++;
	if (got == 0)
		on_end(conn);
	else if (got == -1 && errno != EAGAIN && errno != EINTR)
		close_conn(conn, strerror(errno));
	else if (got > 0 && conn->state == ECHOING)
		conn->input(conn, conn->set->buffer, (size_t)got);
}

static void shut_down(struct conn *conn)
{
	shutdown(bufferevent_getfd(conn->bev), SHUT_WR);
	conn->state = LINGERING;
	if (event_add(&conn->readable, NULL) == -1)
		close_conn(conn, "out of memory");
}

/* The output has shrunk to the low-water mark, or, when the connection ends, to nothing. */
static void on_drained(struct bufferevent *bev, void *context)
{
	struct conn *conn = context;

	(void)bev;
	if (conn->state == FLUSHING)
		close_conn(conn, "closed by the client");
	else if (conn->state == FINISHING)
		shut_down(conn);
	else if (event_add(&conn->readable, NULL) == -1)
		close_conn(conn, "out of memory");
}

/* Only writing is libevent's, so only errors of writing come here. */
static void on_write_error(struct bufferevent *bev, short what, void *context)
{
	int error = EVUTIL_SOCKET_ERROR();

	(void)bev;
	(void)what;
	close_conn(context, strerror(error));
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
	bufferevent_setwatermark(conn->bev, EV_WRITE, CONN_PENDING_LOW, 0);
	bufferevent_set_max_single_write(conn->bev, CONN_PENDING_HIGH); /* not 16 KiB at a time */
	if (event_assign(&conn->readable, base, fd, EV_READ | EV_PERSIST, on_readable, conn) == 0 &&
	    event_add(&conn->readable, NULL) == 0)
		return 0;
	bufferevent_setfd(conn->bev, -1);
	bufferevent_free(conn->bev);
	return -1;
}

void conn_open(struct conn_set *set, int fd, const struct profile *profile)
{
	struct conn *conn = calloc(1, sizeof *conn);

	set->counters->accepted++;
	if (conn != NULL) {
		conn->set = set;
		conn->profile = profile;
		conn->input = profile->service == PROFILE_DISCARD ? discard : echo;
		conn->number = set->counters->accepted;
	}
	if (conn == NULL || set_up(conn, fd) == -1) {
		free(conn);
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
}

int conn_set_init(struct conn_set *set)
{
	LIST_INIT(&set->list);
	set->buffer = malloc(CONN_BUFFER_SIZE);
	bulk_open(&set->bulk);
	return set->buffer == NULL ? -1 : 0;
}

void conn_set_clear(struct conn_set *set)
{
	while (!LIST_EMPTY(&set->list))
		close_conn(LIST_FIRST(&set->list), "closed by the server");
	bulk_close(&set->bulk);
	free(set->buffer);
	set->buffer = NULL;
}

void conn_set_finish(struct conn_set *set)
{
	struct conn *next;

	for (struct conn *conn = LIST_FIRST(&set->list); conn != NULL; conn = next) {
		next = LIST_NEXT(conn, link);
		if (conn->state == ECHOING && pending(conn) == 0) {
			shut_down(conn);
		} else if (conn->state == ECHOING) {
			conn->state = FINISHING;
			event_del(&conn->readable);
			bufferevent_setwatermark(conn->bev, EV_WRITE, 0, 0);
		}
	}
}
