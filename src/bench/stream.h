/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bytes that connections send: one table of random bytes, which each connection reads in a
 * circle from an offset of its own. Sending is from the table itself and checking is memcmp(3) with
 * it, so that a stream costs next to nothing, at any position.
 *
 * The length of the table is a prime, so that messages of no size fall into step with it. Two
 * stretches of different connections, or of different positions, pass for each other if they begin
 * at the same byte of the table: one time in STREAM_PERIOD. So one mix-up in a million of them does
 * not show, and neither does data that is late or early by a multiple of STREAM_PERIOD bytes; for
 * what is shorter than a few bytes, chance adds 1/256 a byte.
 */
#ifndef ECHOD_STREAM_H
#define ECHOD_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

#define STREAM_PERIOD  1048583u      /* the smallest prime above 2^20 */
#define STREAM_RUN_MAX (256u * 1024) /* bytes behind any position that lie in one piece */

struct stream {
	unsigned char *table; /* STREAM_PERIOD bytes, then their first STREAM_RUN_MAX again */
	uint64_t seed;
};

/* Makes the table of this seed. 0, or -1 without memory. */
int stream_init(struct stream *stream, uint64_t seed, struct err *err);
void stream_clear(struct stream *stream);

/* Where in the table the stream of a connection begins. */
uint32_t stream_offset(const struct stream *stream, uint64_t connection);

/* The STREAM_RUN_MAX bytes that stand at a position of the stream with this offset. */
static inline const unsigned char *stream_run(const struct stream *stream, uint32_t offset,
					      uint64_t position)
{
	return stream->table + (position + offset) % STREAM_PERIOD;
}

/* How many bytes are the same before the first that is not. */
size_t stream_same(const unsigned char *got, const unsigned char *expected, size_t length);

/* A number from low to high that depends only on the seed, the connection and the count. */
uint64_t stream_draw(const struct stream *stream, uint64_t connection, uint64_t count, uint64_t low,
		     uint64_t high);

#endif
