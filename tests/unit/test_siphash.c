/* SPDX-License-Identifier: BSD-2-Clause */
/* The vectors of the paper (appendix A) and of the authors' reference implementation. */
#include "common/siphash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

/* Key 00 01 .. 0f, message 00 01 .. of that many bytes. */
static const struct {
	size_t size;
	uint64_t hash;
} vectors[] = {
	{ 0, UINT64_C(0x726fdb47dd0e0e31) },  { 1, UINT64_C(0x74f839c593dc67fd) },
	{ 2, UINT64_C(0x0d6c8009d9a94f5a) },  { 7, UINT64_C(0xab0200f58b01d137) },
	{ 8, UINT64_C(0x93f5f5799a932462) },  { 15, UINT64_C(0xa129ca6149be45e5) },
	{ 63, UINT64_C(0x958a324ceb064572) },
};

static void the_published_vectors(void **state)
{
	uint8_t bytes[64];

	(void)state;
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)i;
	for (size_t i = 0; i < COUNT(vectors); i++)
		assert_int_equal(siphash(bytes, bytes, vectors[i].size), vectors[i].hash);
}

/* Wherever the message lies. */
static void alignment_does_not_matter(void **state)
{
	uint8_t bytes[32] = { 0 }, key[SIPHASH_KEY_SIZE] = { 1, 2, 3 };
	uint64_t hash = siphash(key, bytes, 13);

	(void)state;
	for (size_t i = 0; i < 16; i++)
		assert_int_equal(siphash(key, bytes + i, 13), hash);
	key[15] = 1;
	assert_int_not_equal(siphash(key, bytes, 13), hash);
}

int main(void)
{
	const struct CMUnitTest group[] = {
		cmocka_unit_test(the_published_vectors),
		cmocka_unit_test(alignment_does_not_matter),
	};

	return cmocka_run_group_tests_name("siphash", group, NULL, NULL) == 0 ? 0 : 1;
}
