/* SPDX-License-Identifier: BSD-2-Clause */
/* Random numbers are SplitMix64 in counter mode: number N of a key is mix(key + N * GAMMA). */
#include "bench/stream.h"

#include <stdlib.h>
#include <string.h>

#define GAMMA UINT64_C(0x9e3779b97f4a7c15) /* 2^64 / golden ratio, odd: all words differ */

static uint64_t mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

int stream_init(struct stream *stream, uint64_t seed, struct err *err)
{
	uint64_t key = mix(seed + GAMMA);
	uint64_t word = 0;

	stream->seed = seed;
	stream->table = malloc(STREAM_PERIOD + STREAM_RUN_MAX);
	if (stream->table == NULL)
		return err_errno(err, "malloc");
	for (size_t i = 0; i < STREAM_PERIOD; i++) {
		if (i % 8 == 0)
			word = mix(key + i * GAMMA);
		stream->table[i] = (unsigned char)(word >> (i % 8 * 8));
	}
	memcpy(stream->table + STREAM_PERIOD, stream->table, STREAM_RUN_MAX);
	return 0;
}

void stream_clear(struct stream *stream)
{
	free(stream->table);
	stream->table = NULL;
}

uint32_t stream_offset(const struct stream *stream, uint64_t connection)
{
	return (uint32_t)(mix(mix(stream->seed) ^ mix(connection + 1)) % STREAM_PERIOD);
}

size_t stream_same(const unsigned char *got, const unsigned char *expected, size_t length)
{
	size_t same = 0;

	if (memcmp(got, expected, length) == 0)
		return length;
	while (got[same] == expected[same])
		same++;
	return same;
}

uint64_t stream_draw(const struct stream *stream, uint64_t connection, uint64_t count, uint64_t low,
		     uint64_t high)
{
	uint64_t key = mix(stream->seed ^ mix(connection + GAMMA));

	return low + mix(key + count * GAMMA) % (high - low + 1);
}
