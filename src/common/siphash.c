/* SPDX-License-Identifier: BSD-2-Clause */
/* As the paper has it: two rounds for each word, four at the end. Cannot fail. */
#include "common/siphash.h"

struct state {
	uint64_t v0, v1, v2, v3;
};

/* Little-endian on every machine. */
static uint64_t load(const uint8_t *bytes, size_t size)
{
	uint64_t word = 0;

	while (size > 0)
		word = word << 8 | bytes[--size];
	return word;
}

static uint64_t rotate(uint64_t word, unsigned bits)
{
	return word << bits | word >> (64 - bits);
}

static void rounds(struct state *s, unsigned count)
{
	while (count-- > 0) {
		s->v0 += s->v1;
		s->v2 += s->v3;
		s->v1 = rotate(s->v1, 13) ^ s->v0;
		s->v3 = rotate(s->v3, 16) ^ s->v2;
		s->v0 = rotate(s->v0, 32);
		s->v2 += s->v1;
		s->v0 += s->v3;
		s->v1 = rotate(s->v1, 17) ^ s->v2;
		s->v3 = rotate(s->v3, 21) ^ s->v0;
		s->v2 = rotate(s->v2, 32);
	}
}

static void take(struct state *s, uint64_t word)
{
	s->v3 ^= word;
	rounds(s, 2);
	s->v0 ^= word;
}

uint64_t siphash(const uint8_t key[SIPHASH_KEY_SIZE], const void *data, size_t size)
{
	uint64_t k0 = load(key, 8), k1 = load(key + 8, 8), length = (uint64_t)size << 56;
	const uint8_t *at = data;
	struct state s = {
		.v0 = k0 ^ UINT64_C(0x736f6d6570736575),
		.v1 = k1 ^ UINT64_C(0x646f72616e646f6d),
		.v2 = k0 ^ UINT64_C(0x6c7967656e657261),
		.v3 = k1 ^ UINT64_C(0x7465646279746573),
	};

	for (; size >= 8; size -= 8, at += 8)
		take(&s, load(at, 8));
	take(&s, length | load(at, size));
	s.v2 ^= 0xff;
	rounds(&s, 4);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
