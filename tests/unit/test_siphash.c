/* SPDX-License-Identifier: BSD-2-Clause */
#include "common/siphash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Of the reference implementation: key 00 01 .. 0f, input 00 01 .. of so many bytes; the value is
 * written as a number. */
static void published_vectors_are_met(void **state)
{
	static const struct {
		size_t size;
		uint64_t hash;
	} table[] = {
		{ 0, 0x726fdb47dd0e0e31u },  { 1, 0x74f839c593dc67fdu },
		{ 7, 0xab0200f58b01d137u },  { 8, 0x93f5f5799a932462u },
		{ 9, 0x9e0082df0ba9e4b0u },  { 15, 0xa129ca6149be45e5u },
		{ 16, 0x3f2acc7f57c29bdbu }, { 63, 0x958a324ceb064572u },
	};
	unsigned char key[SIPHASH_KEY_SIZE], input[64];

	(void)state;
	for (unsigned i = 0; i < sizeof input; i++)
		input[i] = (unsigned char)i;
	for (unsigned i = 0; i < sizeof key; i++)
		key[i] = (unsigned char)i;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		assert_true(siphash(key, input, table[i].size) == table[i].hash);
}

static void every_bit_of_the_key_counts(void **state)
{
	unsigned char key[SIPHASH_KEY_SIZE] = { 0 };
	uint64_t plain = siphash(key, "echo", 4);

	(void)state;
	for (unsigned bit = 0; bit < 8 * SIPHASH_KEY_SIZE; bit++) {
		key[bit / 8] ^= (unsigned char)(1u << bit % 8);
		assert_true(siphash(key, "echo", 4) != plain);
		key[bit / 8] ^= (unsigned char)(1u << bit % 8);
	}
}

int main(void)
{
	const struct CMUnitTest group[] = {
		cmocka_unit_test(published_vectors_are_met),
		cmocka_unit_test(every_bit_of_the_key_counts),
	};

	return cmocka_run_group_tests_name("siphash", group, NULL, NULL) == 0 ? 0 : 1;
}
