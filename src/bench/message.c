/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the bytes of a message are. Cannot fail. */
#include "bench/message.h"

const unsigned char *message_piece(const struct message *message, const struct stream *stream,
				   uint32_t offset, uint64_t position,
				   unsigned char head[MESSAGE_HEAD], size_t *length)
{
	uint64_t size = message_size(message), within = position - message->begin;
	uint64_t left = message->end - position;

	if (message->framed && within < MESSAGE_HEAD) {
		for (unsigned i = 0; i < MESSAGE_HEAD; i++)
			head[i] = (unsigned char)(size >> (8 * i));
		*length = MESSAGE_HEAD - within;
		return head + within;
	}
	*length = left < STREAM_RUN_MAX ? left : STREAM_RUN_MAX;
	return stream_run(stream, offset, position);
}
