/* SPDX-License-Identifier: BSD-2-Clause */
/* The streams are SplitMix64 in counter mode: word N of a stream is mix(key + N * GAMMA), eight
 * bytes each. So any position costs the same, nothing is stored, and bytes that belong to another
 * session or to another position do not pass for the right ones. Nothing here can fail. */
#include "stream.h"

#include <string.h>

#define GAMMA 0x9e3779b97f4a7c15ULL /* 2^64 / golden ratio, odd: all words differ */
#define WORD  sizeof(uint64_t)

static uint64_t mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

static uint64_t word_at(uint64_t key, uint64_t index)
{
	return mix(key + index * GAMMA);
}

uint64_t stream_key(uint64_t seed, uint64_t number)
{
	return mix(mix(seed + GAMMA) ^ mix(number + 1));
}

void stream_fill(uint64_t key, uint64_t position, unsigned char *buffer, size_t length)
{
	while (length > 0) {
		uint64_t word = word_at(key, position / WORD);
		size_t skip = position % WORD;
		size_t n = WORD - skip;

		if (skip == 0 && length >= WORD) {
			memcpy(buffer, &word, WORD); /* a constant size: one instruction */
		} else {
			if (n > length)
				n = length;
			memcpy(buffer, (const unsigned char *)&word + skip, n);
		}
		position += n;
		buffer += n;
		length -= n;
	}
}

size_t stream_match(uint64_t key, uint64_t position, const unsigned char *buffer, size_t length)
{
	size_t done = 0;

	while (done < length) {
		uint64_t word = word_at(key, (position + done) / WORD);
		size_t skip = (position + done) % WORD;

		if (skip == 0 && length - done >= WORD && memcmp(buffer + done, &word, WORD) == 0) {
			done += WORD;
			continue;
		}
		for (; skip < WORD && done < length; skip++, done++)
			if (buffer[done] != ((const unsigned char *)&word)[skip])
				return done;
	}
	return length;
}

uint64_t stream_draw(uint64_t key, uint64_t purpose, uint64_t low, uint64_t high)
{
	return low + mix(mix(key) + purpose * GAMMA) % (high - low + 1);
}
