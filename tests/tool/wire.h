/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A message as it goes over the wire: a stretch of its session's stream, and for the frame service
 * the length of each frame (4 bytes, little-endian) in front of it. Positions count all bytes.
 */
#ifndef ECHOD_WIRE_H
#define ECHOD_WIRE_H

#include <stddef.h>
#include <stdint.h>

struct wire {
	uint64_t key;        /* of the stream */
	uint64_t begin, end; /* of the message */
	uint64_t frame; /* bytes of a frame without its length, the last one is shorter; 0: none */
};

/* How long a message of SIZE bytes is with the lengths of its frames. An empty one is a frame, too.
 */
uint64_t wire_length(uint64_t size, uint64_t frame);

/* Writes the LENGTH bytes of the message that begin at POSITION. */
void wire_fill(const struct wire *wire, uint64_t position, unsigned char *buffer, size_t length);

/* How many of the LENGTH bytes are those of the message at POSITION, up to the first that is not.
 */
size_t wire_match(const struct wire *wire, uint64_t position, const unsigned char *buffer,
		  size_t length);

#endif
