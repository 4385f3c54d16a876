/* SPDX-License-Identifier: BSD-2-Clause */
/* So many a second, not more and, if somebody waits, not fewer. */
#include "worker/turnstile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SECOND UINT64_C(1000000000)

/* Everybody who waits passes as soon as allowed: how many in this time. */
static unsigned passes(struct turnstile *turnstile, uint64_t from, uint64_t until)
{
	unsigned count = 0;

	for (uint64_t now = from; now < until;) {
		uint64_t wait = turnstile_wait(turnstile, now);

		if (wait == 0) {
			turnstile_pass(turnstile, now);
			count++;
		}
		now += wait;
	}
	return count;
}

static void zeros_stop_nobody(void **state)
{
	struct turnstile turnstile = { 0 };

	(void)state;
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(turnstile_wait(&turnstile, 5), 0);
		turnstile_pass(&turnstile, 5);
	}
	turnstile_init(&turnstile, 0, 1, 0);
	assert_int_equal(turnstile.interval_ns, 0);
}

/* The burst is a tenth of a second's, and at least one. */
static void the_rate_is_kept(void **state)
{
	static const uint64_t rates[] = { 1, 3, 10, 50, 999, 20000 };

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		struct turnstile turnstile;
		uint64_t most = rates[i] * 10 + rates[i] / 10 + 2;
		unsigned count;

		turnstile_init(&turnstile, rates[i], 1, 0);
		count = passes(&turnstile, 7 * SECOND, 17 * SECOND);
		if (count > most || count < rates[i] * 10)
			fail_msg("%u in 10 s at %u", count, (unsigned)rates[i]);
	}
}

static void what_was_not_used_is_no_credit(void **state)
{
	struct turnstile turnstile;

	(void)state;
	turnstile_init(&turnstile, 100, 1, 0);
	assert_true(passes(&turnstile, SECOND, SECOND + 1) <= 11);
	assert_true(passes(&turnstile, 1000 * SECOND, 1000 * SECOND + 1) <= 11);
}

/* Workers share the rate without a rest, and none has less than one. */
static void shares_add_up(void **state)
{
	(void)state;
	for (unsigned rate = 1; rate < 40; rate++) {
		for (unsigned workers = 1; workers < 9; workers++) {
			uint64_t sum = 0;

			for (unsigned i = 0; i < workers; i++) {
				struct turnstile turnstile;

				turnstile_init(&turnstile, rate, workers, i);
				assert_true(turnstile.interval_ns <= SECOND);
				sum += (SECOND + turnstile.interval_ns / 2) / turnstile.interval_ns;
			}
			assert_int_equal(sum, rate < workers ? workers : rate);
		}
	}
}

int main(void)
{
	const struct CMUnitTest group[] = {
		cmocka_unit_test(zeros_stop_nobody),
		cmocka_unit_test(the_rate_is_kept),
		cmocka_unit_test(what_was_not_used_is_no_credit),
		cmocka_unit_test(shares_add_up),
	};

	return cmocka_run_group_tests_name("turnstile", group, NULL, NULL) == 0 ? 0 : 1;
}
