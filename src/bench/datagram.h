/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stands in a datagram. From DATAGRAM_HEAD bytes on it begins with a head: the number of the
 * datagram on its socket (32 bits), the place where its sender keeps it (16 bits) and a check of
 * both that depends on the socket (16 bits); behind it are bytes of the socket's stream, other ones
 * for each number. A shorter datagram has the first bytes of the stream, and is like all others of
 * its size.
 */
#ifndef ECHOD_DATAGRAM_H
#define ECHOD_DATAGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/stream.h"

#define DATAGRAM_HEAD     8u
#define DATAGRAM_SIZE_MAX 65507u /* of UDP over IPv4 */

struct datagram_head {
	uint32_t number;
	uint16_t place;
};

/* Writes a head. offset is that of the socket's stream. */
void datagram_write(unsigned char bytes[DATAGRAM_HEAD], const struct datagram_head *head,
		    uint32_t offset);

/* Reads a head; false if it is not one of this socket. */
bool datagram_read(const unsigned char bytes[DATAGRAM_HEAD], struct datagram_head *head,
		   uint32_t offset);

/* The bytes of a datagram of this size; the first DATAGRAM_HEAD of them stand for the head. */
static inline const unsigned char *datagram_body(const struct stream *stream, uint32_t offset,
						 uint32_t number, size_t size)
{
	/* The table's length is a prime, so any step reaches every part of it in turn. */
	return stream_run(stream, offset, size < DATAGRAM_HEAD ? 0 : (uint64_t)number * 4099);
}

/*
 * How many bytes are as they should be before the first that is not, of those of a datagram with
 * this number, or without a head. A head is not looked at.
 */
size_t datagram_match(const struct stream *stream, uint32_t offset, uint32_t number,
		      const unsigned char *bytes, size_t size);

#endif
