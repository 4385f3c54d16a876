/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A message on a stream: a part of the stream of its connection. As a frame (echod's
 * service=frame) its first four bytes are the number of those that follow, least significant byte
 * first, in place of the stream's own.
 */
#ifndef ECHOD_MESSAGE_H
#define ECHOD_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/stream.h"

#define MESSAGE_HEAD 4u /* bytes of a frame's length */

struct message {
	uint64_t start_ns;   /* when it was sent (closed loop) or due (open loop) */
	uint64_t begin, end; /* positions in the stream; a frame's length lies between them, too */
	bool framed;
};

/* Bytes of the message, without a frame's length. */
static inline uint64_t message_size(const struct message *message)
{
	return message->end - message->begin - (message->framed ? MESSAGE_HEAD : 0);
}

/*
 * The bytes of a message at a position, which lies in it, as far as they lie in one piece: *length
 * of them, at most STREAM_RUN_MAX. They lie in head, which this fills in, or in the stream's table.
 */
const unsigned char *message_piece(const struct message *message, const struct stream *stream,
				   uint32_t offset, uint64_t position,
				   unsigned char head[MESSAGE_HEAD], size_t *length);

#endif
