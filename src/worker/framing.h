/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The service that echoes frames: 4 bytes of length, little-endian, and so many bytes; each goes
 * back, with its length, once it is whole. Only a frame of which a part has come is kept, in memory
 * that grows with what comes; what the length announces is not believed.
 */
#ifndef ECHOD_FRAMING_H
#define ECHOD_FRAMING_H

#include <stddef.h>
#include <stdint.h>

#define FRAMING_HEADER 4 /* bytes of the length */

/* The part of a frame that has come; all zeros = none. */
struct framing {
	unsigned char *bytes;
	size_t have, room;
	uint32_t number; /* of frames that came in parts; tells whether it is still the same one */
};

/* Forgets it. */
void framing_drop(struct framing *part);

/* Writes a length. */
void framing_put_length(unsigned char header[FRAMING_HEADER], uint32_t length);

#endif
