/* SPDX-License-Identifier: BSD-2-Clause */
/* Echo. A failure closes the connection and leaves nothing in the pipe. */
#include "worker/echo.h"

#include <errno.h>

#include "worker/flow.h"
#include "worker/output.h"
#include "worker/service.h"

const struct service service_echo = { .input = conn_answer, .is_plain_echo = true };

/* What the socket did not take comes out of the pipe at once: the next connection needs it empty.
 */
static int queue_rest(struct conn *conn, size_t left)
{
	struct conn_set *set = conn->set;

	while (left > 0) {
		size_t size = bulk_fetch(&set->bulk, set->buffer, CONN_BUFFER_SIZE);

		if (size == 0 || output_queue(conn, set->buffer, size) == -1)
			return -1;
		left -= size;
	}
	return 0;
}

enum echo_result echo_bulk(struct conn *conn)
{
	struct conn_set *set = conn->set;
	int fd = conn_fd(conn);
	ssize_t got = bulk_take(&set->bulk, fd, conn->profile->pending_high);
	int error = 0;
	size_t sent;

	/* The kernel says once what has become of the client: recv would take it for FIN. */
	if (got == -1 && errno != EAGAIN && errno != EINTR && errno != EINVAL && errno != ENOMEM) {
		conn_fail(conn, errno);
		return ECHO_GONE;
	}
	if (got <= 0)
		return ECHO_NOT_NOW;
	if (bulk_give(&set->bulk, fd, (size_t)got, &sent) == -1)
		error = errno;
	conn->active = true;
	set->counters->bytes_in += (size_t)got;
	output_count(conn, sent);
	if (got < CONN_BUFFER_SIZE / 2)
		flow_count_streak(conn, false);
	if (error == 0 && queue_rest(conn, (size_t)got - sent) == -1)
		error = ENOMEM;
	if (error == 0)
		return ECHO_DONE;
	bulk_drop(&set->bulk, set->buffer, CONN_BUFFER_SIZE);
	conn_fail(conn, error);
	return ECHO_GONE;
}
