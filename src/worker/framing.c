/* SPDX-License-Identifier: BSD-2-Clause */
/* Whole frames go back from where they lie, all of them at once. What breaks the rules ends the
 * connection with a reason; what was whole before that is sent. */
#include "worker/framing.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "worker/extra.h"
#include "worker/service.h"

#define ROOM_MIN 256 /* bytes, for the beginning of a frame */

void framing_drop(struct framing *part)
{
	free(part->bytes);
	part->bytes = NULL;
	part->have = part->room = 0;
}

void framing_put_length(unsigned char header[FRAMING_HEADER], uint32_t length)
{
	for (int i = 0; i < FRAMING_HEADER; i++)
		header[i] = (unsigned char)(length >> 8 * i);
}

/* How long the frame is, header included, as far as that can be told. */
static size_t frame_size(const unsigned char *bytes, size_t have)
{
	size_t length = 0;

	if (have < FRAMING_HEADER)
		return FRAMING_HEADER;
	for (int i = 0; i < FRAMING_HEADER; i++)
		length |= (size_t)bytes[i] << 8 * i;
	return FRAMING_HEADER + length;
}

static bool is_too_long(const struct conn *conn, size_t size)
{
	return size - FRAMING_HEADER > conn->profile->max_frame;
}

/* Adds what came to the part; twice the room each time, but never more than the frame needs. */
static int add(struct framing *part, const unsigned char *bytes, size_t size, size_t need)
{
	size_t room = part->room;

	while (room < part->have + size)
		room = room == 0 ? ROOM_MIN : room * 2;
	if (room > need && need >= part->have + size && need > FRAMING_HEADER)
		room = need;
	if (room > part->room) {
		unsigned char *grown = realloc(part->bytes, room);

		if (grown == NULL)
			return -1;
		part->bytes = grown;
		part->room = room;
	}
	memcpy(part->bytes + part->have, bytes, size);
	part->have += size;
	return 0;
}

/*
 * Goes on with the frame of which a part has come, and sends it if it is whole. Returns how many
 * bytes of the input belong to it, or -1: the connection has ended.
 */
static ssize_t complete(struct conn *conn, const unsigned char *bytes, size_t size)
{
	struct framing *part = &conn->extra->part;
	size_t used = 0;

	for (;;) {
		size_t need = frame_size(part->bytes, part->have), more;

		if (is_too_long(conn, need)) {
			conn_end(conn, REASON_FRAME_TOO_LONG);
			return -1;
		}
		if (part->have >= FRAMING_HEADER && part->have == need)
			break;
		if (used == size)
			return (ssize_t)used;
		more = need - part->have < size - used ? need - part->have : size - used;
		if (add(part, bytes + used, more, need) == -1) {
			conn_fail(conn, ENOMEM);
			return -1;
		}
		used += more;
	}
	if (conn_answer(conn, part->bytes, part->have) == -1)
		return -1;
	framing_drop(part);
	return (ssize_t)used;
}

/* How many bytes are whole frames; *size_next: of the one behind them. */
static size_t find_whole(const struct conn *conn, const unsigned char *bytes, size_t size,
			 size_t *size_next)
{
	size_t whole = 0;

	for (;;) {
		*size_next = frame_size(bytes + whole, size - whole);
		if (is_too_long(conn, *size_next) || *size_next > size - whole ||
		    size - whole < FRAMING_HEADER)
			return whole;
		whole += *size_next;
	}
}

/* The beginning of a frame stays until the rest has come. */
static int keep(struct conn *conn, const unsigned char *bytes, size_t size)
{
	struct extra *extra = extra_get(conn);

	if (extra == NULL || watch_frame(conn) == -1) {
		conn_fail(conn, ENOMEM);
		return -1;
	}
	extra->part.number++;
	return complete(conn, bytes, size) == -1 ? -1 : 0;
}

static int input(struct conn *conn, const unsigned char *bytes, size_t size)
{
	size_t whole, next;

	if (conn->extra != NULL && conn->extra->part.have > 0) {
		ssize_t used = complete(conn, bytes, size);

		if (used == -1)
			return -1;
		bytes += used;
		size -= (size_t)used;
		if (size == 0)
			return 0;
	}
	whole = find_whole(conn, bytes, size, &next);
	if (whole > 0 && conn_answer(conn, bytes, whole) == -1)
		return -1;
	if (is_too_long(conn, next)) {
		conn_end(conn, REASON_FRAME_TOO_LONG);
		return -1;
	}
	return whole == size ? 0 : keep(conn, bytes + whole, size - whole);
}

static void end(struct conn *conn)
{
	if (conn->extra == NULL || conn->extra->part.have == 0)
		return;
	conn_count_reason(conn, REASON_FRAME_CUT);
	framing_drop(&conn->extra->part); /* nobody waits for the rest */
}

const struct service service_frame = { .input = input, .end = end };
