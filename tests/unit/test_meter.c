/* SPDX-License-Identifier: BSD-2-Clause */
/* Adding up the results of several processes. */
#include "bench/meter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static void merging_adds_and_keeps_the_first_failure(void **state)
{
	struct meter *meters = calloc(3, sizeof *meters);
	const struct meter_note late = { .at_ns = 20, .connection = 1, .offset = 5 };
	const struct meter_note early = { .at_ns = 10, .connection = 2, .offset = 6 };

	(void)state;
	meters[0].measured = (struct meter_count){ 10, 640 };
	meters[1].measured = (struct meter_count){ 5, 320 };
	meters[0].last_ns = 100;
	meters[1].last_ns = 90;
	meters[0].opened = meters[1].opened = 1;
	assert_true(meter_fail(&meters[0], FAILURE_WRONG, &late));
	assert_false(meter_fail(&meters[0], FAILURE_WRONG, &early));
	meters[0].mismatch.got[0] = 1;
	assert_true(meter_fail(&meters[1], FAILURE_WRONG, &early));
	meters[1].mismatch.got[0] = 2;
	assert_true(meter_fail(&meters[1], FAILURE_RESET, &late));
	hist_record(&meters[0].latency, 100);
	hist_record(&meters[1].latency, 300);

	meter_merge(&meters[2], &meters[0]);
	meter_merge(&meters[2], &meters[1]);
	assert_int_equal(meters[2].measured.messages, 15);
	assert_int_equal(meters[2].measured.bytes, 960);
	assert_int_equal(meters[2].last_ns, 100);
	assert_int_equal(meters[2].failures[FAILURE_WRONG], 3);
	assert_int_equal(meters[2].first[FAILURE_WRONG].connection, 2);
	assert_int_equal(meters[2].mismatch.got[0], 2);
	assert_int_equal(meters[2].first[FAILURE_RESET].connection, 1);
	assert_int_equal(meters[2].latency.count, 2);
	assert_int_equal(meter_failed(&meters[2]), 4);
	free(meters);
}

static void status_is_as_documented(void **state)
{
	struct meter *meter = calloc(1, sizeof *meter);

	(void)state;
	assert_int_equal(meter_status(meter), 3);
	meter->opened = 1;
	assert_int_equal(meter_status(meter), 0);
	meter->unsent = 1;
	assert_int_equal(meter_status(meter), 1);
	meter->unsent = 0;
	meter->failures[FAILURE_TIMEOUT] = 1;
	assert_int_equal(meter_status(meter), 1);
	meter->opened = 0;
	assert_int_equal(meter_status(meter), 3);
	free(meter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(merging_adds_and_keeps_the_first_failure),
		cmocka_unit_test(status_is_as_documented),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
