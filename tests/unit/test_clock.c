/* SPDX-License-Identifier: BSD-2-Clause */
/* The clock: it does not go back, its two units agree, and deadlines become what poll(2) wants. */
#include "common/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <limits.h>

#include <cmocka.h>

static void it_never_goes_back(void **state)
{
	uint64_t last = clock_ns();

	(void)state;
	for (int i = 0; i < 10000; i++) {
		uint64_t now = clock_ns();

		assert_true(now >= last);
		last = now;
	}
}

static void both_units_agree(void **state)
{
	uint64_t before = clock_ns() / 1000000, ms = clock_ms(), after = clock_ns() / 1000000;

	(void)state;
	assert_true(before <= ms && ms <= after);
	assert_true(ms > 0);
}

static void it_moves(void **state)
{
	uint64_t begin = clock_ns();

	(void)state;
	while (clock_ns() == begin)
		;
	assert_true(clock_ns() - begin < UINT64_C(60000000000));
}

static void deadlines_become_timeouts(void **state)
{
	static const struct {
		uint64_t now, deadline;
		int timeout;
	} table[] = {
		{ 0, 0, 0 },
		{ 5, 5, 0 },
		{ 6, 5, 0 },
		{ UINT64_MAX - 1, 5, 0 },
		{ 5, 6, 1 },
		{ 1000, 26000, 25000 },
		{ 0, INT_MAX, INT_MAX },
		{ 0, (uint64_t)INT_MAX + 1, INT_MAX },
		{ 0, UINT64_MAX - 1, INT_MAX },
		{ 0, CLOCK_NEVER, -1 },
		{ UINT64_MAX, CLOCK_NEVER, -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		assert_int_equal(clock_until(table[i].now, table[i].deadline), table[i].timeout);
}

int main(void)
{
	const struct CMUnitTest clock[] = {
		cmocka_unit_test(it_never_goes_back),
		cmocka_unit_test(both_units_agree),
		cmocka_unit_test(it_moves),
		cmocka_unit_test(deadlines_become_timeouts),
	};

	return cmocka_run_group_tests(clock, NULL, NULL) == 0 ? 0 : 1;
}
