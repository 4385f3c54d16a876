/* SPDX-License-Identifier: BSD-2-Clause */
/* What there is to send, and when. */
#include "bench/task.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MS UINT64_C(1000000)

static struct options options;
static struct task task;
static uint64_t start_ns;

static int set_up(void **state)
{
	(void)state;
	options = (struct options){ .connections = 2,
				    .processes = 1,
				    .duration_ms = OPTIONS_FOREVER,
				    .messages = 3,
				    .size = { 10, 10 },
				    .in_flight = 1 };
	return 0;
}

static void closed_loop_deals_out_exactly_so_many(void **state)
{
	(void)state;
	task_init(&task, &options, 0);
	assert_false(task_take(&task, 0, 0, 0, &start_ns)); /* not begun */
	task_begin(&task, 1000);
	for (uint64_t i = 0; i < 3; i++) {
		assert_false(task_is_over(&task, 0, i, 1000));
		assert_true(task_take(&task, 0, i, 1000 + i, &start_ns));
		assert_int_equal(start_ns, 1000 + i);
	}
	assert_false(task_take(&task, 1, 0, 1000, &start_ns));
	assert_true(task_is_over(&task, 0, 3, 1000) && task_is_over(&task, 1, 0, 1000));
}

static void warm_up_does_not_count(void **state)
{
	(void)state;
	options.warm_up_ms = 10;
	options.messages = 1;
	task_init(&task, &options, 0);
	task_begin(&task, 0);
	assert_int_equal(task.measure_ns, 10 * MS);
	for (uint64_t i = 0; i < 100; i++)
		assert_true(task_take(&task, 0, i, 10 * MS - 1, &start_ns));
	assert_true(task_take(&task, 0, 100, 10 * MS, &start_ns));
	assert_false(task_take(&task, 0, 101, 10 * MS, &start_ns));
}

static void time_ends_it(void **state)
{
	(void)state;
	options.messages = OPTIONS_FOREVER;
	options.duration_ms = 20;
	options.warm_up_ms = 5;
	task_init(&task, &options, 0);
	task_begin(&task, 0);
	assert_true(task_take(&task, 0, 0, 25 * MS - 1, &start_ns));
	assert_false(task_take(&task, 0, 1, 25 * MS, &start_ns));
	assert_true(task_is_over(&task, 0, 1, 25 * MS));
}

static void open_loop_waits_for_its_time(void **state)
{
	(void)state;
	options.rate = 100; /* lane 0: 0, 20, 40 ms ...; lane 1: 10, 30 ms ... */
	task_init(&task, &options, 0);
	task_begin(&task, 1000);
	assert_true(task_take(&task, 0, 0, 1000, &start_ns));
	assert_int_equal(start_ns, 1000);
	assert_false(task_take(&task, 0, 1, 1000 + 20 * MS - 1, &start_ns));
	assert_true(task_take(&task, 0, 1, 1000 + 33 * MS, &start_ns));
	assert_int_equal(start_ns, 1000 + 20 * MS); /* when it was due */
	assert_int_equal(task_next_due(&task, 1, 0), 1000 + 10 * MS);
	assert_true(task_next_due(&task, 1, 1) == UINT64_MAX); /* -n 3 */
	assert_true(task_is_over(&task, 0, 2, 1000));
	assert_false(task_is_over(&task, 1, 0, 1000));
}

static void a_stop_is_the_end_of_all(void **state)
{
	(void)state;
	task_init(&task, &options, 0);
	task_begin(&task, 0);
	task_stop(&task);
	assert_true(task_is_over(&task, 0, 0, 0));
	assert_false(task_take(&task, 0, 0, 0, &start_ns));
}

static void processes_share_the_messages(void **state)
{
	uint64_t sum = 0;

	(void)state;
	options.connections = options.processes = 7;
	options.messages = 100;
	for (uint64_t process = 0; process < 7; process++) {
		task_init(&task, &options, process);
		sum += task.left;
	}
	assert_int_equal(sum, 100);
}

static void sizes_are_drawn_from_the_range(void **state)
{
	struct stream stream;
	struct err err;

	(void)state;
	assert_int_equal(stream_init(&stream, 1, &err), 0);
	task_init(&task, &options, 0);
	assert_int_equal(task_size(&task, 0, 0), 10); /* nothing to draw */
	options.size.high = 12;
	task.stream = &stream;
	for (uint64_t i = 0; i < 100; i++)
		assert_in_set(task_size(&task, 0, i), ((uintmax_t[]){ 10, 11, 12 }), 3);
	stream_clear(&stream);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(closed_loop_deals_out_exactly_so_many),
		TEST(warm_up_does_not_count),
		TEST(time_ends_it),
		TEST(open_loop_waits_for_its_time),
		TEST(a_stop_is_the_end_of_all),
		TEST(processes_share_the_messages),
		TEST(sizes_are_drawn_from_the_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
