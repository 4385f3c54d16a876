/* SPDX-License-Identifier: BSD-2-Clause */
/* The caller closes the connection if something fails here. */
#include "worker/output.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <sys/socket.h>

#include "worker/extra.h"
#include "worker/flow.h"

size_t output_pending(const struct conn *conn)
{
	/* Mostly nothing ever had to wait. */
	return conn->counting ? evbuffer_get_length(bufferevent_get_output(conn->bev)) : 0;
}

void output_set_low(struct conn *conn, size_t low)
{
	bufferevent_setwatermark(conn->bev, EV_WRITE, low, 0);
}

void output_count(struct conn *conn, size_t sent)
{
	conn->set->counters->bytes_out += sent;
	if (conn->extra != NULL)
		conn->extra->watch.given += sent;
}

/* Counts what libevent sends for us. Attached only once output had to wait: most connections never
 * need it. */
static void on_output_change(struct evbuffer *output, const struct evbuffer_cb_info *info,
			     void *context)
{
	struct conn *conn = context;

	(void)output;
	if (info->n_deleted > 0) {
		output_count(conn, info->n_deleted);
		conn->active = true;
	}
}

int output_copy(struct evbuffer *queue, const unsigned char *bytes, size_t size)
{
	for (size_t piece; size > 0; bytes += piece, size -= piece) {
		piece = size < OUTPUT_PIECE ? size : OUTPUT_PIECE;
		if (evbuffer_add(queue, bytes, piece) == -1)
			return -1;
	}
	return 0;
}

int output_queue(struct conn *conn, const unsigned char *bytes, size_t size)
{
	struct evbuffer *output = bufferevent_get_output(conn->bev);

	if (!conn->counting) {
		if (evbuffer_add_cb(output, on_output_change, conn) == NULL)
			return -1;
		conn->counting = true;
	}
	/* The event is added by libevent itself, which passes over it if that fails; this does not.
	 */
	if (output_copy(output, bytes, size) == -1 ||
	    bufferevent_enable(conn->bev, EV_WRITE) == -1 || watch_output(conn) == -1)
		return -1;
	if (flow_waiting(conn) >= flow_limit(conn))
		flow_hold(conn, FLOW_FULL);
	return 0;
}

int output_send(struct conn *conn, const unsigned char *bytes, size_t size)
{
	ssize_t sent = 0;

	if (output_pending(conn) == 0) {
		sent = send(conn_fd(conn), bytes, size, MSG_NOSIGNAL);
		if (sent == -1 && errno != EAGAIN && errno != EINTR)
			return -1;
		if (sent == -1)
			sent = 0;
		output_count(conn, (size_t)sent);
	}
	if ((size_t)sent == size || output_queue(conn, bytes + sent, size - (size_t)sent) == 0)
		return 0;
	errno = ENOMEM;
	return -1;
}
