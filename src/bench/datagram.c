/* SPDX-License-Identifier: BSD-2-Clause */
/* Heads go out least significant byte first. Cannot fail. */
#include "bench/datagram.h"

/* One time in 65536 it is right for a head that was tampered with. */
static uint16_t check(const struct datagram_head *head, uint32_t offset)
{
	uint64_t word = ((uint64_t)head->number << 16 | head->place) + offset;

	word *= UINT64_C(
		0x9e3779b97f4a7c15); /* 2^64 / golden ratio: each bit reaches the upper ones */
	word ^= word >> 32;
	word *= UINT64_C(0xbf58476d1ce4e5b9);
	return (uint16_t)(word >> 48);
}

static void put(unsigned char *bytes, uint32_t value, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		bytes[i] = (unsigned char)(value >> (8 * i));
}

static uint32_t get(const unsigned char *bytes, unsigned size)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < size; i++)
		value |= (uint32_t)bytes[i] << (8 * i);
	return value;
}

void datagram_write(unsigned char bytes[DATAGRAM_HEAD], const struct datagram_head *head,
		    uint32_t offset)
{
	put(bytes, head->number, 4);
	put(bytes + 4, head->place, 2);
	put(bytes + 6, check(head, offset), 2);
}

bool datagram_read(const unsigned char bytes[DATAGRAM_HEAD], struct datagram_head *head,
		   uint32_t offset)
{
	head->number = get(bytes, 4);
	head->place = (uint16_t)get(bytes + 4, 2);
	return get(bytes + 6, 2) == check(head, offset);
}

size_t datagram_match(const struct stream *stream, uint32_t offset, uint32_t number,
		      const unsigned char *bytes, size_t size)
{
	const unsigned char *body = datagram_body(stream, offset, number, size);
	size_t begin = size < DATAGRAM_HEAD ? 0 : DATAGRAM_HEAD;

	return begin + stream_same(bytes + begin, body + begin, size - begin);
}
