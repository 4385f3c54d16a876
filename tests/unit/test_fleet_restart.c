/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fleet: workers that die while they serve, and come back or do not.
 */
#include "fleet.h"

static void a_worker_that_keeps_dying_waits_longer_each_time(void **state)
{
	uint64_t expected = BACKOFF_FIRST_MS;

	(void)state;
	serve_two();
	for (int i = 0; i < 12; i++) {
		uint64_t delay = gone(0, false, FLEET_RESTARTS);

		assert_true(delay >= expected && delay < expected + expected / 4);
		assert_int_equal(fleet_deadline(&fleet), now + delay);
		later(delay - 1);
		ASSERT_TODO("stand-in 1/0");
		later(1);
		ASSERT_TODO("spawn 0");
		ready(0);
		ASSERT_TODO("serve 0, stand-down 1/0");
		expected = expected * 2 > BACKOFF_LAST_MS ? BACKOFF_LAST_MS : expected * 2;
	}
	later(BACKOFF_HEALTHY_MS);
	assert_int_equal(gone(0, false, FLEET_RESTARTS), 0);
	ASSERT_TODO("spawn 0, stand-in 1/0");
	assert_true(gone(0, false, FLEET_RESTARTS) < BACKOFF_FIRST_MS * 5 / 4);
	assert_int_equal(state_of(1), FLEET_SERVING);
}

/* A fork that fails is a death before the worker was ready, whatever its predecessor did. */
static void a_fork_that_fails_is_tried_again(void **state)
{
	(void)state;
	serve_two();
	later(BACKOFF_STEADY_MS);
	assert_int_equal(gone(0, false, FLEET_RESTARTS), 0);
	ASSERT_TODO("spawn 0, stand-in 1/0");
	later(BACKOFF_HEALTHY_MS);
	assert_true(gone(0, false, FLEET_RESTARTS) >= BACKOFF_FIRST_MS);
	assert_int_equal(state_of(0), FLEET_WAITING);
}

/* A worker that is late when it comes back is killed, and its death is one like others. */
static void a_late_restart_is_killed_and_tried_again(void **state)
{
	(void)state;
	serve_two();
	gone(0, false, FLEET_RESTARTS);
	later(100);
	ASSERT_TODO("spawn 0, stand-in 1/0");
	assert_int_equal(fleet_deadline(&fleet), now + START_MS);
	later(START_MS - 1);
	ASSERT_TODO("");
	later(1);
	ASSERT_TODO("kill 0");
	later(START_MS);
	ASSERT_TODO("");
	gone(0, false, FLEET_RESTARTS);
	assert_int_equal(state_of(0), FLEET_WAITING);
}

static void each_has_a_jitter_of_its_own(void **state)
{
	uint64_t delays[32], different = 0;

	(void)state;
	start(COUNT(delays));
	carry_out();
	for (size_t id = 0; id < COUNT(delays); id++)
		ready(id);
	carry_out();
	for (size_t id = 0; id < COUNT(delays); id++) {
		delays[id] = gone(id, false, FLEET_RESTARTS);
		different += delays[id] != delays[0];
	}
	assert_true(different > COUNT(delays) / 2);
}

static void when_all_have_failed_for_good_it_is_over(void **state)
{
	(void)state;
	serve_two();
	gone(0, true, FLEET_GIVEN_UP);
	ASSERT_TODO("stand-in 1/0");
	later(24 * 3600 * 1000);
	ASSERT_TODO("");
	gone(1, true, FLEET_GIVEN_UP);
	ASSERT_TODO("exit");
	assert_int_equal(fleet.exit_status, 78);
}

/* The new configuration may be what was wanted. */
static void a_reload_on_its_way_may_mend_it(void **state)
{
	(void)state;
	serve_two();
	start(1);
	ASSERT_TODO("spawn 2");
	gone(0, true, FLEET_GIVEN_UP);
	gone(1, true, FLEET_GIVEN_UP);
	ASSERT_TODO("");
	ready(2);
	ASSERT_TODO("commit 2, serve 2");
	assert_false(fleet.stopping);
}

static void a_reload_that_does_not_mend_it_is_the_end(void **state)
{
	(void)state;
	serve_two();
	start(1);
	ASSERT_TODO("spawn 2");
	gone(0, true, FLEET_GIVEN_UP);
	gone(1, true, FLEET_GIVEN_UP);
	gone(2, false, FLEET_ABANDONED);
	ASSERT_TODO("abandon 2, exit");
	assert_int_equal(fleet.exit_status, 78);
}

static void one_that_waits_to_be_restarted_is_not_lost(void **state)
{
	(void)state;
	serve_two();
	gone(0, false, FLEET_RESTARTS);
	gone(1, true, FLEET_GIVEN_UP);
	ASSERT_TODO("");
	later(BACKOFF_FIRST_MS * 2);
	ASSERT_TODO("spawn 0");
	gone(0, true, FLEET_GIVEN_UP);
	ASSERT_TODO("exit");
	assert_int_equal(fleet.exit_status, 78);
}

static void room_is_made_without_moving_ids(void **state)
{
	(void)state;
	assert_int_equal(fleet_reserve(&fleet, 0), 0);
	assert_int_equal(fleet.capacity, 0);
	serve_two();
	assert_int_equal(fleet_reserve(&fleet, 1000), 0);
	assert_int_equal(fleet.capacity, 1002);
	assert_int_equal(state_of(0), FLEET_SERVING);
	assert_int_equal(state_of(1), FLEET_SERVING);
	assert_int_equal(state_of(1001), FLEET_FREE);
	assert_true(fleet_deadline(&fleet) == CLOCK_NEVER);
	assert_int_equal(fleet_reserve(&fleet, 999), 0);
	assert_int_equal(fleet.capacity, 1002);
}

#define WITH_FLEET(test) cmocka_unit_test_setup_teardown(test, new_fleet, clear_fleet)

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_FLEET(a_worker_that_keeps_dying_waits_longer_each_time),
		WITH_FLEET(a_fork_that_fails_is_tried_again),
		WITH_FLEET(a_late_restart_is_killed_and_tried_again),
		WITH_FLEET(each_has_a_jitter_of_its_own),
		WITH_FLEET(when_all_have_failed_for_good_it_is_over),
		WITH_FLEET(a_reload_on_its_way_may_mend_it),
		WITH_FLEET(a_reload_that_does_not_mend_it_is_the_end),
		WITH_FLEET(one_that_waits_to_be_restarted_is_not_lost),
		WITH_FLEET(room_is_made_without_moving_ids),
	};

	return cmocka_run_group_tests_name("fleet_restart", group, NULL, NULL) == 0 ? 0 : 1;
}
