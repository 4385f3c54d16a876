/* SPDX-License-Identifier: BSD-2-Clause */
/* What is due when, and where. */
#include "bench/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void all_processes_together_cover_each_number_once(void **state)
{
	unsigned char seen[2100] = { 0 };

	(void)state;
	for (uint64_t process = 0; process < 3; process++) {
		struct schedule schedule;

		schedule_init(&schedule, 1000, 10, process, 3);
		for (uint64_t count = 0; count < schedule.width * 200; count++) {
			uint64_t number = schedule_number(&schedule, count);

			assert_true(number < sizeof seen);
			assert_int_equal(seen[number]++, 0);
			assert_int_equal(number % 10, process + count % schedule.width * 3);
		}
	}
	for (size_t i = 0; i < 2000; i++)
		assert_int_equal(seen[i], 1);
}

static void times_are_exact(void **state)
{
	struct schedule schedule;

	(void)state;
	schedule_init(&schedule, 3, 1, 0, 1);
	schedule.begin_ns = 1000;
	assert_int_equal(schedule_due(&schedule, 0), 1000);
	assert_int_equal(schedule_due(&schedule, 1), 1000 + 333333333);
	assert_int_equal(schedule_due(&schedule, 2), 1000 + 666666666);
	assert_int_equal(schedule_due(&schedule, 3), 1000 + 1000000000);
	assert_int_equal(schedule_due(&schedule, UINT64_C(30000000000)),
			 1000 + UINT64_C(10000000000000000000));
	schedule_init(&schedule, 0, 1, 0, 1);
	assert_int_equal(schedule_due(&schedule, 99), 0);
}

static void before_counts_what_is_due(void **state)
{
	static const uint64_t rates[] = { 1, 3, 7, 1000, 99999, SCHEDULE_RATE_MAX };
	static const uint64_t spans[] = { 0, 1, 333333333, 333333334, 1000000000, 2500000001 };

	(void)state;
	for (size_t r = 0; r < sizeof rates / sizeof rates[0]; r++) {
		for (size_t s = 0; s < sizeof spans / sizeof spans[0]; s++) {
			struct schedule schedule;
			uint64_t count;

			schedule_init(&schedule, rates[r], 1, 0, 1);
			count = schedule_before(&schedule, spans[s]);
			assert_true(schedule_due(&schedule, count) >= spans[s]);
			if (count > 0)
				assert_true(schedule_due(&schedule, count - 1) < spans[s]);
		}
	}
}

static void shares_add_up(void **state)
{
	(void)state;
	for (uint64_t total = 0; total < 50; total++) {
		for (uint64_t processes = 1; processes < 9; processes++) {
			uint64_t sum = 0;

			for (uint64_t i = 0; i < processes; i++) {
				uint64_t share = schedule_share(total, i, processes);

				assert_true(share == total / processes ||
					    share == total / processes + 1);
				sum += share;
			}
			assert_int_equal(sum, total);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_processes_together_cover_each_number_once),
		cmocka_unit_test(times_are_exact),
		cmocka_unit_test(before_counts_what_is_due),
		cmocka_unit_test(shares_add_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
