/* SPDX-License-Identifier: BSD-2-Clause */
/* The bytes are those of the stream, with the lengths written over them. Nothing here can fail. */
#include "wire.h"

#include <string.h>

#include "stream.h"

#define HEAD  4u
#define PIECE 4096u /* compared at once */

uint64_t wire_length(uint64_t size, uint64_t frame)
{
	uint64_t frames = 1;

	if (frame == 0)
		return size;
	if (size > 0)
		frames = (size + frame - 1) / frame;
	return size + HEAD * frames;
}

/* Writes as much of the length that stands at HEAD as lies in the buffer. */
static void put_length(const struct wire *wire, uint64_t head, uint64_t position,
		       unsigned char *buffer, size_t length)
{
	uint64_t bytes = wire->end - head - HEAD;

	if (bytes > wire->frame)
		bytes = wire->frame;
	for (unsigned i = 0; i < HEAD; i++) {
		if (head + i >= position && head + i < position + length)
			buffer[head + i - position] = (unsigned char)(bytes >> 8 * i);
	}
}

void wire_fill(const struct wire *wire, uint64_t position, unsigned char *buffer, size_t length)
{
	uint64_t step = wire->frame + HEAD;
	uint64_t head = wire->begin + (position - wire->begin) / step * step;

	stream_fill(wire->key, position, buffer, length);
	if (wire->frame == 0)
		return;
	for (; head < position + length && head < wire->end; head += step)
		put_length(wire, head, position, buffer, length);
}

size_t wire_match(const struct wire *wire, uint64_t position, const unsigned char *buffer,
		  size_t length)
{
	unsigned char expected[PIECE];
	size_t done = 0;

	if (wire->frame == 0)
		return stream_match(wire->key, position, buffer, length);
	while (done < length) {
		size_t n = length - done < PIECE ? length - done : PIECE;

		wire_fill(wire, position + done, expected, n);
		if (memcmp(expected, buffer + done, n) != 0) {
			while (buffer[done] == expected[done % PIECE])
				done++;
			return done;
		}
		done += n;
	}
	return length;
}
