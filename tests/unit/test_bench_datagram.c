/* SPDX-License-Identifier: BSD-2-Clause */
/* What stands in a datagram. */
#include "bench/datagram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "stream.h"

static void a_head_comes_back(void **state)
{
	static const unsigned char wire[] = { 4, 3, 2, 1, 0xcd, 0xab };
	const struct datagram_head head = { .number = 0x01020304, .place = 0xabcd };
	unsigned char bytes[DATAGRAM_HEAD];
	struct datagram_head back;

	(void)state;
	datagram_write(bytes, &head, 77);
	assert_memory_equal(bytes, wire, sizeof wire);
	assert_true(datagram_read(bytes, &back, 77));
	assert_int_equal(back.number, head.number);
	assert_int_equal(back.place, head.place);
}

static void a_changed_head_is_none(void **state)
{
	const struct datagram_head head = { .number = 12345, .place = 3 };
	unsigned char bytes[DATAGRAM_HEAD];
	struct datagram_head back;

	(void)state;
	datagram_write(bytes, &head, 77);
	assert_false(datagram_read(bytes, &back, 78)); /* of another socket */
	for (unsigned bit = 0; bit < 8 * DATAGRAM_HEAD; bit++) {
		bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
		assert_false(datagram_read(bytes, &back, 77));
		bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
	}
	assert_true(datagram_read(bytes, &back, 77));
}

static void the_body_is_compared_and_the_head_is_not(void **state)
{
	const struct stream *stream = *state;
	unsigned char bytes[100];

	memcpy(bytes, datagram_body(stream, 77, 9, sizeof bytes), sizeof bytes);
	memset(bytes, 0, DATAGRAM_HEAD);
	assert_int_equal(datagram_match(stream, 77, 9, bytes, sizeof bytes), sizeof bytes);
	assert_true(datagram_match(stream, 77, 10, bytes, sizeof bytes) < sizeof bytes);
	assert_true(datagram_match(stream, 78, 9, bytes, sizeof bytes) < sizeof bytes);
	bytes[50]++;
	assert_int_equal(datagram_match(stream, 77, 9, bytes, sizeof bytes), 50);
	assert_int_equal(datagram_match(stream, 77, 9, bytes, DATAGRAM_HEAD), DATAGRAM_HEAD);
}

static void short_ones_are_all_alike(void **state)
{
	const struct stream *stream = *state;
	unsigned char bytes[DATAGRAM_HEAD - 1];

	memcpy(bytes, datagram_body(stream, 77, 9, sizeof bytes), sizeof bytes);
	assert_int_equal(datagram_match(stream, 77, 10, bytes, sizeof bytes), sizeof bytes);
	assert_int_equal(datagram_match(stream, 77, 10, bytes, 0), 0);
	bytes[0]++;
	assert_int_equal(datagram_match(stream, 77, 9, bytes, sizeof bytes), 0);
}

static void a_copy_has_head_and_body(void **state)
{
	const struct datagram_head head = { .number = 12345, .place = 3 };
	const struct stream *stream = *state;
	unsigned char bytes[20], written[DATAGRAM_HEAD];

	datagram_write(written, &head, 77);
	assert_int_equal(datagram_copy(stream, 77, &head, 100, 6, bytes, sizeof bytes), 20);
	assert_memory_equal(bytes, written + 6, 2);
	assert_memory_equal(bytes + 2, datagram_body(stream, 77, 12345, 100) + 8, 18);
	assert_int_equal(datagram_copy(stream, 77, &head, 100, 95, bytes, sizeof bytes), 5);
	assert_int_equal(datagram_copy(stream, 77, &head, 5, 1, bytes, sizeof bytes), 4);
	assert_memory_equal(bytes, datagram_body(stream, 77, 12345, 5) + 1, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_head_comes_back),
		cmocka_unit_test(a_changed_head_is_none),
		cmocka_unit_test(the_body_is_compared_and_the_head_is_not),
		cmocka_unit_test(short_ones_are_all_alike),
		cmocka_unit_test(a_copy_has_head_and_body),
	};

	return cmocka_run_group_tests(tests, set_up, tidy_up) == 0 ? 0 : 1;
}
