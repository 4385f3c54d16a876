/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines are put together in the set's buffer. A status line that cannot be sent closes the
 * connection. */
#include "worker/announce.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "common/addr.h"
#include "worker/conn.h"
#include "worker/extra.h"
#include "worker/flow.h"
#include "worker/output.h"

_Static_assert(PROFILE_TEXT_MAX / 2 * ADDR_TEXT_MAX < CONN_BUFFER_SIZE, "a text fits the buffer");

static const char *peer_of(const struct conn *conn, char text[ADDR_TEXT_MAX])
{
	struct addr peer = { .length = sizeof peer.storage };

	if (getpeername(conn_fd(conn), (struct sockaddr *)&peer.storage, &peer.length) == -1)
		return "?"; /* it has gone already */
	return addr_format(&peer, text);
}

/* Writes the text with what the %-letters stand for; they were checked. Returns its length. */
static size_t expand(const struct conn *conn, const char *text, char *line)
{
	const struct conn_set *set = conn->set;
	char peer[ADDR_TEXT_MAX];
	char *at = line;

	for (; *text != '\0'; text++) {
		if (*text != '%')
			*at++ = *text;
		else if (*++text == 'w')
			at += sprintf(at, "%u", set->worker);
		else if (*text == 'n')
			at += sprintf(at, "%" PRIu64, share_active(set->share));
		else if (*text == 'a')
			at = stpcpy(at, peer_of(conn, peer));
		else
			*at++ = '%';
	}
	return (size_t)(at - line);
}

static int say(struct conn *conn, const char *text)
{
	unsigned char *buffer = conn->set->buffer;
	size_t header = conn->profile->service == PROFILE_FRAME ? FRAMING_HEADER : 0;
	size_t length = expand(conn, text, (char *)buffer + header);

	if (header != 0)
		framing_put_length(buffer, (uint32_t)length);
	return output_send(conn, buffer, header + length);
}

/* Who has something waiting does not read; the line would only wait, too. */
static void on_tick(void *context, uint64_t now_ms)
{
	struct conn *conn = context;

	(void)now_ms;
	if (conn->state == CONN_OPEN && flow_waiting(conn) == 0 &&
	    say(conn, "Server status: %n active connections\n") == -1)
		conn_fail(conn, errno);
}

int announce_open(struct conn *conn)
{
	const struct profile *profile = conn->profile;

	if (profile->greeting[0] != '\0' && say(conn, profile->greeting) == -1)
		return -1;
	if (profile->status_interval_ms == 0)
		return 0;
	if (extra_get(conn) == NULL)
		return -1;
	return sweep_join(&conn->set->sweeps, conn->set->base, on_tick, profile->status_interval_ms,
			  &conn->extra->status, conn);
}
