/* SPDX-License-Identifier: BSD-2-Clause */
/* The streams: the same from any position, different for each connection. */
#include "bench/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

#include "stream.h"

static void runs_go_round_in_a_circle(void **state)
{
	const struct stream *stream = *state;

	for (uint64_t position = 0; position < 3 * (uint64_t)STREAM_PERIOD; position += 65521) {
		const unsigned char *run = stream_run(stream, 5, position);

		assert_int_equal(run[0], stream->table[(position + 5) % STREAM_PERIOD]);
		assert_int_equal(
			run[STREAM_RUN_MAX - 1],
			stream->table[(position + 5 + STREAM_RUN_MAX - 1) % STREAM_PERIOD]);
	}
}

static void the_first_wrong_byte_is_found(void **state)
{
	const struct stream *stream = *state;
	unsigned char bytes[1000];

	memcpy(bytes, stream_run(stream, 77, 123456), sizeof bytes);
	assert_int_equal(stream_same(bytes, stream_run(stream, 77, 123456), sizeof bytes),
			 sizeof bytes);
	bytes[321] ^= 1;
	assert_int_equal(stream_same(bytes, stream_run(stream, 77, 123456), sizeof bytes), 321);
}

static void connections_and_positions_differ(void **state)
{
	const struct stream *stream = *state;

	for (uint64_t k = 0; k < 200; k++) {
		uint32_t offset = stream_offset(stream, k), next = stream_offset(stream, k + 1);

		assert_true(offset < STREAM_PERIOD);
		assert_memory_not_equal(stream_run(stream, offset, 0), stream_run(stream, next, 0),
					16);
		assert_memory_not_equal(stream_run(stream, offset, k),
					stream_run(stream, offset, k + 64), 16);
	}
}

static void seeds_differ_and_repeat(void **state)
{
	const struct stream *stream = *state;
	struct stream same, other;
	struct err err;

	assert_int_equal(stream_init(&same, 1, &err), 0);
	assert_int_equal(stream_init(&other, 2, &err), 0);
	assert_memory_equal(stream->table, same.table, STREAM_PERIOD);
	assert_memory_not_equal(stream->table, other.table, 64);
	assert_int_equal(stream_offset(stream, 9), stream_offset(&same, 9));
	stream_clear(&same);
	stream_clear(&other);
}

static void every_byte_is_as_frequent(void **state)
{
	const struct stream *stream = *state;
	unsigned counts[256] = { 0 };

	for (size_t i = 0; i < STREAM_PERIOD; i++)
		counts[stream->table[i]]++;
	for (size_t i = 0; i < 256; i++)
		assert_true(counts[i] > 3700 && counts[i] < 4500);
}

static void draws_stay_in_range(void **state)
{
	const struct stream *stream = *state;
	bool low = false, high = false;

	for (uint64_t i = 0; i < 1000; i++) {
		uint64_t number = stream_draw(stream, 3, i, 10, 19);

		assert_true(number >= 10 && number <= 19);
		low |= number == 10;
		high |= number == 19;
	}
	assert_true(low && high);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_go_round_in_a_circle),
		cmocka_unit_test(the_first_wrong_byte_is_found),
		cmocka_unit_test(connections_and_positions_differ),
		cmocka_unit_test(seeds_differ_and_repeat),
		cmocka_unit_test(every_byte_is_as_frequent),
		cmocka_unit_test(draws_stay_in_range),
	};

	return cmocka_run_group_tests(tests, set_up, tidy_up) == 0 ? 0 : 1;
}
