/* SPDX-License-Identifier: BSD-2-Clause */
/* The delays before restarts: how they grow, what forgets them, and how far the jitter goes. */
#include "supervisor/backoff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <limits.h>

#include <cmocka.h>

static const uint64_t growing[] = { 50, 100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000 };

#define GROWING (sizeof growing / sizeof growing[0])

static void early_deaths_double_the_delay(void **state)
{
	struct backoff backoff = { 0 };

	(void)state;
	for (size_t i = 0; i < GROWING; i++)
		assert_int_equal(backoff_delay(&backoff, 0, 0), growing[i]);
}

static void jitter_adds_less_than_a_quarter(void **state)
{
	static const uint32_t randoms[] = { 0, 1, 11, 12, 13, 1249, 1250, 65537, UINT32_MAX };

	(void)state;
	for (size_t r = 0; r < sizeof randoms / sizeof randoms[0]; r++) {
		struct backoff backoff = { 0 };

		for (size_t i = 0; i < GROWING; i++) {
			uint64_t delay = backoff_delay(&backoff, 0, randoms[r]);

			assert_true(delay >= growing[i]);
			assert_true(delay < growing[i] + growing[i] / 4);
		}
	}
}

static void jitter_spreads(void **state)
{
	struct backoff one = { 5 }, other = { 5 };

	(void)state;
	assert_int_not_equal(backoff_delay(&one, 0, 1000), backoff_delay(&other, 0, 1200));
}

static void how_long_it_was_ready_decides(void **state)
{
	static const struct {
		uint64_t ready_for, delay;
		unsigned failures;
	} table[] = {
		{ 0, 400, 4 },
		{ BACKOFF_STEADY_MS - 1, 400, 4 },
		{ BACKOFF_STEADY_MS, 0, 3 },
		{ BACKOFF_HEALTHY_MS - 1, 0, 3 },
		{ BACKOFF_HEALTHY_MS, 0, 0 },
		{ UINT64_MAX, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct backoff backoff = { 3 };

		assert_int_equal(backoff_delay(&backoff, table[i].ready_for, 0), table[i].delay);
		assert_int_equal(backoff.failures, table[i].failures);
	}
}

static void a_healthy_life_begins_anew(void **state)
{
	struct backoff backoff = { 0 };

	(void)state;
	for (int i = 0; i < 5; i++)
		backoff_delay(&backoff, 10, 0);
	assert_int_equal(backoff_delay(&backoff, BACKOFF_HEALTHY_MS, 0), 0);
	assert_int_equal(backoff_delay(&backoff, 10, 0), BACKOFF_FIRST_MS);
}

static void ever_so_many_failures_stay_at_the_limit(void **state)
{
	struct backoff backoff = { UINT_MAX - 1 };

	(void)state;
	assert_int_equal(backoff_delay(&backoff, 0, 0), BACKOFF_LAST_MS);
}

int main(void)
{
	const struct CMUnitTest backoff[] = {
		cmocka_unit_test(early_deaths_double_the_delay),
		cmocka_unit_test(jitter_adds_less_than_a_quarter),
		cmocka_unit_test(jitter_spreads),
		cmocka_unit_test(how_long_it_was_ready_decides),
		cmocka_unit_test(a_healthy_life_begins_anew),
		cmocka_unit_test(ever_so_many_failures_stay_at_the_limit),
	};

	return cmocka_run_group_tests(backoff, NULL, NULL) == 0 ? 0 : 1;
}
